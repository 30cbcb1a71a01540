package compile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/galeproject/gale/module"
)

// Trial runs the modules of the self-test, in order, in one fresh process of the program that is kept apart: with a broken link the
// process may crash. It gives for each module what its cell shows as text, or the text of its failure with the places in cells. An
// error says that the process did not get to the end.
type Trial func(ctx context.Context, modules []*module.Module) ([]string, error)

// trialCells is the self-test. What the linker must get right: one memory for a variable, one identity for a type, pointer masks of
// variables (those of the program's types come from the stub: a wrong one frees what lives only there), late methods, lines of cells.
var trialCells = []struct{ src, want string }{
	{`import ("bytes"; "math/big"; "runtime"; "strings"; "fmt")
type node struct { next *node; v []int }
type point struct { x int }
func (p point) String() string { return "old" }
var list struct { pad [3]int; head *node; m map[string]*node }
var buf bytes.Buffer
var hosts struct { pad [2]int; b strings.Builder }
var num *big.Int
var two [2]big.Int
var late fmt.Stringer = point{1}
n := 0`, ""},
	{`list.m = map[string]*node{}
for i := range 100 { list.head = &node{list.head, make([]int, 100)}; list.head.v[7] = i; list.m[string(rune('a'+i%26))] = list.head }
var keep any = list.head
for range 100 { buf.WriteString("x"); hosts.b.WriteString("y") }
num = new(big.Int).Exp(big.NewInt(3), big.NewInt(500), nil)
two[1].Exp(big.NewInt(3), big.NewInt(500), nil)
n++`, ""},
	{`junk := make([][]byte, 20000)
for r := range 5 { runtime.GC(); for i := range junk { junk[i] = bytes.Repeat([]byte{0xdd}, 8+(i+r)%1024) } }
func (p point) String() string { return "new" }
k, ok := keep.(*node)
sum := 0
for p := list.head; p != nil; p = p.next { sum += p.v[7] }
n++`, ""},
	{`ok && k == list.head && sum == 4950 && list.m["a"].v[7]%26 == 0 && n == 2`, "true"},
	{`buf.String() == strings.Repeat("x", 100) && hosts.b.String() == strings.Repeat("y", 100)`, "true"},
	{`num.Cmp(&two[1]) == 0 && num.Cmp(new(big.Int).Exp(big.NewInt(3), big.NewInt(500), nil)) == 0`, "true"},
	{`late.String()`, "new"},
	{"x := []int{1}\nfunc at(i int) int {\n\treturn x[i]\n}\nat(5)", "cell[8]:3"},
}

// ensureTested runs the self-test unless this program has been through it before, and links in full if it fails.
func (t *Toolchain) ensureTested(ctx context.Context) error {
	if t.o.Trial == nil || t.mode != Hollow {
		return nil
	}
	file := filepath.Join(t.cache, "selftest-"+hash([]string{t.program.id, t.tools.dir, fmt.Sprint(t.o.fault)}))
	known, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("compile: reading what the self-test said: %w", err)
	}
	verdict := string(known)
	if err != nil {
		if verdict, err = t.selfTest(ctx); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(verdict), 0o600); err != nil {
			return fmt.Errorf("compile: keeping what the self-test said: %w", err)
		}
	}
	if verdict != "" {
		t.mode, t.reason = Full, "the self-test of hollow modules failed: "+verdict
		t.log.Warn("modules are linked in full", "reason", t.reason)
	}
	return nil
}

// selfTest gives what is wrong, "" if nothing is. The error is that of the context.
func (t *Toolchain) selfTest(ctx context.Context) (string, error) {
	s := NewSession(t, "selftest")
	var modules []*module.Module
	for i, cell := range trialCells {
		c, err := s.Compile(ctx, module.Local, Cell{Source: cell.src, Number: i + 1})
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		if err != nil {
			return fmt.Sprintf("cell %d: %v", i+1, err), nil
		}
		s.Commit(c)
		modules = append(modules, c.Module)
	}
	got, err := t.o.Trial(ctx, modules)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		return err.Error(), nil
	}
	for i, cell := range trialCells {
		switch {
		case i >= len(got):
			return fmt.Sprintf("cell %d: no answer", i+1), nil
		case got[i] != cell.want && (!strings.HasPrefix(cell.want, "cell[") || !strings.Contains(got[i], cell.want)):
			return fmt.Sprintf("cell %d: %q, want %q", i+1, got[i], cell.want), nil
		}
	}
	return "", nil
}
