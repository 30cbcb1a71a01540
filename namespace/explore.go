package namespace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"sync"

	"github.com/galeproject/gale/display"
)

// Bounds of what an Explorer gives.
const (
	manyParts   = 100     // children, when nobody says how many
	mostParts   = 1000    // children at once
	mostRefs    = 1 << 16 // values that are remembered; then the oldest references end
	mostSorted  = 100_000 // entries of a map that are put in order
	maxVarText  = 200     // characters of a value
	maxPathStep = 64      // depth of a part
)

// ErrNoRef is returned for a reference that was never given, or is too old.
var ErrNoRef = errors.New("namespace: looking at a variable: its reference is not known any more")

// Explorer looks at variables while cells run. It calls no methods of user code unless none of it runs, and then in a goroutine that it does
// not wait for longer than a moment: a method that hangs or panics harms nobody. While user code runs it does not look into maps, and reads
// everything else as it is: what is half written may look odd.
type Explorer struct {
	n *Namespace

	mu    sync.Mutex // one at a time
	refs  map[int]part
	known map[string]int // place → reference
	last  int
	mute  map[reflect.Type]bool // types whose methods took too long
}

// part names a value: a variable, and the numbers of children on the way to it.
type part struct {
	name  string
	path  []int
	place string
}

// View describes a variable or a part of one.
type View struct {
	Name, Type, Value string
	Place             string // Go expression; empty where there is none
	Ref               int    // to ask for its children with; 0: it has none
	Named, Indexed    int    // children
	Bytes             int64  // of a variable, while no user code runs
	Cell              int    // of a variable
}

// NewExplorer makes an explorer of a namespace.
func NewExplorer(n *Namespace) *Explorer {
	return &Explorer{n: n, refs: map[int]part{}, known: map[string]int{}, mute: map[reflect.Type]bool{}}
}

// List describes all variables, by name. busy says that user code runs.
func (x *Explorer) List(ctx context.Context) (out []View, busy bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var values []reflect.Value
	infos := x.n.Names()
	busy = x.read(func(busy bool) {
		for _, i := range infos {
			w := x.glance(i.Name, part{name: i.Name, place: i.Name}, i.Value, busy)
			if w.Cell = i.Cell; !busy {
				w.Bytes = Size(i.Value)
			}
			out, values = append(out, w), append(values, i.Value)
		}
	})
	if !busy {
		x.speak(ctx, out, values)
	}
	return out, busy
}

// One describes one variable, without its size.
func (x *Explorer) One(ctx context.Context, name string) (out []View, busy bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var v reflect.Value
	busy = x.read(func(busy bool) {
		if v, err = x.find(part{name: name}, busy); err == nil {
			out = append(out, x.view(name, part{name: name, place: name}, v, busy))
		}
	})
	if !busy && err == nil {
		x.speak(ctx, out, []reflect.Value{v})
	}
	return out, busy, err
}

// Children describes parts of the value that ref stands for: count of them, from number start on.
func (x *Explorer) Children(ctx context.Context, ref, start, count int) (out []View, busy bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p, ok := x.refs[ref]
	if !ok {
		return nil, false, ErrNoRef
	}
	if count <= 0 {
		count = manyParts
	}
	count, start = min(count, mostParts), max(start, 0)
	var values []reflect.Value
	busy = x.read(func(busy bool) {
		var v reflect.Value
		if v, err = x.find(p, busy); err != nil {
			return
		}
		c := childrenOf(v, busy)
		for i := start; i < c.n && len(out) < count; i++ {
			name, place, child := c.at(i, p.place)
			step := part{p.name, append(slices.Clip(p.path), i), place}
			out, values = append(out, x.glance(name, step, child, busy)), append(values, child)
		}
	})
	if !busy && err == nil {
		x.speak(ctx, out, values)
	}
	return out, busy, err
}

// Rich says how a variable is displayed. While user code runs it is a text only.
func (x *Explorer) Rich(ctx context.Context, name string) (b display.Bundle, busy bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var v reflect.Value
	text := ""
	busy = x.read(func(busy bool) {
		if v, err = x.find(part{name: name}, busy); err == nil {
			text = summary(v, busy)
		}
	})
	if err != nil || busy || !v.IsValid() || !v.CanInterface() || x.mute[v.Type()] {
		return display.Text(text), busy, err
	}
	done := make(chan display.Bundle, 1)
	go func() {
		defer func() { _ = recover() }() // nothing comes
		done <- display.Of(v.Interface())
	}()
	if b, ok := within(ctx, richWait, done); ok {
		return b, false, nil
	}
	x.mute[v.Type()] = true
	return display.Text(text + "\n(a method that displays it took too long)"), false, nil
}

// glance is view of something that may be half written: a fault there says so, and hides nothing else.
func (x *Explorer) glance(name string, p part, v reflect.Value, busy bool) (w View) {
	defer func() {
		if recover() != nil {
			w = View{Name: name, Value: "(changing)", Place: p.place}
			if v.IsValid() {
				w.Type = v.Type().String()
			}
		}
	}()
	return x.view(name, p, v, busy)
}

// read calls f while no run begins, and tells it whether user code runs already. A fault there, of something half written, ends f only.
func (x *Explorer) read(f func(busy bool)) (busy bool) {
	x.n.update(func() {
		busy = x.n.space.Goroutines() > 0
		for r := range x.n.runs {
			busy = busy || !r.ended.Load()
		}
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer func() { _ = recover() }()
		f(busy)
	})
	return busy
}

// find gives the value that a part names.
func (x *Explorer) find(p part, busy bool) (reflect.Value, error) {
	v, ok := x.n.lookup(p.name)
	if !ok {
		return v, fmt.Errorf("namespace: looking at %s: %w", p.name, ErrNoName)
	}
	for _, i := range p.path {
		c := childrenOf(v, busy)
		if i < 0 || i >= c.n {
			return v, fmt.Errorf("namespace: looking into %s: it has changed", p.name)
		}
		_, _, v = c.at(i, "")
	}
	return v, nil
}

// view describes a value and remembers it if it has children.
func (x *Explorer) view(name string, p part, v reflect.Value, busy bool) View {
	w := View{Name: name, Type: typeText(v), Value: summary(v, busy), Place: p.place}
	c := childrenOf(v, busy)
	if w.Named, w.Indexed = c.n, 0; c.indexed {
		w.Named, w.Indexed = 0, c.n
	}
	if c.n > 0 && len(p.path) < maxPathStep {
		w.Ref = x.remember(p)
	}
	return w
}

func (x *Explorer) remember(p part) int {
	key := p.name + "\x00" + fmt.Sprint(p.path)
	if ref, ok := x.known[key]; ok {
		return ref
	}
	if len(x.refs) >= mostRefs {
		clear(x.refs)
		clear(x.known)
	}
	x.last++
	x.refs[x.last], x.known[key] = p, x.last
	return x.last
}

// typeText is a value's type; of an interface, that of what it holds.
func typeText(v reflect.Value) string {
	if v.Kind() == reflect.Interface {
		if e := settled(v).Elem(); e.IsValid() {
			return e.Type().String()
		}
	}
	return v.Type().String()
}

// children are the parts of a value.
type children struct {
	n       int
	indexed bool
	at      func(i int, place string) (name, at string, v reflect.Value)
}

// childrenOf gives fields, elements, entries, or what a pointer holds; what an interface or a pointer to a struct holds stands for itself.
func childrenOf(v reflect.Value, busy bool) children {
	for range 8 { // a pointer may point to itself
		v = settled(v)
		if k := v.Kind(); k != reflect.Interface && (k != reflect.Pointer || v.Type().Elem().Kind() != reflect.Struct) {
			break
		}
		if v = v.Elem(); !v.IsValid() {
			return children{}
		}
	}
	under := func(place, part string) string {
		if place == "" {
			return ""
		}
		return place + part
	}
	switch v.Kind() {
	case reflect.Struct:
		return children{v.NumField(), false, func(i int, place string) (string, string, reflect.Value) {
			name := v.Type().Field(i).Name
			return name, under(place, "."+name), v.Field(i)
		}}
	case reflect.Array, reflect.Slice:
		return children{v.Len(), true, func(i int, place string) (string, string, reflect.Value) {
			name := "[" + strconv.Itoa(i) + "]"
			return name, under(place, name), v.Index(i)
		}}
	case reflect.Map:
		if busy {
			return children{}
		}
		keys := sortedKeys(v)
		return children{len(keys), false, func(i int, place string) (string, string, reflect.Value) {
			name := "[" + summary(keys[i], busy) + "]"
			if !literal(keys[i].Kind()) {
				place = ""
			}
			return name, under(place, name), v.MapIndex(keys[i])
		}}
	case reflect.Pointer:
		if v.IsNil() {
			return children{}
		}
		return children{1, false, func(_ int, place string) (string, string, reflect.Value) {
			if place != "" {
				place = "(*" + place + ")"
			}
			return "*", place, v.Elem()
		}}
	default:
		return children{}
	}
}

// literal says whether the summary of a key is how Go writes it.
func literal(k reflect.Kind) bool {
	return k == reflect.String || k == reflect.Bool || k >= reflect.Int && k <= reflect.Float64
}

// sortedKeys gives a map's keys: numbers by size, others by their text.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	if len(keys) > mostSorted {
		return keys
	}
	slices.SortFunc(keys, func(a, b reflect.Value) int {
		switch {
		case a.Kind() != b.Kind():
		case a.CanInt():
			return cmp.Compare(a.Int(), b.Int())
		case a.CanUint():
			return cmp.Compare(a.Uint(), b.Uint())
		case a.CanFloat():
			return cmp.Compare(a.Float(), b.Float())
		}
		return cmp.Compare(summary(a, false), summary(b, false))
	})
	return keys
}
