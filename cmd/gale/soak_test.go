//go:build !race

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/notebook"
	"github.com/galeproject/gale/wire"
)

// soakEnv sets how many cells a soak runs; unset, it is a small one.
const soakEnv = "GALE_SOAK"

// memoryPerCell is what one cell may cost for ever, in bytes.
const memoryPerCell = 40 << 10

// soak is one kernel that runs cell after cell.
type soak struct {
	t   *testing.T
	k   *notebook.Kernel
	tmp string
}

// level is what a kernel holds at one moment.
type level struct {
	rss        int64 // kernel and child, bytes
	maps       int   // of the child
	fds        int   // of both
	files      int   // temporary ones
	goroutines int   // of the child
}

func (l level) String() string {
	return fmt.Sprintf("%d MB, %d maps, %d descriptors, %d files, %d goroutines", l.rss>>20, l.maps, l.fds, l.files, l.goroutines)
}

func startSoak(t *testing.T) *soak {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &soak{t: t, tmp: t.TempDir()}
	s.k, err = notebook.Start(t.Context(), notebook.Program{
		Argv: []string{exe, "kernel", "{connection_file}"}, Dir: t.TempDir(), Stderr: os.Stderr,
		Env: []string{asProgram + "=1", "TMPDIR=" + s.tmp, "GALE_HISTORY=" + filepath.Join(t.TempDir(), "history.sqlite")},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.k.Stop(10 * time.Second)
		if left := files(t, s.tmp); len(left) > 0 {
			t.Errorf("files are left: %q", left)
		}
	})
	return s
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	inner, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return append(found, inner...)
}

// run runs a cell and gives what it printed and showed, with its failure.
func (s *soak) run(code string) string {
	s.t.Helper()
	o := newTranscript()
	r, err := s.k.Execute(s.t.Context(), code, func(m *wire.Message) {
		switch m.Header.MsgType {
		case "stream", "execute_result", "display_data":
			o.emit(wire.Output{MsgType: m.Header.MsgType, Content: m.RawContent})
		}
	})
	if err != nil {
		s.t.Fatalf("%s: %v", code, err)
	}
	if r.Status != "ok" {
		return o.String() + "<" + r.Name + ">"
	}
	return o.String()
}

// level measures, after a collection.
func (s *soak) level(child int) (l level) {
	s.t.Helper()
	var err error
	if l.goroutines, err = strconv.Atoi(strings.Trim(s.run(`runtime.GC(); debug.FreeOSMemory(); runtime.NumGoroutine()`), "[]")); err != nil {
		s.t.Fatal(err)
	}
	for _, pid := range []int{parentOf(s.t, child), child} {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			s.t.Fatal(err)
		}
		l.rss += field(s.t, string(status), "VmRSS:") << 10
		fds, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			s.t.Fatal(err)
		}
		l.fds += len(fds)
	}
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", child))
	if err != nil {
		s.t.Fatal(err)
	}
	l.maps, l.files = strings.Count(string(maps), "\n"), len(files(s.t, s.tmp))
	return l
}

// cpu is the processor time that the kernel, its child and the compilers that they started have used.
func (s *soak) cpu(child int) time.Duration {
	s.t.Helper()
	const tick = 10 * time.Millisecond // of the kernel's clock, on every Linux
	var sum time.Duration
	for _, pid := range []int{parentOf(s.t, child), child} {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			s.t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		for _, word := range strings.Fields(after)[11:15] { // of the process in user mode and in the system, and of those that it waited for
			n, err := strconv.Atoi(word)
			if err != nil {
				s.t.Fatal(err)
			}
			sum += time.Duration(n) * tick
		}
	}
	return sum
}

func parentOf(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	return int(field(t, string(status), "PPid:"))
}

// field reads a number of /proc/…/status.
func field(t *testing.T, text, name string) int64 {
	t.Helper()
	_, after, _ := strings.Cut(text, name)
	words := strings.Fields(after)
	if len(words) == 0 {
		t.Fatalf("no %s in %q", name, text)
	}
	n, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// mixed gives cell i of a soak, what it gives, and whether its text must be compiled.
func mixed(i int) (code, want string, compiled bool) {
	switch i % 10 {
	case 0:
		return fmt.Sprintf("total += %d\nfmt.Println(total > %d)", i, i-1), "true\n", true
	case 1:
		return fmt.Sprintf("v%d := make([]float64, %d)\nlen(v%d)", i%40, i, i%40), fmt.Sprintf("[%d]", i), true
	case 2:
		return fmt.Sprintf("pt = point{X: %d}\nscale(pt, %d).Y", i, i), "[0]", true
	case 3:
		return fmt.Sprintf("// scale, version %d\nfunc scale(p point, f int) point { return point{X: p.X * f} }", i), "", false
	case 4:
		return "total += 1\nfmt.Print(\"again\")", "again", false
	case 5:
		return "pt.Y", "[0]", false
	case 6:
		return fmt.Sprintf("undefined%d", i), "<CompileError>", false
	case 7:
		return "", "", false
	case 8:
		return "panic(\"as ever\")", "<Panic>", false
	default:
		return "done := make(chan int)\ngo func() { done <- 1 }()\n<-done", "[1]", false
	}
}

// TestSoak runs cells of every kind in one kernel, which must not grow by more than a cell's module: make soak runs 20,000 of them.
func TestSoak(t *testing.T) {
	cells := 300
	if n, err := strconv.Atoi(os.Getenv(soakEnv)); err == nil {
		cells = n
	} else if testing.Short() {
		t.Skip("compiles cells: half a minute")
	}
	s := startSoak(t)
	child, err := strconv.Atoi(strings.Trim(s.run("import (\"os\"; \"fmt\"; \"runtime\"; \"runtime/debug\")\ntype point struct { X, Y int }\nfunc scale(p point, f int) point { return p }\npt, total := point{}, 0\nos.Getpid()"), "[]"))
	if err != nil {
		t.Fatal(err)
	}
	var first level
	var times [10][]time.Duration
	spent := []time.Duration{s.cpu(child)}
	compiled, from := 0, cells/10
	for i := range cells {
		if i == from {
			first = s.level(child)
			t.Logf("after %d cells: %v", i, first)
		}
		code, want, fresh := mixed(i)
		begin := time.Now()
		if got := s.run(code); got != want {
			t.Fatalf("cell %d:\n%s\ngave %q, want %q", i, code, got, want)
		}
		if fresh {
			compiled++
			times[10*i/cells] = append(times[10*i/cells], time.Since(begin))
		}
		if cells >= 5000 && i%1000 == 999 {
			t.Logf("after %d cells: %v", i+1, s.level(child))
		}
		if 10*(i+1)/cells > 10*i/cells {
			spent = append(spent, s.cpu(child))
		}
	}
	last := s.level(child)
	perCell := (last.rss - first.rss) / int64(cells-from)
	t.Logf("after %d cells, %d compiled: %v; %d bytes a cell, %.1f maps a compiled cell", cells, compiled, last, perCell, float64(last.maps-first.maps)/(0.9*float64(compiled)))
	for i, d := range times {
		slices.Sort(d)
		t.Logf("tenth %d: compiled cells take %v in the middle, %v at most for nine of ten; %v of processor time a cell", i+1, d[len(d)/2], d[len(d)*9/10],
			(spent[i+1]-spent[i])/time.Duration(max(1, cells/10)))
	}
	if begin, end := spent[1]-spent[0], spent[10]-spent[9]; cells >= 5000 && 2*end > 3*begin {
		t.Errorf("the first tenth of the cells took %v of processor time, the last %v", begin, end)
	}
	if cells >= 5000 && perCell > memoryPerCell {
		t.Errorf("%d bytes a cell, want %d at most", perCell, memoryPerCell)
	}
	if last.goroutines > first.goroutines+2 || last.fds > first.fds+2 || last.files > first.files+1 {
		t.Errorf("something is left: %v, then %v", first, last)
	}
}
