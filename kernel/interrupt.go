package kernel

import "context"

// interrupt answers interrupt_request at once, before the cell has stopped.
func (k *Kernel) interrupt(*request) any {
	k.Interrupt()
	return okStatus
}

// Interrupt stops every cell that runs, or is compiled, or waits for input, and with it the queue of its subshell; handlers of comms too.
// Without any it is forgotten: the next cell is not hit. A second interrupt goes on to the evaluator.
func (k *Kernel) Interrupt() {
	k.mu.Lock()
	first := false
	stop := func(r *running) {
		first = first || !r.interrupted
		r.interrupted = true
		r.cancel()
	}
	for _, s := range k.all() {
		if s.running != nil {
			stop(s.running)
		} else {
			s.queue.abort() // between two cells of a queue; begin looks at it under the same lock
		}
	}
	for r := range k.comms.working {
		stop(r)
	}
	k.mu.Unlock()
	if !first {
		k.o.Evaluator.Interrupt()
	}
}

// begin makes a cell the one that an interrupt stops, and gives it its context; end must be called when it is over.
func (k *Kernel) begin(c *cell) (end func()) {
	ctx, cancel := context.WithCancel(k.ctx)
	c.ctx = ctx
	k.mu.Lock()
	r := &running{cell: c, cancel: cancel}
	c.sub.running = r
	if c.sub.queue.isAborted(c.request) { // an interrupt came after it was taken
		r.interrupted = true
		cancel()
	}
	k.mu.Unlock()
	return func() {
		k.mu.Lock()
		c.sub.running = nil
		k.mu.Unlock()
		c.over.Store(true)
		cancel()
	}
}
