package display_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/galeproject/gale/display"
)

func TestCharts(t *testing.T) {
	const spec = `{"mark":"bar"}`
	for _, v := range []any{spec, []byte(spec), json.RawMessage(spec), map[string]string{"mark": "bar"}} {
		raw, _ := display.Of(display.VegaLite(v)).Data[display.TypeVegaLite].(json.RawMessage)
		if string(raw) != spec {
			t.Errorf("%T: %s", v, raw)
		}
	}
	b := display.Plotly(map[string]any{"data": []any{map[string]any{"y": []float64{1, 2}}}})
	if raw, _ := b.Data[display.TypePlotly].(json.RawMessage); string(raw) != `{"data":[{"y":[1,2]}]}` || b.String() != "Plotly chart" {
		t.Errorf("%s %s", raw, b)
	}
	for _, bad := range []any{"{", []byte("x"), func() {}} {
		if b := display.VegaLite(bad); len(b.Data) != 1 || !strings.Contains(b.String(), "vegalite") {
			t.Errorf("%v", b)
		}
	}
}

// huge has more of everything than a notebook should hold.
type huge struct{}

var many = strings.Repeat("x", 20<<20)

func (huge) HTML() string     { return many }
func (huge) Markdown() string { return many }
func (huge) PNG() []byte      { return []byte(many) }
func (huge) JSON() any        { return many }
func (huge) String() string   { return many }
func (huge) Latex() string    { return "$x$" }

func TestNothingLargeGetsIntoANotebookByAccident(t *testing.T) {
	if testing.Short() {
		t.Skip("handles 20 MB many times")
	}
	for name, v := range map[string]any{
		"methods": huge{}, "HTML": display.HTML(many), "PNG": display.PNG([]byte(many)), "JSON": display.JSON([]string{many}), "text": many,
		"bytes": []byte(many), "numbers": make([]float64, 20<<20), "table": []struct{ A, B string }{{many, many}}, "map": map[string]string{"a": many},
		"Table": display.Table{Head: []string{"a"}, Rows: [][]string{{many}}}, "Bundle": display.Bundle{Data: map[string]any{"text/html": many, "a/b+json": many}},
		"chart": display.VegaLite(map[string]string{"a": many}), "several": display.OfAll(many, display.HTML(many)),
	} {
		b := display.Of(v)
		raw, err := json.Marshal(b.Data)
		if err != nil || len(raw) > 1<<20 {
			t.Errorf("%s: %d bytes, %v", name, len(raw), err)
		}
		if text := b.String(); !strings.Contains(text, "20,971,5") && name != "map" && name != "table" {
			t.Errorf("%s does not say how much there was: %.300s", name, text)
		}
	}
	if b := display.Of(huge{}); b.Data["text/latex"] != "$x$" {
		t.Error("what is small is missing too")
	}
}
