package worker

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// markEnv is in the environment of a child, and so of everything that it starts, whatever group or session that makes for itself.
const markEnv = "GALE_NAMESPACE"

// sweepTime bounds the killing of processes that start others as fast as they are killed.
const sweepTime = 2 * time.Second

// sweep kills what a dead child has started: its group, and whatever carries its mark.
func sweep(group int, mark string) {
	_ = syscall.Kill(-group, syscall.SIGKILL) // none left is no error
	doubts := 0
	for end := time.Now().Add(sweepTime); time.Now().Before(end); time.Sleep(time.Millisecond) {
		found, unsure := killMarked(mark)
		if unsure {
			doubts++
		}
		if !found && (!unsure || doubts > maxDoubts) {
			return
		}
	}
}

// maxDoubts is how often processes are looked at again that show no environment at all: one that is just being replaced by another program
// shows none for a moment, one that was started without any never does.
const maxDoubts = 50

// killMarked kills the processes with a mark, and says whether there was one, and whether any did not show.
func killMarked(mark string) (found, unsure bool) {
	dir, err := os.Open("/proc")
	if err != nil {
		return false, false
	}
	names, err := dir.Readdirnames(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return false, false
	}
	want := []byte(markEnv + "=" + mark)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		env, err := os.ReadFile("/proc/" + name + "/environ")
		if err != nil {
			continue // gone, or somebody else's
		}
		if len(env) == 0 {
			_, err := os.Readlink("/proc/" + name + "/exe") // zombies and threads of the kernel have none
			unsure = unsure || err == nil
		}
		for v := range bytes.SplitSeq(env, []byte{0}) {
			if bytes.Equal(v, want) {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				found = true
				break
			}
		}
	}
	return found, unsure
}

// guardian waits until this process tells it that all is well, or dies: then it does what this process would have done. It is a shell, since that
// starts at once and takes no memory to speak of.
const guardian = `IFS= read -r x && exit
kill -KILL "-$1"
for again in 1 2 3; do
	for p in /proc/[0-9]*; do
		grep -qszxF "$2" "$p/environ" && kill -KILL "${p#/proc/}"
	done
done
rm -rf -- "$3"
`

// guard is a guardian process.
type guard struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

// startGuard starts the guardian of a child. Without a shell there is none: then what a cell started in a group of its own outlives a kernel
// that was killed.
func startGuard(group int, mark string) (*guard, error) {
	cmd := exec.CommandContext(context.Background(), "/bin/sh", "-c", guardian, "gale-guard", strconv.Itoa(group), markEnv+"="+mark, mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // signals of a terminal are not for it
	cmd.Dir = "/"
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, markEnv+"=") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	return &guard{cmd, in}, cmd.Start()
}

// dismiss ends the guardian.
func (g *guard) dismiss() {
	if g == nil {
		return
	}
	_, _ = io.WriteString(g.in, "done\n") // it may have been killed
	_ = g.in.Close()
	_ = g.cmd.Wait()
}
