package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Request is what another process of the same user asks a cluster's supervisor, as a line of JSON.
type Request struct {
	Verb    string `json:"verb"` // status, stop, scale, restart or signal
	Engines int    `json:"engines,omitempty"`
	Signal  string `json:"signal,omitempty"`
}

// Reply answers it.
type Reply struct {
	Error   string   `json:"error,omitempty"`
	State   State    `json:"state"`
	Endings []Ending `json:"endings,omitempty"`
}

// limits of what a supervisor reads and how long it waits for a slow asker.
const (
	requestLimit  = 4 << 10
	askerPatience = 10 * time.Second
)

func socketPath(profile, id string) string {
	return filepath.Join(profile, "security", "gale-cluster"+infix(id)+".sock")
}

// reachable gives a name of a socket that is short enough for the system, whatever folder it lies in, and what to close when it has been used.
func reachable(path string) (string, *os.File, error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path)), dir, nil
}

// Supervise takes requests on the cluster's private socket until the cluster is stopped by one, the controller is gone for good, or the
// context ends; then the cluster is stopped. ready is called when requests are taken.
func (c *Cluster) Supervise(ctx context.Context, ready func()) error {
	path := socketPath(c.o.Profile, c.o.ID)
	_ = os.Remove(path) // of a supervisor that was killed: no other can run, for this cluster has just started
	short, dir, err := reachable(path)
	if err != nil {
		return fmt.Errorf("cluster: opening the supervisor's socket: %w", err)
	}
	defer closeQuietly(dir)
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", short)
	if err != nil {
		return fmt.Errorf("cluster: opening the supervisor's socket %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("cluster: opening the supervisor's socket: %w", err), l.Close())
	}
	c.mu.Lock()
	c.supervised = true
	err = c.writeState()
	c.mu.Unlock()
	if err != nil {
		return errors.Join(err, l.Close())
	}
	stopped := make(chan struct{})
	var once sync.Once
	stop := func() { once.Do(func() { close(stopped) }) }
	go c.listen(l, stop)
	ready()
	select {
	case <-ctx.Done():
	case <-stopped:
	case <-c.gone:
		c.o.Log.Error("the controller has ended: the cluster ends too")
	}
	c.Stop()
	return l.Close()
}

// listen serves one asker after the other.
func (c *Cluster) listen(l net.Listener, stop func()) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return // the supervisor ends
		}
		go func() {
			defer func() { _ = conn.Close() }() // the answer was written, or nobody wants it
			c.serve(conn, stop)
		}()
	}
}

// serve answers one request.
func (c *Cluster) serve(conn net.Conn, stop func()) {
	var r Request
	_ = conn.SetReadDeadline(time.Now().Add(askerPatience))
	reply := Reply{}
	line, err := bufio.NewReaderSize(conn, requestLimit).ReadSlice('\n')
	if err == nil {
		err = json.Unmarshal(line, &r)
	}
	if err == nil {
		err = c.obey(r)
	}
	if err != nil {
		reply.Error = err.Error()
	}
	c.mu.Lock()
	reply.State = c.state()
	c.mu.Unlock()
	reply.Endings = c.Endings()
	_ = conn.SetWriteDeadline(time.Now().Add(askerPatience))
	_ = json.NewEncoder(conn).Encode(reply) // an asker that is gone wants no answer
	if r.Verb == "stop" && err == nil {
		stop()
	}
}

func (c *Cluster) obey(r Request) error {
	switch r.Verb {
	case "status", "stop":
		return nil
	case "scale":
		return c.Scale(c.ctx, r.Engines)
	case "restart":
		return c.RestartEngines(c.ctx)
	case "signal":
		s, err := ParseSignal(r.Signal)
		if err != nil {
			return err
		}
		return c.Signal(c.ctx, s)
	}
	return fmt.Errorf("cluster: no request %q", r.Verb)
}

// Ask sends a request to the supervisor of a running cluster.
func (s State) Ask(ctx context.Context, r Request) (Reply, error) {
	var reply Reply
	if s.Socket == "" {
		return reply, fmt.Errorf("cluster: %q belongs to process %d, which takes no requests", name(s.ID), s.Owner)
	}
	short, dir, err := reachable(s.Socket)
	if err != nil {
		return reply, fmt.Errorf("cluster: asking the supervisor of %q: %w", name(s.ID), err)
	}
	defer closeQuietly(dir)
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", short)
	if err != nil {
		return reply, fmt.Errorf("cluster: the supervisor of %q (process %d) does not answer: %w; stop the cluster and start it again", name(s.ID), s.Owner, err)
	}
	defer func() { _ = conn.Close() }() // it was only read from
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Now()) })
	defer stop()
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return reply, fmt.Errorf("cluster: asking the supervisor of %q: %w", name(s.ID), err)
	}
	if err := json.NewDecoder(conn).Decode(&reply); err != nil {
		return reply, fmt.Errorf("cluster: asking the supervisor of %q: %w", name(s.ID), err)
	}
	if reply.Error != "" {
		return reply, errors.New(reply.Error)
	}
	return reply, nil
}
