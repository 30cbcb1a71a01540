package kernel

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/galeproject/gale/wire"
)

// debugger answers front ends' variable explorers, which speak the Debug Adapter Protocol. There is no stepping: what needs it fails
// with a message.
type debugger struct {
	mu     sync.Mutex
	seq    int
	began  bool // attach was asked
	breaks map[string]json.RawMessage
}

// Bounds of an explorer.
const (
	exploreWithin = 5 * time.Second // how long the namespace may take to tell about its variables
	maxSources    = 1000            // with breakpoints
)

// dapRequest is the content of a debug_request.
type dapRequest struct {
	Seq       int             `json:"seq"`
	Command   string          `json:"command"`
	Arguments json.RawMessage `json:"arguments"`
}

// dapResponse is the content of a debug_reply.
type dapResponse struct {
	Type    string `json:"type"`
	Seq     int    `json:"seq"`
	Request int    `json:"request_seq"`
	Success bool   `json:"success"`
	Command string `json:"command"`
	Message string `json:"message,omitempty"`
	Body    any    `json:"body"`
}

// dapArguments are all that the commands here take.
type dapArguments struct {
	Code      string `json:"code"`
	Name      string `json:"variableName"`
	Reference int    `json:"variablesReference"`
	Start     int    `json:"start"`
	Count     int    `json:"count"`
	Thread    int    `json:"threadId"`
	Source    struct {
		Path string `json:"path"`
	} `json:"source"`
	Breakpoints []struct {
		Line int `json:"line"`
	} `json:"breakpoints"`
}

// How a cell's text gets the name of a source.
const (
	hashMethod   = "Murmur2"
	hashSeed     = 0xC70F6907
	sourceSuffix = ".go"
)

// debug answers debug_request. Each has a response; control keeps them in order.
func (k *Kernel) debug(r *request) any {
	var q dapRequest
	if err := r.Content(&q); err != nil {
		return badRequest(err)
	}
	k.debugger.mu.Lock()
	k.debugger.seq++
	a := dapResponse{Type: "response", Seq: k.debugger.seq, Request: q.Seq, Command: q.Command, Body: struct{}{}}
	k.debugger.mu.Unlock()
	var args dapArguments
	if len(q.Arguments) > 0 {
		if err := json.Unmarshal(q.Arguments, &args); err != nil {
			a.Message = "arguments: " + err.Error()
			return a
		}
	}
	body, err := k.debugCommand(r, q.Command, args)
	if err != nil {
		a.Message = err.Error()
		return a
	}
	a.Success = true
	if body != nil {
		a.Body = body
	}
	return a
}

// debugCommand carries out one command; a nil body is an empty one.
func (k *Kernel) debugCommand(r *request, command string, a dapArguments) (any, error) {
	switch command {
	case "initialize":
		return map[string]bool{"supportsConfigurationDoneRequest": true, "supportsVariablePaging": true}, nil
	case "attach":
		k.debugger.begin(true)
		k.pub.publish("debug_event", r.Message, nil, map[string]any{"type": "event", "seq": k.debugger.next(), "event": "initialized", "body": struct{}{}})
		return nil, nil
	case "disconnect":
		k.debugger.begin(false)
		return nil, nil
	case "configurationDone", "setExceptionBreakpoints":
		return nil, nil
	case "debugInfo":
		return k.debugger.info(k.sourcePrefix()), nil
	case "dumpCell":
		return map[string]string{"sourcePath": k.sourcePath(a.Code)}, nil
	case "setBreakpoints":
		return k.debugger.setBreakpoints(a)
	case "inspectVariables", "variables", "richInspectVariables", "stackTrace", "threads":
		return k.explore(command, a)
	case "scopes", "modules":
		return map[string]any{command: []any{}}, nil
	}
	return nil, fmt.Errorf("%s is not offered: there is no debugger, only the explorer of variables", command)
}

// explore asks the namespace.
func (k *Kernel) explore(command string, a dapArguments) (any, error) {
	switch command {
	case "inspectVariables":
		return k.variables(wire.Vars{Op: wire.VarsList})
	case "variables":
		return k.variables(wire.Vars{Op: wire.VarsChildren, Ref: a.Reference, Start: max(a.Start, 0), Count: max(a.Count, 0)})
	case "richInspectVariables":
		m, err := k.askVars(wire.Vars{Op: wire.VarsRich, Name: a.Name})
		if err != nil {
			return nil, err
		}
		return bundle{Data: object(m.Data), Metadata: object(m.Metadata)}, nil
	case "threads":
		return map[string]any{"threads": []any{map[string]any{"id": 1, "name": "cells"}}}, nil
	}
	return k.stack()
}

// dapVariable is one line of an explorer.
type dapVariable struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	Type      string `json:"type"`
	Reference int    `json:"variablesReference"`
	Evaluate  string `json:"evaluateName"`
	Named     int    `json:"namedVariables,omitempty"`
	Indexed   int    `json:"indexedVariables,omitempty"`
}

// maxShown is how many characters of a value an explorer gets.
const maxShown = 200

func (k *Kernel) variables(q wire.Vars) (any, error) {
	m, err := k.askVars(q)
	if err != nil {
		return nil, err
	}
	out := []dapVariable{}
	for _, v := range m.Vars {
		d := dapVariable{Name: v.Name, Value: cut(v.Value, maxShown), Type: v.Type, Reference: v.Ref, Named: v.Named, Indexed: v.Indexed}
		if q.Op == wire.VarsList {
			d.Evaluate = v.Name
		} else {
			d.Evaluate = v.Place
		}
		out = append(out, d)
	}
	return map[string]any{"variables": out}, nil
}

func cut(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

// dapFrame is one frame of a running cell.
type dapFrame struct {
	ID     int            `json:"id"`
	Name   string         `json:"name"`
	Line   int            `json:"line"`
	Column int            `json:"column"`
	Source map[string]any `json:"source,omitempty"`
}

// stack gives the frames of the cells that run; none is an empty stack.
func (k *Kernel) stack() (any, error) {
	m, err := k.askVars(wire.Vars{Op: wire.VarsStack})
	if err != nil {
		return nil, err
	}
	frames := []dapFrame{}
	for i, f := range m.Frames {
		d := dapFrame{ID: i + 1, Name: f.Function, Line: f.Line}
		switch {
		case f.Cell > 0:
			d.Source = map[string]any{"name": fmt.Sprintf("cell[%d]", f.Cell)}
		case f.File != "":
			d.Source = map[string]any{"name": filepath.Base(f.File), "path": f.File}
		}
		frames = append(frames, d)
	}
	return map[string]any{"stackFrames": frames, "totalFrames": len(frames)}, nil
}

// askVars asks the namespace, also while a cell runs there.
func (k *Kernel) askVars(q wire.Vars) (a wire.VarsReply, err error) {
	ctx, cancel := context.WithTimeout(k.ctx, exploreWithin)
	defer cancel()
	m, err := k.o.Evaluator.Request(ctx, wire.VarsRequest, q, nil, func(wire.Output) {})
	if err == nil {
		err = m.Content(&a)
	}
	if err == nil && a.Failure != nil {
		err = *a.Failure
	}
	return a, err
}

func (d *debugger) begin(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.began = on
	if !on {
		d.breaks = nil
	}
}

func (d *debugger) next() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seq++
	return d.seq
}

// info is the body of debugInfo.
func (d *debugger) info(prefix string) any {
	d.mu.Lock()
	defer d.mu.Unlock()
	breaks := []any{}
	for _, source := range slices.Sorted(maps.Keys(d.breaks)) {
		breaks = append(breaks, map[string]any{"source": source, "breakpoints": d.breaks[source]})
	}
	return map[string]any{
		"isStarted": d.began, "hashMethod": hashMethod, "hashSeed": hashSeed, "tmpFilePrefix": prefix, "tmpFileSuffix": sourceSuffix,
		"breakpoints": breaks, "stoppedThreads": []int{}, "richRendering": true, "exceptionPaths": []string{}, "copyToGlobals": false,
	}
}

// setBreakpoints remembers them, for debugInfo, and says that none will be met.
func (d *debugger) setBreakpoints(a dapArguments) (any, error) {
	out := []map[string]any{}
	var kept []map[string]int
	for _, b := range a.Breakpoints {
		out = append(out, map[string]any{"verified": false, "line": b.Line, "message": "cells of Go are not stopped at breakpoints"})
		kept = append(kept, map[string]int{"line": b.Line})
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.breaks == nil {
		d.breaks = map[string]json.RawMessage{}
	}
	if delete(d.breaks, a.Source.Path); len(kept) > 0 && len(d.breaks) < maxSources {
		d.breaks[a.Source.Path] = raw
	}
	return map[string]any{"breakpoints": out}, nil
}
