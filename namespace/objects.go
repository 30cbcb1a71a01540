package namespace

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/value"
)

// NameLost is the failure of a call with an object that is not here.
const NameLost = "ObjectLost"

// Ref names an object: set is unique in the world, index counts within it.
type Ref struct {
	Set   string
	Index int
}

func (r Ref) String() string { return fmt.Sprintf("%s[%d]", r.Set, r.Index) }

// Object describes a value that stays.
type Object struct {
	Ref
	Name    string // of its set; named sets outlive their owner
	Of      int    // objects in the set, on all engines
	Type    string
	Bytes   int64
	Seconds float64    // it took to make
	Columns [][]string // name and text of what it says of itself
	Owner   string
	TypeID  string // see value.TypeID
}

type object struct {
	Object
	v reflect.Value
}

// keep holds a value under a name; it takes the place of one that has it. Methods of the value run here.
func (n *Namespace) keep(ref Ref, v reflect.Value, owner string, seconds float64) Object {
	o := &object{v: v, Object: Object{Ref: ref, Seconds: seconds, Owner: owner}}
	t := v.Type()
	if v.Kind() == reflect.Interface && !v.IsNil() {
		t = v.Elem().Type()
	}
	o.Type, o.TypeID = t.String(), value.TypeID(n.Types(), t)
	o.Bytes, o.Columns = describe(v)
	n.update(func() {
		if old := n.objects[ref]; old != nil {
			o.Name, o.Of = old.Name, old.Of
		}
		n.objects[ref] = o
	})
	return o.Object
}

// object finds a value.
func (n *Namespace) object(ref Ref) (v reflect.Value, ok bool) {
	n.update(func() {
		if o := n.objects[ref]; o != nil {
			v, ok = o.v, true
		}
	})
	return v, ok
}

// Objects lists what stays here, by set and index.
func (n *Namespace) Objects() (out []Object) {
	n.update(func() {
		for _, o := range n.objects {
			out = append(out, o.Object)
		}
	})
	slices.SortFunc(out, func(a, b Object) int { return cmp.Or(cmp.Compare(a.Set, b.Set), cmp.Compare(a.Index, b.Index)) })
	return out
}

// NameSet gives the objects of a set a name and the set's size, and tells how many are here.
func (n *Namespace) NameSet(set, name string, of int) (k int) {
	n.update(func() {
		for _, o := range n.objects {
			if o.Set == set {
				o.Name, o.Of = name, of
				k++
			}
		}
	})
	return k
}

// DeleteObjects frees objects and tells how many were here.
func (n *Namespace) DeleteObjects(refs ...Ref) (k int) {
	n.update(func() {
		for _, r := range refs {
			if n.objects[r] != nil {
				delete(n.objects, r)
				k++
			}
		}
	})
	return k
}

// Release frees the objects without a name that belong to an owner, and tells how many.
func (n *Namespace) Release(owner string) (k int) {
	n.update(func() {
		for r, o := range n.objects {
			if o.Owner == owner && o.Name == "" {
				delete(n.objects, r)
				k++
			}
		}
	})
	return k
}

// maxColumn is how many characters of a text stand in a table.
const maxColumn = 60

// describe asks a value for its size and for what it says of itself: Bytes() int64; Columns() or Row() [][2]string, else String.
// A method that panics has said nothing.
func describe(v reflect.Value) (bytes int64, columns [][]string) {
	x := v.Interface()
	ask := func(f func()) {
		defer func() { _ = recover() }()
		f()
	}
	bytes = -1
	ask(func() {
		if s, ok := x.(interface{ Bytes() int64 }); ok {
			bytes = s.Bytes()
		}
	})
	if bytes < 0 {
		bytes = size(v)
	}
	ask(func() {
		var row [][2]string
		if s, ok := x.(interface{ Columns() [][2]string }); ok {
			row = s.Columns()
		} else if r, ok := display.RowOf(x); ok {
			row = r
		}
		for _, c := range row {
			columns = append(columns, []string{c[0], shorten(c[1])})
		}
	})
	if columns == nil {
		ask(func() {
			if s, ok := x.(fmt.Stringer); ok {
				columns = [][]string{{"value", shorten(s.String())}}
			}
		})
	}
	return bytes, columns
}

func shorten(s string) string {
	if r := []rune(s); len(r) > maxColumn {
		return string(r[:maxColumn-1]) + "…"
	}
	return s
}
