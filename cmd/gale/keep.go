package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// child is the process with the variables, as keeping them needs it.
type child interface {
	Run(ctx context.Context, m *module.Module, run wire.Run, emit func(wire.Output)) wire.Reply
	Request(ctx context.Context, msgType string, content any, buffers [][]byte, emit func(wire.Output)) (*wire.Message, error)
	Restart(ctx context.Context) error
}

// keep begins with a new child that has the variables of the former one, as far as their values can travel. report says what became of
// them. Nothing is lost when it fails before the restart.
func keep(ctx context.Context, s *compile.Session, w child) (report string, err error) {
	m, err := w.Request(ctx, wire.TakeRequest, struct{}{}, nil, nil)
	if err != nil {
		return "", err
	}
	var taken wire.TakeReply
	if err := m.Content(&taken); err != nil {
		return "", err
	}
	var values []value.Encoded
	if len(m.Buffers) > 0 {
		if values, err = value.Unpack(m.Buffers); err != nil {
			return "", err
		}
	}
	if taken.Failure != nil || len(values) != len(taken.Vars) {
		return "", fmt.Errorf("taking the variables: %d values of %d came: %s", len(values), len(taken.Vars), taken.Status)
	}
	modules, err := declarations(ctx, s, taken)
	if err != nil {
		return "", err
	}
	if err := w.Restart(ctx); err != nil {
		return "", err
	}
	for _, m := range modules {
		if r := w.Run(ctx, m, wire.Run{LoadOnly: true}, nil); r.Failure != nil {
			taken.Refused = append(taken.Refused, r.Error())
		}
	}
	kept := 0
	for i, v := range taken.Vars {
		if err := give(ctx, w, taken.Session, v, values[i]); err != nil {
			taken.Refused = append(taken.Refused, err.Error())
			continue
		}
		kept++
	}
	report = fmt.Sprintf("a new process has %d of %d variables\n", kept, kept+len(taken.Refused))
	for _, why := range taken.Refused {
		report += "lost: " + why + "\n"
	}
	return report, nil
}

// give gives the new child one value.
func give(ctx context.Context, w child, session string, v wire.VarRef, e value.Encoded) error {
	m, err := w.Request(ctx, wire.PrepareRequest, wire.Prepare{Session: session, Vars: []wire.VarRef{v}}, value.Pack([]value.Encoded{e}), nil)
	if err != nil {
		return err
	}
	var r wire.Reply
	if err := m.Content(&r); err != nil {
		return err
	}
	if r.Failure != nil {
		return errors.New(r.Value)
	}
	return nil
}

// declarations makes modules that declare the variables and the types: one, or one for each when some of them cannot be named.
func declarations(ctx context.Context, s *compile.Session, t wire.TakeReply) (out []*module.Module, err error) {
	var lines []string
	for _, v := range t.Vars {
		lines = append(lines, "_ = "+v.Name)
	}
	for _, name := range t.Types {
		lines = append(lines, "_ = (*"+name+")(nil)")
	}
	if len(lines) == 0 {
		return nil, nil
	}
	for _, sources := range [][]string{{strings.Join(lines, "\n")}, lines} {
		for _, source := range sources {
			c, err := s.Compile(ctx, module.Local, compile.Cell{Source: source})
			if _, wrong := errors.AsType[compile.Diagnostics](err); wrong {
				continue // the session does not know what it names
			}
			if err != nil {
				return nil, err
			}
			if c.Module != nil {
				out = append(out, c.Module)
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out, nil
}

// RestartKeeping begins with a new child that has the variables of the former one.
func (s *session) RestartKeeping(ctx context.Context) (report string, err error) {
	c, err := s.get(ctx)
	if err != nil {
		return "", err
	}
	return keep(ctx, c, s.child)
}
