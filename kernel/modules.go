package kernel

import (
	"context"
	"strings"

	"github.com/galeproject/gale/wire"
)

// Modules is what a [Compiler] may also be: it keeps the notebook's own go.mod, in which imports of modules are resolved that the program
// does not contain. Each gives a text for the user.
type Modules interface {
	// Get requires modules, written path@version.
	Get(ctx context.Context, modules ...string) (string, error)
	// Mod edits the go.mod by flags of go mod edit and gives its text.
	Mod(ctx context.Context, flags ...string) (string, error)
	// SetTags sets the build tags of what is compiled from now on.
	SetTags(ctx context.Context, tags string) error
}

// moduleMagics are those of a compiler that keeps a go.mod.
func moduleMagics(m Modules) []magic {
	say := func(c *cell, text string, err error) *wire.Failure {
		if c.ctx.Err() != nil {
			return interrupted()
		}
		if err != nil {
			f := wire.NewFailure("ModuleError", strings.TrimPrefix(err.Error(), "compile: "))
			return &f
		}
		if text = strings.TrimSpace(text); text != "" {
			c.print("stdout", text+"\n")
		}
		return nil
	}
	get := func(c *cell, _ string, p part) *wire.Failure {
		words := strings.Fields(p.args)
		if len(words) == 0 {
			return usage("%s takes modules, for instance %s github.com/google/go-cmp@v0.7.0", p.magic, p.magic)
		}
		text, err := m.Get(c.ctx, words...)
		return say(c, text, err)
	}
	mod := func(c *cell, _ string, p part) *wire.Failure {
		text, err := m.Mod(c.ctx, strings.Fields(p.args)...)
		if err == nil && p.args != "" {
			text = ""
		}
		return say(c, text, err)
	}
	flags := func(c *cell, _ string, p part) *wire.Failure {
		words := strings.Fields(p.args)
		tags, ok := "", len(words) == 0
		if len(words) == 1 {
			tags, ok = strings.CutPrefix(strings.TrimPrefix(words[0], "-"), "-tags=")
			if !ok {
				tags, ok = strings.CutPrefix(words[0], "-tags=")
			}
		}
		if !ok {
			return usage("of go's flags cells can have -tags=A,B only")
		}
		return say(c, "", m.SetTags(c.ctx, tags))
	}
	return []magic{
		{"%get", "MODULE[@VERSION]…", "require modules in the notebook's go.mod; imports of others are required at their newest", get},
		{"%dep", "MODULE[@VERSION]…", "the same", get},
		{"%mod", "[-require=M@V] [-replace=M=DIR] …", "show the notebook's go.mod, or edit it with flags of go mod edit", mod},
		{"%goflags", "[-tags=A,B]", "build tags of the packages that are compiled from now on", flags},
	}
}
