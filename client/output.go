package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/galeproject/gale/wire"
)

// labeller writes whose output a line is at its beginning.
type labeller struct {
	label string
	mid   bool // in the middle of a line
}

// mark puts the label before each line of a piece of a stream.
func (l *labeller) mark(text string) string {
	var b strings.Builder
	for text != "" {
		line, rest, ended := strings.Cut(text, "\n")
		if !l.mid {
			b.WriteString(l.label)
		}
		b.WriteString(line)
		l.mid = !ended
		if ended {
			b.WriteByte('\n')
		}
		text = rest
	}
	return b.String()
}

// show gives what passes an engine's output on to whoever asked, labelled by engine. It runs in the loop.
func (c *Client) show(ctx context.Context) func(uuid string, m *wire.Message) {
	return c.showTo(func(o wire.Output) { c.out(ctx, o) })
}

// showTo is show with another destination.
func (c *Client) showTo(out func(wire.Output)) func(uuid string, m *wire.Message) {
	return func(uuid string, m *wire.Message) {
		e, _ := c.engine(uuid)
		if o, ok := c.labelled(e, m); ok {
			out(o)
		}
	}
}

// labelled makes the output that the asking cell shows.
func (c *Client) labelled(e Engine, m *wire.Message) (wire.Output, bool) {
	o := wire.Output{MsgType: m.Header.MsgType, Content: m.RawContent, Metadata: m.RawMetadata, Buffers: m.Buffers}
	switch m.Header.MsgType {
	case "stream":
		var s struct {
			Name string `json:"name"`
			Text string `json:"text"`
		}
		if m.Content(&s) != nil || s.Text == "" {
			return o, false
		}
		s.Text = c.labeller(e, s.Name).mark(s.Text)
		return encoded("stream", s)
	case "execute_result":
		var r map[string]json.RawMessage
		if m.Content(&r) != nil {
			return o, false
		}
		return encoded("display_data", map[string]any{"data": labelData(e, r["data"]), "metadata": objectOf(r["metadata"]), "transient": map[string]any{}})
	case "display_data", "update_display_data", "clear_output":
		return o, true
	}
	return o, false // status, execute_input, error: the reply tells
}

func (c *Client) labeller(e Engine, stream string) *labeller {
	key := stream + " " + e.UUID
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.labels[key]
	if l == nil {
		l = &labeller{label: fmt.Sprintf("[%s:%d] ", stream, e.ID)}
		c.labels[key] = l
	}
	return l
}

// labelData writes the engine's number before the plain text of a result.
func labelData(e Engine, raw json.RawMessage) map[string]json.RawMessage {
	var data map[string]json.RawMessage
	if json.Unmarshal(raw, &data) != nil {
		data = map[string]json.RawMessage{}
	}
	var text string
	if json.Unmarshal(data["text/plain"], &text) == nil {
		if quoted, err := wire.Marshal(fmt.Sprintf("Out[%d]: %s", e.ID, text)); err == nil {
			data["text/plain"] = quoted
		}
	}
	return data
}

func objectOf(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

func encoded(msgType string, content any) (wire.Output, bool) {
	raw, err := wire.Marshal(content)
	return wire.Output{MsgType: msgType, Content: raw, Metadata: json.RawMessage("{}")}, err == nil
}

// Progress of a call that takes long.
const (
	progressAfter = 2 * time.Second
	progressEvery = 250 * time.Millisecond
)

// progress shows how far a call is: nothing at first, then a bar that is updated in place.
type progress struct {
	ctx   context.Context //nolint:containedctx // of the one call that it shows
	p     *plan
	begin time.Time
	timer *time.Ticker
	tick  <-chan time.Time
	id    string
	last  time.Time
	done  int
	open  int
}

func (c *Client) newProgress(ctx context.Context, p *plan) *progress {
	g := &progress{ctx: ctx, p: p, begin: time.Now()}
	if !p.o.quiet {
		g.timer = time.NewTicker(progressEvery)
		g.tick = g.timer.C
	}
	return g
}

// show draws the bar when it is time to.
func (g *progress) show(done, open int) {
	g.done, g.open = done, open
	now := time.Now()
	if g.tick == nil || now.Sub(g.begin) < progressAfter || now.Sub(g.last) < progressEvery {
		return
	}
	g.last = now
	g.draw(now)
}

func (g *progress) draw(now time.Time) {
	elapsed := now.Sub(g.begin)
	text := fmt.Sprintf("%s: %d/%d, %d requests out, %.1f s", g.p.what, g.done, g.p.n, g.open, elapsed.Seconds())
	if g.done > 0 && g.done < g.p.n {
		text += fmt.Sprintf(", about %.0f s left", elapsed.Seconds()/float64(g.done)*float64(g.p.n-g.done))
	}
	bar := fmt.Sprintf(`<div><progress value="%d" max="%d" style="width:20em"></progress> %s</div>`, g.done, g.p.n, text)
	kind := "update_display_data"
	if g.id == "" {
		g.id, kind = wire.NewID(), "display_data"
	}
	o, ok := encoded(kind, map[string]any{
		"data": map[string]string{"text/plain": text, "text/html": bar}, "metadata": map[string]any{},
		"transient": map[string]string{"display_id": g.id},
	})
	if ok {
		g.p.c.out(g.ctx, o)
	}
}

// end draws the last state of a bar that is there.
func (g *progress) end() {
	if g.timer != nil {
		g.timer.Stop()
	}
	if g.id != "" {
		g.open = 0
		g.draw(time.Now())
	}
}
