package client

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// Client speaks to one controller. It is safe for use from any goroutine. In a notebook it shows the table of its engines.
type Client struct {
	host    Host
	session *wire.Session
	loop    runner
	out     func(context.Context, wire.Output)
	path    string

	mu      sync.Mutex
	engines Engines
	waiters []chan struct{} // closed at the next change of engines
	sent    map[string]*shipped
	labels  map[string]*labeller        // by stream of output
	doomed  map[string][]wire.ObjectRef // objects whose handles are gone, by engine
}

// open connects to the controller that a connection file names and waits for its answer.
func open(ctx context.Context, path string, o settings) (*Client, error) {
	f, err := wire.ReadClusterFile(path)
	if err != nil {
		return nil, err
	}
	c := &Client{
		host: o.host, out: o.destination(), path: path,
		session: wire.NewSession(wire.Options{Key: []byte(f.Key), Version: wire.ClusterVersion}),
		sent:    map[string]*shipped{}, labels: map[string]*labeller{}, doomed: map[string][]wire.ObjectRef{},
	}
	log := o.log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	l, err := newLoop(f, path, c.session, o.patience, log, c.setEngines)
	if err != nil {
		return nil, err
	}
	c.loop = l
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	if err := c.greet(ctx); err != nil {
		c.loop.close()
		return nil, fmt.Errorf("client: no answer from the controller of %s: %w", path, err)
	}
	return c, nil
}

// greet asks the controller who is there; the loop has taken that when the answer is here.
func (c *Client) greet(ctx context.Context) error {
	reply, err := c.ask(ctx, query, "", "connection_request", nil)
	if err != nil {
		return err
	}
	var content wire.Reply
	if err := reply.Content(&content); err != nil {
		return err
	}
	if content.Status != "ok" {
		return fmt.Errorf("client: the controller refused: %w", failure(content))
	}
	return nil
}

// failure makes an error of a reply that is not ok.
func failure(r wire.Reply) error {
	if r.Failure == nil {
		return fmt.Errorf("status %q", r.Status)
	}
	return *r.Failure
}

// setEngines is told by the loop.
func (c *Client) setEngines(e Engines) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.engines = e
	for uuid := range c.sent {
		if !slices.ContainsFunc(e, func(x Engine) bool { return x.UUID == uuid }) {
			delete(c.sent, uuid)
		}
	}
	for _, w := range c.waiters {
		close(w)
	}
	c.waiters = nil
}

// Cluster is the table of engines that are registered now.
func (c *Client) Cluster() Engines {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.engines)
}

// IDs are the ids of the engines that are registered now, in ascending order.
func (c *Client) IDs() []int { return c.Cluster().IDs() }

// File is the path of the connection file.
func (c *Client) File() string { return c.path }

func (c *Client) String() string { return c.Cluster().String() + "\n" + c.path }

// HTML is the table of engines.
func (c *Client) HTML() string { return c.Cluster().HTML() }

// WaitForEngines waits until at least n engines are registered.
func (c *Client) WaitForEngines(ctx context.Context, n int) error {
	have := 0
	err := c.until(ctx, func(e Engines) bool { have = len(e); return have >= n })
	if err != nil {
		return fmt.Errorf("client: waiting for %d engines, %d are there: %w", n, have, err)
	}
	return nil
}

// gone waits until an engine is not registered any more.
func (c *Client) gone(ctx context.Context, x Engine) error {
	err := c.until(ctx, func(all Engines) bool {
		return !slices.ContainsFunc(all, func(e Engine) bool { return e.UUID == x.UUID })
	})
	if err != nil {
		return fmt.Errorf("client: waiting for engine %d to end: %w", x.ID, err)
	}
	return nil
}

// until waits for a table of engines that is as wanted.
func (c *Client) until(ctx context.Context, wanted func(Engines) bool) error {
	for {
		c.mu.Lock()
		ok := wanted(c.engines)
		changed := make(chan struct{})
		c.waiters = append(c.waiters, changed)
		c.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-c.loop.over():
			return ErrClosed
		case <-c.loop.absent():
			return ErrController
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// QueueStatus says for each engine, by its id, how many requests wait there and were done.
func (c *Client) QueueStatus(ctx context.Context) (map[int]Queue, error) {
	reply, err := c.ask(ctx, query, "", "queue_request", map[string]any{"verbose": false, "targets": c.IDs()})
	if err != nil {
		return nil, err
	}
	var content map[string]json.RawMessage
	if err := reply.Content(&content); err != nil {
		return nil, err
	}
	out := map[int]Queue{}
	for key, raw := range content {
		var id int
		var q Queue
		if _, err := fmt.Sscan(key, &id); err == nil && json.Unmarshal(raw, &q) == nil {
			out[id] = q
		}
	}
	return out, nil
}

// Queue counts an engine's requests.
type Queue struct {
	Queue     int `json:"queue"`     // sent to it and not answered
	Tasks     int `json:"tasks"`     // balanced tasks at work there
	Completed int `json:"completed"` // answered
}

// Alive says whether the controller is connected, or was so recently that it may come back.
func (c *Client) Alive() bool {
	select {
	case <-c.loop.over():
		return false
	default:
	}
	return !c.loop.away()
}

// Close frees the objects that this client made and did not name, and disconnects.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var err error
	if e := c.Cluster(); len(e) > 0 && c.Alive() {
		err = c.release(ctx, e)
	}
	c.loop.close()
	return err
}

// release frees this client's unnamed objects on engines of kind go.
func (c *Client) release(ctx context.Context, engines Engines) error {
	for _, e := range engines {
		if e.Kind != wire.KindGo {
			continue
		}
		if _, err := c.ask(ctx, mux, e.UUID, wire.ObjectsRequest, wire.Objects{Release: true, Owner: c.session.ID()}); err != nil {
			return err
		}
	}
	return nil
}

// codec is how values are encoded for this client's engines.
func (c *Client) codec(name string) value.Options {
	o := value.Options{Name: name}
	if c.host != nil {
		o.Types = c.host.Types()
	}
	return o
}
