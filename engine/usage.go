package engine

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// usage answers Jupyter's usage_request for this process: memory in bytes, and the CPU time that it ever used, in seconds.
func (s *shell) usage() map[string]any {
	c := map[string]any{"hostname": s.host, "pid": s.pid, "kernel_memory": residentBytes()}
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) == nil {
		c["cpu_seconds"] = float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	}
	return c
}

// residentBytes is the memory of this process, 0 where the system does not say.
func residentBytes() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	words := strings.Fields(string(text))
	if len(words) < 2 {
		return 0
	}
	n, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return 0
	}
	return n * int64(os.Getpagesize())
}
