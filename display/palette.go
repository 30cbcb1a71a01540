package display

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// greys is how many entries of a palette are kept for text and lines.
const greys = 24

// missing is the grey of NaN.
const missing = greys * 3 / 4

// palette collects the colours of one picture: greys for text, then a ramp for each colour map in use.
type palette struct {
	colors color.Palette
	levels int
}

func newPalette(levels int) *palette {
	p := &palette{levels: levels}
	for i := range greys {
		p.colors = append(p.colors, color.Gray{Y: uint8(i * 255 / (greys - 1))})
	}
	return p
}

// ramp is a run of a palette's entries.
type ramp struct{ first, n int }

func (p *palette) ramp(c Colors, light float64) ramp {
	r := ramp{len(p.colors), p.levels}
	for i := range p.levels {
		q := c.At((float64(i) + 0.5) / float64(p.levels))
		for _, v := range []*uint8{&q.R, &q.G, &q.B} {
			*v = uint8(float64(*v) * light)
		}
		p.colors = append(p.colors, q)
	}
	return r
}

func (r ramp) index(t float64) uint8 {
	if math.IsNaN(t) {
		return missing
	}
	return uint8(r.first + int(min(max(t, 0)*float64(r.n), float64(r.n-1))))
}

// quantise copies a picture of text and lines as greys.
func (p *palette) quantise(src image.Image) *image.Paletted {
	r := src.Bounds()
	out := image.NewPaletted(r, p.colors)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			g := color.GrayModel.Convert(src.At(x, y)).(color.Gray)
			out.SetColorIndex(x, y, uint8((int(g.Y)*(greys-1)+127)/255))
		}
	}
	return out
}

// ticks are gonum's, with labels short enough for a margin.
type ticks struct{}

func (ticks) Ticks(lo, hi float64) []plot.Tick {
	ts := plot.DefaultTicks{}.Ticks(lo, hi)
	for i := range ts {
		if ts[i].Label == "" {
			continue
		}
		v := ts[i].Value
		if math.Abs(v) < 1e-9*(hi-lo) {
			v = 0
		}
		ts[i].Label = strconv.FormatFloat(v, 'g', 6, 64)
	}
	return ts
}
