//go:build !race

package main

import (
	"math"
	"strings"
	"testing"
)

// TestCellsDoNoHarm runs cells that do their worst. The next cell runs in any case; where Go allows it the variables are kept.
func TestCellsDoNoHarm(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	t.Setenv(memoryEnv, "3G")
	c := newCells(t)
	c.want("import (\"fmt\"; \"os\"; \"os/exec\"; \"syscall\"; \"time\"; \"sync\"; \"sort\"; \"log\"; \"runtime\"; \"io\"; \"regexp\")\nkept, hoard := 1, [][]byte{}", "")
	const keeps, loses = true, false
	for _, x := range []struct {
		name, source, gives string
		keeps               bool
	}{
		{"a panic in a goroutine", "done := make(chan int)\ngo func() { defer close(done); panic(\"aside\") }()\n<-done\ntime.Sleep(time.Millisecond)", "<Panic: in a goroutine: aside>", keeps},
		{"a write to a nil map", "var none map[int]int\nnone[1] = 2", "<RuntimeError: assignment to entry in nil map>", keeps},
		{"os.Exit", "os.Exit(3)", "<Exit: exit status 3>", keeps},
		{"log.Fatal", "log.SetFlags(0)\nlog.Fatal(\"fatal\")", "fatal\n<Exit: exit status 1>", keeps},
		{"runtime.Goexit", "runtime.Goexit()", "<Panic: runtime.Goexit ended the goroutine>", keeps},
		{"recursion", "func deep(n int) int { return deep(n+1) + 1 }\ndeep(0)", "<StackOverflow: recursion too deep>", keeps},
		{"closing standard output", "os.Stdout.Close()\nos.Stderr.Close()\nos.Stdin.Close()", "", keeps},
		{"printing after that", "println(\"err\")\nlog.Print(\"log\")", "err\nlog\n", keeps},
		{"printing after it", "fmt.Println(\"out\")", "out\n", keeps},
		{"closing the descriptors", "for fd := range 3 { syscall.Close(fd) }", "", keeps},
		{"printing after that, too", "fmt.Println(\"out\")\n_, e1 := os.Stdin.Read(make([]byte, 1))\ne1 == io.EOF", "out\n[true]", keeps},
		{"replacing standard output", "os.Stdout, _ = os.Create(os.DevNull)\nfmt.Println(\"lost\")", "", keeps},
		{"printing after that again", "fmt.Println(\"out\")", "out\n", keeps},
		{"signals", "for range 10000 { syscall.Kill(os.Getpid(), syscall.SIGUSR1); syscall.Kill(os.Getpid(), syscall.SIGTERM); syscall.Kill(os.Getpid(), syscall.SIGINT) }", "", keeps},
		{"memory, bit by bit", "for { hoard = append(hoard, make([]byte, 1<<20)) }", "<OutOfMemory: stopped: ", keeps},
		{"memory given back", "hoard = nil\nruntime.GC()\nlen(make([]byte, 1<<20))", "[1048576]", keeps},
		{"memory, at once", "len(make([]byte, 1<<33))", "ended (fatal error: runtime: out of memory; GALE_MEMORY sets how much it may use)", loses},
		{"concurrent writes to a map", "shared := map[int]int{}\nfor range 4 { go func() { for { shared[1]++ } }() }\nselect {}", "fatal error: concurrent map", loses},
		{"a panic in a library's goroutine", "time.AfterFunc(0, func() { panic(\"far\") })\nselect {}", "ended (panic: far", loses},
		{"unlocking twice", "var mu sync.Mutex\nmu.Unlock()", "ended (fatal error: sync: unlock of unlocked mutex", loses},
		{"SIGKILL", "syscall.Kill(os.Getpid(), syscall.SIGKILL)\nselect {}", "killed by signal 9", loses},
		{"a process that stays", "exec.Command(\"setsid\", \"sleep\", \"1000\").Start()", "", keeps},
	} {
		before := c.w.Pid()
		if got := dropErrors(c.try(x.source)); !strings.Contains(got, x.gives) || x.gives == "" && got != "" {
			t.Errorf("%s: %q, want %q", x.name, got, x.gives)
		}
		if kept := c.w.Pid() == before; kept != x.keeps {
			t.Errorf("%s: the process is kept: %v", x.name, kept)
		}
		if !x.keeps {
			c.want("kept := 1", "")
		}
		c.want("kept", "[1]")
	}
}

func TestMemoryAmounts(t *testing.T) {
	for text, want := range map[string]int64{"512M": 512 << 20, "1.5g": 3 << 29, "2 GiB": 2 << 30, "1073741824": 1 << 30, "1T": 1 << 40, "1MB": 0, "": 0, "many": 0, "-1G": 0, "NaNG": 0} {
		n, err := parseBytes(text)
		if n != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	if n := memoryThere(); n < 64<<20 || n == math.MaxInt64 {
		t.Errorf("there are %d bytes", n)
	}
}
