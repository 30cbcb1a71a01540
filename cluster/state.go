package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/galeproject/gale/wire"
)

// State is what a running cluster leaves in its profile folder for others.
type State struct {
	ID         string `json:"cluster_id"`
	Profile    string `json:"profile_dir"`
	Controller int    `json:"controller_pid"`
	Engines    []int  `json:"engine_pids"`
	Owner      int    `json:"owner_pid"`
	Detached   bool   `json:"detached"`
}

func statePath(profile, id string) string {
	if id != "" {
		id = "-" + id
	}
	return filepath.Join(profile, "security", "gale-cluster"+id+".json")
}

func (s State) write() error { return wire.WriteFile(statePath(s.Profile, s.ID), s) }

func removeState(profile, id string) { _ = os.Remove(statePath(profile, id)) }

func readState(profile, id string) (State, error) {
	var s State
	text, err := os.ReadFile(statePath(profile, id))
	if err != nil {
		return s, fmt.Errorf("cluster: %q is not running here: %w", name(id), err)
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

// isGale says whether a process id belongs to a controller or engine: ids are used again, so the command line is looked at.
func isGale(pid int) bool {
	if pid <= 0 {
		return false
	}
	line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return false
	}
	args := bytes.Split(line, []byte{0})
	return len(args) > 1 && (string(args[1]) == "controller" || string(args[1]) == "engine")
}

// Stop ends a cluster that another process started: SIGTERM, then SIGKILL after the grace. It returns when all are gone.
func (s State) Stop(grace time.Duration) error {
	if grace == 0 {
		grace = defaultGrace
	}
	if s.Owner != os.Getpid() && !s.Detached {
		return fmt.Errorf("cluster: %q belongs to process %d and ends with it", name(s.ID), s.Owner)
	}
	pids := append([]int{s.Controller}, s.Engines...)
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
