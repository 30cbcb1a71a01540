package notebook

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/galeproject/gale/wire"
)

// recorder turns what iopub says into outputs.
type recorder struct {
	cell     *Cell
	clear    bool                // the next output replaces what is there
	displays map[string][]Output // outputs by display id, of all cells
	buf      strings.Builder     // text of the last output, when that is a stream
}

// heard stores one message. What is no output, or not one that can be read, is passed over.
func (r *recorder) heard(m *wire.Message) {
	var c map[string]any
	d := json.NewDecoder(bytes.NewReader(m.RawContent))
	d.UseNumber() // numbers are stored as they came
	if d.Decode(&c) != nil {
		return
	}
	switch m.Header.MsgType {
	case "stream":
		r.stream(text(c["name"]), text(c["text"]))
	case "display_data", "execute_result":
		r.display(m.Header.MsgType, c)
	case "update_display_data":
		for _, o := range r.displays[displayID(c)] {
			o["data"], o["metadata"] = object(c["data"]), object(c["metadata"])
		}
	case "error":
		trace, _ := c["traceback"].([]any)
		if trace == nil {
			trace = []any{}
		}
		r.add(Output{"output_type": "error", "ename": text(c["ename"]), "evalue": text(c["evalue"]), "traceback": trace})
	case "clear_output":
		if wait, _ := c["wait"].(bool); wait {
			r.clear = true
		} else {
			r.cell.Outputs = nil
		}
	}
}

// stream adds text: to the last output, when that is the same stream.
func (r *recorder) stream(name, s string) {
	if name != "stdout" && name != "stderr" || s == "" {
		return
	}
	if n := len(r.cell.Outputs); n > 0 && !r.clear {
		if last := r.cell.Outputs[n-1]; last.Type() == "stream" && last["name"] == name {
			r.buf.WriteString(s)
			last["text"] = r.buf.String() // shares the buffer's memory, so a long text is not copied again and again
			return
		}
	}
	r.buf.Reset()
	r.buf.WriteString(s)
	r.add(Output{"output_type": "stream", "name": name, "text": s})
}

func (r *recorder) display(kind string, c map[string]any) {
	o := Output{"output_type": kind, "data": object(c["data"]), "metadata": object(c["metadata"])}
	if kind == "execute_result" {
		o["execution_count"] = c["execution_count"]
	}
	r.add(o)
	if id := displayID(c); id != "" {
		r.displays[id] = append(r.displays[id], o)
	}
}

func (r *recorder) add(o Output) {
	if r.clear {
		r.cell.Outputs, r.clear = nil, false
	}
	r.cell.Outputs = append(r.cell.Outputs, o)
}

func displayID(c map[string]any) string { return text(object(c["transient"])["display_id"]) }

func object(v any) map[string]any {
	m, _ := v.(map[string]any)
	if m == nil {
		m = map[string]any{}
	}
	return m
}
