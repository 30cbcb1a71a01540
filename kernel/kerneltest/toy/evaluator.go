package toy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/wire"
)

// Evaluator is a kernel.Evaluator whose namespace is a map.
type Evaluator struct {
	mu     sync.Mutex
	vars   map[string]any
	closed context.CancelFunc
	ctx    context.Context
	comms  map[string]string // targets by id
	runs   int               // cells that run

	// Interrupts, Restarts and Closes count calls; read them with Count.
	interrupts, restarts, closes int
}

// NewEvaluator begins with no variables.
func NewEvaluator() *Evaluator {
	e := &Evaluator{vars: map[string]any{}}
	e.ctx, e.closed = context.WithCancel(context.Background())
	return e
}

// Count gives how often Interrupt, Restart and Close were called.
func (e *Evaluator) Count() (interrupts, restarts, closes int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.interrupts, e.restarts, e.closes
}

// Interrupt counts.
func (e *Evaluator) Interrupt() { e.mu.Lock(); e.interrupts++; e.mu.Unlock() }

// Restart forgets the variables.
func (e *Evaluator) Restart(context.Context) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.vars = map[string]any{}
	e.restarts++
	return nil
}

// Close ends what runs.
func (e *Evaluator) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closes++
	e.closed()
	return nil
}

// Request answers a wire.NamesRequest that lists, what is asked about variables, and messages of comms.
func (e *Evaluator) Request(ctx context.Context, msgType string, content any, buffers [][]byte, emit func(wire.Output)) (*wire.Message, error) {
	switch c := content.(type) {
	case wire.Comm:
		return answer(msgType, e.comm(ctx, msgType, c, buffers, emit))
	case wire.Vars:
		return answer(msgType, e.explore(c))
	}
	if msgType != wire.NamesRequest {
		return nil, fmt.Errorf("toy: no %s", msgType)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	a := wire.NamesReply{Reply: wire.Reply{Status: "ok"}}
	for _, name := range slices.Sorted(maps.Keys(e.vars)) {
		a.Names = append(a.Names, wire.NameInfo{Name: name, Type: fmt.Sprintf("%T", e.vars[name]), Bytes: 8, Text: fmt.Sprint(e.vars[name])})
	}
	return answer(msgType, a)
}

func answer(msgType string, a any) (*wire.Message, error) {
	return wire.NewSession(wire.Options{}).New(wire.ReplyType(msgType), nil, nil, a)
}

type died struct{}

func (died) Error() string { return "the namespace died" }

type panicked struct{ value any }

func (panicked) Error() string { return "panicked" }

// Run interprets the module's image.
func (e *Evaluator) Run(ctx context.Context, m *module.Module, run wire.Run, emit func(wire.Output)) wire.Reply {
	body, err := parse(string(m.Image))
	if err != nil {
		return fail("LoadError", err.Error())
	}
	e.mu.Lock()
	e.runs++
	e.mu.Unlock()
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.runs--
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	r := &runner{e: e, ctx: ctx, emit: emit}
	var last any
	for _, s := range body.List {
		if last, err = r.statement(s); err != nil {
			break
		}
	}
	var p panicked
	switch {
	case e.ctx.Err() != nil:
		return fail("NamespaceDied", "the namespace has ended")
	case errors.Is(err, died{}):
		return fail(wire.NameDied, err.Error())
	case errors.Is(err, context.Canceled):
		return fail("KeyboardInterrupt", "interrupted")
	case errors.As(err, &p):
		return fail("Panic", fmt.Sprint(p.value))
	case err != nil:
		return fail("RuntimeError", err.Error())
	}
	if last != nil && !run.Silent {
		r.out("execute_result", map[string]any{"data": map[string]any{"text/plain": fmt.Sprint(last)}, "metadata": map[string]any{}})
	}
	return wire.Reply{Status: "ok"}
}

func fail(name, value string) wire.Reply {
	f := wire.NewFailure(name, value)
	return wire.Reply{Status: "error", Failure: &f}
}

type runner struct {
	e    *Evaluator
	ctx  context.Context
	emit func(wire.Output)
}

func (r *runner) out(msgType string, content any) {
	raw, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	r.emit(wire.Output{MsgType: msgType, Content: raw})
}

// statement runs one statement; the value is that of an expression.
func (r *runner) statement(s ast.Stmt) (any, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	switch s := s.(type) {
	case *ast.ExprStmt:
		return r.value(s.X)
	case *ast.AssignStmt:
		v, err := r.value(s.Rhs[0])
		if id, ok := s.Lhs[0].(*ast.Ident); ok && err == nil && id.Name != "_" {
			r.e.mu.Lock()
			r.e.vars[id.Name] = v
			r.e.mu.Unlock()
		}
		return nil, err
	case *ast.ForStmt:
		<-r.ctx.Done()
		return nil, r.ctx.Err()
	case *ast.RangeStmt:
		return nil, r.loop(s)
	case *ast.EmptyStmt:
		return nil, nil
	}
	return nil, fmt.Errorf("toy: %T is not understood", s)
}

func (r *runner) loop(s *ast.RangeStmt) error {
	n, err := r.value(s.X)
	if err != nil {
		return err
	}
	times, _ := n.(int)
	for i := range times {
		if id, ok := s.Key.(*ast.Ident); ok {
			r.e.mu.Lock()
			r.e.vars[id.Name] = i
			r.e.mu.Unlock()
		}
		for _, b := range s.Body.List {
			if _, err := r.statement(b); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runner) value(x ast.Expr) (any, error) {
	switch x := x.(type) {
	case *ast.BasicLit:
		if x.Kind == token.INT {
			return strconv.Atoi(x.Value)
		}
		return strconv.Unquote(x.Value)
	case *ast.Ident:
		r.e.mu.Lock()
		defer r.e.mu.Unlock()
		if v, ok := r.e.vars[x.Name]; ok {
			return v, nil
		}
		return nil, fmt.Errorf("%s is not set", x.Name)
	case *ast.ParenExpr:
		return r.value(x.X)
	case *ast.BinaryExpr:
		return r.binary(x)
	case *ast.CallExpr:
		return r.call(x)
	case *ast.SelectorExpr:
		if name := selector(x); name == "time.Millisecond" {
			return int(time.Millisecond), nil
		}
	}
	return nil, fmt.Errorf("toy: %T is not understood", x)
}

func (r *runner) binary(x *ast.BinaryExpr) (any, error) {
	a, err := r.value(x.X)
	if err != nil {
		return nil, err
	}
	b, err := r.value(x.Y)
	if err != nil {
		return nil, err
	}
	m, ok1 := a.(int)
	n, ok2 := b.(int)
	if !ok1 || !ok2 {
		return fmt.Sprint(a) + fmt.Sprint(b), nil
	}
	switch x.Op {
	case token.ADD:
		return m + n, nil
	case token.SUB:
		return m - n, nil
	case token.MUL:
		return m * n, nil
	default:
		return nil, fmt.Errorf("toy: %s is not understood", x.Op)
	}
}

func selector(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return selector(x.X) + "." + x.Sel.Name
	}
	return ""
}

func (r *runner) call(x *ast.CallExpr) (any, error) {
	name := selector(x.Fun)
	stream, args := "stdout", x.Args
	if name == "fmt.Fprintln" && len(args) > 0 && selector(args[0]) == "os.Stderr" {
		stream, args = "stderr", args[1:]
	}
	var vs []any
	for _, a := range args {
		v, err := r.value(a)
		if err != nil {
			return nil, err
		}
		vs = append(vs, v)
	}
	switch name {
	case "fmt.Print":
		r.out("stream", map[string]any{"name": stream, "text": fmt.Sprint(vs...)})
	case "fmt.Println", "fmt.Fprintln":
		r.out("stream", map[string]any{"name": stream, "text": fmt.Sprintln(vs...)})
	case "strings.Repeat":
		return strings.Repeat(vs[0].(string), vs[1].(int)), nil
	case "panic":
		return nil, panicked{vs[0]}
	case "show":
		for _, v := range vs {
			r.out("display_data", map[string]any{"data": map[string]any{"text/plain": fmt.Sprint(v), "text/html": "<b>" + fmt.Sprint(v) + "</b>"}, "metadata": map[string]any{}})
		}
	case "display.Clear":
		r.out("clear_output", map[string]any{"wait": false})
	case "time.Sleep":
		select {
		case <-r.ctx.Done():
			return nil, r.ctx.Err()
		case <-time.After(time.Duration(vs[0].(int))):
		}
	case "comm.Open":
		r.out(wire.CommOpen, map[string]any{"comm_id": vs[0], "target_name": "toy", "data": map[string]any{}})
	case "comm.Close":
		r.out(wire.CommClose, map[string]any{"comm_id": vs[0], "data": map[string]any{}})
	case "die":
		r.e.mu.Lock()
		defer r.e.mu.Unlock()
		r.e.vars = map[string]any{}
		return nil, died{}
	case "os.Chdir", "os.Setenv":
	default:
		return nil, fmt.Errorf("toy: %s is not understood", name)
	}
	return nil, nil
}
