//go:build ignore

// Draw draws the logo of the kernel: three gusts of wind on a square, as SVG and as PNG in both sizes that front ends ask for.
//
//	go run draw.go
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"math"
	"os"
	"strings"
)

type point struct{ x, y float64 }

// gust is a stroke: its start, and cubic curves of three points each, on a square of 64.
type gust struct {
	colour color.RGBA
	start  point
	curves [][3]point
}

const (
	side   = 64.0
	corner = 14.0
	width  = 5.0
)

var (
	top    = color.RGBA{0x22, 0xa0, 0xb6, 0xff}
	bottom = color.RGBA{0x0b, 0x3c, 0x52, 0xff}
	white  = color.RGBA{0xff, 0xff, 0xff, 0xff}
	amber  = color.RGBA{0xff, 0xc8, 0x57, 0xff}
)

var gusts = []gust{
	{white, point{9, 24}, [][3]point{{{18, 24}, {27, 24}, {36, 24}}, {{45, 24}, {45, 11.5}, {36.5, 11.5}}, {{32.5, 11.5}, {30, 14}, {30, 17}}}},
	{amber, point{9, 34}, [][3]point{{{22, 34}, {34, 34}, {46, 34}}, {{56.5, 34}, {56.5, 49}, {46.5, 49}}, {{42, 49}, {39.5, 46.5}, {39.5, 43}}}},
	{white, point{15, 44}, [][3]point{{{19, 44}, {23, 44}, {26, 44}}, {{33, 44}, {33, 54}, {26.5, 54}}, {{23.5, 54}, {21.5, 52.5}, {21, 50.5}}}},
}

func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

func svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g">
<defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="%s"/><stop offset="1" stop-color="%s"/></linearGradient></defs>
<rect width="%g" height="%g" rx="%g" fill="url(#g)"/>
`, side, side, side, side, hex(top), hex(bottom), side, side, corner)
	for _, g := range gusts {
		fmt.Fprintf(&b, `<path fill="none" stroke="%s" stroke-width="%g" stroke-linecap="round" d="M%g %g`, hex(g.colour), width, g.start.x, g.start.y)
		for _, c := range g.curves {
			fmt.Fprintf(&b, " C%g %g %g %g %g %g", c[0].x, c[0].y, c[1].x, c[1].y, c[2].x, c[2].y)
		}
		b.WriteString("\"/>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// flat gives points along a gust.
func (g gust) flat() []point {
	ps := []point{g.start}
	for _, c := range g.curves {
		a := ps[len(ps)-1]
		for i := 1; i <= 32; i++ {
			t := float64(i) / 32
			u := 1 - t
			ps = append(ps, point{
				u*u*u*a.x + 3*u*u*t*c[0].x + 3*u*t*t*c[1].x + t*t*t*c[2].x,
				u*u*u*a.y + 3*u*u*t*c[0].y + 3*u*t*t*c[1].y + t*t*t*c[2].y,
			})
		}
	}
	return ps
}

// distance is that of p from the line between a and b.
func distance(p, a, b point) float64 {
	dx, dy := b.x-a.x, b.y-a.y
	t := 0.0
	if l := dx*dx + dy*dy; l > 0 {
		t = max(0, min(1, ((p.x-a.x)*dx+(p.y-a.y)*dy)/l))
	}
	return math.Hypot(p.x-a.x-t*dx, p.y-a.y-t*dy)
}

// at gives the colour at a point, premultiplied, and its cover.
func at(p point, lines [][]point) (r, g, b, a float64) {
	x, y := math.Abs(p.x-side/2)-(side/2-corner), math.Abs(p.y-side/2)-(side/2-corner)
	if math.Hypot(max(x, 0), max(y, 0)) > corner {
		return 0, 0, 0, 0
	}
	for i, ps := range lines {
		for j := 1; j < len(ps); j++ {
			if distance(p, ps[j-1], ps[j]) <= width/2 {
				c := gusts[i].colour
				return float64(c.R), float64(c.G), float64(c.B), 255
			}
		}
	}
	t := p.y / side
	mix := func(m, n uint8) float64 { return float64(m)*(1-t) + float64(n)*t }
	return mix(top.R, bottom.R), mix(top.G, bottom.G), mix(top.B, bottom.B), 255
}

func picture(n int) image.Image {
	const fine = 8 // samples a pixel, each way
	lines := [][]point{}
	for _, g := range gusts {
		lines = append(lines, g.flat())
	}
	img := image.NewRGBA(image.Rect(0, 0, n, n))
	for py := range n {
		for px := range n {
			var sum [4]float64
			for i := range fine * fine {
				p := point{(float64(px) + (float64(i%fine)+0.5)/fine) * side / float64(n), (float64(py) + (float64(i/fine)+0.5)/fine) * side / float64(n)}
				r, g, b, a := at(p, lines)
				sum[0], sum[1], sum[2], sum[3] = sum[0]+r, sum[1]+g, sum[2]+b, sum[3]+a
			}
			q := func(v float64) uint8 { return uint8(math.Round(v / (fine * fine))) }
			img.SetRGBA(px, py, color.RGBA{q(sum[0]), q(sum[1]), q(sum[2]), q(sum[3])})
		}
	}
	return img
}

func main() {
	if err := os.WriteFile("logo-svg.svg", []byte(svg()), 0o644); err != nil {
		log.Fatal(err)
	}
	for _, n := range []int{32, 64} {
		f, err := os.Create(fmt.Sprintf("logo-%dx%d.png", n, n))
		if err != nil {
			log.Fatal(err)
		}
		e := png.Encoder{CompressionLevel: png.BestCompression}
		if err := e.Encode(f, picture(n)); err != nil {
			log.Fatal(err)
		}
		if err := f.Close(); err != nil {
			log.Fatal(err)
		}
	}
}
