package kernel

import (
	"context"
	"errors"
	"sync"
)

// ErrNoStdin is returned when the front end does not take questions.
var ErrNoStdin = errors.New("kernel: this front end does not take input")

// inputs are the questions that wait for an answer, by the identity of the front end.
type inputs struct {
	mu      sync.Mutex
	waiting map[string]chan string
}

// Input asks the front end whose cell runs for a line. It fails with [ErrNoStdin] when none is asked, and with the context's
// error.
func (k *Kernel) Input(ctx context.Context, prompt string, password bool) (string, error) {
	k.mu.Lock()
	run := k.running
	k.mu.Unlock()
	if run == nil || run.cell == nil || !run.cell.stdin {
		return "", ErrNoStdin
	}
	r := run.cell.request
	m, err := k.session.New("input_request", r.Message, nil, struct {
		Prompt   string `json:"prompt"`
		Password bool   `json:"password"`
	}{prompt, password})
	if err != nil {
		return "", err
	}
	m.Routes = r.Routes
	answer := make(chan string, 1)
	k.inputs.mu.Lock()
	k.inputs.waiting[r.from] = answer // what came before was no answer
	k.inputs.mu.Unlock()
	defer func() {
		k.inputs.mu.Lock()
		delete(k.inputs.waiting, r.from)
		k.inputs.mu.Unlock()
	}()
	k.pub.flush()
	if err := k.stdin.SendTo(r.from, k.session.Frames(m)...); err != nil {
		return "", err
	}
	select {
	case s := <-answer:
		return s, nil
	case <-ctx.Done():
		return "", ctx.Err()
	case <-run.cell.ctx.Done():
		return "", run.cell.ctx.Err()
	}
}

// readStdin takes the answers.
func (k *Kernel) readStdin() {
	k.read(k.stdin, func(r *request) {
		var c struct {
			Value string `json:"value"`
		}
		if r.Header.MsgType != "input_reply" || r.Content(&c) != nil {
			k.log.Debug("refused on stdin", "type", r.Header.MsgType)
			return
		}
		k.inputs.mu.Lock()
		answer := k.inputs.waiting[r.from]
		k.inputs.mu.Unlock()
		select {
		case answer <- c.Value:
		default:
			k.log.Debug("an answer that nobody asked for")
		}
	})
}
