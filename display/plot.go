package display

import (
	"bytes"
	"fmt"
	"html"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// largestSVG is the size above which a plot goes out as a picture of points, not of paths.
const largestSVG = 500_000

// plotted draws a plot of gonum's as SVG, or as PNG when it has too many paths.
func plotted(b *Bundle, p *plot.Plot) error {
	b.Data[TypeText] = "plot"
	if p.Title.Text != "" {
		b.Data[TypeText] = fmt.Sprintf("plot %q", p.Title.Text)
	}
	for _, format := range []string{"svg", "png"} {
		w, err := p.WriterTo(16*vg.Centimeter, 10*vg.Centimeter, format)
		if err != nil {
			return err
		}
		var buf bytes.Buffer
		if _, err := w.WriteTo(&buf); err != nil {
			return err
		}
		if format == "png" {
			return b.put(TypePNG, buf.Bytes())
		}
		if buf.Len() <= largestSVG {
			return b.put(TypeSVG, buf.String())
		}
	}
	return nil
}

// asHTML is a bundle as one HTML fragment, and whether it is more than text.
func asHTML(b Bundle) (string, bool) {
	if h, ok := b.Data[TypeHTML].(string); ok {
		return h, true
	}
	if s, ok := b.Data[TypeSVG].(string); ok {
		return s, true
	}
	for _, mime := range []string{TypePNG, TypeJPEG} {
		if s, ok := b.Data[mime].(string); ok {
			return `<img alt="` + html.EscapeString(b.String()) + `" src="data:` + mime + `;base64,` + s + `">`, true
		}
	}
	return "<pre>" + html.EscapeString(b.String()) + "</pre>", false
}
