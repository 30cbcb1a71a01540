package kernel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/galeproject/gale/wire"
)

// killAfter is how long an interrupted command has before it is killed.
const killAfter = 500 * time.Millisecond

func shellMagics() []magic {
	return []magic{
		{"%%script", "[--raise-error] COMMAND", "give the rest of the cell to a command", runScript},
		{"%%bash", "[--raise-error]", "the same with bash", runScript},
		{"%%sh", "[--raise-error]", "the same with sh", runScript},
		{"%with_inputs", "", "the next shell command reads lines that the front end is asked for", runWithInputs},
		{"%with_password", "", "the same, and what is typed does not show", runWithInputs},
	}
}

// asks says that the next shell command reads what the front end is asked for.
type asks struct{ on, password bool }

// runWithInputs runs %with_inputs and %with_password.
func runWithInputs(c *cell, _ string, p part) *wire.Failure {
	if !c.stdin {
		f := wire.NewFailure("StdinNotImplementedError", p.magic+": this front end does not take input")
		return &f
	}
	c.asks = asks{true, p.magic == "%with_password"}
	return nil
}

// ask gives a command the lines that the front end is asked for, until ctx ends.
func (c *cell) ask(ctx context.Context, password bool, to io.WriteCloser) {
	defer func() { _ = to.Close() }() // the command has ended, or hears that there is no more
	for {
		line, err := c.Input(ctx, wire.Input{Password: password, Request: c.request.Header.MsgID})
		if err != nil || line == "\x04" {
			return
		}
		if _, err := io.WriteString(to, line+"\n"); err != nil {
			return
		}
	}
}

// shellCommand runs !COMMAND.
func (c *cell) shellCommand(line string, raise bool) *wire.Failure {
	return c.command(raise, "", "sh", "-c", line)
}

// runScript runs %%script, %%bash and %%sh.
func runScript(c *cell, _ string, p part) *wire.Failure {
	flags, rest := options(p.args, "")
	_, raise := flags["raise-error"]
	argv := strings.Fields(rest)
	if p.magic != "%%script" {
		argv = append([]string{strings.TrimPrefix(p.magic, "%%")}, argv...)
	}
	if len(argv) == 0 {
		return usage("%%%%script: want a command")
	}
	return c.command(raise, p.body, argv...)
}

// command runs a program in a process group of its own and streams what it prints. An interrupt reaches the group.
func (c *cell) command(raise bool, input string, argv ...string) *wire.Failure {
	cmd := exec.CommandContext(c.ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Dir = directory()
	var stdin io.WriteCloser
	question := c.asks
	c.asks = asks{}
	if question.on {
		var err error
		if stdin, err = cmd.StdinPipe(); err != nil {
			return usage("%s: %v", argv[0], err)
		}
	} else {
		cmd.Stdin = strings.NewReader(input)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return usage("%s: %v", argv[0], err)
	}
	errs, err := cmd.StderrPipe()
	if err != nil {
		return usage("%s: %v", argv[0], err)
	}
	cmd.Cancel = func() error {
		pid := cmd.Process.Pid
		time.AfterFunc(killAfter, func() { _ = syscall.Kill(-pid, syscall.SIGKILL) })
		return syscall.Kill(-pid, syscall.SIGINT)
	}
	if err := cmd.Start(); err != nil {
		return usage("%v", err)
	}
	var readers sync.WaitGroup
	asking, answered := context.WithCancel(c.ctx)
	defer answered()
	if stdin != nil {
		go c.ask(asking, question.password, stdin)
	}
	readers.Go(func() { c.copyStream("stdout", out) })
	readers.Go(func() { c.copyStream("stderr", errs) })
	readers.Wait()
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case c.ctx.Err() != nil:
		return interrupted()
	case err == nil:
	case errors.As(err, &exit) && !raise:
		c.print("stderr", exit.String()+"\n")
	default:
		f := wire.NewFailure("ShellError", fmt.Sprintf("%s: %v", argv[0], err))
		return &f
	}
	return nil
}

// copyStream prints what r gives, cut at the borders of runes.
func (c *cell) copyStream(name string, r io.Reader) {
	buf := make([]byte, 32<<10)
	kept := 0
	for {
		n, err := r.Read(buf[kept:])
		n += kept
		cut := n
		if err == nil {
			cut = runeBorder(buf[:n])
		}
		c.print(name, strings.ToValidUTF8(string(buf[:cut]), "\uFFFD"))
		kept = copy(buf, buf[cut:n])
		if err != nil {
			return
		}
	}
}

// runeBorder gives the length of b without a rune at its end that is not whole.
func runeBorder(b []byte) int {
	for i := len(b) - 1; i >= 0 && i >= len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return i
			}
			break
		}
	}
	return len(b)
}
