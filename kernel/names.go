package kernel

import (
	"strconv"
	"strings"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// runWho runs %who and %whos.
func runWho(c *cell, _ string, p part) *wire.Failure {
	m, err := c.o.Evaluator.Request(c.ctx, wire.NamesRequest, wire.Names{List: true}, nil, c.emit)
	var a wire.NamesReply
	if err == nil {
		err = m.Content(&a)
	}
	if err != nil {
		return usage("%s: %v", p.magic, err)
	}
	if failure := c.failed(a.Reply); failure != nil {
		return failure
	}
	if len(a.Names) == 0 {
		c.print("stdout", "no variables\n")
		return nil
	}
	if p.magic == "%who" {
		var names []string
		for _, n := range a.Names {
			names = append(names, n.Name)
		}
		c.print("stdout", strings.Join(names, "  ")+"\n")
		return nil
	}
	c.show(namesTable(a.Names))
	return nil
}

// namesTable shows variables as text and as a table.
func namesTable(names []wire.NameInfo) display.Bundle {
	t := display.Table{Head: []string{"name", "type", "bytes", "value"}}
	for _, n := range names {
		size := ""
		if n.Bytes > 0 {
			size = strconv.FormatInt(n.Bytes, 10)
		}
		t.Rows = append(t.Rows, []string{n.Name, n.Type, size, strings.ReplaceAll(n.Text, "\n", "↵")})
	}
	return t.Bundle()
}

// show publishes a bundle as display_data.
func (c *cell) show(b display.Bundle) {
	if c.silent {
		return
	}
	if b.Metadata == nil {
		b.Metadata = map[string]any{}
	}
	c.pub.publish("display_data", c.request.Message, nil, struct {
		Data      map[string]any `json:"data"`
		Metadata  map[string]any `json:"metadata"`
		Transient struct{}       `json:"transient"`
	}{Data: b.Data, Metadata: b.Metadata})
}

// runReset runs %reset: a new process, and a compiler that knows nothing.
func runReset(c *cell, _ string, _ part) *wire.Failure {
	if r, ok := c.o.Compiler.(Resetter); ok {
		if err := r.Reset(); err != nil {
			return usage("%%reset: %v", err)
		}
	}
	if err := c.o.Evaluator.Restart(c.ctx); err != nil {
		return usage("%%reset: %v", err)
	}
	c.closeComms(c.request.Message)
	c.print("stdout", "all names are gone\n")
	return nil
}

// tell runs one expression of Go in the namespace, for what must be so there too.
func (c *cell) tell(expression string) *wire.Failure {
	return c.runGo(module.Local, expression, true)
}
