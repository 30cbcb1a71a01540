package display

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Sizes on the paper, in points, and its resolution.
const (
	dpi       = 144
	oneWide   = 500 // data area of a single panel
	manyWide  = 270 // of each of several
	tallest   = 330
	narrowest = 120
	barWide   = 11
	barGap    = 9
	barLabels = 58
	margin    = 5
)

// Panels draws heat maps side by side, with axes, titles and colour bars, as a paletted PNG.
func Panels(maps ...Heat) ([]byte, error) {
	if len(maps) == 0 || len(maps) > 8 {
		return nil, fmt.Errorf("display: drawing panels: %d of them, 1 to 8 are possible", len(maps))
	}
	panels := make([]panel, len(maps))
	inks := 0
	var width, height vg.Length
	for i := range maps {
		if err := maps[i].check(); err != nil {
			return nil, err
		}
		panels[i] = layout(&maps[i], len(maps) > 1)
		width += panels[i].w
		height = max(height, panels[i].h)
		inks++
		if maps[i].Shade != nil {
			inks++
		}
	}
	c := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(color.White))
	whole := draw.New(c)
	pal := newPalette((256 - greys) / inks)
	var left vg.Length
	for i := range panels {
		p := &panels[i]
		p.draw(draw.Crop(whole, left, left+p.w-width, height-p.h, 0), height)
		left += p.w
	}
	out := pal.quantise(c.Image())
	for i := range panels {
		panels[i].paint(out, pal)
	}
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&buf, out); err != nil {
		return nil, fmt.Errorf("display: drawing panels: %w", err)
	}
	return buf.Bytes(), nil
}

// Picture is a bundle of the panels with a text. The picture has two thirds of its pixels' size, to be sharp on fine screens.
func Picture(text string, maps ...Heat) Bundle {
	b := Text(text)
	raw, err := Panels(maps...)
	if err != nil {
		b.Data[TypeText] = text + "\n(" + err.Error() + ")"
		return b
	}
	if err := b.put(TypePNG, raw); err != nil {
		b.Data[TypeText] = text + "\n(" + err.Error() + ")"
		return b
	}
	if w, h, ok := pngSize(raw); ok {
		b.meta(TypePNG, map[string]any{"width": w * 2 / 3, "height": h * 2 / 3})
	}
	return b
}

// panel is one heat map with its place on the paper.
type panel struct {
	heat      *Heat
	plot      *plot.Plot
	w, h      vg.Length
	data, bar image.Rectangle // in pixels
}

// frame remembers where the data area is, instead of drawing into it: the pixels are written at the end.
type frame struct{ to func(draw.Canvas) }

func (f frame) Plot(c draw.Canvas, _ *plot.Plot) { f.to(c) }

func layout(h *Heat, several bool) panel {
	p := plot.New()
	p.Title.Text = h.Title
	p.Title.Padding = 4
	p.X.Label.Text, p.Y.Label.Text = h.X.label(), h.Y.label()
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = h.X.Lo, h.X.Hi, h.Y.Lo, h.Y.Hi
	p.X.Padding, p.Y.Padding = 0, 0
	p.X.Tick.Marker, p.Y.Tick.Marker = ticks{}, ticks{}
	p.Y.Scale = plot.InvertedScale{Normalizer: plot.LinearScale{}}
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Font.Variant = "Sans"
		s.Font.Size = 9
	}
	p.Title.TextStyle.Font.Size = 10
	w, hh := extent(h, several)
	trial := draw.New(vgimg.NewWith(vgimg.UseWH(1000, 1000), vgimg.UseDPI(10)))
	d := p.DataCanvas(trial)
	mx, my := 1000-(d.Max.X-d.Min.X), 1000-(d.Max.Y-d.Min.Y)
	return panel{heat: h, plot: p, w: w + mx + barGap + barWide + barLabels + margin, h: hh + my + 2*margin}
}

// extent is the size of the data area: the proportion of the axes if that fits, else as near as possible.
func extent(h *Heat, several bool) (w, hh vg.Length) {
	w = oneWide
	if several {
		w = manyWide
	}
	if h.Free {
		return w, w * 2 / 3
	}
	ratio := vg.Length((h.Y.Hi - h.Y.Lo) / (h.X.Hi - h.X.Lo))
	hh = w * ratio
	if hh > tallest {
		hh = tallest
		w = min(max(hh/ratio, narrowest), w)
	}
	return w, max(hh, narrowest/2)
}

func (p *panel) draw(c draw.Canvas, paper vg.Length) {
	c = draw.Crop(c, margin, 0, margin, -margin)
	p.plot.Add(frame{func(d draw.Canvas) { p.data = pixels(d.Rectangle, paper) }})
	p.plot.Draw(draw.Crop(c, 0, -(barGap + barWide + barLabels), 0, 0))
	d := p.plot.DataCanvas(draw.Crop(c, 0, -(barGap + barWide + barLabels), 0, 0))
	x := c.Max.X - barWide - barLabels
	r := vg.Rectangle{Min: vg.Point{X: x, Y: d.Min.Y}, Max: vg.Point{X: x + barWide, Y: d.Max.Y}}
	p.bar = pixels(r, paper)
	style := p.plot.Y.Tick.Label
	style.XAlign, style.YAlign = draw.XLeft, draw.YCenter
	lo, hi := p.heat.limits()
	for _, t := range (ticks{}).Ticks(lo, hi) {
		if t.IsMinor() {
			continue
		}
		y := r.Min.Y + (r.Max.Y-r.Min.Y)*vg.Length((t.Value-lo)/(hi-lo))
		c.StrokeLine2(p.plot.Y.Tick.LineStyle, r.Max.X, y, r.Max.X+3, y)
		c.FillText(style, vg.Point{X: r.Max.X + 5, Y: y}, t.Label)
	}
	label := p.plot.Y.Label.TextStyle
	label.Rotation = math.Pi / 2
	label.XAlign, label.YAlign = draw.XCenter, draw.YBottom
	c.FillText(label, vg.Point{X: c.Max.X - 7, Y: (r.Min.Y + r.Max.Y) / 2}, p.heat.Bar.label())
}

// pixels converts a rectangle on the paper, whose origin is below, to pixels, whose origin is above.
func pixels(r vg.Rectangle, paper vg.Length) image.Rectangle {
	at := func(l vg.Length) int { return int(math.Round(l.Dots(dpi))) }
	return image.Rect(at(r.Min.X), at(paper-r.Max.Y), at(r.Max.X), at(paper-r.Min.Y))
}

// paint writes the pixels of the data area and of the colour bar.
func (p *panel) paint(m *image.Paletted, pal *palette) {
	h := p.heat
	lo, hi := h.limits()
	plain := pal.ramp(h.Colors, 1)
	dark := plain
	if h.Shade != nil {
		dark = pal.ramp(h.Colors, 0.62)
	}
	m.Palette = pal.colors
	edges := h.Shade.outline()
	du, dv := 1/float64(p.data.Dx()), 1/float64(p.data.Dy())
	for y := p.data.Min.Y; y < p.data.Max.Y; y++ {
		for x := p.data.Min.X; x < p.data.Max.X; x++ {
			u, v := (float64(x-p.data.Min.X)+0.5)*du, (float64(y-p.data.Min.Y)+0.5)*dv
			ramp := plain
			wx, wy := h.X.Hi-h.X.Lo, h.Y.Hi-h.Y.Lo
			if edges.crossed(h.X.Lo+u*wx, h.Y.Lo+v*wy, du*wx, dv*wy) {
				ramp = dark
			}
			m.SetColorIndex(x, y, ramp.index((h.sample(u, v, du, dv)-lo)/(hi-lo)))
		}
	}
	for y := p.bar.Min.Y; y < p.bar.Max.Y; y++ {
		i := plain.index((float64(p.bar.Max.Y-y) - 0.5) / float64(p.bar.Dy()))
		for x := p.bar.Min.X; x < p.bar.Max.X; x++ {
			m.SetColorIndex(x, y, i)
		}
	}
}
