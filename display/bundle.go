package display

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"unicode/utf8"
)

// The MIME types that this package makes.
const (
	TypeText     = "text/plain"
	TypeHTML     = "text/html"
	TypeMarkdown = "text/markdown"
	TypeLatex    = "text/latex"
	TypeJSON     = "application/json"
	TypePNG      = "image/png"
	TypeJPEG     = "image/jpeg"
	TypeSVG      = "image/svg+xml"
	TypePDF      = "application/pdf"
	TypeScript   = "application/javascript"
)

// Bundle is one value in several MIME types, ready to be marshalled: text types are strings, binary types are base64 strings
// without newlines, JSON types are json.RawMessage. Metadata is by MIME type and may be nil.
type Bundle struct {
	Data     map[string]any
	Metadata map[string]any

	Place Place // where it is displayed; the zero value: as an output of its own
}

// String returns the bundle's text/plain.
func (b Bundle) String() string {
	s, _ := b.Data[TypeText].(string)
	return s
}

// Text is a bundle of text/plain alone, cut like any other text.
func Text(s string) Bundle {
	return Bundle{Data: map[string]any{TypeText: cut(valid(s), MaxText)}}
}

// HTML is a bundle with the fragment s, shown as it stands: escaping is the caller's business.
func HTML(s string) Bundle { return rich(TypeHTML, s, fmt.Sprintf("HTML, %d bytes", len(s))) }

// Markdown is a bundle with the source s, which is also its text.
func Markdown(s string) Bundle { return rich(TypeMarkdown, s, s) }

// Latex is a bundle with the source s, with its dollars or environment, which is also its text.
func Latex(s string) Bundle { return rich(TypeLatex, s, s) }

// SVG is a bundle with the document s.
func SVG(s string) Bundle { return rich(TypeSVG, s, fmt.Sprintf("SVG, %d bytes", len(s))) }

// PNG is a bundle with the picture b; width and height go into the metadata when b is a PNG.
func PNG(b []byte) Bundle {
	text := fmt.Sprintf("PNG, %d bytes", len(b))
	if w, h, ok := pngSize(b); ok {
		text = fmt.Sprintf("PNG %d×%d", w, h)
	}
	return rich(TypePNG, b, text)
}

// JSON is a bundle with v as application/json; its text is the indented source. A value that encoding/json refuses is shown as
// text with the reason.
func JSON(v any) Bundle {
	raw, err := json.Marshal(v)
	if err != nil {
		return Text(plain(v) + "\n(not JSON: " + err.Error() + ")")
	}
	var text bytes.Buffer
	if err := json.Indent(&text, raw, "", "  "); err != nil {
		return Text(string(raw))
	}
	return rich(TypeJSON, raw, text.String())
}

func rich(mime string, v any, text string) Bundle {
	b := Text(text)
	if err := b.put(mime, v); err != nil {
		b.Data[TypeText] = b.String() + "\n(" + err.Error() + ")"
	}
	return b
}

// maxNotes is room behind a text that was cut: for its count, and for what went wrong.
const maxNotes = 2000

// put stores v under a MIME type in the form that the wire takes, and reports what was wrong with it.
func (b *Bundle) put(mime string, v any) error {
	switch x := v.(type) {
	case []byte:
		switch {
		case len(x) > MaxBytes:
			return tooLarge(mime, len(x))
		case isJSON(mime):
			if !json.Valid(x) {
				return fmt.Errorf("%s: not valid JSON", mime)
			}
			b.Data[mime] = json.RawMessage(x)
		case isText(mime):
			return b.put(mime, string(x))
		default:
			b.Data[mime] = base64.StdEncoding.EncodeToString(x)
			if w, h, ok := pngSize(x); ok && mime == TypePNG {
				b.meta(mime, map[string]any{"width": w, "height": h})
			}
		}
		return nil
	case string:
		if !utf8.ValidString(x) {
			return fmt.Errorf("%s: not valid UTF-8", mime)
		}
		if mime == TypeText && len(x) > MaxText+maxNotes { // what was cut already keeps its count and notes
			x = cut(x, MaxText)
		}
		if len(x) > MaxBytes {
			return tooLarge(mime, len(x))
		}
		if !isText(mime) && !isJSON(mime) { // base64 from elsewhere, perhaps with line ends
			x = strings.NewReplacer("\n", "", "\r", "").Replace(x)
		}
		if !isJSON(mime) {
			b.Data[mime] = x
			return nil
		}
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", mime, err)
	}
	if len(raw) > MaxBytes {
		return tooLarge(mime, len(raw))
	}
	b.Data[mime] = json.RawMessage(raw)
	return nil
}

// tooLarge says what was left out. Whoever wants it in a file writes it there.
func tooLarge(mime string, n int) error {
	return fmt.Errorf("%s: %s bytes are left out, more than %s", mime, thousands(n), thousands(MaxBytes))
}

func (b *Bundle) meta(mime string, v any) {
	if b.Metadata == nil {
		b.Metadata = map[string]any{}
	}
	b.Metadata[mime] = v
}

// merge takes over everything of c that b does not have yet.
func (b *Bundle) merge(c Bundle) {
	for k, v := range c.Data {
		if _, have := b.Data[k]; !have {
			b.Data[k] = v
		}
	}
	if len(c.Metadata) > 0 {
		m := maps.Clone(c.Metadata)
		maps.Copy(m, b.Metadata)
		b.Metadata = m
	}
}

func isJSON(mime string) bool {
	return mime == TypeJSON || strings.HasSuffix(mime, "+json")
}

func isText(mime string) bool {
	return strings.HasPrefix(mime, "text/") || mime == TypeSVG || mime == TypeScript
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
