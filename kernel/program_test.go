package kernel_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/kernel/kerneltest/toy"
	"github.com/galeproject/gale/wire"
)

// TestMain is also the kernel that TestProgram starts.
func TestMain(m *testing.M) {
	if os.Getenv("KERNEL_TEST_PROGRAM") == "" {
		os.Exit(m.Run())
	}
	if err := program(os.Args[len(os.Args)-1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func program(path string) error {
	f, err := wire.ReadKernelFile(path)
	if err != nil {
		return err
	}
	k, err := kernel.New(kernel.Options{Connection: f, Compiler: &toy.Compiler{}, Evaluator: toy.NewEvaluator(), OwnsProcess: true})
	if err != nil {
		return err
	}
	k.HandleSignals(context.Background())
	return k.Serve(context.Background())
}

func TestProgram(t *testing.T) {
	start := kerneltest.Program("tcp", []string{"KERNEL_TEST_PROGRAM=yes"}, os.Args[0], "{connection_file}")
	t.Run("SIGTERM", func(t *testing.T) { kerneltest.OrderOfCell(t, start) })
	t.Run("Shutdown", func(t *testing.T) { kerneltest.Shutdown(t, start) })
	t.Run("ShutdownBusy", func(t *testing.T) { kerneltest.ShutdownBusy(t, start) })
	t.Run("Interrupt", func(t *testing.T) { kerneltest.Interrupt(t, start) })
}

// TestSlowReaderBoundsMemory: a front end that does not read makes the printing cell wait; the kernel's memory stays bounded, control
// answers, and an interrupt ends the waiting.
func TestSlowReaderBoundsMemory(t *testing.T) {
	const most = 64 << 20
	f := kerneltest.Program("tcp", []string{"KERNEL_TEST_PROGRAM=yes"}, os.Args[0], "{connection_file}")(t)
	c := kerneltest.Dial(t, f)
	slow, err := zmtp.New(zmtp.Sub, zmtp.Options{RecvQueue: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = slow.Close(0) }()
	slow.Subscribe("")
	if err := slow.Connect(f.Endpoint(f.IOPub)); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Recv(t.Context()); err != nil { // the welcome, and nothing more
		t.Fatal(err)
	}
	before := peak(t, c)
	id := c.Cell("for range 400000 {\n\tfmt.Println(strings.Repeat(\"x\", 1000))\n}", nil)
	for heard := 0; heard < 8<<20; { // by the one who reads: the other is that much behind
		heard = 0
		for _, m := range c.Of(id) {
			heard += len(m.RawContent)
		}
		c.Reply(kerneltest.Control, c.Send(kerneltest.Control, "kernel_info_request", nil))
	}
	c.Send(kerneltest.Control, "interrupt_request", nil)
	r := c.Wait(id)
	if r.Reply["ename"] != "KeyboardInterrupt" {
		t.Errorf("%v", r.Reply)
	}
	if n := len(r.Text("stdout")); n > most {
		t.Errorf("%d bytes were printed while one did not read", n)
	}
	if grown := peak(t, c) - before; grown > most {
		t.Errorf("memory has grown by %d bytes, want at most %d", grown, most)
	}
}

// peak is the most memory that the kernel's process has had, in bytes.
func peak(t *testing.T, c *kerneltest.Client) int {
	t.Helper()
	pid, _ := kerneltest.Content(c.Reply(kerneltest.Control, c.Send(kerneltest.Control, "usage_request", nil)))["pid"].(float64)
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", int(pid)))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Skip("this system does not tell the peak of a process's memory")
	return 0
}
