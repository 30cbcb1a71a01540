package kernel

import (
	"context"

	"github.com/galeproject/gale/module"
)

// Versioned is what a [Compiler] may also be: Version changes with everything that its session learns or forgets. With it, a cell that
// waits is compiled while the one before it runs; the result counts only if the version is the same when its turn has come.
type Versioned interface{ Version() int }

// ahead is a cell that is compiled, or has been, before its turn.
type ahead struct {
	request *request
	source  string
	number  int
	cancel  context.CancelFunc
	done    chan struct{} // closed when the rest is set

	compiled Compiled
	err      error
	version  int // of the session that it was compiled for
}

// lookAhead compiles the next cell of a subshell, if one waits that is plain Go, while the last of the present cell's Go runs.
func (k *Kernel) lookAhead(s *subshell) {
	v, ok := k.o.Compiler.(Versioned)
	if !ok {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s.running == nil || !s.running.cell.last || s.running.interrupted || s.ahead != nil || k.autopx {
		return
	}
	r := s.queue.next()
	if r == nil || r.Header.MsgType != "execute_request" {
		return
	}
	var c executeRequest
	if r.Content(&c) != nil {
		return
	}
	if parts := split(c.Code); len(parts) != 1 || parts[0].magic != "" {
		return
	}
	a := &ahead{request: r, source: c.Code, number: s.count, done: make(chan struct{})}
	if c.stored() {
		a.number++
	}
	a.number = max(a.number, 1)
	ctx, cancel := context.WithCancel(k.ctx)
	a.cancel = cancel
	s.ahead = a
	go func() {
		defer close(a.done)
		k.compiling.Lock()
		defer k.compiling.Unlock()
		a.version = v.Version()
		a.compiled, a.err = k.o.Compiler.Compile(ctx, module.Local, a.source, a.number)
	}()
}

// dropAhead ends what is compiled before its turn, since its turn will not come.
func (k *Kernel) dropAhead(s *subshell) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s.ahead != nil {
		s.ahead.cancel()
		s.ahead = nil
	}
}

// takeAhead gives what was compiled for a cell before its turn; nil when there is nothing or it does not fit.
func (c *cell) takeAhead(scope module.Scope, source string) *ahead {
	c.mu.Lock()
	a := c.sub.ahead
	c.sub.ahead = nil
	c.mu.Unlock()
	if a == nil {
		return nil
	}
	defer a.cancel()
	if a.request != c.request || scope != module.Local || a.source != source || a.number != c.number {
		return nil
	}
	select {
	case <-a.done:
		return a
	case <-c.ctx.Done():
		return nil
	}
}

// compileNow compiles, unless it was done ahead. The kernel's compiling is held.
func (c *cell) compileNow(a *ahead, scope module.Scope, source string) (Compiled, error) {
	if v, ok := c.o.Compiler.(Versioned); ok && a != nil && a.version == v.Version() {
		return a.compiled, a.err
	}
	return c.o.Compiler.Compile(c.ctx, scope, source, c.number)
}
