package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// Conn is an engine's connections. What comes on Registrar begins with a zmtp.Connected each time it is connected; on IOPub only a
// zmtp.Subscribed comes, for each subscriber; on Heart a message for each beat of the controller, which Conn has answered.
type Conn interface {
	// In gives what comes on a channel; nil where nothing can come.
	In(on Channel) <-chan zmtp.Msg
	// Join connects the channels for work, once the engine knows its id.
	Join(id int) error
	// Send never waits. On IOPub it reaches the subscribers of its first frame.
	Send(on Channel, to *zmtp.Peer, frames [][]byte) error
	// Waiting is how many bytes wait for the slowest subscriber of IOPub.
	Waiting() int64
	// Close sends what is queued, for at most linger.
	Close(linger time.Duration) error
}

// Times of dialling again: a controller that comes back finds its engines at once.
const (
	retryMin = 20 * time.Millisecond
	retryMax = 500 * time.Millisecond
)

// maxHeld bounds the replies that wait for a connection to come back, in messages.
const maxHeld = 1 << 14

// sockets is a Conn over the network.
type sockets struct {
	file  *wire.ClusterFile // nil: private
	curve *zmtp.Curve       // nil: in clear
	uuid  string
	log   *slog.Logger
	all   []*zmtp.Socket
	in    map[Channel]<-chan zmtp.Msg

	shell, control, iopub, registrar, host *zmtp.Socket

	subscribed, heart chan zmtp.Msg
	stop              context.CancelFunc
	ctx               context.Context

	mu   sync.Mutex
	held map[string][][][]byte // replies by the address of a peer that is away
}

func newSockets(uuid string, log *slog.Logger) *sockets {
	s := &sockets{
		uuid: uuid, log: log, in: map[Channel]<-chan zmtp.Msg{}, held: map[string][][][]byte{},
		subscribed: make(chan zmtp.Msg, 16), heart: make(chan zmtp.Msg, 1),
	}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.in[IOPub], s.in[Heart] = s.subscribed, s.heart
	return s
}

// open makes a socket.
func (s *sockets) open(typ zmtp.Type, o zmtp.Options, endpoints ...string) (*zmtp.Socket, error) {
	o.ID, o.Curve, o.RetryMin, o.RetryMax, o.Logger = s.uuid, s.curve, retryMin, retryMax, s.log
	z, err := zmtp.New(typ, o)
	if err != nil {
		return nil, err
	}
	s.all = append(s.all, z)
	for _, ep := range endpoints {
		if err := z.Connect(ep); err != nil {
			return nil, err
		}
	}
	return z, nil
}

// clusterSockets connects to a controller's registration and output.
func clusterSockets(f *wire.ClusterFile, uuid string, log *slog.Logger) (_ *sockets, err error) {
	s := newSockets(uuid, log)
	s.file = f
	defer s.closeOn(&err)
	if s.curve, err = zmtp.CurveClient(f.ServerKey()); err != nil {
		return nil, err
	}
	if s.registrar, err = s.open(zmtp.Dealer, zmtp.Options{InBand: true}, f.Endpoint(f.Registration)); err != nil {
		return nil, err
	}
	s.in[Registrar] = s.registrar.In()
	s.iopub, err = s.open(zmtp.Pub, zmtp.Options{OnEvent: s.event}, f.Endpoint(f.IOPub))
	return s, err
}

// privateSockets connects to the kernel whose child this is.
func privateSockets(f *wire.Private, log *slog.Logger) (_ *sockets, err error) {
	s := newSockets("", log)
	defer s.closeOn(&err)
	if s.iopub, err = s.open(zmtp.Pub, zmtp.Options{OnEvent: s.event}, f.IOPub); err != nil {
		return nil, err
	}
	if s.host, err = s.open(zmtp.Dealer, zmtp.Options{}, f.Host); err != nil {
		return nil, err
	}
	if s.control, err = s.open(zmtp.Router, zmtp.Options{}, f.Control); err != nil {
		return nil, err
	}
	if s.shell, err = s.open(zmtp.Router, zmtp.Options{InBand: true}, f.Shell); err != nil {
		return nil, err
	}
	s.in[Shell], s.in[Control], s.in[Host] = s.shell.In(), s.control.In(), s.host.In()
	return s, nil
}

func (s *sockets) closeOn(err *error) {
	if *err != nil {
		*err = errors.Join(*err, s.Close(0))
	}
}

// Join connects to the controller's relays and its heart. The first channel to be connected is not the one that work comes on.
func (s *sockets) Join(id int) (err error) {
	if s.file == nil {
		return nil
	}
	f := s.file
	leaves, err := f.BroadcastPorts()
	if err != nil {
		return err
	}
	if err := s.beatAlong(f); err != nil {
		return err
	}
	if s.control, err = s.open(zmtp.Router, zmtp.Options{Handover: true, OnEvent: s.event}, f.Endpoint(f.Control)); err != nil {
		return err
	}
	s.shell, err = s.open(zmtp.Router, zmtp.Options{Handover: true, OnEvent: s.event},
		f.Endpoint(leaves[max(id, 0)%len(leaves)]), f.Endpoint(f.Task), f.Endpoint(f.Mux))
	if err != nil {
		return err
	}
	s.in[Shell], s.in[Control] = s.shell.In(), s.control.In()
	return nil
}

// beatAlong echoes the controller's heartbeats, in goroutines of its own, so that nothing the engine does delays them.
func (s *sockets) beatAlong(f *wire.ClusterFile) error {
	if f.HBPing == 0 || f.HBPong == 0 {
		return nil
	}
	pong, err := s.open(zmtp.Dealer, zmtp.Options{}, f.Endpoint(f.HBPong))
	if err != nil {
		return err
	}
	ping, err := s.open(zmtp.Sub, zmtp.Options{}, f.Endpoint(f.HBPing))
	if err != nil {
		return err
	}
	ping.Subscribe("")
	go func() {
		for {
			m, err := ping.Recv(s.ctx)
			if err != nil {
				return
			}
			if err := pong.Send(s.ctx, m.Frames...); err != nil {
				return
			}
			select {
			case s.heart <- zmtp.Msg{}:
			default: // the loop has not yet taken the last one
			}
		}
	}()
	return nil
}

// event hears of subscribers, and of connections that came back: they get the replies that were held for them.
func (s *sockets) event(e zmtp.Event) {
	switch e.Kind {
	case zmtp.Subscribed:
		select {
		case s.subscribed <- zmtp.Msg{Event: &e}:
		default: // one is enough
		}
	case zmtp.Connected:
		s.mu.Lock()
		defer s.mu.Unlock()
		held := s.held[e.Peer.Addr]
		delete(s.held, e.Peer.Addr)
		for _, frames := range held {
			if err := e.Peer.Send(frames...); err != nil {
				s.log.Warn("a reply was lost with its connection", "error", err)
			}
		}
	case zmtp.Disconnected, zmtp.Rejected, zmtp.Unsubscribed, zmtp.Retrying:
	}
}

// In gives what comes on a channel.
func (s *sockets) In(on Channel) <-chan zmtp.Msg { return s.in[on] }

// Send gives a message to a peer, to the registrar, the kernel or the subscribers.
func (s *sockets) Send(on Channel, to *zmtp.Peer, frames [][]byte) error {
	switch on {
	case IOPub:
		if _, dropped := s.iopub.Publish(frames...); dropped > 0 {
			return fmt.Errorf("engine: publishing: %d subscribers are full", dropped)
		}
		return nil
	case Registrar:
		return s.registrar.Send(s.ctx, frames...)
	case Host:
		return s.host.Send(s.ctx, frames...)
	case Shell, Control, Heart:
	}
	if to == nil {
		return errors.New("engine: sending to nobody")
	}
	err := to.Send(frames...)
	if errors.Is(err, zmtp.ErrNoPeer) {
		return s.sendLater(to.Addr, frames)
	}
	return err
}

// sendLater sends to the peer that has taken another's place, or keeps the message until it comes.
func (s *sockets) sendLater(addr string, frames [][]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, z := range []*zmtp.Socket{s.shell, s.control} {
		for _, p := range z.Peers() {
			if p.Addr == addr && p.Send(frames...) == nil {
				return nil
			}
		}
	}
	if len(s.held[addr]) >= maxHeld {
		return fmt.Errorf("engine: sending: %d replies wait for %s already", maxHeld, addr)
	}
	s.held[addr] = append(s.held[addr], frames)
	return nil
}

// Waiting is how many bytes wait for the slowest subscriber.
func (s *sockets) Waiting() (most int64) {
	for _, p := range s.iopub.Peers() {
		_, n := p.Queued()
		most = max(most, n)
	}
	return most
}

// Close closes all sockets at once.
func (s *sockets) Close(linger time.Duration) error {
	s.stop()
	errs := make([]error, len(s.all))
	var wg sync.WaitGroup
	for i, z := range s.all {
		wg.Go(func() { errs[i] = z.Close(linger) })
	}
	wg.Wait()
	return errors.Join(errs...)
}
