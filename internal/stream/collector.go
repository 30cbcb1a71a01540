package stream

import (
	"errors"
	"os"
	"sync"
)

// Ahead is how many bytes a [Collector] holds before its pipes are no longer read.
const Ahead = 1 << 20

// Chunk is what one read gave.
type Chunk struct {
	Name  string
	Bytes []byte
}

// Collector gathers what comes through several pipes for one taker. Its methods may be called from any goroutine.
type Collector struct {
	ready chan struct{}

	mu       sync.Mutex
	room     sync.Cond
	chunks   []Chunk
	size     int
	draining int
	pipes    []*Pipe
}

// NewCollector makes a collector without pipes.
func NewCollector() *Collector {
	c := &Collector{ready: make(chan struct{}, 1)}
	c.room.L = &c.mu
	return c
}

// Pipe adds a pipe; w is its writing end, for the caller to pass on and close.
func (c *Collector) Pipe(name string) (w *os.File, err error) {
	p, w, err := New(func(b []byte) { c.put(name, b) })
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.pipes = append(c.pipes, p)
	c.mu.Unlock()
	return w, nil
}

func (c *Collector) put(name string, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.size >= Ahead && c.draining == 0 {
		c.room.Wait()
	}
	c.size += len(b)
	if n := len(c.chunks) - 1; n >= 0 && c.chunks[n].Name == name {
		c.chunks[n].Bytes = append(c.chunks[n].Bytes, b...)
	} else {
		c.chunks = append(c.chunks, Chunk{name, append([]byte(nil), b...)})
	}
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

// Ready holds a token when there is something to take.
func (c *Collector) Ready() <-chan struct{} { return c.ready }

// Take gives what has come, in the order of the reads.
func (c *Collector) Take() []Chunk {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.chunks
	c.chunks, c.size = nil, 0
	c.room.Broadcast()
	return out
}

// Drain gives all that was written to the pipes before it is called.
func (c *Collector) Drain() []Chunk {
	c.hold(1)
	c.mu.Lock()
	pipes := c.pipes
	c.mu.Unlock()
	for _, p := range pipes {
		p.Drain()
	}
	c.hold(-1)
	return c.Take()
}

// hold lets the pipes go on however much has come.
func (c *Collector) hold(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining += n
	c.room.Broadcast()
}

// Ended is closed when all writers of all pipes are gone and everything has come; somebody must take meanwhile.
func (c *Collector) Ended() <-chan struct{} {
	c.mu.Lock()
	pipes := c.pipes
	c.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for _, p := range pipes {
			<-p.Done()
		}
	}()
	return ended
}

// Close gives up the pipes; what has come can still be taken.
func (c *Collector) Close() error {
	c.hold(1)
	c.mu.Lock()
	pipes := c.pipes
	c.mu.Unlock()
	var err error
	for _, p := range pipes {
		err = errors.Join(err, p.Close())
	}
	return err
}
