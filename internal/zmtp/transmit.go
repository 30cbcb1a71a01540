package zmtp

import "time"

// transmitter is a peer's writer: it empties the queue batch by batch.
type transmitter struct {
	p    *Peer
	w    writer
	tick <-chan time.Time // of the heartbeat; nil: off
	stop func()           // its ticker's; nil: none

	batch   [][][]byte
	left    int64   // bytes of the messages of the batch that are not wholly in the kernel
	ends    []int64 // w.queued at the end of each message put in
	done    int     // messages wholly in the kernel
	last    bool    // the batch is all put in
	pinging bool    // a PING is put in and not in the kernel yet
	err     error   // of a command put in between frames
}

// write is the peer's writer goroutine: it returns when gone is closed or the connection broke.
func (p *Peer) write(gone <-chan struct{}) error {
	t := &transmitter{p: p, w: writer{w: p.nc, box: p.box, pool: &p.s.blocks}}
	t.w.flushed, t.w.between = t.flushed, t.between
	t.retime()
	defer t.still()
	for {
		if err := t.send(); err != nil {
			return err
		}
		if p.q.wrote(0, 0) {
			continue
		}
		select {
		case <-p.q.wake:
		case <-gone:
			return nil
		case <-p.beats:
			t.retime()
		case <-t.tick:
			if err := t.beat(); err != nil {
				return err
			}
		}
	}
}

// retime takes over the heartbeat's interval.
func (t *transmitter) retime() {
	t.still()
	if every := time.Duration(t.p.live.every.Load()); every > 0 {
		tick := time.NewTicker(every)
		t.tick, t.stop = tick.C, tick.Stop
	}
}

// still ends the ticker.
func (t *transmitter) still() {
	if t.stop != nil {
		t.stop()
	}
	t.tick, t.stop = nil, nil
}

// send writes all that the queue holds. What the kernel did not take whole goes back to the queue.
func (t *transmitter) send() error {
	if cap(t.batch) > keepBatch {
		t.batch = nil
	}
	t.batch, t.left = t.p.q.take(t.batch)
	t.ends, t.done, t.last, t.err = t.ends[:0], 0, false, nil
	t.p.live.writing()
	err := t.put()
	if err == nil {
		t.last = true
		err = t.w.flush()
	}
	if err != nil {
		t.settle()
		t.p.q.unget(t.batch[t.done:])
		return err
	}
	t.p.live.written()
	clear(t.batch)
	return nil
}

func (t *transmitter) put() error {
	for _, m := range t.batch {
		t.between()
		if err := t.w.message(m); err != nil {
			return err
		}
		t.ends = append(t.ends, t.w.queued)
	}
	t.between()
	return t.err
}

// between puts in the commands that are due: long batches and long messages must not hold them up.
func (t *transmitter) between() {
	if t.p.q.owes.Load() {
		for _, context := range t.p.q.owed() {
			t.command("PONG", context)
		}
	}
	if t.tick == nil {
		return
	}
	select {
	case <-t.tick:
		t.command("PING", noTTL)
		t.pinging = true
	default:
	}
}

// noTTL is the body of our PING: no promise, no context.
var noTTL = []byte{0, 0}

func (t *transmitter) command(name string, body []byte) {
	if err := t.w.command(name, body); err != nil && t.err == nil {
		t.err = err
	}
}

// beat sends a PING on a quiet connection.
func (t *transmitter) beat() error {
	t.p.live.writing()
	defer t.p.live.written()
	t.last = true
	t.pinging = true
	if err := t.w.command("PING", noTTL); err != nil {
		return err
	}
	return t.w.flush()
}

// flushed looks after each write at what it meant.
func (t *transmitter) flushed() {
	t.p.live.writing()
	if t.pinging {
		t.pinging = false
		t.p.live.pinged()
	}
	if !t.last {
		t.settle()
		t.p.q.wrote(len(t.batch)-t.done, t.left)
	}
}

// settle finds the messages that are wholly in the kernel.
func (t *transmitter) settle() {
	for t.done < len(t.ends) && t.ends[t.done] <= t.w.sent {
		t.left -= wireSize(t.batch[t.done])
		t.done++
	}
}
