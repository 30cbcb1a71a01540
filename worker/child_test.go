package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/galeproject/gale/display"
	"github.com/galeproject/gale/engine"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/value"
	"github.com/galeproject/gale/wire"
)

// childEnv makes the test's program a child: an engine whose modules are scripts.
const childEnv = "GALE_WORKER_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(kernelEnv) != "" {
		fmt.Println(playKernel())
		os.Exit(1)
	}
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

func child() int {
	if os.Getenv(childEnv) == "stillborn" {
		fmt.Fprintln(os.Stderr, "no will to live")
		return 3
	}
	p, err := wire.ReadPrivate(os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s := &script{images: map[module.ID]string{}}
	e, err := engine.New(engine.Options{Private: p, Space: s, Names: s, Objects: s, Left: func() int { return s.left }})
	if err == nil {
		err = e.Run(context.Background())
	}
	if err != nil {
		return 1
	}
	return 0
}

// script is a space whose modules are lines of commands.
type script struct {
	images map[module.ID]string
	left   int
}

func (s *script) Load(m *module.Module) error {
	s.images[m.ID] = string(m.Image)
	return nil
}

func (s *script) Run(ctx context.Context, id module.ID, _ wire.Run, show func(display.Bundle)) (result *display.Bundle, f *wire.Failure) {
	for line := range strings.Lines(s.images[id]) {
		command, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if result, f = s.do(ctx, command, rest, show); f != nil {
			return nil, f
		}
	}
	return result, nil
}

func (s *script) do(ctx context.Context, command, rest string, show func(display.Bundle)) (*display.Bundle, *wire.Failure) {
	fail := func(name, text string) (*display.Bundle, *wire.Failure) {
		f := wire.NewFailure(name, text)
		return nil, &f
	}
	switch command {
	case "out":
		fmt.Print(rest)
	case "err":
		fmt.Fprint(os.Stderr, rest)
	case "show":
		show(display.Text(rest))
	case "result":
		b := display.Text(rest)
		return &b, nil
	case "fail":
		return fail("Panic", rest)
	case "exit":
		os.Exit(7)
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "crash":
		go func() { panic("a goroutine of a library") }()
		select {}
	case "wait": // ends with an interrupt
		fmt.Print("waiting")
		<-ctx.Done()
		return fail("KeyboardInterrupt", "interrupted")
	case "block": // is left behind by an interrupt
		fmt.Print("waiting")
		<-ctx.Done()
		s.left++
		return fail("KeyboardInterrupt", "left behind")
	case "deaf": // does not hear of an interrupt
		fmt.Print("waiting")
		select {}
	case "race":
		m := map[int]int{}
		for range 2 {
			go func() {
				for {
					m[1]++
				}
			}()
		}
		select {}
	case "escape":
		if err := escape(rest); err != nil {
			return fail("Error", err.Error())
		}
	case "later": // prints and shows after its end
		go func() {
			time.Sleep(10 * time.Millisecond)
			show(display.Text("late"))
		}()
	case "fork": // leaves a process behind that holds the pipes
		c := exec.CommandContext(context.WithoutCancel(ctx), "sleep", "1000") // ended by its group, not by an interrupt
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if err := c.Start(); err != nil {
			return fail("Error", err.Error())
		}
		fmt.Print(c.Process.Pid)
	case "ask":
		raw, bufs, err := engine.Ask(ctx, rest, map[string]int{"n": 1})
		if err != nil {
			return fail("Error", err.Error())
		}
		fmt.Printf("%s %s", raw, bufs)
	case "flood":
		line := strings.Repeat("x", 1023) + "\n"
		for range 8 << 10 {
			_, _ = os.Stdout.WriteString(line)
		}
	}
	return nil, nil
}

func (s *script) Keep(string, wire.VarRef, value.Encoded) error { return nil }

func (s *script) Call(context.Context, wire.Call, []value.Encoded, string, func(display.Bundle)) (wire.CallReply, []value.Encoded) {
	return wire.CallReply{}, nil
}

func (s *script) Apply(context.Context, string, []any, func(display.Bundle)) (any, *wire.Failure) {
	return nil, nil
}
func (s *script) Get(string) (any, error)           { return nil, errors.New("no names here") }
func (s *script) Set(string, any) error             { return nil }
func (s *script) Delete(...string) int              { return 0 }
func (s *script) Clear()                            {}
func (s *script) List() []wire.NameInfo             { return []wire.NameInfo{{Name: "x", Type: "int"}} }
func (s *script) Do(wire.Objects) []wire.ObjectInfo { return nil }

// outputs collects what a request gives out, as text.
type outputs struct{ strings.Builder }

func (o *outputs) emit(out wire.Output) {
	if out.MsgType == "stream" {
		c, err := out.Said()
		fmt.Fprintf(o, "[%s %s]", c.Name, c.Text)
		if err != nil {
			fmt.Fprintf(o, "[%v]", err)
		}
		return
	}
	var c struct{ Data map[string]json.RawMessage }
	_ = json.Unmarshal(out.Content, &c)
	fmt.Fprintf(o, "[%s %s]", out.MsgType, c.Data["text/plain"])
}
