package display

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// edge is how many first and last rows and columns of a large matrix are shown.
const edge = 10

func matrix(b *Bundle, m mat.Matrix) error {
	r, c := m.Dims()
	entry := func(i, j int) string { return strconv.FormatFloat(m.At(i, j), 'g', 6, 64) }
	switch {
	case r == 0 || c == 0:
		b.Data[TypeText] = fmt.Sprintf("%d×%d %s", r, c, typeName(m))
		return nil
	case r <= 2*edge && c <= 2*edge:
		b.Data[TypeText] = cut(fmt.Sprint(mat.Formatted(m)), MaxText)
	default:
		b.Data[TypeText] = cut(fmt.Sprint(mat.Formatted(m, mat.Excerpt(edge))), MaxText)
	}
	b.Data[TypeHTML] = grid(fmt.Sprintf("%d×%d %s", r, c, typeName(m)), r, c, entry)
	return nil
}

func cmatrix(b *Bundle, m mat.CMatrix) error {
	r, c := m.Dims()
	entry := func(i, j int) string {
		return strings.Trim(strconv.FormatComplex(m.At(i, j), 'g', 6, 128), "()")
	}
	rows := [][]string{}
	for _, i := range shown(r) {
		row := []string{}
		for _, j := range shown(c) {
			row = append(row, pick(i, j, entry))
		}
		rows = append(rows, row)
	}
	head := make([]string, len(shown(c)))
	name := fmt.Sprintf("%d×%d %s", r, c, typeName(m))
	b.Data[TypeText] = cut(name+Table{Head: head, Rows: rows}.String(), MaxText)
	b.Data[TypeHTML] = grid(name, r, c, entry)
	return nil
}

func typeName(v any) string { return strings.TrimPrefix(fmt.Sprintf("%T", v), "*") }

// shown lists the indices to show of n, with -1 where some are left out.
func shown(n int) []int {
	var s []int
	for i := 0; i < n; i++ {
		if n > 2*edge && i == edge {
			s = append(s, -1)
			i = n - edge
		}
		s = append(s, i)
	}
	return s
}

func pick(i, j int, entry func(i, j int) string) string {
	if i < 0 || j < 0 {
		return "…"
	}
	return entry(i, j)
}

func grid(caption string, r, c int, entry func(i, j int) string) string {
	var w strings.Builder
	w.WriteString("<table>\n<caption>" + html.EscapeString(caption) + "</caption>\n<tbody>\n")
	for _, i := range shown(r) {
		w.WriteString("<tr>")
		for _, j := range shown(c) {
			w.WriteString("<td>" + html.EscapeString(pick(i, j, entry)) + "</td>")
		}
		w.WriteString("</tr>\n")
	}
	w.WriteString("</tbody>\n</table>")
	return w.String()
}
