package measure

import (
	"fmt"
	"hash/fnv"
	"html"
	"strings"
	"time"
)

// Sizes of a flame graph, in pixels.
const (
	flameWidth = 960.0
	flameRow   = 17.0
	flameLeast = 0.7 // what is narrower is left out
	flameDeep  = 60  // rows
	letter     = 6.6 // width of one, about
)

// SVG is the flame graph: each function stands on the one that called it, as wide as its share of the time.
func (p *Profile) SVG() string {
	var b strings.Builder
	depth := 0
	if p.root != nil && p.root.time > 0 {
		depth = p.draw(&b, p.root, 0, flameWidth, 0)
	}
	head := fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" font-family="monospace" font-size="11">`+"\n",
		flameWidth, flameRow*float64(depth+1), flameWidth)
	return head + b.String() + "</svg>\n"
}

// draw draws a function and what it called, and gives the number of rows.
func (p *Profile) draw(b *strings.Builder, n *node, x, width float64, row int) int {
	if width < flameLeast || row >= flameDeep {
		return row
	}
	share := 100 * float64(n.time) / float64(p.root.time)
	text := fmt.Sprintf("%s: %v, %.1f %%", n.name, time.Duration(n.time).Round(time.Millisecond), share)
	label := []rune(n.name)
	if room := int(width/letter) - 1; len(label) > room {
		label = append(label[:max(0, room-1):max(0, room-1)], '…')
		if room < 3 {
			label = nil
		}
	}
	y := flameRow * float64(row)
	fmt.Fprintf(b, `<g><title>%s</title><rect x="%.1f" y="%.1f" width="%.1f" height="%.0f" fill="%s" stroke="#fff" stroke-width="0.5"/><text x="%.1f" y="%.1f">%s</text></g>`+"\n",
		html.EscapeString(text), x, y, width, flameRow-1, colour(n.name), x+3, y+flameRow-5, html.EscapeString(string(label)))
	deepest := row
	for _, c := range n.sorted() {
		w := width * float64(c.time) / float64(n.time)
		deepest = max(deepest, p.draw(b, c, x, w, row+1))
		x += w
	}
	return deepest
}

// colour is warm, and the same for a package's functions.
func colour(name string) string {
	pkg, _, _ := strings.Cut(name, ".")
	h := fnv.New32a()
	_, _ = h.Write([]byte(pkg)) // never fails
	v := h.Sum32()
	return fmt.Sprintf("hsl(%d,%d%%,%d%%)", 15+v%40, 70+v>>8%20, 62+v>>16%12)
}
