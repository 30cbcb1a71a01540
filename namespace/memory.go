package namespace

import (
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"syscall"
	"time"
)

// NameMemory is the failure of a run that was stopped because memory ran out.
const NameMemory = "OutOfMemory"

// Parts of a limit, in hundredths: the collector works hard to keep below the first, runs that grow beyond the second are stopped, and the
// system refuses what comes after the third, which ends the process.
const (
	limitCollector = 85
	limitRuns      = 92
	limitSystem    = 125
)

// memoryEvery is how often the memory of a process with running cells is looked at.
const memoryEvery = 10 * time.Millisecond

// LimitMemory keeps this process below a number of bytes: a run that needs more is stopped, at its next loop, with everything kept; one
// allocation that is larger than what is left ends the process with a message of Go's. It is called before anything runs.
func (n *Namespace) LimitMemory(limit int64) error {
	n.limit = limit
	debug.SetMemoryLimit(limit / 100 * limitCollector)
	data := uint64(limit) / 100 * limitSystem
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: data, Max: data}); err != nil {
		return fmt.Errorf("namespace: limiting memory: %w", err)
	}
	return nil
}

// heap is how many bytes objects take, 0 without a limit.
func (n *Namespace) heap() int64 {
	if n.limit == 0 {
		return 0
	}
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}

// outOfMemory gives a failure when a run has grown the heap beyond what it may have; one that only finds it full goes on, since it may be
// the one that empties it.
func (n *Namespace) outOfMemory(r *run) *Failure {
	if n.limit == 0 {
		return nil
	}
	now := n.heap()
	if now < n.limit/100*limitRuns || now-r.heap < n.limit/100*5 {
		return nil
	}
	return failure(NameMemory, "stopped: its variables and the others take %.1f GB of the %.1f GB that a namespace may use (GALE_MEMORY says how much); "+
		"all variables are kept", float64(now)/1e9, float64(n.limit)/1e9)
}
