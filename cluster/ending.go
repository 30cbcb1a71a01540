package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tailLines is how many last lines of a process's output its report keeps.
const tailLines = 20

// Ending tells how a unit ended.
type Ending struct {
	Name    string    `json:"name"`
	Where   string    `json:"where,omitempty"` // host, or job of a batch system
	Pid     int       `json:"pid,omitempty"`
	Time    time.Time `json:"time"`
	Exit    int       `json:"exit"`             // exit status; meaningless with a signal
	Signal  string    `json:"signal,omitempty"` // what killed it
	Memory  bool      `json:"out_of_memory,omitempty"`
	Cause   string    `json:"cause,omitempty"` // instead of exit status and signal: what is known
	Tail    []string  `json:"tail,omitempty"`  // its last lines
	Asked   bool      `json:"asked,omitempty"` // it was told to end
	Restart string    `json:"restart,omitempty"`
}

// How says in a few words how it ended.
func (e Ending) How() string {
	switch {
	case e.Cause != "":
		return e.Cause
	case e.Memory:
		return "killed by " + e.Signal + ": out of memory"
	case e.Signal != "":
		return "killed by " + e.Signal
	}
	return "exit status " + strconv.Itoa(e.Exit)
}

func (e Ending) String() string {
	text := e.Name + ": " + e.How()
	if e.Where != "" {
		text = e.Name + " on " + e.Where + ": " + e.How()
	}
	if len(e.Tail) > 0 {
		text += "; its last lines:\n" + strings.Join(e.Tail, "\n")
	}
	return text
}

// Error makes an ending the reason why something failed.
func (e Ending) Error() string { return "cluster: " + e.String() }

// died reads what a wait for a process of ours gave.
func (e *Ending) died(err error) {
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
	case !ok:
		e.Cause = err.Error()
	default:
		status, _ := exit.Sys().(syscall.WaitStatus)
		e.Exit = status.ExitStatus()
		if status.Signaled() {
			e.Signal = signalName(status.Signal())
		}
	}
}

// signals by name, as shells and users write them.
var signals = map[string]syscall.Signal{
	"HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT, "ILL": syscall.SIGILL, "TRAP": syscall.SIGTRAP,
	"ABRT": syscall.SIGABRT, "BUS": syscall.SIGBUS, "FPE": syscall.SIGFPE, "KILL": syscall.SIGKILL, "USR1": syscall.SIGUSR1,
	"SEGV": syscall.SIGSEGV, "USR2": syscall.SIGUSR2, "PIPE": syscall.SIGPIPE, "ALRM": syscall.SIGALRM, "TERM": syscall.SIGTERM,
	"CONT": syscall.SIGCONT, "STOP": syscall.SIGSTOP, "XCPU": syscall.SIGXCPU, "XFSZ": syscall.SIGXFSZ,
}

func signalName(s syscall.Signal) string {
	for n, have := range signals {
		if have == s {
			return "SIG" + n
		}
	}
	return fmt.Sprintf("signal %d", int(s))
}

// ParseSignal reads a signal's name, with or without SIG, or its number.
func ParseSignal(text string) (syscall.Signal, error) {
	if n, err := strconv.Atoi(text); err == nil && n > 0 && n < 65 {
		return syscall.Signal(n), nil
	}
	if s, ok := signals[strings.TrimPrefix(strings.ToUpper(text), "SIG")]; ok {
		return s, nil
	}
	return 0, fmt.Errorf("cluster: %q is no signal: want a name such as INT or USR1, or a number", text)
}

// lastLines gives the last n lines of a file, as far as it can be read.
func lastLines(name string, n int) []string {
	text, err := os.ReadFile(name)
	if err != nil || len(text) == 0 {
		return nil
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	return lines[max(0, len(lines)-n):]
}

// oomKills counts the processes of our control group that the kernel has killed for want of memory: a rise between start and end of a
// process that SIGKILL ended tells why. It is -1 where the system does not say.
func oomKills() int {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(text)) {
		path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::")
		if !ok {
			continue
		}
		events, err := os.ReadFile(filepath.Join("/sys/fs/cgroup", path, "memory.events"))
		if err != nil {
			return -1
		}
		for line := range strings.Lines(string(events)) {
			if n, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
				if count, err := strconv.Atoi(n); err == nil {
					return count
				}
			}
		}
	}
	return -1
}
