package display_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"reflect"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"

	"github.com/galeproject/gale/display"
)

type point struct{ X, Y int }

type stringer struct{ a, b int }

func (s stringer) String() string { return fmt.Sprintf("<%d %d>", s.a, s.b) }

type onPointer struct{ n int }

func (p *onPointer) HTML() string { return fmt.Sprintf("<b>%d</b>", p.n) }

type angry struct{}

func (angry) HTML() string   { panic("no mood") }
func (angry) PNG() []byte    { panic(errors.New("no picture")) }
func (angry) Latex() string  { return "$x$" }
func (angry) String() string { return "angry" }

type furious struct{}

func (furious) String() string { panic(furious{}) }

type everything struct{}

func (everything) HTML() string       { return "<i>h</i>" }
func (everything) Markdown() string   { return "*m*" }
func (everything) Latex() string      { return "$l$" }
func (everything) SVG() string        { return "<svg/>" }
func (everything) JavaScript() string { return "1" }
func (everything) PNG() []byte        { return []byte{1, 2, 3} }
func (everything) JPEG() []byte       { return []byte{4} }
func (everything) PDF() []byte        { return []byte{5} }
func (everything) JSON() any          { return map[string]int{"a": 1} }

type jsonMap struct{}

func (jsonMap) JSON() map[string]any { return map[string]any{"n": 12345678901234567} }

type mimed struct{}

func (mimed) MIME() map[string]any {
	return map[string]any{"application/vnd.vegalite.v5+json": map[string]any{"mark": "bar"}, "image/png": []byte{9}, "text/bad": "\xff"}
}

type rendered struct{}

func (rendered) Render() struct{ Data, Metadata, Transient map[string]any } {
	return struct{ Data, Metadata, Transient map[string]any }{Data: map[string]any{"text/html": "<p>"}, Metadata: map[string]any{"text/html": 1}}
}

type bundled struct{}

func (bundled) Bundle() display.Bundle { return display.Markdown("# t") }

func TestTextIsSprint(t *testing.T) {
	n := 7
	for _, v := range []any{
		42, -1.5, "a string",
		[]string{"a", "b"},
		point{1, 2},
		&point{1, 2}, nil, true, 'x', 3 + 4i, []byte("ab"),
		[2]bool{true},
		map[string]int{"b": 2, "a": 1},
		time.Second, errors.New("bad"),
		stringer{1, 2},
		[]any{1, "x", nil},
		struct{}{},
		(*point)(nil),
		[]point{{1, 2}},
		[]stringer{{1, 2}},
		map[int]point{3: {1, 2}},
		[]error{errors.New("e")},
		[][]int{{1}, {2, 3}},
		map[string]any{"p": point{}, "q": []int(nil)},
		struct {
			a any
			b *int
		}{a: n},
	} {
		if got, want := display.Of(v).String(), fmt.Sprint(v); got != want {
			t.Errorf("text of %T is %q, fmt.Sprint gives %q", v, got, want)
		}
	}
}

func TestMethods(t *testing.T) {
	b := display.Of(everything{})
	want := map[string]any{
		"text/plain": "{}", "text/html": "<i>h</i>", "text/markdown": "*m*", "text/latex": "$l$", "image/svg+xml": "<svg/>",
		"application/javascript": "1", "image/png": "AQID", "image/jpeg": "BA==", "application/pdf": "BQ==",
		"application/json": json.RawMessage(`{"a":1}`),
	}
	if !reflect.DeepEqual(b.Data, want) {
		t.Errorf("got %v\nwant %v", b.Data, want)
	}
	for _, v := range []any{onPointer{3}, &onPointer{3}} {
		if got := display.Of(v).Data["text/html"]; got != "<b>3</b>" {
			t.Errorf("HTML of %T: %v", v, got)
		}
	}
	if got := display.Of((*onPointer)(nil)); got.Data["text/html"] != nil || got.String() != "<nil>" {
		t.Errorf("a nil pointer shows %v", got.Data)
	}
	if got := display.Of(jsonMap{}).Data["application/json"]; string(got.(json.RawMessage)) != `{"n":12345678901234567}` {
		t.Errorf("JSON: %s", got)
	}
	if got := display.Of(rendered{}); got.Data["text/html"] != "<p>" || got.Metadata["text/html"] != 1 || got.String() == "" {
		t.Errorf("Render: %v", got)
	}
	if got := display.Of(bundled{}); got.Data["text/markdown"] != "# t" || got.String() != "# t" {
		t.Errorf("Bundle: %v", got)
	}
}

func TestBadBundles(t *testing.T) {
	b := display.Of(mimed{})
	if b.Data["image/png"] != "CQ==" || b.Data["text/bad"] != nil || !strings.Contains(b.String(), "text/bad: not valid UTF-8") {
		t.Errorf("MIME: %v", b.Data)
	}
	if raw, err := json.Marshal(b.Data); err != nil || !strings.Contains(string(raw), `"vnd.vegalite`) && !strings.Contains(string(raw), `{"mark":"bar"}`) {
		t.Errorf("marshalled: %s, %v", raw, err)
	}
	b = display.JSON(func() {})
	if b.Data["application/json"] != nil || !strings.Contains(b.String(), "not JSON") {
		t.Errorf("JSON of a func: %v", b.Data)
	}
	b = display.Of(display.Bundle{Data: map[string]any{"image/png": "AB\nCD\n"}})
	if b.Data["image/png"] != "ABCD" || b.String() != "image/png" {
		t.Errorf("a bundle from elsewhere: %v", b.Data)
	}
}

func TestPanicsBecomeText(t *testing.T) {
	b := display.Of(angry{})
	want := "angry\n(HTML of display_test.angry panicked: no mood; PNG of display_test.angry panicked: no picture)"
	if b.String() != want || b.Data["text/latex"] != "$x$" || b.Data["text/html"] != nil {
		t.Errorf("got %v", b.Data)
	}
}

func TestLargeValues(t *testing.T) {
	big := make([]float64, 5_000_000)
	cycle := []any{nil}
	cycle[0] = cycle
	m := map[int]int{}
	for i := range 200_000 {
		m[i] = i
	}
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"slice":  {big, "[0 0 0"},
		"inside": {struct{ A []float64 }{big}, "(5,000,000 elements)}"},
		"map":    {m, "(200,000 entries)"},
		"string": {strings.Repeat("ä", 1<<20), "… (1,048,576 characters)"},
		"cycle":  {cycle, "[[["},
		"rows":   {make([]point, 1<<20), "(1,048,576 elements)"},
	} {
		s := display.Of(c.v).String()
		if !strings.Contains(s, c.want) {
			t.Errorf("%s: %q is not in %.80q … %q", name, c.want, s, s[max(0, len(s)-60):])
		}
		if len(s) > 5*display.MaxText {
			t.Errorf("%s: %d bytes of text", name, len(s))
		}
	}
	if n := testing.AllocsPerRun(1, func() { display.Of(big) }); n > 1000 {
		t.Errorf("%v allocations for a large slice", n)
	}
}

func TestTables(t *testing.T) {
	h := display.Of([]point{{1, 2}, {3, 4}}).Data["text/html"].(string)
	for _, want := range []string{"<th>X</th><th>Y</th>", "<tr><td>1</td><td>3</td><td>4</td></tr>"} {
		if !strings.Contains(h, want) {
			t.Errorf("%q is not in %s", want, h)
		}
	}
	h = display.Of([]map[string]any{{"a": "<script>"}, {"b": 2}}).Data["text/html"].(string)
	if !strings.Contains(h, "<td>0</td><td>&lt;script&gt;</td>") || !strings.Contains(h, "<td>1</td><td></td><td>2</td>") {
		t.Errorf("maps: %s", h)
	}
	h = display.Of(map[string]*point{"k": {1, 2}, "n": nil}).Data["text/html"].(string)
	if !strings.Contains(h, "<td>k</td><td>1</td><td>2</td>") || !strings.Contains(h, "&lt;nil&gt;") {
		t.Errorf("map to struct: %s", h)
	}
	h = display.Of(make([]point, 1000)).Data["text/html"].(string)
	if strings.Count(h, "<tr>") != display.MaxRows+1 || !strings.Contains(h, "… of 1,000 rows") {
		t.Errorf("long: %d rows", strings.Count(h, "<tr>"))
	}
	wide := map[string]int{}
	for i := range 50 {
		wide[fmt.Sprint(i)] = i
	}
	h = display.Of([]map[string]int{wide}).Data["text/html"].(string)
	if strings.Count(h, "<th>") != display.MaxColumns+2 {
		t.Errorf("wide: %d columns", strings.Count(h, "<th>"))
	}
	for _, v := range []any{[]int{1}, []time.Time{{}}, []point{}, []string{"a"}, map[string]int{}} {
		if display.Of(v).Data["text/html"] != nil {
			t.Errorf("%T is shown as a table", v)
		}
	}
}

type rowed struct{ n int }

func (r rowed) Row() [][2]string { return [][2]string{{"frequency", fmt.Sprintf("%d Hz", r.n)}} }

func TestRow(t *testing.T) {
	h := display.Of([]rowed{{3}}).Data["text/html"].(string)
	if !strings.Contains(h, "<th>frequency</th>") || !strings.Contains(h, "<td>3 Hz</td>") {
		t.Errorf("got %s", h)
	}
}

func TestPictures(t *testing.T) {
	b := display.Of(image.NewRGBA(image.Rect(0, 0, 64, 48)))
	raw, err := base64.StdEncoding.DecodeString(b.Data["image/png"].(string))
	if err != nil {
		t.Fatal(err)
	}
	m, err := png.Decode(strings.NewReader(string(raw)))
	if err != nil || m.Bounds().Dx() != 64 {
		t.Errorf("decoded: %v", err)
	}
	if b.String() != "image.RGBA 64×48" || !reflect.DeepEqual(b.Metadata["image/png"], map[string]any{"width": 64, "height": 48}) {
		t.Errorf("got %q, %v", b.String(), b.Metadata)
	}
	if b := display.Of(image.NewUniform(image.Black.C)); b.Data["image/png"] != nil || !strings.Contains(b.String(), "too large") {
		t.Errorf("an endless image: %v", b)
	}
}

func TestMatrices(t *testing.T) {
	b := display.Of(mat.NewDense(2, 2, []float64{1, 2, 3, 4.5}))
	if b.String() != "⎡  1    2⎤\n⎣  3  4.5⎦" || !strings.Contains(b.Data["text/html"].(string), "<tr><td>3</td><td>4.5</td></tr>") {
		t.Errorf("got %v", b.Data)
	}
	b = display.Of(mat.NewSymDense(300, nil))
	if h := b.Data["text/html"].(string); strings.Count(h, "<tr>") != 21 || !strings.Contains(h, "300×300 mat.SymDense") {
		t.Errorf("large: %.200s", h)
	}
	b = display.Of(mat.NewCDense(1, 2, []complex128{1 + 2i, -1i}))
	if h := b.Data["text/html"].(string); !strings.Contains(h, "<td>1+2i</td><td>0-1i</td>") {
		t.Errorf("complex: %s", h)
	}
	if b := display.Of((*mat.Dense)(nil)); b.String() != "<nil>" {
		t.Errorf("nil: %q", b.String())
	}
	if b := display.Of(&mat.Cholesky{}); b.String() == "" {
		t.Error("an empty factorisation has no text")
	}
}

func TestPlot(t *testing.T) {
	p := plot.New()
	p.Title.Text = "one"
	b := display.Of(p)
	if s, _ := b.Data["image/svg+xml"].(string); !strings.Contains(s, "<svg") || b.String() != `plot "one"` {
		t.Errorf("got %q, %.40q", b.String(), s)
	}
}

func TestOfAll(t *testing.T) {
	if got := display.OfAll(1, "a", nil).Data; !reflect.DeepEqual(got, map[string]any{"text/plain": "1 a <nil>"}) {
		t.Errorf("plain: %v", got)
	}
	if got := display.OfAll(everything{}).Data["text/markdown"]; got != "*m*" {
		t.Errorf("one: %v", got)
	}
	if got := display.OfAll(everything{}, "<x>").Data["text/html"]; got != "<i>h</i>\n<pre>&lt;x&gt;</pre>" {
		t.Errorf("mixed: %v", got)
	}
	if got := display.OfAll(); got.String() != "" {
		t.Errorf("none: %v", got)
	}
}

func TestConstructors(t *testing.T) {
	for mime, b := range map[string]display.Bundle{
		"text/html": display.HTML("<b>"), "text/markdown": display.Markdown("*"), "text/latex": display.Latex("$"),
		"image/svg+xml": display.SVG("<svg/>"), "image/png": display.PNG([]byte{1}), "text/plain": display.Text("t"),
		"application/json": display.JSON([]int{1}),
	} {
		if b.Data[mime] == nil || b.String() == "" {
			t.Errorf("%s: %v", mime, b.Data)
		}
		if got := display.Of(b); !reflect.DeepEqual(got, b) {
			t.Errorf("%s does not stand for itself: %v, not %v", mime, got, b)
		}
	}
}

func TestPanicInText(t *testing.T) {
	if got := display.Of(furious{}).String(); !strings.Contains(got, "its text panicked") {
		t.Errorf("got %q", got)
	}
}
