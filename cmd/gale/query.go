package main

import (
	"context"
	"fmt"
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// asker asks a controller about itself, without becoming a client that has tasks.
type asker struct {
	session *wire.Session
	socket  *zmtp.Socket
}

// askController connects to the controller of a connection file.
func askController(file string) (*asker, error) {
	f, err := wire.ReadClusterFile(file)
	if err != nil {
		return nil, err
	}
	curve, err := zmtp.CurveClient(f.ServerKey())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	s, err := zmtp.New(zmtp.Dealer, zmtp.Options{Curve: curve})
	if err != nil {
		return nil, err
	}
	if err := s.Connect(f.Endpoint(f.Registration)); err != nil {
		return nil, fmt.Errorf("connecting to the controller: %w", err)
	}
	return &asker{wire.NewSession(wire.Options{Key: []byte(f.Key), Version: wire.ClusterVersion}), s}, nil
}

func (a *asker) close() { _ = a.socket.Close(0) } // nothing is under way

// ask sends a request and reads its answer into reply.
func (a *asker) ask(ctx context.Context, msgType string, content, reply any) error {
	m, err := a.session.New(msgType, nil, nil, content)
	if err != nil {
		return err
	}
	if err := a.socket.Send(ctx, a.session.Frames(m)...); err != nil {
		return fmt.Errorf("asking the controller: %w", err)
	}
	in, err := a.socket.Recv(ctx)
	if err != nil {
		return fmt.Errorf("the controller's answer: %w", err)
	}
	r, err := a.session.Parse(in.Frames)
	if err != nil {
		return fmt.Errorf("the controller's answer: %w", err)
	}
	var failed struct {
		Status string `json:"status"`
		Value  string `json:"evalue"`
	}
	if err := r.Content(&failed); err != nil {
		return fmt.Errorf("the controller's answer: %w", err)
	}
	if failed.Status != "ok" {
		return fmt.Errorf("the controller says: %s", failed.Value)
	}
	return r.Content(reply)
}

// Engines say what they use when they are asked, and the controller asks when it is: its first answer may lack it.
const (
	usagePatience = 500 * time.Millisecond
	usageAgain    = 20 * time.Millisecond
)

// reportOf asks a controller how it is doing.
func reportOf(ctx context.Context, file string) (*controller.Report, error) {
	a, err := askController(file)
	if err != nil {
		return nil, err
	}
	defer a.close()
	end := time.NewTimer(usagePatience)
	defer end.Stop()
	tick := time.NewTicker(usageAgain)
	defer tick.Stop()
	for late := false; ; {
		var c struct {
			Report controller.Report `json:"report"`
		}
		if err := a.ask(ctx, controller.ReportRequest, map[string]any{}, &c); err != nil {
			return nil, err
		}
		missing := false
		for _, e := range c.Report.Engines {
			missing = missing || e.Memory == 0
		}
		if !missing || late {
			return &c.Report, nil
		}
		select {
		case <-end.C:
			late = true
		case <-tick.C:
		}
	}
}
