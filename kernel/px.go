package kernel

import (
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// runPx runs %px and %%px: the text is compiled once, for the engines' variables, and run there.
func runPx(c *cell, code string, p part) *wire.Failure {
	flags, _ := options(p.args, "tr")
	var px Px
	local := false
	for name, value := range flags {
		switch name {
		case "t", "targets":
			px.Targets = value
		case "a", "noblock":
			px.NoWait = true
		case "b", "block", "stream", "verbose":
		case "group-outputs":
			px.Group = value
		case "local":
			local = true
		default:
			return usage("%s has no option -%s; it has -t TARGETS, -a, -b, --local, --group-outputs=engine|order|type", p.magic, name)
		}
	}
	from := p.argAt + flagsEnd(p.args)
	if p.magic == "%%px" {
		from = p.to - len(p.body)
	}
	source := only(code, from, p.to)
	if local {
		if failure := c.runGo(module.Local, source, false); failure != nil {
			return failure
		}
	}
	m, failure := c.compile(module.Engines, source)
	if failure != nil {
		return failure
	}
	return c.failed(c.o.Cluster.Px(c.ctx, px, m, c.emitDisplay))
}

// runPxResult waits for what was not waited for.
func runPxResult(c *cell, _ string, _ part) *wire.Failure {
	return c.failed(c.o.Cluster.Result(c.ctx, c.emitDisplay))
}

// emitDisplay is emit for engines: there are several results, so none is the cell's.
func (c *cell) emitDisplay(o wire.Output) {
	if !c.silent {
		c.forward(c.patience(), c.request.Message, o)
	}
}
