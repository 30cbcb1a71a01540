//go:build !race

package main

import (
	"strings"
	"testing"
)

func TestRestartKeepsVariables(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells")
	}
	s := startSoak(t)
	want := func(code, want string) {
		t.Helper()
		if got := s.run(code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
	want(`import ("fmt"; "os")
type layer struct { Name string; v []float64; next *layer }
func (l layer) String() string { return fmt.Sprint(l.Name, len(l.v)) }
n, text := 3, "ä"
top := &layer{Name: "top", v: make([]float64, 10000), next: &layer{Name: "below"}}
var held any = layer{Name: "held"}
table := map[string][]layer{"a": {{Name: "x"}}}
c := make(chan int)
var pid = os.Getpid()`, "")
	want("pid == os.Getpid()", "[true]")
	if got := s.run("%restart --keep"); !strings.HasPrefix(got, "a new process has 6 of 7 variables\n") || !strings.Contains(got, "lost: ") || !strings.Contains(got, "chan int") {
		t.Errorf("the report is %q", got)
	}
	want("pid == os.Getpid()", "[false]")
	want(`top.v[9999] = 1
fmt.Sprintln(n, text, top, top.next, held, table)`, "[3 ä top10000 below0 held0 map[a:[x0]]\n]")
	want("n++\nn", "[4]")
	want("%restart", "all values are gone\n")
	want("n", "<NotSet>")
	want("%restart --other", "<MagicError>")
}
