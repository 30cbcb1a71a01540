package kernel

import "context"

// interrupt answers interrupt_request at once, before the cell has stopped.
func (k *Kernel) interrupt(*request) any {
	k.Interrupt()
	return okStatus
}

// Interrupt stops the cell that runs, or is compiled, or waits for input, and with it the queue. Without one it is forgotten: the
// next cell is not hit. A second interrupt goes on to the evaluator.
func (k *Kernel) Interrupt() {
	k.mu.Lock()
	r := k.running
	again := r == nil || r.interrupted
	if r != nil {
		r.interrupted = true
		r.cancel()
	} else {
		k.queue.abort() // between two cells of a queue; begin looks at it under the same lock
	}
	k.mu.Unlock()
	if again {
		k.o.Evaluator.Interrupt()
	}
}

// begin makes a cell the one that an interrupt stops, and gives it its context; end must be called when it is over.
func (k *Kernel) begin(c *cell) (end func()) {
	ctx, cancel := context.WithCancel(k.ctx)
	c.ctx = ctx
	k.mu.Lock()
	k.running = &running{cell: c, cancel: cancel}
	if k.queue.isAborted(c.request) { // an interrupt came after it was taken
		k.running.interrupted = true
		cancel()
	}
	k.mu.Unlock()
	return func() {
		k.mu.Lock()
		k.running = nil
		k.mu.Unlock()
		c.over.Store(true)
		cancel()
	}
}
