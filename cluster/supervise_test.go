package cluster

import (
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/galeproject/gale/wire"
)

// supervised starts a cluster with a supervisor.
func supervised(t *testing.T) (*Cluster, State, chan error) {
	t.Helper()
	c, err := Start(t.Context(), options(t, "ready"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ready := make(chan struct{})
	go func() { ended <- c.Supervise(context.Background(), func() { close(ready) }) }()
	<-ready
	s, err := Find(c.o.Profile, "")
	if err != nil {
		t.Fatal(err)
	}
	return c, s, ended
}

func TestASupervisorObeys(t *testing.T) {
	_, s, ended := supervised(t)
	if info, err := os.Stat(s.Socket); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket: %v, %v", info, err)
	}
	for _, step := range []struct {
		r       Request
		engines int
		err     string
	}{
		{Request{Verb: "status"}, 2, ""},
		{Request{Verb: "scale", Engines: 4}, 4, ""},
		{Request{Verb: "scale", Engines: 1}, 1, ""},
		{Request{Verb: "restart"}, 1, ""},
		{Request{Verb: "signal", Signal: "CONT"}, 1, ""},
		{Request{Verb: "signal", Signal: "LOUD"}, 1, `"LOUD" is no signal`},
		{Request{Verb: "scale", Engines: -1}, 1, "-1 engines"},
		{Request{Verb: "dance"}, 1, `no request "dance"`},
	} {
		reply, err := s.Ask(t.Context(), step.r)
		if step.err == "" && err != nil || step.err != "" && (err == nil || !strings.Contains(err.Error(), step.err)) {
			t.Errorf("%+v: error %v", step.r, err)
		}
		if reply.State.Asked != step.engines || len(reply.State.Engines) != step.engines {
			t.Errorf("%+v: %+v", step.r, reply.State)
		}
	}
	if err := s.Stop(t.Context(), time.Second); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := s.Ask(t.Context(), Request{Verb: "status"}); err == nil {
		t.Error("a supervisor that has ended answers")
	}
}

func TestASupervisorLivesThroughGarbage(t *testing.T) {
	_, s, ended := supervised(t)
	for _, text := range []string{"\n", "{}\n", strings.Repeat("x", 1<<20), `{"verb": 3}` + "\n"} {
		short, dir, err := reachable(s.Socket)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "unix", short)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte(text)) // it may be cut off
		_ = conn.Close()
		closeQuietly(dir)
	}
	if _, err := s.Ask(t.Context(), Request{Verb: "stop"}); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// until asks the supervisor until what it says is as wanted.
func until(t *testing.T, s State, ok func(Reply) bool) Reply {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		r, err := s.Ask(ctx, Request{Verb: "status"})
		if err != nil {
			t.Fatal(err)
		}
		if ok(r) {
			return r
		}
	}
}

func TestWhatDiesIsStartedAgain(t *testing.T) {
	c, s, ended := supervised(t)
	engine, controller := s.Engines[0], s.Controller
	if err := syscall.Kill(engine, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r := until(t, s, func(r Reply) bool { return len(r.Endings) == 1 && !slices.Contains(r.State.Engines, engine) })
	if e := r.Endings[0]; e.Signal != "SIGKILL" || e.Restart != "started again" || r.State.Asked != 2 {
		t.Errorf("%+v", r)
	}
	if err := syscall.Kill(controller, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r = until(t, s, func(r Reply) bool { return r.State.Controller != controller })
	line, err := os.ReadFile("/proc/" + strconv.Itoa(r.State.Controller) + "/cmdline")
	if err != nil || !strings.Contains(string(line), "--restore") {
		t.Errorf("the new controller: %v, %q", err, line)
	}
	if !c.Alive() {
		t.Error("the cluster is thought to be gone")
	}
	// A controller that was told to end takes the cluster along.
	if err := syscall.Kill(r.State.Controller, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !waitGone(append(r.State.Engines, r.State.Controller), 10*time.Second) {
		t.Error("something still runs")
	}
}

func TestWhatDoesNotRunIsCleaned(t *testing.T) {
	o := options(t, "ready")
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{ClientFile(o.Profile, ""), o.log("engine-1"), o.log("x-engine-1")} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := State{Profile: o.Profile, Controller: os.Getpid()}
	if err := wire.WriteFile(statePath(s.Profile, s.ID), s); err != nil {
		t.Fatal(err)
	}
	if err := s.Clean(); err != nil {
		t.Fatal(err)
	}
	for f, want := range map[string]bool{ClientFile(o.Profile, ""): false, o.log("engine-1"): false, o.log("x-engine-1"): true} {
		if _, err := os.Stat(f); errors.Is(err, os.ErrNotExist) == want {
			t.Errorf("%s: %v", f, err)
		}
	}
	if _, err := Find(o.Profile, ""); err == nil {
		t.Error("the state is still there")
	}
}
