package namespace

import (
	"context"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
	"unsafe"
)

// How long methods of user code are waited for.
const (
	speakWait = 300 * time.Millisecond // for all texts of a list
	richWait  = 2 * time.Second
)

// within waits for what comes from a goroutine.
func within[T any](ctx context.Context, d time.Duration, c <-chan T) (x T, ok bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case x = <-c:
		return x, true
	case <-timer.C:
	case <-ctx.Done():
	}
	return x, false
}

// speak replaces the texts of values that say themselves what they are: by String or Error. What they do is done in another goroutine, for
// some time at most; a type whose method takes too long is not asked again.
func (x *Explorer) speak(ctx context.Context, views []View, values []reflect.Value) {
	deadline := time.Now().Add(speakWait)
	for i, v := range values {
		if !v.IsValid() || !v.CanInterface() || x.mute[v.Type()] {
			continue
		}
		if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface) && v.IsNil() {
			continue
		}
		value := v.Interface()
		switch value.(type) {
		case fmt.Stringer, error:
		default:
			continue
		}
		done := make(chan string, 1)
		go func() {
			defer func() { _ = recover() }() // nothing comes
			done <- text(value)
		}()
		s, ok := within(ctx, time.Until(deadline), done)
		if !ok {
			x.mute[v.Type()] = true
			return
		}
		views[i].Value = cutText(s)
	}
}

// cutText makes a text one that fits a row.
func cutText(s string) string {
	if s = strings.ToValidUTF8(s, "\uFFFD"); utf8.RuneCountInString(s) > maxVarText {
		s = string([]rune(s[:min(len(s), 4*maxVarText)])[:maxVarText-1]) + "…"
	}
	return s
}

// summary says in a few words what a value is. It calls none of its methods, and while user code runs it does not look into maps.
func summary(v reflect.Value, busy bool) string {
	w := &brief{busy: busy}
	w.value(v, 0)
	return cutText(w.String())
}

type brief struct {
	strings.Builder
	busy bool
}

// Bounds of a summary.
const (
	briefParts = 12
	briefDepth = 3
)

func (w *brief) value(v reflect.Value, depth int) {
	if w.Len() > 4*maxVarText {
		return
	}
	if !v.IsValid() {
		w.WriteString("nil")
		return
	}
	v = settled(v)
	switch v.Kind() {
	case reflect.Bool:
		w.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		w.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		w.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		w.WriteString(strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()))
	case reflect.Complex64, reflect.Complex128:
		w.WriteString(strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()))
	case reflect.String:
		s := v.String()
		w.WriteString(strconv.Quote(s[:min(len(s), 4*maxVarText)]))
	case reflect.Interface:
		w.value(v.Elem(), depth)
	case reflect.Pointer:
		w.pointer(v, depth)
	case reflect.Struct:
		w.list("{", "}", v.NumField(), depth, func(i int) {
			w.WriteString(v.Type().Field(i).Name + ":")
			w.value(v.Field(i), depth+1)
		})
	case reflect.Array, reflect.Slice:
		if n := v.Len(); n > briefParts {
			fmt.Fprintf(w, "len %d ", n)
		}
		w.list("[", "]", v.Len(), depth, func(i int) { w.value(v.Index(i), depth+1) })
	case reflect.Map:
		w.mapping(v, depth)
	case reflect.Chan:
		w.nilOr(v, func() { fmt.Fprintf(w, "channel with %d of %d", v.Len(), v.Cap()) })
	default:
		w.nilOr(v, func() { w.WriteString(v.Kind().String()) })
	}
}

func (w *brief) nilOr(v reflect.Value, f func()) {
	if v.IsNil() {
		w.WriteString("nil")
		return
	}
	f()
}

func (w *brief) pointer(v reflect.Value, depth int) {
	w.nilOr(v, func() {
		if depth > 0 {
			w.WriteString("&…")
			return
		}
		w.WriteString("&")
		w.value(v.Elem(), depth+1)
	})
}

func (w *brief) mapping(v reflect.Value, depth int) {
	w.nilOr(v, func() {
		fmt.Fprintf(w, "len %d", v.Len())
		if w.busy || v.Len() == 0 || v.Len() > mostParts {
			return
		}
		keys := sortedKeys(v)
		w.WriteString(" ")
		w.list("[", "]", len(keys), depth, func(i int) {
			w.value(keys[i], depth+1)
			w.WriteString(":")
			w.value(v.MapIndex(keys[i]), depth+1)
		})
	})
}

// list writes the first parts of something.
func (w *brief) list(open, end string, n, depth int, each func(i int)) {
	w.WriteString(open)
	for i := range n {
		if i > 0 {
			w.WriteString(" ")
		}
		if i >= briefParts || depth >= briefDepth || w.Len() > 4*maxVarText {
			w.WriteString("…")
			break
		}
		each(i)
	}
	w.WriteString(end)
}

// settled gives a copy of a string, slice or interface whose words belong together, if another goroutine writes it: it was the same twice.
// Other kinds are given as they are.
func settled(v reflect.Value) reflect.Value {
	if !v.CanAddr() {
		return v
	}
	p := unsafe.Pointer(v.UnsafeAddr())
	switch v.Kind() {
	case reflect.String, reflect.Slice:
		type header struct {
			p    unsafe.Pointer
			n, c uintptr
		}
		size := uintptr(1)
		if v.Kind() == reflect.Slice {
			size = 2
		}
		load := func() (h header) {
			h.p = atomic.LoadPointer((*unsafe.Pointer)(p))
			h.n = atomic.LoadUintptr((*uintptr)(unsafe.Add(p, 8)))
			if size == 2 {
				h.c = atomic.LoadUintptr((*uintptr)(unsafe.Add(p, 16)))
			}
			return h
		}
		h := twice(load)
		c := reflect.New(v.Type())
		if size == 2 {
			*(*header)(c.UnsafePointer()) = h
		} else {
			*(*struct {
				p unsafe.Pointer
				n uintptr
			})(c.UnsafePointer()) = struct {
				p unsafe.Pointer
				n uintptr
			}{h.p, h.n}
		}
		return c.Elem()
	case reflect.Interface:
		h := twice(func() [2]unsafe.Pointer {
			return [2]unsafe.Pointer{atomic.LoadPointer((*unsafe.Pointer)(p)), atomic.LoadPointer((*unsafe.Pointer)(unsafe.Add(p, 8)))}
		})
		c := reflect.New(v.Type())
		*(*[2]unsafe.Pointer)(c.UnsafePointer()) = h
		return c.Elem()
	default:
		return v
	}
}

// twice reads something until it is the same two times running.
func twice[T comparable](read func() T) T {
	a := read()
	for range 100 {
		b := read()
		if a == b {
			break
		}
		a = b
	}
	return a
}
