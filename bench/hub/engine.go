package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// engine answers every request at once and does nothing.
type engine struct {
	sockets []*zmtp.Socket
	session *wire.Session
}

// none is Python's None.
var none = []byte("\x80\x04N.")

// newEngine registers with a controller.
func newEngine(ctx context.Context, f *wire.ClusterFile) (*engine, error) {
	e := &engine{session: wire.NewSession(wire.Options{Key: []byte(f.Key), Version: wire.ClusterVersion})}
	id := e.session.ID()
	query, err := e.socket(zmtp.Dealer, id, f.Endpoint(f.Registration))
	if err != nil {
		return nil, err
	}
	m, err := e.session.New("registration_request", nil, nil, map[string]any{"uuid": id})
	if err != nil {
		return nil, err
	}
	if err := query.Send(ctx, e.session.Frames(m)...); err != nil {
		return nil, err
	}
	if _, err := query.Recv(ctx); err != nil {
		return nil, err
	}
	leaves, err := f.BroadcastPorts()
	if err != nil {
		return nil, err
	}
	shell, err := e.socket(zmtp.Router, id, f.Endpoint(f.Mux), f.Endpoint(f.Task), f.Endpoint(leaves[0]))
	if err != nil {
		return nil, err
	}
	if _, err := e.socket(zmtp.Router, id, f.Endpoint(f.Control)); err != nil {
		return nil, err
	}
	hear, err := e.socket(zmtp.Sub, "", f.Endpoint(f.HBPing))
	if err != nil {
		return nil, err
	}
	hear.Subscribe("")
	echo, err := e.socket(zmtp.Dealer, id, f.Endpoint(f.HBPong))
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			m, err := hear.Recv(context.Background())
			if err != nil {
				return
			}
			if err := echo.Send(context.Background(), m.Frames...); err != nil {
				return
			}
		}
	}()
	go e.serve(shell, id)
	return e, nil
}

func (e *engine) socket(typ zmtp.Type, id string, endpoints ...string) (*zmtp.Socket, error) {
	s, err := zmtp.New(typ, zmtp.Options{ID: id})
	if err != nil {
		return nil, err
	}
	e.sockets = append(e.sockets, s)
	for _, ep := range endpoints {
		if err := s.Connect(ep); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// serve answers; it neither checks nor decodes what it is asked.
func (e *engine) serve(s *zmtp.Socket, id string) {
	metadata, err := json.Marshal(map[string]any{"status": "ok", "engine": id, "dependencies_met": true, "started": "2026-01-02T03:04:05.000006Z"})
	if err != nil {
		return
	}
	for {
		in, err := s.Recv(context.Background())
		if err != nil {
			return
		}
		at := 0
		for at < len(in.Frames) && string(in.Frames[at]) != wire.Delimiter {
			at++
		}
		if len(in.Frames) < at+6 {
			continue
		}
		m, err := e.session.New("apply_reply", &wire.Message{RawHeader: in.Frames[at+2]}, json.RawMessage(metadata), json.RawMessage(`{"status":"ok"}`), none)
		if err != nil {
			return
		}
		m.Routes = in.Frames[:at]
		if err := in.From.Send(e.session.Frames(m)...); errors.Is(err, zmtp.ErrClosed) {
			return
		}
	}
}

func (e *engine) close() {
	for _, s := range e.sockets {
		_ = s.Close(0) // the round is over
	}
}
