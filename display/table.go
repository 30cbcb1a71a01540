package display

import (
	"cmp"
	"fmt"
	"html"
	"reflect"
	"slices"
	"strings"
)

// Table is a table as text and as HTML. Rows may be shorter than the head. N is the number of rows there are when Rows holds only
// the first of them.
type Table struct {
	Head []string
	Rows [][]string
	N    int
}

// Bundle shows the table, cut at MaxRows rows and MaxColumns columns.
func (t Table) Bundle() Bundle {
	b := Text(t.String())
	b.Data[TypeHTML] = t.HTML()
	return b
}

// HTML returns a table element; everything in it is escaped.
func (t Table) HTML() string {
	var w strings.Builder
	w.WriteString("<table>\n<thead><tr>")
	for i, h := range t.Head {
		if i > MaxColumns {
			fmt.Fprintf(&w, "<th>… of %d</th>", len(t.Head)-1)
			break
		}
		w.WriteString("<th>" + html.EscapeString(valid(h)) + "</th>")
	}
	w.WriteString("</tr></thead>\n<tbody>\n")
	for _, r := range t.Rows[:min(len(t.Rows), MaxRows)] {
		w.WriteString("<tr>")
		for i, c := range r {
			if i > MaxColumns {
				w.WriteString("<td>…</td>")
				break
			}
			w.WriteString("<td>" + html.EscapeString(valid(c)) + "</td>")
		}
		w.WriteString("</tr>\n")
	}
	w.WriteString("</tbody>\n")
	if n := max(t.N, len(t.Rows)); n > MaxRows {
		fmt.Fprintf(&w, "<caption style=\"caption-side:bottom\">… of %s rows</caption>\n", thousands(n))
	}
	w.WriteString("</table>")
	return w.String()
}

// String returns the table in columns.
func (t Table) String() string {
	rows := append([][]string{t.Head}, t.Rows[:min(len(t.Rows), MaxRows)]...)
	var width []int
	for _, r := range rows {
		for i, c := range r {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var w strings.Builder
	for i, r := range rows {
		if i > 0 {
			w.WriteByte('\n')
		}
		for j, c := range r {
			w.WriteString(c)
			if j < len(r)-1 {
				w.WriteString(strings.Repeat(" ", width[j]-len([]rune(c))+2))
			}
		}
	}
	if n := max(t.N, len(t.Rows)); n > MaxRows {
		fmt.Fprintf(&w, "\n… of %s rows", thousands(n))
	}
	return w.String()
}

// Row is a line of a table: pairs of a column's name and its text. A type with the method Row() [][2]string is shown by it in
// tables of slices and maps.
type Row = [][2]string

// RowOf returns the row of v if its type has one of its own.
func RowOf(v any) (r Row, ok bool) {
	x, ok := v.(interface{ Row() [][2]string })
	if !ok {
		return nil, false
	}
	defer func() {
		if p := recover(); p != nil {
			r = Row{{"Row", "panicked: " + panicText(p)}}
		}
	}()
	return x.Row(), true
}

// table shows slices and arrays of structs and maps, and maps, as tables.
func table(v reflect.Value) (string, bool) {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 || !tabular(v.Type().Elem()) {
			return "", false
		}
		n := min(v.Len(), MaxRows)
		keys, items := make([]string, n), make([]reflect.Value, n)
		for i := range n {
			keys[i], items[i] = fmt.Sprint(i), v.Index(i)
		}
		return build(keys, items, v.Len()).HTML(), true
	case reflect.Map:
		if v.Len() == 0 {
			return "", false
		}
		ks := firstKeys(v, MaxRows)
		keys, items := make([]string, len(ks)), make([]reflect.Value, len(ks))
		for i, k := range ks {
			keys[i], items[i] = cell(k), v.MapIndex(k)
		}
		return build(keys, items, v.Len()).HTML(), true
	default:
		return "", false
	}
}

// tabular tells whether elements of type t have columns.
func tabular(t reflect.Type) bool {
	if t.Implements(reflect.TypeFor[interface{ Row() [][2]string }]()) {
		return true
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		text := reflect.TypeFor[fmt.Stringer]()
		own := t.Implements(text) || reflect.PointerTo(t).Implements(text)
		return t.NumField() > 0 && (!own || exported(t) > 0)
	case reflect.Map:
		return t.Key().Kind() == reflect.String
	default:
		return false
	}
}

func exported(t reflect.Type) (n int) {
	for field := range t.Fields() {
		if field.IsExported() {
			n++
		}
	}
	return n
}

// build collects the columns in the order in which they first appear.
func build(keys []string, items []reflect.Value, n int) Table {
	t := Table{Head: []string{""}, N: n}
	at := map[string]int{}
	for i, item := range items {
		row := []string{keys[i]}
		for _, c := range columns(item) {
			j, ok := at[c[0]]
			if !ok {
				j = len(t.Head)
				at[c[0]] = j
				t.Head = append(t.Head, c[0])
			}
			for len(row) <= j {
				row = append(row, "")
			}
			row[j] = c[1]
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func columns(v reflect.Value) Row {
	if v.IsValid() && v.CanInterface() {
		if v.Kind() != reflect.Pointer || !v.IsNil() {
			if r, ok := RowOf(v.Interface()); ok {
				return r
			}
		}
	}
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return Row{{"", "<nil>"}}
		}
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Struct && tabular(v.Type()):
		t := v.Type()
		all := exported(t) == 0
		var r Row
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() || all {
				r = append(r, [2]string{f.Name, cell(v.Field(i))})
			}
		}
		return r
	case v.Kind() == reflect.Map && v.Type().Key().Kind() == reflect.String:
		var r Row
		for _, k := range firstKeys(v, MaxColumns+1) {
			r = append(r, [2]string{k.String(), cell(v.MapIndex(k))})
		}
		return r
	default:
		return Row{{"value", cell(v)}}
	}
}

// cell is the text of one value in a table, kept short.
func cell(v reflect.Value) string {
	if !v.IsValid() {
		return "<nil>"
	}
	if v.CanInterface() {
		return cut(plain(v.Interface()), 200)
	}
	var w excerpt
	w.value(v, 1)
	return cut(valid(w.out.String()), 200)
}

// firstKeys returns at most n keys of a map in order; of a map that is too large to sort, just any n.
func firstKeys(m reflect.Value, n int) []reflect.Value {
	if m.Len() > 100*MaxElements {
		var keys []reflect.Value
		for it := m.MapRange(); len(keys) < n && it.Next(); {
			keys = append(keys, it.Key())
		}
		return keys
	}
	keys := m.MapKeys()
	slices.SortStableFunc(keys, compare)
	return keys[:min(n, len(keys))]
}

func compare(a, b reflect.Value) int {
	for a.Kind() == reflect.Interface && b.Kind() == reflect.Interface {
		a, b = a.Elem(), b.Elem()
	}
	switch {
	case a.Kind() != b.Kind():
		return cmp.Compare(a.Kind(), b.Kind())
	case a.CanInt():
		return cmp.Compare(a.Int(), b.Int())
	case a.CanUint():
		return cmp.Compare(a.Uint(), b.Uint())
	case a.CanFloat():
		return cmp.Compare(a.Float(), b.Float())
	case a.Kind() == reflect.String:
		return cmp.Compare(a.String(), b.String())
	default:
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	}
}
