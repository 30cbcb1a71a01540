package controller

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
)

// design is what a socket is.
type design struct {
	typ    zmtp.Type
	id     string // own identity: an engine's shell is one ROUTER connected to several of ours and must tell them apart
	engine bool   // engines connect to it
}

// designs lists the sockets; the order is that in which ports are given out.
var designs = [sockets]design{
	query:         {typ: zmtp.Router, engine: true},
	muxClient:     {typ: zmtp.Router, id: "mux_in"},
	muxEngine:     {typ: zmtp.Router, id: "mux_out", engine: true},
	taskClient:    {typ: zmtp.Router, id: "task_in"},
	taskEngine:    {typ: zmtp.Router, id: "task_out", engine: true},
	castClient:    {typ: zmtp.Router, id: "broadcast_in"},
	castEngine:    {typ: zmtp.Router, id: "broadcast_out", engine: true},
	controlClient: {typ: zmtp.Router, id: "control_in"},
	controlEngine: {typ: zmtp.Router, id: "control_out", engine: true},
	iopubClient:   {typ: zmtp.Pub},
	iopubEngine:   {typ: zmtp.Sub, engine: true},
	notification:  {typ: zmtp.Pub},
	ping:          {typ: zmtp.Pub, engine: true},
	pong:          {typ: zmtp.Router, engine: true},
}

// Bounds of what waits for one peer. A peer that is further behind is not slow but stuck.
const (
	maxQueued      = 1 << 21
	maxQueuedBytes = 8 << 30
	recvQueue      = 1024
)

// connectionBeat is how often an engine's connections are tried, besides the heartbeat that the hub judges: a host that is lost
// leaves them open. A thousand engines have five thousand.
const connectionBeat = 10 * time.Second

// subscriptions collects new subscribers of the notifications until the loop takes them.
type subscriptions struct {
	mu    sync.Mutex
	peers []*zmtp.Peer
	some  chan struct{}
}

func (l *subscriptions) add(p *zmtp.Peer) {
	l.mu.Lock()
	l.peers = append(l.peers, p)
	l.mu.Unlock()
	select {
	case l.some <- struct{}{}:
	default:
	}
}

func (l *subscriptions) take() []*zmtp.Peer {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.peers
	l.peers = nil
	return p
}

// net is the set of bound sockets.
type net struct {
	s    [sockets]*zmtp.Socket
	port map[socket]int
	subs subscriptions
}

// base gives the interface of a socket as connection files name it.
func (o *Options) base(k socket) string {
	if o.Transport == "ipc" {
		return "ipc://" + filepath.Join(o.ProfileDir, "security", "gale"+o.ClusterID)
	}
	ip := o.IP
	switch side := map[bool]string{true: o.EngineIP, false: o.ClientIP}[designs[k].engine]; {
	case side != "":
		ip = side
	case ip == "" || ip == "0.0.0.0":
		ip = "*"
	}
	return "tcp://" + ip
}

// bind opens all sockets. reuse names the ports to take, if any.
func (o *Options) bind(log *slog.Logger, reuse map[socket]int, curve *zmtp.Curve) (n *net, err error) {
	n = &net{port: map[socket]int{}, subs: subscriptions{some: make(chan struct{}, 1)}}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close(0))
		}
	}()
	pools, shared := map[bool][]int{true: o.EnginePorts, false: o.ClientPorts}, o.Ports
	for k := range sockets {
		d := designs[k]
		zo := zmtp.Options{
			ID: d.id, Handover: d.typ == zmtp.Router, InBand: d.typ == zmtp.Router, QueueMsgs: maxQueued, QueueBytes: maxQueuedBytes,
			RecvQueue: recvQueue, Logger: log, Curve: curve,
		}
		if d.engine && d.typ == zmtp.Router {
			zo.Heartbeat, zo.HBTimeout = connectionBeat, 3*connectionBeat
		}
		if k == notification {
			zo.OnEvent = func(e zmtp.Event) {
				if e.Kind == zmtp.Subscribed {
					n.subs.add(e.Peer)
				}
			}
		}
		if n.s[k], err = zmtp.New(d.typ, zo); err != nil {
			return n, fmt.Errorf("controller: %w", err)
		}
		if d.typ == zmtp.Sub {
			n.s[k].Subscribe("")
		}
		pool := pools[d.engine]
		var p int
		switch {
		case reuse[k] != 0:
			p = reuse[k]
		case len(pool) > 0:
			p, pools[d.engine] = pool[0], pool[1:]
		case len(shared) > 0:
			p, shared = shared[0], shared[1:]
		}
		if n.port[k], err = o.bindOne(n.s[k], k, p); err != nil {
			return n, err
		}
		// Clients register too, and may be told another address than engines are.
		if k == query && o.base(muxClient) != o.base(muxEngine) && !strings.HasPrefix(o.base(muxEngine), "tcp://*") {
			if _, err = n.s[k].Bind(o.base(muxClient) + ":" + strconv.Itoa(n.port[k])); err != nil {
				return n, fmt.Errorf("controller: %w", err)
			}
		}
	}
	return n, nil
}

// bindOne binds a socket to a port, 0 for a free one, and gives the port.
func (o *Options) bindOne(s *zmtp.Socket, k socket, port int) (int, error) {
	if o.Transport == "ipc" {
		if port == 0 {
			port = int(k) + 1
		}
		_, err := s.Bind(o.base(k) + "-" + strconv.Itoa(port))
		if err != nil {
			return 0, fmt.Errorf("controller: %w", err)
		}
		return port, nil
	}
	bound, err := s.Bind(o.base(k) + ":" + strconv.Itoa(port))
	if err != nil {
		return 0, fmt.Errorf("controller: %w", err)
	}
	n, err := strconv.Atoi(bound[strings.LastIndexByte(bound, ':')+1:])
	if err != nil {
		return 0, fmt.Errorf("controller: bound %s: %w", bound, err)
	}
	return n, nil
}

// close closes all sockets at once.
func (n *net) close(linger time.Duration) error {
	var wg sync.WaitGroup
	errs := make([]error, sockets)
	for k, s := range n.s {
		if s != nil {
			wg.Go(func() { errs[k] = s.Close(linger) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}
