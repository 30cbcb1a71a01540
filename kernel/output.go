package kernel

import (
	"context"
	"encoding/json"

	"github.com/galeproject/gale/wire"
)

// bundle is the content of displays and results.
type bundle struct {
	Data      json.RawMessage `json:"data"`
	Metadata  json.RawMessage `json:"metadata"`
	Transient json.RawMessage `json:"transient,omitempty"`
	Count     *int            `json:"execution_count,omitempty"`
}

// object gives raw, or {} when there is none.
func object(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}")
	}
	return raw
}

// patience is how long output of the cell waits for slow front ends: until it is interrupted; what comes after the cell's end, until
// the kernel's.
func (c *cell) patience() context.Context {
	if c.over.Load() {
		return c.Kernel.ctx
	}
	return c.ctx
}

// emit publishes what the cell shows; nothing when it is silent. What goroutines print after its end comes here too.
func (c *cell) emit(o wire.Output) {
	if o.MsgType == "stream" && c.copyTo.Load() != nil {
		if s, err := o.Said(); err == nil {
			c.copyText(s.Text)
		}
	}
	if c.silent {
		return
	}
	if o.MsgType != "execute_result" {
		c.forward(c.patience(), c.request.Message, o)
		return
	}
	var b bundle
	if err := json.Unmarshal(o.Content, &b); err != nil {
		c.log.Warn("a result that is none", "err", err)
		return
	}
	var text struct {
		Plain string `json:"text/plain"`
	}
	if json.Unmarshal(b.Data, &text) == nil {
		c.result = text.Plain
	}
	b.Data, b.Metadata, b.Count = object(b.Data), object(b.Metadata), &c.count
	c.pub.publish("execute_result", c.request.Message, o.Metadata, b, o.Buffers...)
}

// print publishes text of the kernel's own as a stream of the cell.
func (c *cell) print(name, text string) {
	c.copyText(text)
	if !c.silent {
		c.pub.stream(c.ctx, c.request.Message, name, text)
	}
}

// forward publishes output that came from a namespace or an engine. Errors and states are the kernel's own to tell: a failed
// reply carries the error, and it is published once.
func (k *Kernel) forward(ctx context.Context, parent *wire.Message, o wire.Output) {
	switch o.MsgType {
	case "stream":
		s, err := o.Said()
		if err != nil || s.Name != "stdout" && s.Name != "stderr" {
			k.log.Warn("a stream that is none", "name", s.Name, "err", err)
			return
		}
		k.pub.stream(ctx, parent, s.Name, s.Text)
	case "execute_result":
		o.MsgType = "display_data"
		fallthrough
	case "display_data", "update_display_data":
		var b bundle
		if err := json.Unmarshal(o.Content, &b); err != nil {
			k.log.Warn("a display that is none", "err", err)
			return
		}
		b.Data, b.Metadata, b.Count = object(b.Data), object(b.Metadata), nil
		k.pub.publish(o.MsgType, parent, o.Metadata, b, o.Buffers...)
	case wire.CommOpen, wire.CommMsg, wire.CommClose:
		k.forwardComm(parent, o)
	case "clear_output":
		k.pub.publish(o.MsgType, parent, o.Metadata, o.Content, o.Buffers...)
	default:
		k.log.Debug("not published", "type", o.MsgType)
	}
}
