package display

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
)

// Of says what v looks like. It always returns a bundle with text/plain.
//
// A Bundle stands for itself. Otherwise the first of these methods that v has decides, if it has one: Bundle() Bundle,
// Render() struct{Data, Metadata, Transient map[string]any}, MIME() map[string]any, SimpleRender() map[string]any. Otherwise every
// one of HTML, Markdown, Latex, SVG, JavaScript (string), PNG, JPEG, PDF ([]byte) and JSON (any or map[string]any) adds its type. Methods
// with pointer receivers count for values too. Without any of them, images, gonum's matrices and plots, and slices and maps of
// structs and maps are shown as pictures and tables.
func Of(v any) (b Bundle) {
	switch x := v.(type) {
	case Bundle:
		return complete(x)
	case *Bundle:
		if x != nil {
			return complete(*x)
		}
	}
	b = Bundle{Data: map[string]any{}}
	var notes []string
	if r := receiver(v); r != nil {
		notes = methods(&b, r)
	}
	if len(b.Data) == 0 {
		if err := builtin(&b, v); err != nil {
			notes = append(notes, err.Error())
		}
	}
	if _, have := b.Data[TypeText]; !have {
		b.Data[TypeText] = plain(v)
	}
	if len(notes) > 0 {
		s, _ := b.Data[TypeText].(string)
		b.Data[TypeText] = s + "\n(" + valid(cut(strings.Join(notes, "; "), MaxText)) + ")"
	}
	return b
}

// OfAll says what several values look like side by side: their texts are joined by a space, and a single value is as Of shows it.
// When there are several and one of them has more than text, the others' texts go with it in one HTML fragment.
func OfAll(vs ...any) Bundle {
	switch len(vs) {
	case 0:
		return Text("")
	case 1:
		return Of(vs[0])
	}
	texts, parts, richer := make([]string, len(vs)), make([]string, len(vs)), false
	for i, v := range vs {
		b := Of(v)
		texts[i] = b.String()
		h, more := asHTML(b)
		parts[i], richer = h, richer || more
	}
	out := Bundle{Data: map[string]any{}}
	_ = out.put(TypeText, strings.Join(texts, " ")) // Of gives valid texts that were cut
	if richer {
		out.Data[TypeHTML] = strings.Join(parts, "\n")
	}
	return out
}

// complete gives a bundle of someone else's making the form that this package promises.
func complete(in Bundle) Bundle {
	out := Bundle{Data: make(map[string]any, len(in.Data)+1), Metadata: maps.Clone(in.Metadata), Place: in.Place}
	var notes []string
	for _, k := range slices.Sorted(maps.Keys(in.Data)) {
		if err := out.put(k, in.Data[k]); err != nil {
			notes = append(notes, err.Error())
		}
	}
	if _, have := out.Data[TypeText]; !have {
		kinds := slices.Sorted(maps.Keys(out.Data))
		out.Data[TypeText] = strings.Join(kinds, ", ")
	}
	if len(notes) > 0 {
		out.Data[TypeText] = out.String() + "\n(" + valid(strings.Join(notes, "; ")) + ")"
	}
	return out
}

// receiver returns what to look for methods on: v itself, or a pointer to a copy of it when only the pointer has methods. It is nil
// for nil pointers, whose methods would most likely fail.
func receiver(v any) any {
	rv := reflect.ValueOf(v)
	if !rv.IsValid() {
		return nil
	}
	switch rv.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		if rv.IsNil() {
			return nil
		}
	default:
	}
	t := rv.Type()
	if t.Kind() != reflect.Pointer && t.Name() != "" && reflect.PointerTo(t).NumMethod() > t.NumMethod() {
		p := reflect.New(t)
		p.Elem().Set(rv)
		return p.Interface()
	}
	return v
}

type rendered = struct{ Data, Metadata, Transient map[string]any }

// methods fills b from the methods of v and returns what went wrong on the way.
func methods(b *Bundle, v any) (notes []string) {
	try := func(name string, f func() error) {
		defer func() {
			if p := recover(); p != nil {
				notes = append(notes, fmt.Sprintf("%s of %T panicked: %s", name, v, panicText(p)))
			}
		}()
		if err := f(); err != nil {
			notes = append(notes, fmt.Sprintf("%s of %T: %s", name, v, err))
		}
	}
	whole := func(name string, f func() Bundle) {
		try(name, func() error { b.merge(complete(f())); return nil })
	}
	switch x := v.(type) {
	case interface{ Bundle() Bundle }:
		whole("Bundle", x.Bundle)
	case interface{ Render() rendered }:
		whole("Render", func() Bundle { r := x.Render(); return Bundle{Data: r.Data, Metadata: r.Metadata} })
	case interface{ MIME() map[string]any }:
		whole("MIME", func() Bundle { return Bundle{Data: x.MIME()} })
	case interface{ SimpleRender() map[string]any }:
		whole("SimpleRender", func() Bundle { return Bundle{Data: x.SimpleRender()} })
	default:
		single(b, v, try)
	}
	return notes
}

// single takes the methods that make one MIME type each.
func single(b *Bundle, v any, try func(string, func() error)) {
	put := func(name, mime string, f func() any) {
		try(name, func() error { return b.put(mime, f()) })
	}
	if x, ok := v.(interface{ HTML() string }); ok {
		put("HTML", TypeHTML, func() any { return x.HTML() })
	}
	if x, ok := v.(interface{ Markdown() string }); ok {
		put("Markdown", TypeMarkdown, func() any { return x.Markdown() })
	}
	if x, ok := v.(interface{ Latex() string }); ok {
		put("Latex", TypeLatex, func() any { return x.Latex() })
	}
	if x, ok := v.(interface{ SVG() string }); ok {
		put("SVG", TypeSVG, func() any { return x.SVG() })
	}
	if x, ok := v.(interface{ JavaScript() string }); ok {
		put("JavaScript", TypeScript, func() any { return x.JavaScript() })
	}
	if x, ok := v.(interface{ PNG() []byte }); ok {
		put("PNG", TypePNG, func() any { return x.PNG() })
	}
	if x, ok := v.(interface{ JPEG() []byte }); ok {
		put("JPEG", TypeJPEG, func() any { return x.JPEG() })
	}
	if x, ok := v.(interface{ PDF() []byte }); ok {
		put("PDF", TypePDF, func() any { return x.PDF() })
	}
	switch x := v.(type) {
	case interface{ JSON() any }:
		put("JSON", TypeJSON, x.JSON)
	case interface{ JSON() map[string]any }:
		put("JSON", TypeJSON, func() any { return x.JSON() })
	}
}

// builtin shows the types that have no methods of ours. A panic in a user's matrix or image becomes an error.
func builtin(b *Bundle, v any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("showing %T panicked: %s", v, panicText(p))
		}
	}()
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
		return nil
	}
	switch x := v.(type) {
	case nil, error:
		return nil
	case image.Image:
		return picture(b, x)
	case *plot.Plot:
		return plotted(b, x)
	case mat.Matrix:
		return matrix(b, x)
	case mat.CMatrix:
		return cmatrix(b, x)
	}
	if h, ok := table(reflect.ValueOf(v)); ok {
		b.Data[TypeHTML] = h
	}
	return nil
}

func panicText(p any) (s string) {
	defer func() {
		if recover() != nil {
			s = fmt.Sprintf("a value of type %T", p)
		}
	}()
	return cut(fmt.Sprint(p), 500)
}

// maxPixels bounds the pictures that are encoded; larger ones are named only.
const maxPixels = 16 << 20

func picture(b *Bundle, m image.Image) error {
	r := m.Bounds()
	name := strings.TrimPrefix(fmt.Sprintf("%T", m), "*")
	b.Data[TypeText] = fmt.Sprintf("%s %d×%d", name, r.Dx(), r.Dy())
	if r.Empty() {
		return nil
	}
	if r.Dx() > maxPixels/r.Dy() {
		return fmt.Errorf("too large to be shown")
	}
	var buf bytes.Buffer
	if err := png.Encode(&buf, m); err != nil {
		return err
	}
	return b.put(TypePNG, buf.Bytes())
}

func pngSize(b []byte) (w, h int, ok bool) {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	return c.Width, c.Height, err == nil
}
