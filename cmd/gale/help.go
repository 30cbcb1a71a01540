package main

import (
	"context"
	"strings"
	"time"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/wire"
)

// Help asks the child what variables hold. It does without when the child takes longer than this, or no such thing is known there.
const valueWithin = 100 * time.Millisecond

// Complete finds what can stand at an offset.
func (s *session) Complete(source string, offset int) kernel.Completion {
	out := kernel.Completion{Start: offset, End: offset}
	c, err := s.get(context.Background())
	if err != nil {
		return out
	}
	if place, r, ok := compile.Keys(source, offset); ok {
		if out.Candidates = s.keys(place, source[r.Start:offset]); len(out.Candidates) > 0 {
			out.Start, out.End = r.Start, r.End
			if strings.HasPrefix(source[r.Start:offset], `"`) && strings.HasPrefix(source[offset:], `"`) {
				out.End++ // editors write closing quotes by themselves
			}
			return out
		}
	}
	found, r := c.Complete(source, offset)
	out.Start, out.End = r.Start, r.End
	asked := 0
	for _, x := range found {
		if x.Kind == "variable" && asked < mostAsked && (x.Signature == "any" || x.Signature == "error" || strings.HasPrefix(x.Signature, "interface{")) {
			asked++
			if v := s.variables(wire.Vars{Op: wire.VarsOne, Name: x.Text}); len(v) == 1 && v[0].Type != x.Signature {
				x.Signature += " holding " + v[0].Type
			}
		}
		out.Candidates = append(out.Candidates, kernel.Candidate{Text: x.Text, Kind: x.Kind, Signature: x.Signature})
	}
	return out
}

// mostAsked is of how many variables of interface types a completion says what they hold.
const mostAsked = 10

// variables asks the child about variables.
func (s *session) variables(q wire.Vars) []wire.VarInfo {
	if s.child == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), valueWithin)
	defer cancel()
	m, err := s.child.Request(ctx, wire.VarsRequest, q, nil, func(wire.Output) {})
	if err != nil {
		return nil
	}
	var a wire.VarsReply
	if err := m.Content(&a); err != nil || a.Failure != nil {
		return nil
	}
	return a.Vars
}

// mostKeys is how many entries of a map are looked at.
const mostKeys = 1000

// keys lists the keys of the map that a variable, or a field of one, holds now, as they are written in Go.
func (s *session) keys(place []string, prefix string) (list []kernel.Candidate) {
	var at wire.VarInfo
	for i, name := range place {
		q := wire.Vars{Op: wire.VarsChildren, Ref: at.Ref, Count: mostKeys}
		if i == 0 {
			q = wire.Vars{Op: wire.VarsOne, Name: name}
		} else if at.Ref == 0 {
			return nil
		}
		found := false
		for _, v := range s.variables(q) {
			if v.Name == name && !found {
				at, found = v, true
			}
		}
		if !found {
			return nil
		}
	}
	if at.Ref == 0 || at.Named == 0 {
		return nil
	}
	for _, v := range s.variables(wire.Vars{Op: wire.VarsChildren, Ref: at.Ref, Count: mostKeys}) {
		key, ok := strings.CutPrefix(v.Place, at.Place+"[")
		if key, closed := strings.CutSuffix(key, "]"); ok && closed && strings.HasPrefix(key, prefix) {
			list = append(list, kernel.Candidate{Text: key, Kind: "key", Signature: v.Type})
		}
	}
	return list
}

// Inspect describes what stands at an offset, and what it holds if it is a variable.
func (s *session) Inspect(source string, offset, detail int) (display.Bundle, bool) {
	c, err := s.get(context.Background())
	if err != nil {
		return display.Bundle{}, false
	}
	d, ok := c.Inspect(source, offset, detail)
	if !ok {
		return display.Bundle{}, false
	}
	if d.Variable != "" {
		if v := s.variables(wire.Vars{Op: wire.VarsOne, Name: d.Variable}); len(v) == 1 {
			d.Holds(v[0].Type, v[0].Value)
		}
	}
	b := display.Text(d.Text)
	b.Data["text/markdown"], b.Data[display.TypeHTML] = d.Markdown, d.HTML
	return b, true
}

// Format gives a cell as gofmt writes it.
func (s *session) Format(source, text string) (string, error) { return compile.Format(source, text) }
