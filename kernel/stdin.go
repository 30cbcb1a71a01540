package kernel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// ErrNoStdin is returned when the front end does not take questions.
var ErrNoStdin = errors.New("kernel: this front end does not take input")

// inputs are the questions that wait for an answer, the oldest first.
type inputs struct {
	mu      sync.Mutex
	waiting []*asking
}

// asking is one input_request.
type asking struct {
	to     string // identity of the front end
	id     wire.MsgID
	cell   wire.MsgID
	answer chan string // has room for one
}

// asker finds the cell that a question belongs to: the one that it names, or else the one that began last. It is nil when that does not
// take questions.
func (k *Kernel) asker(request wire.MsgID) *cell {
	k.mu.Lock()
	defer k.mu.Unlock()
	var found *cell
	for _, s := range k.all() {
		if s.running == nil {
			continue
		}
		c := s.running.cell
		if request != "" && c.request.Header.MsgID == request {
			found = c
			break
		}
		if request == "" && (found == nil || c.began.After(found.began)) {
			found = c
		}
	}
	if found == nil || !found.stdin {
		return nil
	}
	return found
}

// Input asks the front end whose cell runs for a line. It fails with [ErrNoStdin] when it takes no questions, and with the context's
// error.
func (k *Kernel) Input(ctx context.Context, ask wire.Input) (string, error) {
	c := k.asker(ask.Request)
	if c == nil {
		return "", ErrNoStdin
	}
	r := c.request
	m, err := k.session.New("input_request", r.Message, nil, struct {
		Prompt   string `json:"prompt"`
		Password bool   `json:"password"`
	}{ask.Prompt, ask.Password})
	if err != nil {
		return "", err
	}
	if c.sub.id != "" {
		m.RawHeader = inSubshell(m.RawHeader, c.sub.id)
	}
	m.Routes = r.Routes
	q := &asking{to: r.from, id: m.Header.MsgID, cell: r.Header.MsgID, answer: make(chan string, 1)}
	k.inputs.mu.Lock()
	k.inputs.waiting = append(k.inputs.waiting, q) // what came before was no answer
	k.inputs.mu.Unlock()
	defer func() {
		k.inputs.mu.Lock()
		defer k.inputs.mu.Unlock()
		k.inputs.waiting = slices.DeleteFunc(k.inputs.waiting, func(w *asking) bool { return w == q })
	}()
	k.pub.flush()
	if err := c.putQuestion(ctx, k.session.Frames(m)); err != nil {
		return "", err
	}
	select {
	case s := <-q.answer:
		return s, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-c.ctx.Done():
		return "", c.ctx.Err()
	}
}

// How long a front end that sends a cell before its stdin socket is connected is waited for, and how often it is looked for.
const (
	stdinWait = 5 * time.Second
	stdinLook = 5 * time.Millisecond
)

// putQuestion sends an input_request.
func (c *cell) putQuestion(ctx context.Context, frames [][]byte) error {
	ctx, cancel := context.WithTimeout(ctx, stdinWait)
	defer cancel()
	for {
		err := c.Kernel.stdin.SendTo(c.request.from, frames...)
		if !errors.Is(err, zmtp.ErrNoPeer) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-c.ctx.Done():
			return c.ctx.Err()
		case <-time.After(stdinLook):
		}
	}
}

// inSubshell adds subshell_id to a header.
func inSubshell(header json.RawMessage, id string) json.RawMessage {
	field, err := json.Marshal(map[string]string{"subshell_id": id})
	if err != nil || len(header) < 2 {
		return header
	}
	return append(append(bytes.TrimSuffix(field, []byte("}")), ','), header[1:]...)
}

// readStdin takes the answers. One that does not say which question it answers is for the oldest of its front end.
func (k *Kernel) readStdin() {
	k.read(k.stdin, func(r *request) {
		var c struct {
			Value string `json:"value"`
		}
		if r.Header.MsgType != "input_reply" || r.Content(&c) != nil {
			k.log.Debug("refused on stdin", "type", r.Header.MsgType)
			return
		}
		parent, _ := r.Parent() // none: the oldest
		k.inputs.mu.Lock()
		defer k.inputs.mu.Unlock()
		var to *asking
		for _, q := range k.inputs.waiting {
			if q.to != r.from {
				continue
			}
			if q.id == parent.MsgID || q.cell == parent.MsgID {
				to = q
				break
			}
			if to == nil {
				to = q
			}
		}
		if to == nil {
			k.log.Debug("an answer that nobody asked for")
			return
		}
		select {
		case to.answer <- c.Value:
		default:
			k.log.Debug("a second answer")
		}
	})
}
