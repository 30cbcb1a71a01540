package kernel

import (
	"fmt"
	"html"
	"strings"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/wire"
)

func helpMagics() []magic {
	return []magic{
		{"%help", "[NAME]", "this page, or what a magic or a name is; NAME? is the same, NAME?? shows source", runHelp},
		{"%version", "", "versions of gale and Go", runVersion},
		{"%subshell", "", "the id of this subshell, and of all", runSubshell},
		{"%clear", "[--wait]", "take away what the cell has shown; --wait: when it shows more", runClear},
		{"%exit", "", "ask the front end to end", runExit},
	}
}

// page asks the front end to show a bundle beside the notebook; the last of several counts.
func (c *cell) page(b display.Bundle) {
	kept := c.payloads[:0]
	for _, p := range c.payloads {
		if _, ok := p.(pagePayload); !ok {
			kept = append(kept, p)
		}
	}
	c.payloads = append(kept, pagePayload{"page", b.Data, 0})
}

type pagePayload struct {
	Source string         `json:"source"`
	Data   map[string]any `json:"data"`
	Start  int            `json:"start"`
}

type inputPayload struct {
	Source  string `json:"source"`
	Text    string `json:"text"`
	Replace bool   `json:"replace"`
}

// question answers NAME?, NAME??, ?NAME and %NAME?.
func (c *cell) question(line string) *wire.Failure {
	name := strings.Trim(line, "?")
	return c.explain(name, len(line)-len(name)-1)
}

func (c *cell) explain(name string, detail int) *wire.Failure {
	if strings.HasPrefix(name, "%") {
		m, ok := c.magics[name]
		if !ok {
			return c.unknownMagic(name)
		}
		c.page(m.bundle())
		return nil
	}
	b, ok := c.o.Compiler.Inspect(name, len(name), min(detail, 1))
	if !ok || len(b.Data) == 0 {
		return usage("nothing is known of %s", name)
	}
	c.page(b)
	return nil
}

// runHelp runs %help.
func runHelp(c *cell, _ string, p part) *wire.Failure {
	if name := strings.TrimSpace(p.args); name != "" {
		if _, ok := c.magics["%"+name]; ok {
			name = "%" + name
		}
		return c.explain(name, 0)
	}
	c.page(c.helpPage())
	return nil
}

// bundle shows one magic.
func (m magic) bundle() display.Bundle {
	b := display.Text(strings.TrimSpace(m.name+" "+m.args) + "\n    " + m.help)
	b.Data[display.TypeHTML] = "<code>" + html.EscapeString(strings.TrimSpace(m.name+" "+m.args)) + "</code><br>" + html.EscapeString(m.help)
	return b
}

// helpPage shows all magics.
func (k *Kernel) helpPage() display.Bundle {
	rows := [][2]string{}
	for _, name := range k.shown {
		m := k.magics[name]
		rows = append(rows, [2]string{strings.TrimSpace(m.name + " " + m.args), m.help})
	}
	rows = append(rows, [2]string{"!COMMAND", "run a shell command; a line ending in \\ goes on"}, [2]string{"NAME?", "what a name is; NAME?? shows its source"})
	var text, table strings.Builder
	text.WriteString("A cell holds Go: declarations and statements in any order; the value of a last expression is shown, and a ; at the end hides it.\n" +
		"Predeclared: ctx (cancelled by an interrupt), must (unwraps a value and an error), show (shows values now).\n" +
		"A line can also be one of these, by itself or behind //gale: so that the cell stays Go for other tools.\n\n")
	table.WriteString("<p>A cell holds Go: declarations and statements in any order; the value of a last expression is shown, and a <code>;</code> at the end hides it.<br>" +
		"Predeclared: <code>ctx</code> (cancelled by an interrupt), <code>must</code> (unwraps a value and an error), <code>show</code> (shows values now).<br>" +
		"A line can also be one of these, by itself or behind <code>//gale:</code> so that the cell stays Go for other tools.</p><table>")
	for _, r := range rows {
		fmt.Fprintf(&text, "  %-40s %s\n", r[0], r[1])
		fmt.Fprintf(&table, "<tr><td><code>%s</code></td><td>%s</td></tr>", html.EscapeString(r[0]), html.EscapeString(r[1]))
	}
	table.WriteString("</table>")
	b := display.Text(text.String())
	b.Data[display.TypeHTML] = table.String()
	return b
}

// runSubshell runs %subshell.
func runSubshell(c *cell, _ string, _ part) *wire.Failure {
	c.mu.Lock()
	var text strings.Builder
	for _, s := range c.all() {
		name, here := s.id, ""
		if name == "" {
			name = "the kernel's own"
		}
		if s == c.sub {
			here = "  (this one)"
		}
		fmt.Fprintf(&text, "%s%s\n", name, here)
	}
	c.mu.Unlock()
	c.print("stdout", text.String())
	return nil
}

// runVersion runs %version.
func runVersion(c *cell, _ string, _ part) *wire.Failure {
	c.print("stdout", fmt.Sprintf("gale %s, %s, Jupyter protocol %s\n", c.version(), c.o.GoVersion, wire.KernelVersion))
	return nil
}

// runExit runs %exit.
func runExit(c *cell, _ string, _ part) *wire.Failure {
	c.payloads = append(c.payloads, struct {
		Source string `json:"source"`
		Keep   bool   `json:"keepkernel"`
	}{Source: "ask_exit"})
	return nil
}

// runClear runs %clear.
func runClear(c *cell, _ string, p part) *wire.Failure {
	if !c.silent {
		wait := strings.TrimSpace(p.args) == "--wait"
		c.pub.publish("clear_output", c.request.Message, nil, struct {
			Wait bool `json:"wait"`
		}{wait})
	}
	return nil
}
