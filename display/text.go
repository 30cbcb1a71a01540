package display

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What is shown at most.
const (
	MaxText     = 10_000 // characters of text/plain
	MaxElements = 1_000  // elements of a slice, array or map in text/plain
	MaxRows     = 60     // rows of a table
	MaxColumns  = 20     // columns of a table

	MaxBytes = 16 << 20 // of one MIME type; what is larger is left out, and the text says so
)

const maxDepth = 50

// plain is fmt.Sprint for small values and an excerpt of the same look for large ones, so that a slice of millions costs nothing.
func plain(v any) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("%T (its text panicked: %s)", v, panicText(p))
		}
	}()
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.String && !formats(v) {
		return valid(cut(rv.String(), MaxText))
	}
	if formats(v) || weigh(reflect.ValueOf(v), 4*MaxElements, 0) >= 0 {
		return cut(valid(fmt.Sprint(v)), MaxText)
	}
	var w excerpt
	w.value(reflect.ValueOf(v), 0)
	return cut(valid(w.out.String()), MaxText)
}

// formats tells whether fmt leaves the text to the value itself.
func formats(v any) bool {
	switch v.(type) {
	case fmt.Formatter, fmt.Stringer, error:
		return true
	}
	return false
}

// weigh subtracts from budget what fmt.Sprint would have to format; a negative result means too much. Slices longer than MaxElements
// and cycles are too much whatever the budget.
func weigh(v reflect.Value, budget, depth int) int {
	if budget < 0 || depth > maxDepth {
		return -1
	}
	switch v.Kind() {
	case reflect.String:
		return budget - v.Len()/16 - 1
	case reflect.Slice, reflect.Array:
		if v.Len() > MaxElements {
			return -1
		}
		for i := 0; i < v.Len() && budget >= 0; i++ {
			budget = weigh(v.Index(i), budget, depth+1)
		}
	case reflect.Map:
		if v.Len() > MaxElements {
			return -1
		}
		for it := v.MapRange(); budget >= 0 && it.Next(); {
			budget = weigh(it.Value(), weigh(it.Key(), budget, depth+1), depth+1)
		}
	case reflect.Struct:
		for i := 0; i < v.NumField() && budget >= 0; i++ {
			budget = weigh(v.Field(i), budget, depth+1)
		}
	case reflect.Interface:
		return weigh(v.Elem(), budget, depth+1)
	case reflect.Pointer: // fmt follows a pointer at the top only
		if depth == 0 && !v.IsNil() {
			return weigh(v.Elem(), budget, 1)
		}
	default:
	}
	return budget - 1
}

// excerpt writes a value as fmt.Sprint would, leaving out the middle of what is long.
type excerpt struct{ out strings.Builder }

func (w *excerpt) value(v reflect.Value, depth int) {
	if w.out.Len() > 4*MaxText {
		return
	}
	if depth > maxDepth {
		w.out.WriteString("…")
		return
	}
	if v.IsValid() && v.CanInterface() && formats(v.Interface()) {
		fmt.Fprint(&w.out, v.Interface())
		return
	}
	switch v.Kind() {
	case reflect.String:
		w.out.WriteString(cut(v.String(), MaxElements))
	case reflect.Slice, reflect.Array:
		w.list(v, depth)
	case reflect.Map:
		w.mapping(v, depth)
	case reflect.Struct:
		w.out.WriteByte('{')
		for i := range v.NumField() {
			if i > 0 {
				w.out.WriteByte(' ')
			}
			w.value(v.Field(i), depth+1)
		}
		w.out.WriteByte('}')
	case reflect.Interface:
		w.value(v.Elem(), depth+1)
	case reflect.Pointer:
		if depth == 0 && !v.IsNil() && follows(v.Elem().Kind()) {
			w.out.WriteByte('&')
			w.value(v.Elem(), 1)
			return
		}
		fmt.Fprint(&w.out, v)
	default:
		fmt.Fprint(&w.out, v) // fmt prints what the reflect.Value holds, also where Interface is not allowed
	}
}

func follows(k reflect.Kind) bool {
	return k == reflect.Slice || k == reflect.Array || k == reflect.Map || k == reflect.Struct
}

const headElements, tailElements = 100, 5

func (w *excerpt) list(v reflect.Value, depth int) {
	n := v.Len()
	w.out.WriteByte('[')
	if n <= headElements+tailElements {
		for i := range n {
			if i > 0 {
				w.out.WriteByte(' ')
			}
			w.value(v.Index(i), depth+1)
		}
		w.out.WriteByte(']')
		return
	}
	for i := range headElements {
		w.value(v.Index(i), depth+1)
		w.out.WriteByte(' ')
	}
	w.out.WriteString("…")
	for i := n - tailElements; i < n; i++ {
		w.out.WriteByte(' ')
		w.value(v.Index(i), depth+1)
	}
	fmt.Fprintf(&w.out, "] (%s elements)", thousands(n))
}

func (w *excerpt) mapping(v reflect.Value, depth int) {
	w.out.WriteString("map[")
	keys := firstKeys(v, headElements)
	for i, k := range keys {
		if i > 0 {
			w.out.WriteByte(' ')
		}
		w.value(k, depth+1)
		w.out.WriteByte(':')
		w.value(v.MapIndex(k), depth+1)
	}
	if v.Len() > len(keys) {
		fmt.Fprintf(&w.out, " …] (%s entries)", thousands(v.Len()))
		return
	}
	w.out.WriteByte(']')
}

// cut shortens s to n characters and says how many there were.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	total := utf8.RuneCountInString(s)
	if total <= n {
		return s
	}
	i := 0
	for range n {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s[:i] + "… (" + thousands(total) + " characters)"
}

// thousands writes a count with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
