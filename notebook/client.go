package notebook

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// ErrDead is returned when the kernel has ended while something was expected of it.
var ErrDead = errors.New("notebook: the kernel has ended")

// Client is a front end without a face: it speaks Jupyter's protocol to one kernel. One request is under way at a time.
type Client struct {
	session                *wire.Session
	shell, control, iopub  *zmtp.Socket
	pub, replies, answered chan *wire.Message
	dead                   <-chan struct{} // closed when the kernel is known to have ended; nil: not known
	ctx                    context.Context // ends with Close
	stop                   context.CancelFunc
	loops                  sync.WaitGroup
}

// Info is what a kernel says of itself.
type Info struct {
	Implementation string         `json:"implementation"`
	Version        string         `json:"implementation_version"`
	Language       map[string]any `json:"language_info"`
	Banner         string         `json:"banner"`
}

// Dial connects to the kernel of a connection file and waits until it answers and is heard. When dead is closed, waiting ends
// with [ErrDead]; it may be nil.
func Dial(ctx context.Context, f *wire.KernelFile, dead <-chan struct{}) (*Client, *Info, error) {
	c := &Client{
		session: wire.NewSession(wire.Options{Key: []byte(f.Key)}), dead: dead,
		pub: make(chan *wire.Message, 64), replies: make(chan *wire.Message, 64), answered: make(chan *wire.Message, 64),
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	for _, s := range []struct {
		to   **zmtp.Socket
		typ  zmtp.Type
		port wire.Port
		ch   chan *wire.Message
	}{
		{&c.iopub, zmtp.Sub, f.IOPub, c.pub}, {&c.shell, zmtp.Dealer, f.Shell, c.replies}, {&c.control, zmtp.Dealer, f.Control, c.answered},
	} {
		o := zmtp.Options{RetryMin: 2 * time.Millisecond, RetryMax: 50 * time.Millisecond}
		if s.typ == zmtp.Dealer {
			o.ID = c.session.ID()
		}
		socket, err := zmtp.New(s.typ, o)
		if err == nil {
			*s.to = socket
			if s.typ == zmtp.Sub {
				socket.Subscribe("")
			}
			err = socket.Connect(f.Endpoint(s.port))
		}
		if err != nil {
			c.Close()
			return nil, nil, fmt.Errorf("notebook: connecting to the kernel: %w", err)
		}
		c.loops.Go(func() { c.listen(socket, s.ch) })
	}
	info, err := c.ready(ctx)
	if err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, info, nil
}

// listen hands on what a socket receives; what is forged or malformed is dropped.
func (c *Client) listen(s *zmtp.Socket, to chan<- *wire.Message) {
	for {
		msg, err := s.Recv(c.ctx)
		if err != nil {
			return
		}
		m, err := c.session.Parse(msg.Frames)
		if err != nil {
			continue
		}
		select {
		case to <- m:
		case <-c.ctx.Done():
			return
		}
	}
}

// askAgain is how often kernel_info is asked until iopub is heard.
const askAgain = 250 * time.Millisecond

// ready asks kernel_info until the reply has come and iopub is heard too.
func (c *Client) ready(ctx context.Context) (*Info, error) {
	var info *Info
	heard := false
	again := time.NewTicker(askAgain)
	defer again.Stop()
	for ask := true; ; {
		if ask {
			if _, err := c.send(ctx, c.shell, "kernel_info_request", nil); err != nil {
				return nil, err
			}
			ask = false
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("notebook: waiting for the kernel: %w", ctx.Err())
		case <-c.dead:
			return nil, ErrDead
		case <-again.C:
			ask = true
		case <-c.pub:
			heard = true
		case m := <-c.replies:
			if m.Header.MsgType == "kernel_info_reply" {
				info = &Info{}
				if err := m.Content(info); err != nil {
					return nil, fmt.Errorf("notebook: kernel_info_reply: %w", err)
				}
			}
		}
		if info != nil && heard {
			return info, nil
		}
	}
}

func (c *Client) send(ctx context.Context, s *zmtp.Socket, msgType string, content any) (wire.MsgID, error) {
	m, err := c.session.New(msgType, nil, nil, content)
	if err == nil {
		err = s.Send(ctx, c.session.Frames(m)...)
	}
	if err != nil {
		return "", fmt.Errorf("notebook: sending %s: %w", msgType, err)
	}
	return m.Header.MsgID, nil
}

// Reply is the content of an execute_reply.
type Reply struct {
	Status    string   `json:"status"`
	Count     *int     `json:"execution_count"`
	Name      string   `json:"ename"`
	Value     string   `json:"evalue"`
	Traceback []string `json:"traceback"`
}

// interruptPatience is how long an interrupted cell has until it is given up.
const interruptPatience = 10 * time.Second

// Execute runs a cell and gives every message that iopub has for it, in order, until it is idle. A context that ends interrupts
// the cell; its error is returned then.
func (c *Client) Execute(ctx context.Context, code string, heard func(*wire.Message)) (*Reply, error) {
	id, err := c.send(ctx, c.shell, "execute_request", map[string]any{
		"code": code, "silent": false, "store_history": true, "user_expressions": map[string]any{}, "allow_stdin": false, "stop_on_error": true,
	})
	if err != nil {
		return nil, err
	}
	var reply *Reply
	cancelled, late := ctx.Done(), (<-chan time.Time)(nil)
	begun, interrupt := false, false
	for idle := false; reply == nil || !idle; {
		if interrupt && begun { // not before: an interrupt that overtakes its cell is forgotten
			interrupt = false
			if err := c.Interrupt(c.ctx); err != nil {
				return nil, err
			}
		}
		select {
		case <-c.dead:
			return reply, ErrDead
		case <-cancelled:
			cancelled, interrupt = nil, true
			timer := time.NewTimer(interruptPatience)
			defer timer.Stop()
			late = timer.C
		case <-late:
			return nil, fmt.Errorf("notebook: the interrupted cell goes on: %w", ctx.Err())
		case m := <-c.replies:
			if m.Header.MsgType != "execute_reply" || !answers(m, id) {
				continue
			}
			reply = &Reply{}
			if err := m.Content(reply); err != nil {
				return nil, fmt.Errorf("notebook: execute_reply: %w", err)
			}
		case m := <-c.pub:
			if !answers(m, id) {
				continue
			}
			begun = true
			var s struct {
				State string `json:"execution_state"`
			}
			if m.Header.MsgType != "status" {
				heard(m)
			} else if err := m.Content(&s); err == nil && s.State == "idle" {
				idle = true
			}
		}
	}
	return reply, ctx.Err()
}

func answers(m *wire.Message, id wire.MsgID) bool {
	p, err := m.Parent()
	return err == nil && p.MsgID == id
}

// Interrupt interrupts what runs.
func (c *Client) Interrupt(ctx context.Context) error {
	_, err := c.send(ctx, c.control, "interrupt_request", nil)
	return err
}

// Shutdown asks the kernel to end and waits for its reply, at most until ctx ends.
func (c *Client) Shutdown(ctx context.Context) error {
	id, err := c.send(ctx, c.control, "shutdown_request", map[string]any{"restart": false})
	if err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("notebook: waiting for the kernel's end: %w", ctx.Err())
		case <-c.dead:
			return nil
		case <-c.pub:
		case <-c.replies:
		case m := <-c.answered:
			if answers(m, id) {
				return nil
			}
		}
	}
}

// Close disconnects.
func (c *Client) Close() {
	c.stop()
	for _, s := range []*zmtp.Socket{c.shell, c.control, c.iopub} {
		if s != nil {
			_ = s.Close(0) // nothing is owed
		}
	}
	c.loops.Wait()
}
