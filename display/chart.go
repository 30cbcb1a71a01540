package display

import "encoding/json"

// The MIME types of charts that front ends draw by themselves, to be zoomed and pointed at: JupyterLab, VSCode and nbviewer know them.
const (
	TypeVegaLite = "application/vnd.vegalite.v5+json"
	TypePlotly   = "application/vnd.plotly.v1+json"
)

// VegaLite is a chart by its Vega-Lite specification: a text of JSON (string, []byte, json.RawMessage), or a value that marshals to it.
func VegaLite(spec any) Bundle { return chart(TypeVegaLite, spec, "Vega-Lite chart") }

// Plotly is a chart of plotly: a figure with "data" and "layout", as a text of JSON or as a value that marshals to it. JupyterLab draws it with
// the extension jupyterlab-plotly, which comes with Python's plotly.
func Plotly(fig any) Bundle { return chart(TypePlotly, fig, "Plotly chart") }

func chart(mime string, v any, name string) Bundle {
	switch x := v.(type) {
	case string:
		v = []byte(x)
	case json.RawMessage:
		v = []byte(x)
	}
	return rich(mime, v, name)
}
