package cellrt

import (
	"reflect"
	"runtime"
	"unsafe"
	"weak"
)

// Lifted says how a function value can be made again in another process: module, symbol, what it captured, and which variables it reads.
type Lifted struct {
	Session string // with Gen: the module that has the function
	Gen     int
	Symbol  string      // as Registrar.Func recorded it
	Cap     any         // pointer to the struct of captured values, the function's first parameter; nil if it has none
	Vars    []LiftedVar // notebook variables that it reads: their values travel with the call
	Needs   []Need      // variables of the process it will run in
}

// LiftedVar is a notebook variable that a lifted function reads.
type LiftedVar struct {
	Name, Symbol string
	Cell         int // that defined it
	P            any // pointer to the variable
}

// Need is a variable that a lifted function expects where it runs.
type Need struct {
	Name, Symbol string
	Cell         int // that declared it
}

// record is a Lifted whose captured values belong to the function value: a strong pointer here would keep a function alive that
// captured itself.
type record struct {
	l    Lifted
	zero any                        // pointer to the struct of captured values
	cap  interface{ Value() *byte } // a weak.Pointer
}

// Lift remembers, as long as f lives, how f can be made again elsewhere, and gives f. f is a function that holds l.Cap.
func Lift[F any](s *Space, l Lifted, f F) F {
	s.remember(l, any(f))
	return f
}

func (s *Space) remember(l Lifted, f any) {
	p := funcval(f)
	if p == nil {
		return
	}
	r := &record{l: l}
	if l.Cap != nil {
		v := reflect.ValueOf(l.Cap)
		r.zero, r.cap = reflect.Zero(v.Type()).Interface(), weak.Make((*byte)(v.UnsafePointer()))
		r.l.Cap = nil
	}
	key := uintptr(unsafe.Pointer(p))
	s.mu.Lock()
	s.lifts[key] = r
	s.mu.Unlock()
	s.forgetWith(p, forgotten{key, r})
}

// forgetWith arranges that the record goes with the function. A function without captured values is a static object, for which
// AddCleanup panics: it and its record stay for good.
func (s *Space) forgetWith(p *byte, f forgotten) {
	defer func() { _ = recover() }()
	runtime.AddCleanup(p, s.forget, f)
}

type forgotten struct {
	key uintptr
	r   *record
}

// forget drops a record, unless another function lives at the same address by now.
func (s *Space) forget(f forgotten) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lifts[f.key] == f.r {
		delete(s.lifts, f.key)
	}
}

// Lifted finds what Lift remembered of a function value.
func (s *Space) Lifted(f any) (Lifted, bool) {
	p := funcval(f)
	if p == nil {
		return Lifted{}, false
	}
	s.mu.Lock()
	r := s.lifts[uintptr(unsafe.Pointer(p))]
	s.mu.Unlock()
	if r == nil {
		return Lifted{}, false
	}
	l := r.l
	if r.cap != nil {
		c := r.cap.Value()
		if c == nil {
			return Lifted{}, false
		}
		l.Cap = reflect.NewAt(reflect.TypeOf(r.zero).Elem(), unsafe.Pointer(c)).Interface()
	}
	runtime.KeepAlive(f)
	return l, true
}

// funcval is the object behind a function value, nil for nil and for other values.
func funcval(f any) *byte {
	if v := reflect.ValueOf(f); v.Kind() != reflect.Func || v.IsNil() {
		return nil
	}
	// reflect gives a function's code; an interface holds the function value itself, a pointer, in its second word
	return (*(*[2]*byte)(unsafe.Pointer(&f)))[1]
}
