package main

import (
	"context"
	"fmt"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// load is a client that submits tasks and counts replies.
type load struct {
	session          *wire.Session
	query, task, mux *zmtp.Socket
	engines          []string
}

func newLoad(f *wire.ClusterFile) (*load, error) {
	l := &load{session: wire.NewSession(wire.Options{Key: []byte(f.Key), Version: wire.ClusterVersion})}
	for _, s := range []struct {
		to   **zmtp.Socket
		port wire.Port
	}{{&l.query, f.Registration}, {&l.task, f.Task}, {&l.mux, f.Mux}} {
		var err error
		if *s.to, err = zmtp.New(zmtp.Dealer, zmtp.Options{RecvQueue: 4096}); err != nil {
			return nil, err
		}
		if err := (*s.to).Connect(f.Endpoint(s.port)); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *load) close() {
	for _, s := range []*zmtp.Socket{l.query, l.task, l.mux} {
		_ = s.Close(0) // the round is over
	}
}

// count asks which engines are there and gives their number.
func (l *load) count(ctx context.Context) (int, error) {
	m, err := l.session.New("connection_request", nil, nil, nil)
	if err != nil {
		return 0, err
	}
	if err := l.query.Send(ctx, l.session.Frames(m)...); err != nil {
		return 0, err
	}
	in, err := l.query.Recv(ctx)
	if err != nil {
		return 0, err
	}
	reply, err := l.session.Parse(in.Frames)
	if err != nil {
		return 0, err
	}
	var c struct {
		Engines map[string]string `json:"engines"`
	}
	if err := reply.Content(&c); err != nil {
		return 0, err
	}
	l.engines = l.engines[:0]
	for _, uuid := range c.Engines {
		l.engines = append(l.engines, uuid)
	}
	return len(l.engines), nil
}

// waitFor asks until n engines are there.
func (l *load) waitFor(ctx context.Context, n int) error {
	for {
		here, err := l.count(ctx)
		if err != nil || here >= n {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d engines came: %w", here, n, ctx.Err())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// burst submits n tasks, at most window of them under way, and waits for all replies.
func (l *load) burst(ctx context.Context, controller int, direct bool, n, window int) (burst, error) {
	metadata := map[string]any{"after": []string{}, "follow": []string{}, "timeout": 0.0, "targets": []string{}, "retries": 0, "label": nil}
	s := l.task
	if direct {
		metadata, s = map[string]any{"label": nil}, l.mux
	}
	requests := make([][][]byte, n) // made before the clock runs
	for i := range requests {
		m, err := l.session.New("apply_request", nil, metadata, nil, make([]byte, 120), make([]byte, 57))
		if err != nil {
			return burst{}, err
		}
		if direct {
			m.Routes = [][]byte{[]byte(l.engines[i%len(l.engines)])}
		}
		requests[i] = l.session.Frames(m)
	}
	before := settled(ctx, controller)
	began := time.Now()
	sent, errs := make(chan struct{}, window), make(chan error, 1)
	go func() {
		for _, r := range requests {
			select {
			case sent <- struct{}{}:
			case <-ctx.Done():
				return
			}
			if err := s.Send(ctx, r...); err != nil {
				errs <- err
				return
			}
		}
	}()
	for i := range n {
		if _, err := s.Recv(ctx); err != nil {
			select {
			case err = <-errs:
			default:
			}
			return burst{}, fmt.Errorf("%d of %d replies: %w", i, n, err)
		}
		<-sent
	}
	took := time.Since(began)
	used := settled(ctx, controller) - before
	return burst{rate: float64(n) / took.Seconds(), cpu: used.Seconds() * 1e6 / float64(n)}, nil
}
