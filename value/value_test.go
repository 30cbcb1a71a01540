package value

import (
	"fmt"
	"math"
	"reflect"
	"sync"
	"testing"
	"time"
)

// table of names for tests.
type names map[string]reflect.Type

func (n names) TypeName(t reflect.Type) (string, bool) {
	got, ok := n[t.String()]
	return t.String(), ok && got == t
}

func (n names) TypeByName(name string) (reflect.Type, bool) {
	t, ok := n[name]
	return t, ok
}

func namesOf(ts ...reflect.Type) names {
	n := names{}
	for _, t := range ts {
		n[t.String()] = t
	}
	return n
}

type inner struct{ A, b int }

type mixed struct {
	N  int
	S  string
	F  []float64
	M  map[string]int
	P  *int
	In inner
	E  []int
	z  complex128
	i  any
	st fmt.Stringer
	fn func()
	ch chan int
	t  time.Time
	mu sync.Mutex
	rw *sync.RWMutex
}

type str string

func (s str) String() string { return string(s) }

type node struct {
	v    int
	next *node
}

var known = namesOf(reflect.TypeFor[mixed](), reflect.TypeFor[inner](), reflect.TypeFor[str](), reflect.TypeFor[node]())

// again sends a value and gives what arrives.
func again[T any](t *testing.T, v T, o Options) T {
	t.Helper()
	if o.Types == nil {
		o.Types = known
	}
	e, err := Encode(reflect.ValueOf(&v).Elem(), o)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	w, err := Decode(e, reflect.TypeFor[T](), o)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	return *w.Addr().Interface().(*T)
}

func TestRoundTrip(t *testing.T) {
	one := 1
	for _, v := range []any{
		&mixed{
			N: 1, S: "s", F: []float64{1, math.Inf(1)}, M: map[string]int{"a": 1, "b": 2}, P: &one, In: inner{1, 2}, E: []int{}, z: 3i,
			i: inner{4, 5}, st: str("q"), t: time.Unix(5, 6).UTC(), rw: new(sync.RWMutex),
		},
		[]any{1, "a", nil, 2.5, []string{"x"}, map[string]any{"k": []int{1}}, [2]int{1, 2}},
		map[[2]int]string{{1, 2}: "a", {0, 1}: "b"},
		[]*node{{1, nil}, {2, &node{3, nil}}},
		[]inner{{1, 2}},
		struct {
			A int `json:"a"`
			B []string
		}{1, []string{"b"}},
		make([]float64, 1000),
		nil,
	} {
		w := again(t, v, Options{})
		if !reflect.DeepEqual(v, w) {
			t.Errorf("%T: %+v, got %+v", v, v, w)
		}
	}
}

func TestCycle(t *testing.T) {
	c := &node{v: 1}
	c.next = &node{2, c}
	w := again(t, c, Options{})
	if w.next.next != w || w.next.v != 2 {
		t.Error(w)
	}
}
