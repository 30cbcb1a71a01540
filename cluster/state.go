package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/galeproject/gale/wire"
)

// State is what a running cluster leaves in its profile folder for others.
type State struct {
	ID         string      `json:"cluster_id"`
	Profile    string      `json:"profile_dir"`
	Controller int         `json:"controller_pid"`
	Engines    []int       `json:"engine_pids"` // of those that run on this machine
	Owner      int         `json:"owner_pid"`   // whose process holds the cluster: a notebook's kernel, or the supervisor
	Detached   bool        `json:"detached"`
	Launcher   string      `json:"launcher"`
	Asked      int         `json:"engines_asked"`
	Units      []UnitState `json:"units,omitempty"`
	Socket     string      `json:"socket,omitempty"` // of the supervisor
	Ended      []Ended     `json:"ended,omitempty"`  // the latest endings, for the controller to tell
}

// Ended is the end of a unit in short.
type Ended struct {
	Name  string    `json:"name"`
	Where string    `json:"where,omitempty"` // host, or job of a batch system; "" is this machine
	Pid   int       `json:"pid,omitempty"`
	Time  time.Time `json:"time"`
	How   string    `json:"how"`
}

// toldEndings is how many endings the state has.
const toldEndings = 20

// UnitState is a part of a cluster: what starts and ends as one.
type UnitState struct {
	Name    string `json:"name"`
	Engines int    `json:"engines"`
	Where   string `json:"where,omitempty"` // host, or job of a batch system; "" is this machine
	Pid     int    `json:"pid,omitempty"`
	Deaths  int    `json:"deaths,omitempty"`
}

// state describes the cluster as it is; call it with the lock held.
func (c *Cluster) state() State {
	s := State{
		ID: c.o.ID, Profile: c.o.Profile, Owner: os.Getpid(), Detached: c.o.Detached, Launcher: c.o.Launcher.Name(),
		Controller: c.controller.unit.id(),
	}
	if c.supervised {
		s.Socket = socketPath(c.o.Profile, c.o.ID)
	}
	for _, e := range c.endings[max(0, len(c.endings)-toldEndings):] {
		s.Ended = append(s.Ended, Ended{e.Name, e.Where, e.Pid, e.Time, e.How()})
	}
	for _, m := range c.members {
		if m.lost {
			continue
		}
		u := m.unit
		s.Asked += u.size()
		s.Units = append(s.Units, UnitState{Name: u.label(), Engines: u.size(), Where: u.where(), Pid: u.id(), Deaths: len(m.deaths)})
		if u.where() == "" && u.id() > 0 {
			s.Engines = append(s.Engines, u.id())
		}
	}
	return s
}

// writeState tells other processes about this cluster; call it with the lock held.
func (c *Cluster) writeState() error {
	s := c.state()
	return errors.Join(wire.WriteFile(statePath(s.Profile, s.ID), s), wire.WriteFile(upstreamPath(s.Profile, s.ID), c.upstream(s)))
}

func statePath(profile, id string) string {
	return filepath.Join(profile, "security", "gale-cluster"+infix(id)+".json")
}

func removeState(profile, id string) {
	_ = os.Remove(statePath(profile, id))
	_ = os.Remove(upstreamPath(profile, id))
	_ = os.Remove(socketPath(profile, id))
}

func readState(profile, id string) (State, error) {
	var s State
	text, err := os.ReadFile(statePath(profile, id))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return s, fmt.Errorf("cluster: %q is not running here: %w (start it with: gale cluster start)", name(id), err)
		}
		return s, fmt.Errorf("cluster: reading the state of %q: %w", name(id), err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("cluster: %s: %w", statePath(profile, id), err)
	}
	return s, nil
}

// Find reads the state of a cluster ("" for profile: the default one).
func Find(profile, id string) (State, error) {
	if profile == "" {
		p, err := DefaultProfile()
		if err != nil {
			return State{}, err
		}
		profile = p
	}
	return readState(profile, id)
}

// List gives the states of all clusters in a profile folder, running or not.
func List(profile string) ([]State, error) {
	if profile == "" {
		p, err := DefaultProfile()
		if err != nil {
			return nil, err
		}
		profile = p
	}
	files, err := filepath.Glob(filepath.Join(profile, "security", "gale-cluster*.json"))
	if err != nil {
		return nil, fmt.Errorf("cluster: listing: %w", err)
	}
	var out []State
	for _, f := range files {
		id := strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), "gale-cluster"), ".json"), "-")
		if s, err := readState(profile, id); err == nil {
			out = append(out, s)
		}
	}
	return out, nil
}

// alive says whether the controller runs.
func (s State) alive() bool { return isGale(s.Controller) }

// Alive says whether the controller runs, and how many engines do.
func (s State) Alive() (controller bool, engines int) {
	for _, pid := range s.Engines {
		if isGale(pid) {
			engines++
		}
	}
	return s.alive(), engines
}

// isGale says whether a process id belongs to a process of ours: ids are used again, so the command line is looked at.
func isGale(pid int) bool {
	if pid <= 0 {
		return false
	}
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return false
	}
	args := bytes.Split(line, []byte{0})
	return len(args) > 1 && slices.Contains([]string{"controller", "engine", "cluster", "kernel"}, string(args[1]))
}

// Stop ends a cluster that another process started. Its supervisor is asked; without one, the processes of this machine get SIGTERM, then
// SIGKILL after the grace. It returns when all are gone.
func (s State) Stop(ctx context.Context, grace time.Duration) error {
	if grace == 0 {
		grace = defaultGrace
	}
	if s.Owner != os.Getpid() && !s.Detached && s.Socket == "" && isGale(s.Owner) {
		return fmt.Errorf("cluster: %q belongs to process %d and ends with it", name(s.ID), s.Owner)
	}
	pids := append([]int{s.Controller}, s.Engines...)
	if s.Socket != "" {
		if _, err := s.Ask(ctx, Request{Verb: "stop"}); err == nil && waitGone(append(pids, s.Owner), grace+elsewhere) {
			return nil
		}
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for _, pid := range pids {
			if isGale(pid) {
				signalPid(pid, sig)
			}
		}
		if waitGone(pids, grace) {
			removeState(s.Profile, s.ID)
			return nil
		}
	}
	return fmt.Errorf("cluster: %q: processes %v do not end", name(s.ID), pids)
}

// elsewhere is how much longer than local processes engines of other machines may take to end.
const elsewhere = 20 * time.Second

// Clean removes what a cluster left whose controller is not running: its state, connection files and logs.
func (s State) Clean() error {
	if s.alive() {
		return fmt.Errorf("cluster: %q is running: stop it first", name(s.ID))
	}
	removeState(s.Profile, s.ID)
	for _, f := range []string{ClientFile(s.Profile, s.ID), EngineFile(s.Profile, s.ID)} {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cluster: cleaning %q: %w", name(s.ID), err)
		}
	}
	logs, err := filepath.Glob(filepath.Join(s.Profile, "log", "gale"+infix(s.ID)+"-*.log"))
	if err != nil {
		return fmt.Errorf("cluster: cleaning %q: %w", name(s.ID), err)
	}
	for _, f := range logs {
		if s.ID == "" && !ownLog.MatchString(filepath.Base(f)) {
			continue // of a cluster with an id
		}
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cluster: cleaning %q: %w", name(s.ID), err)
		}
	}
	return nil
}

// ownLog matches logs of the cluster without an id.
var ownLog = regexp.MustCompile(`^gale-(controller|cluster|engine-\d+)\.log$`)

// waitGone looks every few milliseconds whether processes that are not our children have ended: the system offers no event for
// these that needs no privilege.
func waitGone(pids []int, limit time.Duration) bool {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		running := false
		for _, pid := range pids {
			running = running || isGale(pid)
		}
		if !running {
			return true
		}
		select {
		case <-tick.C:
		case <-end.C:
			return false
		}
	}
}
