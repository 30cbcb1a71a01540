package kernel

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// pxHas is what the %px family says when it is given another option.
const pxHas = "-t TARGETS, -a, -b, -o NAME, -r, -e, --group-outputs engine|order|type, --stream, --no-stream, --progress-after SECONDS, --signal-on-interrupt SIGINT, --local, --verbose"

func pxMagics() []magic {
	return []magic{
		{"%px", "[-t TARGETS] [-a] [-o NAME] STATEMENT", "run the statement on every engine, or on those named: -t 0,2-5; -a does not wait", runPx},
		{"%%px", "[-t TARGETS] [-a] [-o NAME] [--local]", "run the cell on engines; --local: here too, first; options are " + pxHas, runPx},
		{"%pxresult", "[NAME]", "wait for the last %px that was not waited for, or the one that -o named, and show what it gave", runPxResult},
		{"%pxconfig", "[OPTIONS]", "options that every %px has from now on; without any, tell them", runPxConfig},
		{"%autopx", "", "run all cells on engines from now on, and again: no more", runAutoPx},
	}
}

// pxOptions are those of %px.
type pxOptions struct {
	Px
	local   bool
	verbose bool
	after   time.Duration // from which on it is said that it takes long; 0: never
}

// take reads options into o.
func (o *pxOptions) take(p part, flags map[string]string) *wire.Failure {
	for name, value := range flags {
		switch name {
		case "t", "targets":
			o.Targets = value
		case "a", "noblock":
			o.NoWait = true
		case "b", "block":
			o.NoWait = false
		case "o", "out":
			o.Name = value
			if value == "" {
				return usage("%s: %s: want a name", p.magic, dashed(name))
			}
		case "r":
			o.Group = "order"
		case "e":
			o.Group = "engine"
		case "group-outputs":
			if !slices.Contains([]string{"engine", "order", "type"}, value) {
				return usage("%s: --group-outputs %s: want engine, order or type", p.magic, value)
			}
			o.Group = value
		case "stream":
			o.Hold = false
		case "no-stream":
			o.Hold = true
		case "local":
			o.local = true
		case "verbose":
			o.verbose = true
		case "no-verbose":
			o.verbose = false
		case "progress-after":
			s, err := strconv.ParseFloat(value, 64)
			if err != nil || s != s || s > 1e9 {
				return usage("%s: --progress-after %s: want seconds", p.magic, value)
			}
			o.after = time.Duration(max(s, 0) * float64(time.Second))
		case "signal-on-interrupt":
			if value != "SIGINT" && value != "2" {
				return usage("%s: --signal-on-interrupt %s: engines know SIGINT, which they always get", p.magic, value)
			}
		default:
			return noOption(p, name, pxHas)
		}
	}
	return nil
}

// defaults are the options that %pxconfig has set.
func (k *Kernel) defaults() pxOptions {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.px
}

// runPx runs %px and %%px: the text is compiled once, for the engines' variables, and run there.
func runPx(c *cell, code string, p part) *wire.Failure {
	flags, _ := options(p.args, "to")
	o := c.defaults()
	if failure := o.take(p, flags); failure != nil {
		return failure
	}
	from := p.argAt + flagsEnd(p.args)
	if p.magic == "%%px" {
		from = p.to - len(p.body)
	}
	return c.onEngines(o, only(code, from, p.to))
}

// onEngines runs a text there.
func (c *cell) onEngines(o pxOptions, source string) *wire.Failure {
	if o.local {
		if failure := c.runGo(source, false); failure != nil {
			return failure
		}
	}
	m, failure := c.compile(module.Engines, source)
	if failure != nil {
		return failure
	}
	if o.verbose {
		targets := o.Targets
		if targets == "" {
			targets = "all"
		}
		c.print("stdout", "on engines "+targets+"\n")
	}
	if o.after > 0 && !o.NoWait {
		long := time.AfterFunc(o.after, func() { c.print("stderr", fmt.Sprintf("at work on engines for %v …\n", o.after)) })
		defer long.Stop()
	}
	return c.failed(c.o.Cluster.Px(c.ctx, o.Px, m, c.emitDisplay))
}

// runPxResult waits for what was not waited for.
func runPxResult(c *cell, _ string, p part) *wire.Failure {
	return c.failed(c.o.Cluster.Result(c.ctx, strings.TrimSpace(p.args), c.emitDisplay))
}

// runPxConfig sets or tells the options of every %px.
func runPxConfig(c *cell, _ string, p part) *wire.Failure {
	flags, rest := options(p.args, "to")
	if rest = strings.TrimSpace(rest); rest != "" {
		return usage("%%pxconfig: %s: want options only: %s", rest, pxHas)
	}
	o := c.defaults()
	if failure := o.take(p, flags); failure != nil {
		return failure
	}
	if len(flags) > 0 {
		c.mu.Lock()
		c.px = o
		c.mu.Unlock()
		return nil
	}
	targets, group := o.Targets, o.Group
	if targets == "" {
		targets = "all"
	}
	if group == "" {
		group = "engine"
	}
	c.print("stdout", fmt.Sprintf("targets %s, waits %v, group-outputs %s, stream %v, local %v, verbose %v, progress-after %v\n",
		targets, !o.NoWait, group, !o.Hold, o.local, o.verbose, o.after))
	return nil
}

// runAutoPx makes cells run on engines, or no more.
func runAutoPx(c *cell, _ string, _ part) *wire.Failure {
	c.mu.Lock()
	c.autopx = !c.autopx
	on := c.autopx
	c.mu.Unlock()
	text := "cells run here again\n"
	if on {
		text = "cells run on engines from now on; %autopx ends that\n"
	}
	c.print("stdout", text)
	return nil
}

// isAutoPx says whether cells run on engines.
func (k *Kernel) isAutoPx() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.autopx
}

// emitDisplay is emit for engines: there are several results, so none is the cell's.
func (c *cell) emitDisplay(o wire.Output) {
	if !c.silent {
		c.forward(c.patience(), c.request.Message, o)
	}
}
