package value

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal("time zones are needed, install tzdata:", err)
	}
	at := time.Date(2026, 7, 1, 12, 0, 0, 123456789, time.UTC)
	for _, loc := range []*time.Location{time.UTC, time.Local, oslo, time.FixedZone("CET", 3600), time.FixedZone("", -7200), time.FixedZone("Nowhere/None", 17)} {
		v := at.In(loc)
		w := again(t, v, Options{})
		if !w.Equal(v) || w.String() != v.String() || w.Location().String() != loc.String() {
			t.Errorf("%v from %v", w, v)
		}
		if l := again(t, loc, Options{}); at.In(l).String() != v.String() && loc != time.Local {
			t.Errorf("location %v from %v", l, loc)
		}
	}
	if w := again(t, at.In(oslo), Options{}); w.AddDate(0, 6, 0).Format("-07") != "+01" {
		t.Error("the rules of a named zone are lost")
	}
	e, err := Encode(reflect.ValueOf(at.In(oslo)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	e.Head = []byte(strings.Replace(string(e.Head), "CEST", "CEDT", 1)) // from a machine with other rules
	other, err := Decode(e, reflect.TypeFor[time.Time](), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if o := other.Interface().(time.Time); !o.Equal(at) || o.Hour() != 14 || o.AddDate(0, 6, 0).Format("-07") != "+02" {
		t.Error("a zone with other rules here changes the clock:", o)
	}
	if w := again(t, time.Now(), Options{}); strings.Contains(w.String(), "m=") || w.IsZero() {
		t.Error("a monotonic clock travelled:", w)
	}
	if w := again(t, time.Time{}, Options{}); !w.IsZero() {
		t.Error("zero time:", w)
	}
	if again(t, (*time.Location)(nil), Options{}) != nil {
		t.Error("nil location")
	}
}

type atoms struct {
	a atomic.Int64
	p atomic.Pointer[inner]
	q *inner
	v atomic.Value
}

func TestOwn(t *testing.T) {
	big1, _ := new(big.Int).SetString("-123456789012345678901234567890", 10)
	if w := again(t, big1, Options{}); w.Cmp(big1) != 0 {
		t.Error(w)
	}
	if w := again(t, big.NewRat(2, 3), Options{}); w.RatString() != "2/3" {
		t.Error(w)
	}
	for _, a := range []string{"10.1.2.3", "fe80::1%eth0", "::ffff:1.2.3.4"} {
		if w := again(t, netip.MustParseAddr(a), Options{}); w != netip.MustParseAddr(a) {
			t.Error(w)
		}
	}
	var b strings.Builder
	b.WriteString("a")
	w := again(t, &b, Options{})
	w.WriteString("b")
	if w.String() != "ab" {
		t.Error(w)
	}
	n := &atoms{q: &inner{1, 2}}
	n.a.Store(5)
	n.p.Store(n.q)
	n.v.Store("x")
	if w := again(t, n, Options{}); w.a.Load() != 5 || w.p.Load() != w.q || *w.q != *n.q || w.v.Load() != "x" {
		t.Errorf("%+v", w.q)
	}
	var m sync.Map
	m.Store("a", 1)
	m.Store(2, "b")
	mw := again(t, &m, Options{})
	if a, _ := mw.Load("a"); a != 1 {
		t.Error(a)
	}
	if b, _ := mw.Load(2); b != "b" {
		t.Error(b)
	}
}

// queue has a condition on its own lock.
type queue struct {
	mu   sync.Mutex
	more *sync.Cond
	n    int
}

func TestLocks(t *testing.T) {
	q := &queue{n: 1}
	q.more = sync.NewCond(&q.mu)
	q.mu.Lock()
	q.n++
	q.mu.Unlock()
	q.more.Broadcast()
	w := again(t, q, Options{})
	if w.more.L != sync.Locker(&w.mu) {
		t.Error("the condition has another lock")
	}
	w.more.Broadcast()
	var once sync.Once
	once.Do(func() {})
	again(t, &once, Options{}).Do(func() { t.Error("done twice") })
	var wg sync.WaitGroup
	wg.Go(func() {})
	wg.Wait()
	again(t, &wg, Options{}).Wait()
}

func TestErrors(t *testing.T) {
	for _, err := range append(sentinels[:], context.DeadlineExceeded) {
		if w := again(t, err, Options{}); w != err { //nolint:errorlint // identity is the point
			t.Errorf("%v is another", w)
		}
	}
	err := fmt.Errorf("read: %w", errors.Join(io.EOF, &fs.PathError{Op: "open", Path: "/x", Err: fs.ErrNotExist}, errors.New("own")))
	w := again(t, err, Options{})
	if w.Error() != err.Error() || !errors.Is(w, io.EOF) || !errors.Is(w, fs.ErrNotExist) {
		t.Error(w)
	}
}

func TestExactness(t *testing.T) {
	nan := math.Float64frombits(0x7ff8_0000_dead_beef)
	w := again(t, []any{nan, math.Copysign(0, -1), complex(nan, math.Inf(-1)), float32(1.5)}, Options{})
	if math.Float64bits(w[0].(float64)) != math.Float64bits(nan) || !math.Signbit(w[1].(float64)) || !math.IsInf(imag(w[2].(complex128)), -1) || w[3] != float32(1.5) {
		t.Error(w)
	}
	m := again(t, map[float64]int{math.NaN(): 1, math.Inf(1): 2}, Options{})
	m2 := map[float64]int{}
	m2[math.NaN()], m2[nan] = 1, 2
	if len(m) != 2 || m[math.Inf(1)] != 2 || len(again(t, m2, Options{})) != 2 {
		t.Error(m)
	}
	type nils struct {
		S, E []int
		M, N map[string]int
		P    *struct{}
		Q    *struct{}
		Z    []struct{}
		A    any
	}
	v := nils{E: []int{}, N: map[string]int{}, Q: &struct{}{}, Z: make([]struct{}, 3), A: []int(nil)}
	if w := again(t, v, Options{}); !reflect.DeepEqual(v, w) {
		t.Errorf("%+v", w)
	}
}

func TestSharing(t *testing.T) {
	shared := &inner{1, 2}
	type all struct {
		a, b *inner
		s, u []string
		m, n map[string]int
		self *all
		any  []any
	}
	s, m := []string{"x"}, map[string]int{"a": 1}
	v := &all{a: shared, b: shared, s: s, u: s, m: m, n: m, any: []any{nil, shared, m}}
	v.self, v.any[0] = v, v.any
	w := again(t, v, Options{})
	w.a.A, w.s[0], w.m["b"] = 9, "y", 2
	if w.b.A != 9 || w.u[0] != "y" || w.n["b"] != 2 || w.self != w || w.any[1] != any(w.a) {
		t.Errorf("%+v", w)
	}
	if in, ok := w.any[0].([]any); !ok || &in[0] != &w.any[0] {
		t.Error("a slice that contains itself")
	}
	c := map[string]any{}
	c["c"] = c
	if w := again(t, c, Options{}); reflect.ValueOf(w["c"]).UnsafePointer() != reflect.ValueOf(w).UnsafePointer() {
		t.Error("a map that contains itself")
	}
}

type vertex struct {
	name string
	to   []*vertex
}

type mesh struct {
	first    *vertex
	vertices []vertex
	data     []float64
	rows     [][]float64
	peak     *float64
	corner   *float64
	box      [2]struct{ lo, hi float64 }
	late     any
}

// single is around its field: both have one address and size.
type single struct{ x float64 }

type dual struct {
	a *float64
	b any
	c *single
}

func TestInsideFirst(t *testing.T) {
	known := namesOf(reflect.TypeFor[single](), reflect.TypeFor[vertex]())
	s := &single{1}
	v := dual{a: &s.x, c: s}
	if w := again(t, v, Options{Types: known}); w.a != &w.c.x || w.c.x != 1 {
		t.Error("a field that was met before its struct")
	}
	big := make([]float64, 1000)
	big[9] = 5
	vs := []vertex{{name: "a"}, {name: "b"}}
	// the whole is only met within contents that come later
	chain := &dual{a: &big[9], b: &[]any{&[]any{big, &vs[1], &[]any{vs}}}}
	w := again(t, chain, Options{Types: known})
	in := *(*w.b.(*[]any))[0].(*[]any)
	if *w.a != 5 || w.a != &in[0].([]float64)[9] || in[1] != any(&(*in[2].(*[]any))[0].([]vertex)[1]) {
		t.Error("parts that are met long before the whole")
	}
	_, err := Encode(reflect.ValueOf(chain), Options{})
	if err == nil || err.Error() != "cannot send value.b[0][1]: its type *value.vertex has no name that other processes know" {
		t.Error(err)
	}
	lone := &dual{a: &s.x, b: &[]any{nil}}
	(*lone.b.(*[]any))[0] = &struct{ p **single }{&s}
	if w := again(t, lone, Options{Types: known}); *w.a != 1 {
		t.Error("a field whose struct is met later")
	}
}

func TestInside(t *testing.T) {
	known := namesOf(reflect.TypeFor[vertex](), reflect.TypeFor[list.List](), reflect.TypeFor[list.Element]())
	v := &mesh{vertices: []vertex{{name: "a"}, {name: "b"}, {name: "c"}}, data: make([]float64, 2000)}
	v.vertices[0].to = []*vertex{&v.vertices[1], &v.vertices[2]}
	v.vertices[2].to = []*vertex{&v.vertices[0]}
	v.first, v.peak, v.corner = &v.vertices[1], &v.data[7], &v.box[1].hi
	for i := range 20 {
		v.rows = append(v.rows, v.data[i*100:(i+1)*100])
	}
	for _, o := range []Options{{Types: known}, {Types: known, Copy: true}} {
		w := again(t, v, o)
		if w.first != &w.vertices[1] || w.vertices[0].to[1] != &w.vertices[2] || w.peak != &w.data[7] || w.corner != &w.box[1].hi || &w.rows[3][5] != &w.data[305] {
			t.Error("what pointed into an object does not")
		}
	}
	e, err := Encode(reflect.ValueOf(v), Options{Types: known})
	if err != nil || len(e.Frames) != 1 {
		t.Error("rows of one array are sent twice:", len(e.Frames), err)
	}
	l := list.New()
	l.PushBack(1)
	l.PushBack("two")
	w := again(t, any(l), Options{Types: known}).(*list.List)
	if w.PushBack(3); w.Len() != 3 || w.Front().Next().Value != "two" || w.Back().Next() != nil {
		t.Error("a list of the standard library")
	}
}
