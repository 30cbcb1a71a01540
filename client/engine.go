package client

import (
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"

	"github.com/galeproject/gale/wire"
)

// About is what a Go engine says of itself when it registers; it is empty for a Python engine.
type About struct {
	Kind  string `json:"kind"` // "go"
	Host  string `json:"host"`
	Pid   int    `json:"pid"`
	Cores int    `json:"cores"`
}

// Engine is one engine of a cluster.
type Engine struct {
	ID   int
	UUID string
	About
}

// Engines is a table of engines; it shows itself.
type Engines []Engine

// IDs gives the engines' ids.
func (e Engines) IDs() []int {
	out := make([]int, len(e))
	for i := range e {
		out[i] = e[i].ID
	}
	return out
}

// allGo refuses engines that do not run Go: they would never answer.
func (e Engines) allGo() error {
	for _, x := range e {
		if x.Kind != wire.KindGo {
			return fmt.Errorf("client: engine %d is one of Python: it has neither Go functions nor Go values (rc.Kind(%q) are the engines that have)", x.ID, wire.KindGo)
		}
	}
	return nil
}

func (e Engines) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d engines", len(e))
	for _, g := range e {
		kind := g.Kind
		if kind == "" {
			kind = "python"
		}
		fmt.Fprintf(&b, "\n%4d  %-7s", g.ID, kind)
		if g.Pid != 0 {
			fmt.Fprintf(&b, " %s, process %d", g.Host, g.Pid)
		}
	}
	return b.String()
}

// HTML is the table.
func (e Engines) HTML() string {
	rows := make([][]string, 0, len(e))
	for _, g := range e {
		kind, pid := g.Kind, ""
		if kind == "" {
			kind = "python"
		}
		if g.Pid != 0 {
			pid = fmt.Sprint(g.Pid)
		}
		rows = append(rows, []string{fmt.Sprint(g.ID), kind, g.Host, pid})
	}
	return table(fmt.Sprintf("%d engines", len(e)), []string{"engine", "kind", "host", "process"}, rows)
}

// sorted gives the engines in the order of their ids.
func sorted(m map[string]Engine) Engines {
	return slices.SortedFunc(maps.Values(m), func(a, b Engine) int { return a.ID - b.ID })
}

// table writes an HTML table; everything in it is escaped.
func table(caption string, head []string, rows [][]string) string {
	var b strings.Builder
	b.WriteString("<table><caption>" + html.EscapeString(caption) + "</caption><thead><tr>")
	for _, h := range head {
		b.WriteString("<th>" + html.EscapeString(h) + "</th>")
	}
	b.WriteString("</tr></thead><tbody>")
	for _, r := range rows {
		b.WriteString("<tr>")
		for _, c := range r {
			b.WriteString("<td>" + html.EscapeString(c) + "</td>")
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}
