package notebook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/galeproject/gale/wire"
)

// Kernel is a kernel's process that this one started, and a client connected to it.
type Kernel struct {
	*Client
	Info   *Info
	folder string
	cmd    *exec.Cmd
	exited chan struct{}
}

// Program says how a kernel is started.
type Program struct {
	Argv   []string  // as in a kernelspec: {connection_file} stands for the file
	Dir    string    // where the kernel runs; "": here
	Env    []string  // beside the environment of this process
	Stderr io.Writer // of the kernel; nil: lost
}

// startPatience is how long a kernel has until it answers.
const startPatience = 60 * time.Second

// Start starts a kernel on private sockets, which nobody else can reach, and connects to it.
func Start(ctx context.Context, p Program) (*Kernel, error) {
	if len(p.Argv) == 0 {
		return nil, errors.New("notebook: starting a kernel: no program")
	}
	folder, err := os.MkdirTemp("", "gale-run-")
	if err != nil {
		return nil, fmt.Errorf("notebook: starting a kernel: %w", err)
	}
	k := &Kernel{folder: folder, exited: make(chan struct{})}
	if err := k.start(ctx, p); err != nil {
		k.Stop(0)
		return nil, err
	}
	return k, nil
}

// start makes the connection file, starts the program and connects.
func (k *Kernel) start(ctx context.Context, p Program) error {
	f := &wire.KernelFile{
		Transport: "ipc", IP: filepath.Join(k.folder, "k"), Shell: 1, IOPub: 2, Stdin: 3, Control: 4, Heartbeat: 5,
		Key: wire.NewID(), Scheme: "hmac-sha256", KernelName: "gale",
	}
	path := filepath.Join(k.folder, "kernel.json")
	if err := wire.WriteFile(path, f); err != nil {
		return err
	}
	argv := make([]string, len(p.Argv))
	for i, a := range p.Argv {
		argv[i] = strings.ReplaceAll(a, "{connection_file}", path)
	}
	k.cmd = exec.CommandContext(context.WithoutCancel(ctx), argv[0], argv[1:]...) // its end is Stop's business
	k.cmd.Dir, k.cmd.Stderr = p.Dir, p.Stderr
	k.cmd.Env = append(append(os.Environ(), fmt.Sprintf("JPY_PARENT_PID=%d", os.Getpid())), p.Env...)
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C in a terminal is for us, who interrupt the cell
	if err := k.cmd.Start(); err != nil {
		k.cmd = nil
		return fmt.Errorf("notebook: starting a kernel: %w", err)
	}
	go func() {
		_ = k.cmd.Wait() // its state is looked at by who waits
		close(k.exited)
	}()
	wait, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var err error
	k.Client, k.Info, err = Dial(wait, f, k.exited)
	return err
}

// Stop ends the kernel: asked, and killed when it has not ended within the patience given.
func (k *Kernel) Stop(patience time.Duration) {
	if k.Client != nil && patience > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if k.Shutdown(ctx) == nil {
			select {
			case <-ctx.Done():
			case <-k.exited:
			}
		}
		cancel()
	}
	if k.cmd != nil {
		select {
		case <-k.exited:
		default:
			_ = syscall.Kill(-k.cmd.Process.Pid, syscall.SIGKILL)
			<-k.exited
		}
	}
	if k.Client != nil {
		k.Close()
	}
	_ = os.RemoveAll(k.folder)
}
