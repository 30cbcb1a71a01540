package widget_test

import (
	"context"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/widget"
	"github.com/galeproject/gale/wire"
)

func TestOpeningTellsTheWholeState(t *testing.T) {
	d, ctx := newDesk(t)
	s := widget.IntSlider(ctx, "depth", 0, 10, 99)
	all := d.took()
	if len(all) != 3 || all[2].id != s.ID() {
		t.Fatalf("%d messages", len(all))
	}
	for i, model := range []string{"LayoutModel", "SliderStyleModel", "IntSliderModel"} {
		state, _ := all[i].data["state"].(map[string]any)
		if all[i].msgType != wire.CommOpen || all[i].content["target_name"] != "jupyter.widget" || all[i].metadata != `{"version":"2.1.0"}` || state["_model_name"] != model {
			t.Errorf("%+v", all[i])
		}
	}
	state, _ := all[2].data["state"].(map[string]any)
	if state["value"] != 10.0 || state["max"] != 10.0 || state["description"] != "depth" || state["layout"] != "IPY_MODEL_"+all[0].id || state["style"] != "IPY_MODEL_"+all[1].id {
		t.Errorf("%v", state)
	}
	b := display.Of(s)
	if b.String() != `IntSlider "depth" 10` {
		t.Error(b.String())
	}
	raw, err := json.Marshal(b.Data["application/vnd.jupyter.widget-view+json"])
	if want := fmt.Sprintf(`{"model_id":%q,"version_major":2,"version_minor":0}`, s.ID()); err != nil || string(raw) != want {
		t.Errorf("%s, want %s", raw, want)
	}
}

func TestUserMovesASlider(t *testing.T) {
	d, ctx := newDesk(t)
	s := widget.IntSlider(ctx, "", 0, 10, 5)
	var heard []int
	s.OnChange(func(v int) { heard = append(heard, v); s.Set(v + 1) })
	d.took()
	d.state(ctx, s, `{"value":7}`)
	d.want(`comm_msg {"buffer_paths":[],"method":"echo_update","state":{"value":7}}`, `comm_msg {"buffer_paths":[],"method":"update","state":{"value":8}}`)
	d.state(ctx, s, `{"value":8}`) // as it is
	d.want(`comm_msg {"buffer_paths":[],"method":"echo_update","state":{"value":8}}`)
	d.state(ctx, s, `{"value":99}`) // out of range
	d.want(`comm_msg {"buffer_paths":[],"method":"echo_update","state":{"value":99}}`, `comm_msg {"buffer_paths":[],"method":"update","state":{"value":10}}`)
	if fmt.Sprint(heard) != "[7 10]" || s.Value() != 10 {
		t.Error(heard, s.Value())
	}
	s.Set(10)
	d.want()
	d.message(ctx, s, `{"method":"request_state"}`)
	if got := d.text(); !strings.Contains(got, `"method":"update"`) || !strings.Contains(got, `"_model_name":"IntSliderModel"`) {
		t.Error(got)
	}
}

func TestWhatAFrontEndMayNotSay(t *testing.T) {
	d, ctx := newDesk(t)
	s := widget.IntSlider(ctx, "", 0, 10, 5)
	c := widget.Dropdown(ctx, "", "a", "b")
	b := widget.Checkbox(ctx, "", true)
	r := widget.FloatRange(ctx, "", 0, 1, 0, 1)
	d.took()
	for _, x := range []string{`null`, `"7"`, `1.5`, `1e300`, `[1]`, `{}`} {
		d.state(ctx, s, `{"value":`+x+`}`)
		d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"value":5}}`)
	}
	for _, x := range []string{`2`, `-1`, `"a"`} {
		d.state(ctx, c, `{"index":`+x+`}`)
		d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"index":0}}`)
	}
	d.state(ctx, b, `{"value":null}`)
	d.state(ctx, r, `{"value":[1]}`)
	d.took()
	for _, x := range []string{`5`, `null`, `{"method":7}`, `{"method":"update"}`, `{"method":"update","state":7}`, `{"method":"other"}`, `{"method":"update","state":{"max":3}}`} {
		d.message(ctx, s, x)
		d.want()
	}
	if lo, hi := r.Value(); s.Value() != 5 || c.Value() != "a" || !b.Value() || lo != 0 || hi != 1 {
		t.Error("something changed")
	}
}

func TestValues(t *testing.T) {
	d, ctx := newDesk(t)
	f := widget.FloatSlider(ctx, "", 0, 1, math.NaN())
	text := widget.Text(ctx, "", "a\xff")
	i := widget.IntRange(ctx, "", 0, 10, 8, 2)
	box := widget.Select(ctx, "", "x", "y")
	tab := widget.Tab(ctx, []string{"one"}, f, text)
	log := ""
	f.OnChange(func(v float64) { log += fmt.Sprint("f", v) })
	text.OnChange(func(s string) { log += "t" + s })
	text.OnSubmit(func(s string) { log += "!" + s })
	i.OnChange(func(lo, hi int) { log += fmt.Sprint("i", lo, hi) })
	box.OnChange(func(s string) { log += "c" + s })
	tab.OnSelect(func(i int) { log += fmt.Sprint("s", i) })
	if f.Value() != 0 || text.Value() != "a\uFFFD" || fmt.Sprint(i.Value()) != "8 8" || box.Value() != "x" || tab.Selected() != 0 {
		t.Error(f.Value(), text.Value(), box.Value())
	}
	d.state(ctx, f, `{"value":1}`)
	d.state(ctx, text, `{"value":"b"}`)
	d.message(ctx, text, `{"method":"custom","content":{"event":"submit"}}`)
	d.state(ctx, i, `{"value":[3,4.0]}`)
	d.state(ctx, box, `{"index":1}`)
	d.state(ctx, tab, `{"selected_index":1}`)
	d.state(ctx, tab, `{"selected_index":null}`)
	if want := "f1tb!bi3 4cys1s-1"; log != want {
		t.Errorf("%s, want %s", log, want)
	}
	d.took()
	box.SetOptions("p", "q")
	box.Set("none")
	if box.Value() != "" || box.Index() != -1 || fmt.Sprint(box.Options()) != "[p q]" {
		t.Error(box.Value(), box.Options())
	}
	tab.Select(1)
	tab.Select(7)
	tab.SetChildren(text)
	if got := d.text(); !strings.Contains(got, `{"children":["IPY_MODEL_`+text.ID()+`"]}`) || tab.Selected() != -1 {
		t.Error(got)
	}
}

func TestButton(t *testing.T) {
	d, ctx := newDesk(t)
	n := 0
	b := widget.Button(ctx, "Run", func() { n++ })
	d.message(ctx, b, `{"method":"custom","content":{"event":"click"}}`)
	d.message(ctx, b, `{"method":"custom","content":{"event":"other"}}`)
	b.OnClick(nil)
	d.message(ctx, b, `{"method":"custom","content":{"event":"click"}}`)
	if n != 1 {
		t.Error(n)
	}
}

func TestTraitsByName(t *testing.T) {
	d, ctx := newDesk(t)
	b := widget.Button(ctx, "Run", nil)
	d.took()
	for _, err := range []error{b.Put("button_style", "danger"), b.Layout("width", "50%"), b.Style("button_color", "red")} {
		if err != nil {
			t.Error(err)
		}
	}
	d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"button_style":"danger"}}`,
		`comm_msg {"buffer_paths":[],"method":"update","state":{"width":"50%"}}`,
		`comm_msg {"buffer_paths":[],"method":"update","state":{"button_color":"red"}}`)
	s := widget.IntSlider(ctx, "", 0, 10, 5)
	for _, err := range []error{b.Put("none", 1), b.Put("_model_name", "x"), b.Put("icon", func() {}), s.Put("value", "x"), widget.VBox(ctx).Style("x", 1)} {
		if err == nil {
			t.Error("taken")
		}
	}
	if err := s.Put("value", 7); err != nil || s.Value() != 7 {
		t.Error(err, s.Value())
	}
}

func TestBuffersAndThePageThatIsLoadedAgain(t *testing.T) {
	d, ctx := newDesk(t)
	if err := widget.Offer(ctx); err != nil {
		t.Fatal(err)
	}
	p := widget.Image(ctx, image.NewGray(image.Rect(0, 0, 2, 2)))
	open := d.took()[1]
	if len(open.buffers) != 1 || string(open.buffers[0][1:4]) != "PNG" || fmt.Sprint(open.data["buffer_paths"]) != "[[value]]" {
		t.Errorf("%+v", open)
	}
	if err := p.Set(display.SVG("<svg/>")); err != nil {
		t.Error(err)
	}
	d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"format":"svg+xml"}}`, `comm_msg {"buffer_paths":[["value"]],"method":"update","state":{}} ["<svg/>"]`)
	if p.Set(7) == nil {
		t.Error("7 is a picture")
	}
	gone := widget.Checkbox(ctx, "", false)
	gone.Close()
	gone.Close()
	d.took()
	d.receive(ctx, wire.CommOpen, wire.Comm{ID: "c", Target: "jupyter.widget.control", Data: json.RawMessage(`{}`)})
	d.receive(ctx, wire.CommMsg, wire.Comm{ID: "c", Data: json.RawMessage(`{"method":"request_states"}`)})
	all := d.took()
	if len(all) != 1 || len(all[0].buffers) != 1 || string(all[0].buffers[0]) != "<svg/>" || fmt.Sprint(all[0].data["buffer_paths"]) != "[["+p.ID()+" state value]]" {
		t.Fatalf("%+v", all)
	}
	states, _ := all[0].data["states"].(map[string]any)
	one, _ := states[p.ID()].(map[string]any)
	if len(states) != 2 || one["model_name"] != "ImageModel" || one["model_module"] != "@jupyter-widgets/controls" || one["model_module_version"] != "2.0.0" {
		t.Errorf("%v", states)
	}
}

func TestProgressIsSeenNowAndThenAndAtItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, ctx := newDesk(t)
		p := widget.IntProgress(ctx, "", 1000)
		d.took()
		for i := range 500 {
			p.Set(i)
		}
		d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"value":1}}`)
		time.Sleep(time.Second) // of the test's own clock
		d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"value":499}}`)
		for i := range 1001 {
			p.Set(i)
		}
		d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"value":0}}`, `comm_msg {"buffer_paths":[],"method":"update","state":{"value":1000}}`)
		time.Sleep(time.Second)
		d.want()
	})
}

func TestOutput(t *testing.T) {
	d, ctx := newDesk(t)
	out := widget.Output(ctx)
	d.took()
	out.Show(7)
	d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"msg_id":"m1"}}`,
		`display_data {"data":{"text/plain":"7"},"metadata":{},"transient":{}}`,
		`comm_msg {"buffer_paths":[],"method":"update","state":{"msg_id":""}}`)
	out.Clear(true)
	if got := d.text(); !strings.Contains(got, `clear_output {"wait":true}`) {
		t.Error(got)
	}
	d.state(ctx, out, `{"outputs":[{"output_type":"stream","name":"stdout","text":"x"}]}`)
	if got := d.text(); !strings.Contains(got, "echo_update") {
		t.Error(got)
	}
	func() {
		defer func() { _ = recover() }()
		out.Capture(func() { panic("x") })
	}()
	d.want(`comm_msg {"buffer_paths":[],"method":"update","state":{"msg_id":"m1"}}`)
}

func TestCallbacksRunOneAtATimeUntilTheyAreInterrupted(t *testing.T) {
	d, ctx := newDesk(t)
	a, b := widget.Button(ctx, "", nil), widget.Button(ctx, "", nil)
	stuck, never := make(chan struct{}), make(chan struct{})
	defer close(never)
	a.OnClick(func() { close(stuck); <-never })
	ran := make(chan struct{})
	b.OnClick(func() { close(ran) })
	first, interrupt := context.WithCancel(ctx)
	go d.message(first, a, `{"method":"custom","content":{"event":"click"}}`)
	<-stuck
	over, cancel := context.WithCancel(ctx)
	cancel()
	d.message(over, b, `{"method":"custom","content":{"event":"click"}}`)
	select {
	case <-ran:
		t.Fatal("two callbacks ran at once")
	default:
	}
	interrupt()
	d.message(ctx, b, `{"method":"custom","content":{"event":"click"}}`)
	<-ran
}

func TestWithoutAFrontEnd(t *testing.T) {
	s := widget.FloatSlider(t.Context(), "f", 0, 1, 0.5)
	s.Set(2)
	out := widget.Output(t.Context())
	out.Show(1)
	box := widget.HBox(t.Context(), s, out)
	s.Close()
	if b := box.Bundle(); s.Value() != 1 || s.ID() != "" || len(b.Data) != 1 || s.String() != `FloatSlider "f" 1` {
		t.Error(s, b)
	}
}
