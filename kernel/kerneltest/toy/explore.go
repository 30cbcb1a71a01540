package toy

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/galeproject/gale/wire"
)

// comm handles a front end's message. The target "echo" sends what it gets back, with metadata and buffers; "panic" panics; "wait" waits
// for an interrupt.
func (e *Evaluator) comm(ctx context.Context, msgType string, c wire.Comm, buffers [][]byte, emit func(wire.Output)) wire.Reply {
	e.mu.Lock()
	if e.comms == nil {
		e.comms = map[string]string{}
	}
	if msgType == wire.CommOpen {
		e.comms[c.ID] = c.Target
	}
	target := e.comms[c.ID]
	e.mu.Unlock()
	switch target {
	case "echo":
		if msgType != wire.CommMsg {
			return wire.Reply{Status: "ok"}
		}
		raw, err := json.Marshal(map[string]any{"comm_id": c.ID, "data": c.Data})
		if err != nil {
			return fail("Error", err.Error())
		}
		emit(wire.Output{MsgType: wire.CommMsg, Content: raw, Metadata: c.Metadata, Buffers: buffers})
	case "panic":
		if msgType == wire.CommMsg {
			return fail("Panic", "a handler")
		}
	case "wait":
		if msgType == wire.CommMsg {
			<-ctx.Done()
			return fail("KeyboardInterrupt", "interrupted")
		}
	case "":
	default:
		return fail(wire.NoCommTarget, "no target "+target)
	}
	return wire.Reply{Status: "ok"}
}

// explore tells about variables; a string has its bytes as children, and Ref n is the variable n in the order of the names.
func (e *Evaluator) explore(q wire.Vars) wire.VarsReply {
	e.mu.Lock()
	defer e.mu.Unlock()
	names := slices.Sorted(maps.Keys(e.vars))
	a := wire.VarsReply{Reply: wire.Reply{Status: "ok"}}
	switch q.Op {
	case wire.VarsList:
		for i, name := range names {
			v := wire.VarInfo{Name: name, Type: fmt.Sprintf("%T", e.vars[name]), Value: fmt.Sprint(e.vars[name])}
			if s, ok := e.vars[name].(string); ok {
				v.Ref, v.Indexed = i+1, len(s)
			}
			a.Vars = append(a.Vars, v)
		}
	case wire.VarsChildren:
		if q.Ref < 1 || q.Ref > len(names) {
			return wire.VarsReply{Reply: fail("Error", "no such reference")}
		}
		s := fmt.Sprint(e.vars[names[q.Ref-1]])
		for i := min(q.Start, len(s)); i < len(s) && len(a.Vars) < max(q.Count, 1); i++ {
			a.Vars = append(a.Vars, wire.VarInfo{Name: fmt.Sprint(i), Type: "byte", Value: fmt.Sprint(s[i]), Place: fmt.Sprintf("%s[%d]", names[q.Ref-1], i)})
		}
	case wire.VarsRich:
		v, ok := e.vars[q.Name]
		if !ok {
			return wire.VarsReply{Reply: fail("Error", "no variable "+q.Name)}
		}
		raw, err := json.Marshal(map[string]string{"text/plain": fmt.Sprint(v)})
		if err != nil {
			return wire.VarsReply{Reply: fail("Error", err.Error())}
		}
		a.Data = raw
	case wire.VarsStack:
		for range e.runs {
			a.Frames = append(a.Frames, wire.FrameInfo{Function: "cell", Cell: 1, Line: 1})
		}
	}
	return a
}
