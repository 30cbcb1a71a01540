package cluster

import (
	"context"
	"runtime"
	"syscall"
	"time"
)

// Launcher is a way to start engines: [Local], [SSH], [MPI] or [Batch].
//
//sumtype:decl
type Launcher interface {
	// launch starts n engines as units, in the order of their names. When it fails, nothing that it started is left.
	launch(ctx context.Context, s *site, n int) ([]unit, error)
	// natural is how many engines are started where the user has not said.
	natural() int
	// reach gives the controller's arguments by which engines elsewhere reach it.
	reach(ctx context.Context) ([]string, error)
	// check refuses what cannot work before anything is started.
	check() error
	// Name is what state files and tables call it.
	Name() string
}

// beyond makes a controller serve other machines, which it does with encryption.
var beyond = []string{"--ip=*", "--enable-curve"}

// site is what every launcher needs to know.
type site struct {
	o          *Options
	connection []byte // the engines' connection file
	fresh      func() string
}

// unit is what starts and ends as one: a process, an mpirun, an element of a batch job.
type unit interface {
	label() string
	size() int             // engines
	where() string         // host, or the batch system's id
	id() int               // process id, 0 where it means nothing here
	done() <-chan struct{} // closed when it has ended
	ending() Ending        // call it after done
	signal(ctx context.Context, s syscall.Signal) error
	stop(grace time.Duration) // returns when it has ended
}

// Local starts engines as processes on this machine.
type Local struct{}

// Name is "local".
func (Local) Name() string { return "local" }

func (Local) check() error { return nil }

func (Local) reach(context.Context) ([]string, error) { return nil, nil }

func (Local) natural() int { return runtime.NumCPU() }

// launch starts the engines and waits until all are registered.
func (Local) launch(ctx context.Context, s *site, n int) ([]unit, error) {
	var started []unit
	for range n {
		args := append([]string{"engine", "--file=" + EngineFile(s.o.Profile, s.o.ID)}, s.o.EngineArgs...)
		p, err := start(s.o, command{name: s.fresh(), engines: 1, args: args})
		if err != nil {
			stopAll(started, s.o.Grace)
			return nil, err
		}
		started = append(started, p)
	}
	for _, u := range started {
		if err := u.(*process).await(ctx); err != nil {
			stopAll(started, s.o.Grace)
			return nil, err
		}
	}
	return started, nil
}
