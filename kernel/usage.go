package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lastUsage remembers the last look at the processors, which the next is compared with.
type lastUsage struct {
	mu    sync.Mutex
	host  hostTimes
	times map[int]time.Duration // of the processes of the kernel's tree
	at    time.Time
}

// EngineProcess is an engine on this machine that belongs to the notebook's own cluster.
type EngineProcess struct {
	ID  int // of the engine
	PID int
}

// EngineLister is what a [Cluster] may also be: Engines lists the engines that run on this machine.
type EngineLister interface{ Engines() []EngineProcess }

type usageReply struct {
	Status   string        `json:"status"`
	Hostname string        `json:"hostname"`
	PID      int           `json:"pid"`
	CPU      float64       `json:"kernel_cpu"`    // percent of one core, over the kernel's processes
	Memory   int64         `json:"kernel_memory"` // bytes
	Cores    int           `json:"cpu_count"`
	HostCPU  *float64      `json:"host_cpu_percent,omitempty"` // absent the first time
	Host     hostMemory    `json:"host_virtual_memory"`
	Engines  []engineUsage `json:"engines"`
}

type engineUsage struct {
	ID     int     `json:"id"`
	CPU    float64 `json:"cpu"`
	Memory int64   `json:"memory"`
}

// hostMemory is in bytes, but for the percentage.
type hostMemory struct {
	Total     int64   `json:"total"`
	Available int64   `json:"available"`
	Percent   float64 `json:"percent"`
	Used      int64   `json:"used"`
	Free      int64   `json:"free"`
	Active    int64   `json:"active"`
	Inactive  int64   `json:"inactive"`
	Buffers   int64   `json:"buffers"`
	Cached    int64   `json:"cached"`
	Shared    int64   `json:"shared"`
	Slab      int64   `json:"slab"`
}

// usageNow answers usage_request: processors and memory of the kernel with its child, of each engine, and of the machine.
func (k *Kernel) usageNow(*request) any {
	hostname, err := os.Hostname()
	if err != nil {
		k.log.Debug("no name of this machine", "err", err)
	}
	a := usageReply{Status: "ok", Hostname: hostname, PID: os.Getpid(), Cores: runtime.NumCPU(), Host: readMemory(), Engines: []engineUsage{}}
	var engines []EngineProcess
	if l, ok := k.o.Cluster.(EngineLister); ok {
		engines = l.Engines()
	}
	apart := map[int]bool{}
	for _, e := range engines {
		apart[e.PID] = true
	}
	u := &k.lastUsage
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	before, since := u.times, now.Sub(u.at)
	u.times, u.at = map[int]time.Duration{}, now
	percent := func(pid int) float64 {
		t := cpuTime(pid)
		u.times[pid] = t
		if was, ok := before[pid]; ok && since > 0 {
			return 100 * float64(t-was) / float64(since)
		}
		return 0
	}
	for _, pid := range tree(os.Getpid(), apart) {
		a.CPU += percent(pid)
		a.Memory += memory(pid)
	}
	for _, e := range engines {
		a.Engines = append(a.Engines, engineUsage{ID: e.ID, CPU: percent(e.PID), Memory: memory(e.PID)})
	}
	host := readHostTimes()
	if all := host.all - u.host.all; u.host.all > 0 && all > 0 {
		p := 100 * (1 - float64(host.idle-u.host.idle)/float64(all))
		a.HostCPU = &p
	}
	u.host = host
	return a
}

// tree lists a process and its descendants, without those that are told apart, and theirs.
func tree(root int, apart map[int]bool) []int {
	children := map[int][]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return []int{root}
	}
	for _, path := range stats {
		pid, err := strconv.Atoi(strings.Split(path, "/")[2])
		f := statFields(pid)
		if err != nil || len(f) < 2 {
			continue
		}
		if parent, err := strconv.Atoi(f[1]); err == nil && !apart[pid] {
			children[parent] = append(children[parent], pid)
		}
	}
	all := []int{root}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i]]...)
	}
	return all
}

// statFields gives /proc/PID/stat from the state on, which is field 3 of proc(5); nil when the process is gone.
func statFields(pid int) []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before may hold anything
	if at := strings.LastIndex(string(text), ") "); at >= 0 {
		rest = string(text)[at+2:]
	}
	return strings.Fields(rest)
}

// tick is the unit of times in /proc.
const tick = 10 * time.Millisecond

// cpuTime is what a process has used.
func cpuTime(pid int) time.Duration {
	f := statFields(pid)
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * tick
}

// memory is the proportional share of a process in bytes: pages that several hold count once in their sum.
func memory(pid int) int64 {
	return 1024 * kilobytes(fmt.Sprintf("/proc/%d/smaps_rollup", pid))["Pss"]
}

// kilobytes reads lines of the form "Name:   123 kB".
func kilobytes(path string) map[string]int64 {
	out := map[string]int64{}
	text, err := os.ReadFile(path)
	if err != nil {
		return out
	}
	for line := range strings.Lines(string(text)) {
		name, rest, ok := strings.Cut(line, ":")
		if f := strings.Fields(rest); ok && len(f) > 0 {
			if n, err := strconv.ParseInt(f[0], 10, 64); err == nil {
				out[name] = n
			}
		}
	}
	return out
}

func readMemory() hostMemory {
	m := kilobytes("/proc/meminfo")
	h := hostMemory{
		Total: m["MemTotal"], Available: m["MemAvailable"], Free: m["MemFree"], Active: m["Active"], Inactive: m["Inactive"],
		Buffers: m["Buffers"], Cached: m["Cached"] + m["SReclaimable"], Shared: m["Shmem"], Slab: m["Slab"],
	}
	for _, p := range []*int64{&h.Total, &h.Available, &h.Free, &h.Active, &h.Inactive, &h.Buffers, &h.Cached, &h.Shared, &h.Slab} {
		*p *= 1024
	}
	h.Used = h.Total - h.Free - h.Buffers - h.Cached
	if h.Total > 0 {
		h.Percent = 100 * float64(h.Total-h.Available) / float64(h.Total)
	}
	return h
}

// hostTimes are ticks of all processors together.
type hostTimes struct{ all, idle int64 }

func readHostTimes() (t hostTimes) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for i, f := range strings.Fields(line) {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil || i > 8 { // what guests use is part of what users do
			continue
		}
		t.all += n
		if i == 4 || i == 5 { // idle, and waiting for a disk
			t.idle += n
		}
	}
	return t
}
