// Package solver stands, in tests of cells, for a package that is compiled into the program: values, callbacks, interfaces and generic
// types cross between it and cells. It computes nothing of use.
package solver

import (
	"fmt"
	"sync"
)

// Model has exported fields, an unexported one, and methods.
type Model struct {
	N    int
	C    []float64
	K    complex128
	Freq float64
	mu   sync.Mutex
}

// New makes a model of n zeros.
func New(n int) *Model { return &Model{N: n, C: make([]float64, n), K: complex(1, 2)} }

// Sum adds the values up.
func (m *Model) Sum() float64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := 0.0
	for _, c := range m.C {
		s += c
	}
	return s
}

// Fill sets each value to f of its index.
func (m *Model) Fill(f func(i int) float64) {
	for i := range m.C {
		m.C[i] = f(i)
	}
}

func (m *Model) String() string { return fmt.Sprintf("Model(%d, %g Hz)", m.N, m.Freq) }

// Source is a plain struct.
type Source struct {
	X, Z float64
	Amp  complex128
}

// TotalAmp adds amplitudes up.
func TotalAmp(s []Source) complex128 {
	var t complex128
	for _, x := range s {
		t += x.Amp
	}
	return t
}

// Each calls f for each source and adds X up where f gives no error.
func Each(s []Source, f func(*Source) error) float64 {
	t := 0.0
	for i := range s {
		if f(&s[i]) == nil {
			t += s[i].X
		}
	}
	return t
}

// Field is implemented by types of cells.
type Field interface {
	At(x, z float64) float64
	Name() string
}

// Describe calls both methods of a field.
func Describe(f Field, x, z float64) string { return fmt.Sprintf("%s: %g", f.Name(), f.At(x, z)) }

// Identity gives what it gets.
func Identity(v any) any { return v }

var store sync.Map

// Store keeps a value.
func Store(k string, v any) { store.Store(k, v) }

// Load gives a kept value.
func Load(k string) any {
	v, _ := store.Load(k)
	return v
}

// GenericSum is a generic function.
func GenericSum[T ~float64 | ~int](xs []T) T {
	var s T
	for _, x := range xs {
		s += x
	}
	return s
}

// Grid is a generic type.
type Grid[T any] struct {
	nx   int
	data []T
}

// NewGrid makes a grid of nx·nz zeros.
func NewGrid[T any](nx, nz int) *Grid[T] { return &Grid[T]{nx, make([]T, nx*nz)} }

// Set sets a value.
func (g *Grid[T]) Set(x, z int, v T) { g.data[z*g.nx+x] = v }

// At gives a value.
func (g *Grid[T]) At(x, z int) T { return g.data[z*g.nx+x] }

// Stream sends n numbers.
func Stream(n int) <-chan float64 {
	ch := make(chan float64)
	go func() {
		defer close(ch)
		for i := range n {
			ch <- float64(i)
		}
	}()
	return ch
}

// Parallel calls f in goroutines of its own.
func Parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { f(i) })
	}
	wg.Wait()
}

// SolveError is an error with a method of its pointer.
type SolveError struct{ Iter int }

func (e *SolveError) Error() string { return fmt.Sprintf("solve failed at %d", e.Iter) }

// Fail gives an error.
func Fail(n int) error { return &SolveError{n} }
