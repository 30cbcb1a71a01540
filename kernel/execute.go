package kernel

import (
	"context"
	"encoding/json"
	"errors"
	"go/parser"
	"maps"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

type executeRequest struct {
	Code            string            `json:"code"`
	Silent          bool              `json:"silent"`
	StoreHistory    *bool             `json:"store_history"` // absent: not silent
	UserExpressions map[string]string `json:"user_expressions"`
	AllowStdin      bool              `json:"allow_stdin"`
	StopOnError     *bool             `json:"stop_on_error"` // absent: true
}

// stored says whether the cell counts and is remembered.
func (c *executeRequest) stored() bool {
	return !c.Silent && (c.StoreHistory == nil || *c.StoreHistory)
}

type executeReply struct {
	Status      string         `json:"status"`
	Count       int            `json:"execution_count"`
	Expressions map[string]any `json:"user_expressions"`
	Payload     []any          `json:"payload"`
	*wire.Failure
}

type executeMetadata struct {
	Started      string `json:"started"`
	Dependencies bool   `json:"dependencies_met"`
	Engine       string `json:"engine"`
	Status       string `json:"status"`
}

// cell is one execute_request at work.
type cell struct {
	*Kernel
	sub      *subshell
	ctx      context.Context // an interrupt cancels it
	request  *request
	began    time.Time
	silent   bool
	stdin    bool
	over     atomic.Bool
	closing  bool                    // the last part is at work
	last     bool                    // … and compiled; guarded by the kernel's mutex
	count    int                     // execution_count
	number   int                     // as errors show it, from 1
	copyTo   atomic.Pointer[os.File] // what it prints goes there too
	asks     asks                    // what the next shell command reads
	payloads []any
	result   string // text/plain of the last result
}

// execute answers execute_request.
func (k *Kernel) execute(r *request) any {
	started := time.Now()
	var c executeRequest
	if err := r.Content(&c); err != nil {
		return badRequest(err)
	}
	store := c.stored()
	k.mu.Lock()
	if store {
		r.sub.count++
	}
	count := r.sub.count
	k.mu.Unlock()
	w := &cell{Kernel: k, sub: r.sub, began: started, request: r, silent: c.Silent, stdin: c.AllowStdin, count: count, number: max(count, 1)}
	end := k.begin(w)
	defer end()
	if !c.Silent {
		k.pub.publish("execute_input", r.Message, nil, struct {
			Code  string `json:"code"`
			Count int    `json:"execution_count"`
		}{c.Code, count})
	}
	if store && r.sub.history != nil {
		r.sub.history.Append(count, c.Code)
	}
	failure := w.run(c.Code)
	k.noteTrials(c.Code)
	w.endCopy()
	if store && r.sub.history != nil && w.result != "" {
		r.sub.history.SetOutput(count, w.result)
	}
	a := executeReply{Status: "ok", Count: count, Expressions: map[string]any{}, Payload: []any{}, Failure: failure}
	if failure == nil {
		w.expressions(c.UserExpressions, a.Expressions)
		a.Payload = append(a.Payload, w.payloads...)
	} else {
		a.Status = "error"
		if !c.Silent {
			k.pub.publish("error", r.Message, nil, errorContent{failure.Name, failure.Value, failure.Traceback})
		}
		if !c.Silent && (c.StopOnError == nil || *c.StopOnError) {
			k.pub.flush()
			r.sub.queue.settle(k.ctx)
			r.sub.queue.abort()
			k.dropAhead(r.sub)
		}
	}
	return reply{k.executeMetadata(started, a.Status), a}
}

type errorContent struct {
	Name      string   `json:"ename"`
	Value     string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

func (k *Kernel) executeMetadata(started time.Time, status string) executeMetadata {
	return executeMetadata{Started: wire.Date(started), Dependencies: true, Engine: k.session.ID(), Status: status}
}

// abortedReply answers an execute_request that an error before it has aborted.
func (k *Kernel) abortedReply(r *request) {
	k.pub.status(r.Message, "busy")
	k.mu.Lock()
	count := r.sub.count
	k.mu.Unlock()
	k.reply(r, reply{k.executeMetadata(time.Now(), "aborted"), struct {
		Status string `json:"status"`
		Count  int    `json:"execution_count"`
	}{"aborted", count}})
	k.pub.status(r.Message, "idle")
}

// run runs the parts of a cell in order and stops at the first that fails.
func (c *cell) run(code string) *wire.Failure {
	parts := split(code)
	if len(parts) == 0 {
		parts = []part{{to: len(code)}}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return btoi(a.late()) - btoi(b.late()) })
	for i, p := range parts {
		var failure *wire.Failure
		switch {
		case p.magic != "":
			failure = c.runMagic(code, p)
		case c.isAutoPx():
			failure = c.onEngines(c.defaults(), only(code, p.from, p.to))
		default:
			c.closing = i == len(parts)-1
			failure = c.runGo(lines(code[:p.from])+code[p.from:p.to], !c.closing)
		}
		if failure != nil {
			return whole(failure)
		}
		if c.ctx.Err() != nil {
			return interrupted()
		}
	}
	return nil
}

// late says whether a magic works when the rest of the cell has run.
func (p part) late() bool { return p.magic == "%test" || p.magic == "%bench" }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// runGo compiles and runs Go in the notebook's namespace. Quiet: its last value is not shown.
func (c *cell) runGo(source string, quiet bool) *wire.Failure {
	m, failure := c.compile(module.Local, source)
	if failure != nil || m == nil {
		return failure
	}
	if c.closing {
		c.mu.Lock()
		c.last = true
		c.mu.Unlock()
		c.lookAhead(c.sub)
	}
	return c.failed(c.o.Evaluator.Run(c.ctx, m, c.asked(quiet), c.emit))
}

// asked says how a module of this cell runs. Quiet: its last value is not shown.
func (c *cell) asked(quiet bool) wire.Run {
	return wire.Run{Silent: quiet || c.silent, AllowStdin: c.stdin, Request: c.request.Header.MsgID}
}

// compile gives the module of a text; nil when there is nothing to run.
func (c *cell) compile(scope module.Scope, source string) (*module.Module, *wire.Failure) {
	early := c.takeAhead(scope, source)
	c.compiling.Lock()
	defer c.compiling.Unlock()
	compiled, err := c.compileNow(early, scope, source)
	if err != nil {
		if c.ctx.Err() != nil {
			return nil, interrupted()
		}
		return nil, compileFailure(err)
	}
	c.o.Compiler.Commit(compiled)
	return compiled.Module, nil
}

func compileFailure(err error) *wire.Failure {
	if e, ok := errors.AsType[*CompileError](err); ok {
		f := wire.NewFailure("CompileError", e.Error(), e.traceback()...)
		return &f
	}
	f := wire.NewFailure("CompileError", err.Error())
	return &f
}

// failed gives the failure of a reply that is not ok.
func (c *cell) failed(r wire.Reply) *wire.Failure {
	switch {
	case r.Status == "ok":
		return nil
	case r.Failure != nil:
		c.noteDeath(c.request.Message, r.Failure)
		return r.Failure
	case c.ctx.Err() != nil:
		return interrupted()
	}
	f := wire.NewFailure("NamespaceError", "the namespace answered "+r.Status+" and no reason")
	return &f
}

// interrupted is the failure of a cell that an interrupt ended.
func interrupted() *wire.Failure {
	f := wire.NewFailure("KeyboardInterrupt", "interrupted")
	return &f
}

// whole makes sure that a failure has what front ends need.
func whole(f *wire.Failure) *wire.Failure {
	g := *f
	g.Status = "error"
	if g.Name == "" {
		g.Name = "Error"
	}
	if len(g.Traceback) == 0 {
		g.Traceback = []string{g.Name + ": " + g.Value}
	}
	return &g
}

// expressions evaluates user_expressions; what fails, fails in its own entry.
func (c *cell) expressions(asked map[string]string, answers map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(asked)) {
		answers[name] = c.expression(asked[name])
	}
}

func (c *cell) expression(source string) any {
	fail := func(f *wire.Failure) any { return whole(f) }
	if _, err := parser.ParseExpr(source); err != nil {
		return fail(compileFailure(err))
	}
	compiled, err := c.o.Compiler.Compile(c.ctx, module.Local, source, c.number)
	if err != nil {
		return fail(compileFailure(err))
	}
	answer := struct {
		Status   string          `json:"status"`
		Data     json.RawMessage `json:"data"`
		Metadata json.RawMessage `json:"metadata"`
	}{"ok", json.RawMessage("{}"), json.RawMessage("{}")}
	if compiled.Module == nil {
		return answer
	}
	r := c.o.Evaluator.Run(c.ctx, compiled.Module, wire.Run{}, func(o wire.Output) {
		if o.MsgType != "execute_result" {
			c.emit(o)
			return
		}
		var shown bundle
		if json.Unmarshal(o.Content, &shown) == nil {
			answer.Data, answer.Metadata = shown.Data, object(shown.Metadata)
		}
	})
	if f := c.failed(r); f != nil {
		return fail(f)
	}
	return answer
}
