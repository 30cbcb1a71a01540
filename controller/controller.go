package controller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// Clock tells the time and wakes the loop; tests bring their own.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

type realClock struct{}

func (realClock) Now() time.Time                         { return time.Now() }
func (realClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// Controller is a controller at work.
type Controller struct {
	o      Options
	net    *net
	shell  *shell
	clock  Clock
	keeper *keeper
	asks   chan func(*shell)
	stop   context.CancelFunc
	done   chan struct{}
	err    error
	once   sync.Once
}

// lingerAtEnd is how long the last messages have to go out.
const lingerAtEnd = 200 * time.Millisecond

// Start binds the sockets, writes the connection files, and serves until ctx ends or a client asks for the end.
func Start(ctx context.Context, o Options) (*Controller, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := makeFolders(o.ProfileDir); err != nil {
		return nil, err
	}
	var reuse map[socket]int
	key := o.Key
	if o.Reuse {
		if port, old, ok := o.earlier(); ok {
			reuse, key = port, old
		}
	}
	switch {
	case o.Insecure:
		key = ""
	case key == "" && !o.Curve: // CURVE proves who speaks, and that it is no replay
		key = wire.NewID()
	}
	curve, err := o.curve()
	if err != nil {
		return nil, err
	}
	n, err := o.bind(o.Log, reuse, curve)
	if err != nil {
		return nil, err
	}
	f := o.fill(n.port, key)
	if curve != nil {
		public := curve.Keys.Public.Z85()
		f.client.CurveServer, f.engine.CurveServer = &public, &public
	}
	c := &Controller{o: o, net: n, clock: realClock{}, asks: make(chan func(*shell)), done: make(chan struct{})}
	if c.shell, err = o.newShell(f, key, c.clock.Now()); err != nil {
		return nil, errors.Join(err, n.close(0))
	}
	c.shell.endings = c.o.readEndings
	if err := c.openPast(); err != nil {
		return nil, errors.Join(err, n.close(0))
	}
	ctx, c.stop = context.WithCancel(ctx)
	go c.serve(ctx)
	if err := o.write(f); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	o.Log.Info("controller: ready", "client", o.ConnectionFile("client"), "engine", o.ConnectionFile("engine"))
	return c, nil
}

// newShell makes the shell of a controller.
func (o *Options) newShell(f files, key string, now time.Time) (*shell, error) {
	engine, err := wire.Marshal(f.engine)
	if err != nil {
		return nil, fmt.Errorf("controller: %w", err)
	}
	s := &shell{
		hub: hub.New(o.Hub), log: o.Log, now: now, start: now, engineFile: engine, period: o.Hub.Period,
		jobs: map[hub.TaskID]*job{}, casts: map[hub.TaskID]*cast{}, restored: map[hub.UUID][]*job{}, book: newBook(true),
		clients: clients{map[string]*client{}, map[connection]*client{}, map[hub.TaskID]*job{}, map[hub.TaskID]bool{}},
		debts:   debts{owed: map[hub.UUID][]wire.MsgID{}, fences: map[hub.UUID]map[socket]hub.TaskID{}, questions: map[hub.UUID]hub.TaskID{}, stopped: map[hub.UUID][]hub.TaskID{}},
		records: newRecords(o.RecordLimit, o.RecordBytes), about: map[hub.UUID]json.RawMessage{},
	}
	s.debug = o.Log.Enabled(context.Background(), slog.LevelDebug)
	s.meter, s.tales, s.usage.of = newMeter(now), newTales(nil), map[hub.UUID]usage{}
	if s.debug {
		s.tales.log = o.Log
	}
	s.hub.Trace = s.watched
	if s.period <= 0 {
		s.period = 3 * time.Second
	}
	said := wire.Options{Key: []byte(key), Version: wire.ClusterVersion, Now: func() time.Time { return s.now }, KeepReplays: true}
	s.session = wire.NewSession(said)
	said.KeepReplays = false
	s.queries = wire.NewSession(said)
	return s, nil
}

// ConnectionFiles gives the paths of the files by which clients and engines find the controller.
func (c *Controller) ConnectionFiles() (client, engine string) {
	return c.o.ConnectionFile("client"), c.o.ConnectionFile("engine")
}

// Wait waits for the end and says why it came: nil when it was asked for.
func (c *Controller) Wait() error {
	<-c.done
	return c.err
}

// Close ends the controller, and waits for it.
func (c *Controller) Close() error {
	c.stop()
	return c.Wait()
}

// end closes what is open.
func (c *Controller) end() {
	c.once.Do(func() {
		c.err = errors.Join(c.o.remove(), c.net.close(lingerAtEnd), c.keeper.close(), c.o.removePast())
		close(c.done)
	})
}

// serve is the loop: it takes from the sockets what came, has the shell decide, and does it.
func (c *Controller) serve(ctx context.Context) {
	defer c.end()
	defer c.stop()
	newLoop(c).run(ctx)
}
