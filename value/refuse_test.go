package value

import (
	"context"
	"errors"
	"hash/maphash"
	"net"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"
	"unique"
	"unsafe"
)

type cache struct {
	mu   sync.Mutex
	done chan bool
	hits map[string]*cache
	next any
}

type model struct {
	cache *cache
	list  []cache
	f     func()
	form  solved
	arr   [3]any
}

// solved has a form only to refuse.
type solved struct{ factor int }

func (s *solved) EncodeValue() (any, error) {
	if s.factor != 0 {
		return nil, errFactor
	}
	return 0, nil
}

func (s *solved) DecodeValue(any) error { return nil }

var errFactor = errors.New("a factorisation stays on its engine; send the model")

// wrapped stands for a type whose form is something that cannot travel.
type wrapped struct{ c *cache }

func (w wrapped) EncodeValue() (any, error) { return []*cache{nil, {next: w.c}}, nil }
func (w *wrapped) DecodeValue(any) error    { return nil }

// halfway has no way back.
type halfway struct{}

func (halfway) EncodeValue() (any, error) { return 1, nil }

type hidden struct{}

func TestRefusals(t *testing.T) {
	var locked cache
	locked.mu.Lock()
	var waits mixed
	waits.mu.Lock()
	var wg sync.WaitGroup
	wg.Add(1)
	n := 0
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	deep := &cache{}
	for range 100 {
		deep = &cache{hits: map[string]*cache{"x": deep}}
	}
	long := &cache{done: make(chan bool)}
	for range 100 {
		long = &cache{next: long}
	}
	known := namesOf(reflect.TypeFor[cache](), reflect.TypeFor[wrapped](), reflect.TypeFor[os.File](), reflect.TypeFor[net.TCPConn]())
	for _, c := range []struct {
		v    any
		want string
	}{
		{model{cache: &locked}, "m.cache.mu: a locked sync.Mutex stays in its process"},
		{&model{list: []cache{{}, {done: make(chan bool)}}}, "m.list[1].done: a chan bool stays in its process"},
		{&model{cache: &cache{hits: map[string]*cache{"a": nil, "b": &locked}}}, `m.cache.hits["b"].mu: a locked sync.Mutex stays in its process`},
		{&model{f: func() {}}, "m.f: a function value stays in its process"},
		{model{cache: &cache{next: &cache{next: hidden{}}}}, "m.cache.next.next: its type value.hidden has no name that other processes know"},
		{model{cache: &cache{next: []any{1, []*hidden{}}}}, "m.cache.next[1]: its type []*value.hidden has no name that other processes know"},
		{model{form: solved{1}}, "m.form: a factorisation stays on its engine; send the model"},
		{map[int]any{7: wrapped{&locked}}, "m[7][1].next.mu: a locked sync.Mutex stays in its process"},
		{&waits, "m.mu: a locked sync.Mutex stays in its process"},
		{&mixed{fn: func() {}}, "m.fn: a function value stays in its process"},
		{&mixed{ch: make(chan int)}, "m.ch: a chan int stays in its process"},
		{[]any{make(chan int)}, "m[0]: a chan int stays in its process"},
		{[]any{func() {}}, "m[0]: a function value stays in its process"},
		{[]any{(*hidden)(nil)}, "m[0]: its type *value.hidden has no name that other processes know"},
		{[]any{reflect.TypeFor[int]()}, "m[0]: a reflect.Type stays in its process"},
		{reflect.ValueOf(1), "m: a reflect.Value stays in its process"},
		{model{arr: [3]any{0, 0, os.Stdout}}, "m.arr[2]: an os.File stays in its process"},
		{os.Stdout, "m: an os.File stays in its process"},
		{[]any{a}, "m[0]: a connection (net.pipe) stays in its process"},
		{new(net.TCPConn), "m: a connection (net.TCPConn) stays in its process"},
		{struct{ c context.Context }{t.Context()}, "m.c: a context.Context stays in its process"},
		{&wg, "m: a sync.WaitGroup that waits stays in its process"},
		{&sync.Pool{New: func() any { return 1 }}, "m.New: a function value stays in its process"},
		{time.NewTimer(time.Hour), "m.C: a <-chan time.Time stays in its process"},
		{unsafe.Pointer(&n), "m: a unsafe.Pointer stays in its process"},
		{[]uintptr{0, 1}, "m[1]: an address (uintptr) stays in its process"},
		{maphash.MakeSeed(), "m: a maphash.Seed stays in its process"},
		{unique.Make("a"), "m: a unique.Handle[string] stays in its process"},
		{map[any]int{halfway{}: 1}, "m[value.halfway]: its type value.halfway has no name that other processes know"},
		{halfway{}, "m: value.halfway has EncodeValue but no DecodeValue"},
		{map[float64]chan int{0.5: make(chan int), 1: nil}, "m[0.5]: a chan int stays in its process"},
		{map[bool]chan int{true: make(chan int)}, "m[true]: a chan int stays in its process"},
		{map[uint]chan int{3: make(chan int)}, "m[3]: a chan int stays in its process"},
		{long, "m" + strings.Repeat(".next", 12) + "…" + strings.Repeat(".next", 11) + ".done: a chan bool stays in its process"},
		{nest(10_001), "m: it is nested deeper than 10000 interface values"},
	} {
		_, err := Encode(reflect.ValueOf(c.v), Options{Name: "m", Types: known})
		r, ok := errors.AsType[*Refused](err)
		if !ok {
			t.Errorf("%T travelled: want %s, got %v", c.v, c.want, err)
			continue
		}
		got := r.Error()
		if strings.Contains(got, "nested") { // the path is as deep as it is
			got = "cannot send m" + got[strings.Index(got, ": "):]
		}
		if got != "cannot send "+c.want {
			t.Errorf("got  %s\nwant cannot send %s", got, c.want)
		}
	}
	if _, err := Encode(reflect.ValueOf(model{form: solved{1}}), Options{}); !errors.Is(err, errFactor) {
		t.Error("the reason of a form is lost:", err)
	}
	if _, err := Encode(reflect.ValueOf(deep), Options{}); err != nil {
		t.Error(err)
	}
	if _, err := Encode(reflect.Value{}, Options{}); err == nil {
		t.Error("nothing travelled")
	}
	if _, err := Encode(reflect.ValueOf(model{}).Field(0), Options{}); err == nil {
		t.Error("a copy of an unexported field travelled")
	}
	if e, err := Encode(reflect.ValueOf(&model{list: []cache{{}}}).Elem().Field(1), Options{}); err != nil || e.Size() == 0 {
		t.Error("an addressable unexported field is refused:", err)
	}
}

// nest makes an interface value within n others.
func nest(n int) any {
	var x any
	for range n {
		x = []any{x}
	}
	for range n {
		x = [1]any{x}
	}
	return x
}
