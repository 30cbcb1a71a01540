package engine

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nlpodyssey/gopickle/types"

	"github.com/galeproject/gale/value"
)

// Bounds of a conversion: a pickle may name one object many times over.
const (
	maxDepth  = 64
	maxSpan   = 4 << 20 // numbers of a range
	freeParts = 100_000 // values of any payload; more are granted by its size
	perByte   = 8
	maxItems  = 64 // containers shorter than this may hold objects whose buffers travel as frames
)

// reference is a Python client's Reference: a place in the namespace.
type reference string

// foreign is a Python function or class, which cannot run here.
type foreign struct{ module, name string }

func (f foreign) full() string { return f.module + "." + f.name }

// is says whether it is one of ipyparallel's own functions, in any of its guises.
func (f foreign) is(full string) bool { return f.full() == full }

const canning = "ipyparallel.serialize.canning"

var errFrames = errors.New("engine: a Python object lacks its buffers")

// payload reads objects from the buffers of an apply request.
type payload struct {
	bufs   [][]byte
	values int // converted
	most   int // that may be
}

// object reads one object as Go has it: numbers, strings, []byte, bool, nil, []any for lists, tuples, ranges and sets, map[string]any or
// map[any]any for dicts, slices for arrays, reference, foreign. What has no such form is an error that names it.
func (p *payload) object() (any, error) {
	raw, err := p.pickle()
	if err != nil {
		return nil, err
	}
	if err := p.restore(raw); err != nil {
		return nil, err
	}
	return p.convert(raw, 0)
}

func (p *payload) pickle() (any, error) {
	if len(p.bufs) == 0 {
		return nil, errFrames
	}
	p.most += freeParts + perByte*len(p.bufs[0])
	v, err := unpickle(p.bufs[0])
	p.bufs = p.bufs[1:]
	return v, err
}

// restore gives canned objects the frames that were taken out of them: of the object itself, or of the elements of a short container.
func (p *payload) restore(v any) error {
	switch x := v.(type) {
	case *types.List:
		return p.restoreAll(*x)
	case *types.Tuple:
		return p.restoreAll(*x)
	case *types.Dict:
		if len(*x) >= maxItems {
			return nil
		}
		entries := slices.Clone(*x)
		slices.SortStableFunc(entries, func(a, b types.DictEntry) int {
			return strings.Compare(fmt.Sprint(a.Key), fmt.Sprint(b.Key))
		})
		for _, e := range entries {
			if err := p.restoreOne(e.Value); err != nil {
				return err
			}
		}
		return nil
	}
	return p.restoreOne(v)
}

func (p *payload) restoreAll(vs []any) error {
	if len(vs) >= maxItems {
		return nil
	}
	for _, v := range vs {
		if err := p.restoreOne(v); err != nil {
			return err
		}
	}
	return nil
}

func (p *payload) restoreOne(v any) error {
	o, ok := v.(*instance)
	if !ok || o.class.module != canning {
		return nil
	}
	bufs, ok := o.state["buffers"].(*types.List)
	if !ok {
		return nil
	}
	for i, b := range *bufs {
		if b != nil {
			continue
		}
		if len(p.bufs) == 0 {
			return errFrames
		}
		(*bufs)[i] = p.bufs[0]
		p.bufs = p.bufs[1:]
	}
	return nil
}

// convert gives a Go value of what a pickle held.
func (p *payload) convert(v any, depth int) (any, error) {
	if p.values++; depth > maxDepth || p.values > p.most {
		return nil, errors.New("engine: a Python object is nested too deeply or too large")
	}
	switch x := v.(type) {
	case nil, bool, int, float64, string, []byte:
		return x, nil
	case int64:
		return int(x), nil
	case *big.Int:
		if x.IsInt64() {
			return int(x.Int64()), nil
		}
		return x, nil
	case *types.List:
		return p.sequence(*x, depth)
	case *types.Tuple:
		return p.sequence(*x, depth)
	case *types.Set:
		return p.set(keysOf(*x), depth)
	case *types.FrozenSet:
		return p.set(keysOf(*x), depth)
	case *types.ByteArray:
		return []byte(*x), nil
	case *types.Dict:
		return p.dict(*x, depth)
	case *class:
		return foreign{x.module, x.name}, nil
	case *instance:
		return p.instance(x, depth)
	}
	return nil, fmt.Errorf("engine: a Python %T has no form in Go", v)
}

func (p *payload) sequence(vs []any, depth int) (any, error) {
	out := make([]any, len(vs))
	for i, v := range vs {
		var err error
		if out[i], err = p.convert(v, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func keysOf[M ~map[any]V, V any](m M) []any {
	all := make([]any, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	return all
}

// set gives the elements of a set in an order of their own.
func (p *payload) set(all []any, depth int) (any, error) {
	slices.SortFunc(all, func(a, b any) int { return strings.Compare(fmt.Sprintf("%T %v", a, a), fmt.Sprintf("%T %v", b, b)) })
	return p.sequence(all, depth)
}

func (p *payload) dict(entries []types.DictEntry, depth int) (any, error) {
	named, mixed := map[string]any{}, map[any]any{}
	for _, e := range entries {
		k, err := p.convert(e.Key, depth+1)
		if err != nil {
			return nil, err
		}
		v, err := p.convert(e.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if s, ok := k.(string); ok {
			named[s] = v
		} else if k != nil && !reflect.TypeOf(k).Comparable() {
			return nil, fmt.Errorf("engine: a %T cannot be a key in Go", k)
		}
		if k == nil || reflect.TypeOf(k).Comparable() {
			mixed[k] = v
		}
	}
	if len(named) == len(entries) {
		return named, nil
	}
	return mixed, nil
}

// instance converts what a class was asked to make.
func (p *payload) instance(o *instance, depth int) (any, error) {
	if o.class.module == canning {
		return p.canned(o, depth)
	}
	switch o.class.full() {
	case "builtins.range", "__builtin__.xrange":
		return span(o.args)
	case "builtins.complex", "__builtin__.complex":
		if len(o.args) == 2 {
			re, ok1 := o.args[0].(float64)
			im, ok2 := o.args[1].(float64)
			if ok1 && ok2 {
				return complex(re, im), nil
			}
		}
	case "builtins.set", "builtins.frozenset", "builtins.list", "builtins.tuple", "builtins.bytearray":
		if len(o.args) == 0 {
			return []any{}, nil
		}
		return p.convert(o.args[0], depth+1)
	case "_codecs.encode":
		if s, ok := first[string](o.args); ok {
			return latin1(s)
		}
	case "datetime.datetime":
		if b, ok := first[[]byte](o.args); ok && len(b) == 10 && len(o.args) == 1 {
			us := int(b[7])<<16 | int(b[8])<<8 | int(b[9])
			return time.Date(int(binary.BigEndian.Uint16(b)), time.Month(b[2]&0x7f), int(b[3]), int(b[4]), int(b[5]), int(b[6]), us*1000, time.Local), nil
		}
	case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar":
		if len(o.args) == 2 {
			return scalar(o.args[0], o.args[1])
		}
	case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
		if len(o.tuple) == 5 && o.tuple[3] == false {
			return array(o.tuple[1], dtype(o.tuple[2]), o.tuple[4])
		}
	}
	return nil, fmt.Errorf("engine: a Python %s has no form in Go", o.class.full())
}

func first[T any](args []any) (x T, ok bool) {
	if len(args) == 0 {
		return x, false
	}
	x, ok = args[0].(T)
	return x, ok
}

// span lists a range.
func span(args []any) (any, error) {
	var n [3]int
	if len(args) != 3 {
		return nil, fmt.Errorf("%w: a range of %d numbers", errPickle, len(args))
	}
	for i, a := range args {
		var ok bool
		if n[i], ok = a.(int); !ok {
			return nil, fmt.Errorf("%w: a range of %T", errPickle, a)
		}
	}
	from, to, by := n[0], n[1], n[2]
	if by == 0 || (float64(to)-float64(from))/float64(by) > maxSpan {
		return nil, errors.New("engine: a range is too long")
	}
	out := []any{}
	for i := from; by > 0 && i < to || by < 0 && i > to; i += by {
		out = append(out, i)
	}
	return out, nil
}

// latin1 gives the bytes that old protocols write as a string.
func latin1(s string) ([]byte, error) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r > 255 {
			return nil, fmt.Errorf("%w: bytes with a rune %#x", errPickle, r)
		}
		out = append(out, byte(r))
	}
	return out, nil
}

// canned converts ipyparallel's wrappers.
func (p *payload) canned(o *instance, depth int) (any, error) {
	switch o.class.name {
	case "Reference":
		if name, ok := o.state["name"].(string); ok {
			return reference(name), nil
		}
	case "CannedFunction":
		module, _ := o.state["module"].(string)
		name, _ := o.state["__name__"].(string)
		return foreign{module, name}, nil
	case "CannedArray":
		b, err := buffer(o)
		if err != nil {
			return nil, err
		}
		if o.state["pickled"] == true {
			if len(b) > 0 && !hasZero(o.state["shape"]) { // of objects
				return nil, fmt.Errorf("engine: an array of %v has no form in Go", o.state["dtype"])
			}
			b = nil
		}
		return array(o.state["shape"], o.state["dtype"], b)
	case "CannedBytes", "CannedMemoryView":
		return buffer(o)
	case "CannedObject":
		return p.convert(o.state["obj"], depth+1)
	}
	return nil, fmt.Errorf("engine: a Python %s has no form in Go", strings.TrimPrefix(o.class.name, "Canned"))
}

// buffer is the only buffer of a canned object.
func buffer(o *instance) ([]byte, error) {
	bufs, ok := o.state["buffers"].(*types.List)
	if !ok || len(*bufs) != 1 {
		return nil, errFrames
	}
	return octets((*bufs)[0])
}

func octets(v any) ([]byte, error) {
	switch b := v.(type) {
	case []byte:
		return b, nil
	case *types.ByteArray:
		return []byte(*b), nil
	case string:
		return latin1(b)
	case *instance:
		if s, ok := first[string](b.args); ok && b.class.full() == "_codecs.encode" {
			return latin1(s)
		}
	}
	return nil, errFrames
}

func hasZero(shape any) bool {
	t, ok := shape.(*types.Tuple)
	return ok && slices.Contains(*t, any(0))
}

// dtype gives the name of a pickled numpy dtype, "" if it is not one of plain numbers in this machine's order.
func dtype(v any) any {
	o, ok := v.(*instance)
	if !ok || o.class.full() != "numpy.dtype" {
		return v
	}
	name, ok := first[string](o.args)
	if !ok || len(name) < 2 {
		return ""
	}
	order := "|"
	if len(o.tuple) > 1 {
		order, _ = o.tuple[1].(string)
	}
	if name[1:] == "1" {
		order = "|"
	}
	return order + name
}

// scalar gives a numpy number.
func scalar(typ, raw any) (any, error) {
	x, err := array(&types.Tuple{1}, dtype(typ), raw)
	if err != nil {
		return nil, err
	}
	return reflect.ValueOf(x).Index(0).Interface(), nil
}

// array gives a numpy array as slices that share its memory where it is aligned; one without dimensions is a number.
func array(shape, kind, raw any) (any, error) {
	t, ok := shape.(*types.Tuple)
	if !ok {
		return nil, fmt.Errorf("%w: shape %T", errPickle, shape)
	}
	if t.Len() == 0 {
		s, err := array(&types.Tuple{1}, kind, raw)
		if err != nil {
			return nil, err
		}
		return reflect.ValueOf(s).Index(0).Interface(), nil
	}
	dims := make([]int, t.Len())
	for i, n := range *t {
		if dims[i], ok = n.(int); !ok {
			return nil, fmt.Errorf("%w: shape %v", errPickle, *t)
		}
	}
	name, ok := kind.(string)
	if !ok {
		return nil, errors.New("engine: an array of records has no form in Go")
	}
	var b []byte
	if raw != nil {
		var err error
		if b, err = octets(raw); err != nil {
			return nil, err
		}
	}
	v, err := value.FromArray(name, dims, b, anyType)
	if err != nil {
		return nil, fmt.Errorf("engine: an array of %s: %w", name, err)
	}
	return v.Elem().Interface(), nil
}

// elements lists the elements of a slice or array.
func elements(x any) ([]any, bool) {
	if s, ok := x.([]any); ok {
		return s, true
	}
	v := reflect.ValueOf(x)
	if !v.IsValid() || v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		return nil, false
	}
	out := make([]any, v.Len())
	for i := range out {
		out[i] = v.Index(i).Interface()
	}
	return out, true
}
