//go:build unix

package main

import (
	"fmt"
	"math"
	"strings"
)

// picture draws, for each grid and figure, how many times gale's time each peer takes, as bars on a logarithmic scale.
func (d *document) picture() []byte {
	const left, top, row, width, span = 150, 54, 13, 860, 560
	colours := map[string]string{"MUMPS": "#3b6ea5", "UMFPACK": "#c0792a", "SuperLU": "#7a9a3c", "gale, plain Go": "#999999"}
	peers := []string{"MUMPS", "UMFPACK", "SuperLU", "gale, plain Go"}
	var bars strings.Builder
	scale := func(v float64) float64 { return span * math.Log2(v/0.5) / math.Log2(64/0.5) }
	y := top
	for _, t := range d.tables {
		for _, f := range figures {
			fmt.Fprintf(&bars, `<text x="%d" y="%d" text-anchor="end">%s %s</text>`+"\n", left-8, y+row*2, t.grid, f.name)
			for _, name := range peers {
				s := t.find(name)
				if s == nil || s.median(f.of) == 0 {
					continue
				}
				v := t.ratio(s, f.of)
				w := scale(min(max(v, 0.5), 64))
				fmt.Fprintf(&bars, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%.1f" y="%d" font-size="10">%.2g</text>`+"\n", left, y, w, row-3, colours[name], left+w+4, y+row-4, v)
				y += row
			}
			y += 10
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n", width, y+20)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="white"/><text x="%d" y="16" font-size="13">how many times gale's CPU time (one thread, double precision)</text>`+"\n", left)
	for i, name := range peers {
		fmt.Fprintf(&b, `<rect x="%d" y="24" width="10" height="10" fill="%s"/><text x="%d" y="33">%s</text>`+"\n", left+i*130, colours[name], left+14+i*130, name)
	}
	for v := 0.5; v <= 64; v *= 2 {
		x := left + scale(v)
		line := "#dddddd"
		if v == 1 {
			line = "#000000"
		}
		fmt.Fprintf(&b, `<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="%s"/><text x="%.1f" y="%d" text-anchor="middle" font-size="10">%g</text>`+"\n", x, x, top-8, y, line, x, y+14, v)
	}
	b.WriteString(bars.String())
	b.WriteString("</svg>\n")
	return []byte(b.String())
}
