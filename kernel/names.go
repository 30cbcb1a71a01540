package kernel

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/internal/store"
	"github.com/galeproject/gale/wire"
)

func nameMagics() []magic {
	return []magic{
		{"%who", "", "names of the variables", runWho},
		{"%whos", "", "variables with type, size and value", runWho},
		{"%list", "", "", runWho},
		{"%ls", "", "", runWho},
		{"%rm", "NAME …", "forget variables", runRemove},
		{"%remove", "NAME …", "", runRemove},
		{"%reset", "", "begin with an empty namespace", runReset},
		{"%restart", "[--keep]", "begin with a new process; --keep: with the variables that can be kept", runRestart},
		{"%history", "[-n NUMBER] [-g PATTERN]", "inputs of this session, or those of all that match a pattern such as *mat*", runHistory},
	}
}

// runRemove runs %rm.
func runRemove(c *cell, _ string, p part) *wire.Failure {
	names := strings.Fields(p.args)
	if len(names) == 0 {
		return usage("%s: want names of variables", p.magic)
	}
	m, err := c.o.Evaluator.Request(c.ctx, wire.NamesRequest, wire.Names{Delete: names}, nil, c.emit)
	var a wire.NamesReply
	if err == nil {
		err = m.Content(&a)
	}
	if err != nil {
		return usage("%s: %v", p.magic, err)
	}
	return c.failed(a.Reply)
}

// runHistory runs %history.
func runHistory(c *cell, _ string, p part) *wire.Failure {
	if c.sub.history == nil {
		return usage("%%history: this kernel remembers no inputs")
	}
	flags, rest := options(p.args, "ng")
	n := 0
	for name, value := range flags {
		var err error
		switch name {
		case "n":
			if n, err = strconv.Atoi(value); err != nil || n < 1 {
				return usage("%%history: -n %s: want a number from 1", value)
			}
		case "g":
		default:
			return noOption(p, name, "-n NUMBER and -g PATTERN")
		}
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		return usage("%%history: %s: want -n NUMBER or -g PATTERN", rest)
	}
	var found []store.Entry
	var err error
	if pattern, ok := flags["g"]; ok {
		found, err = c.sub.history.Search(c.ctx, pattern, true, n)
	} else {
		found, err = c.sub.history.Range(c.ctx, 0, 0, 0)
		if n > 0 {
			found = found[max(0, len(found)-n):]
		}
	}
	if err != nil {
		return usage("%%history: %v", err)
	}
	for _, e := range found {
		c.print("stdout", fmt.Sprintf("%d/%d: %s\n", e.Session, e.Line, strings.ReplaceAll(e.Input, "\n", "\n    ")))
	}
	return nil
}

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

// runRestart runs %restart: a new process, with the variables when they shall be kept. What cells declared stays in any case.
func runRestart(c *cell, _ string, p part) *wire.Failure {
	switch words := strings.Fields(p.args); {
	case len(words) == 0:
		if err := c.o.Evaluator.Restart(c.ctx); err != nil {
			return usage("%%restart: %v", err)
		}
		c.print("stdout", "all values are gone\n")
	case len(words) == 1 && words[0] == "--keep":
		k, ok := c.o.Compiler.(Keeper)
		if !ok {
			return usage("%%restart: variables cannot be kept here")
		}
		report, err := k.RestartKeeping(c.ctx)
		if err != nil {
			return usage("%%restart: %v", err)
		}
		c.print("stdout", report)
	default:
		return usage("%%restart [--keep]")
	}
	c.closeComms(c.request.Message)
	return nil
}

// tell runs one expression of Go in the namespace, for what must be so there too.
func (c *cell) tell(expression string) *wire.Failure {
	return c.runGo(expression, true)
}
