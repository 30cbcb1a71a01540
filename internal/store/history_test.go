package store

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func inputs(es []Entry) string {
	var s []string
	for _, e := range es {
		s = append(s, fmt.Sprintf("%d.%d %s", e.Session, e.Line, e.Input))
	}
	return fmt.Sprint(s)
}

func TestHistoryIsSharedAndCounted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder", "h?#%.sqlite")
	one := OpenHistory(path, nil)
	one.Append(1, "x := 1")
	one.Append(2, "x")
	one.SetOutput(2, "1")
	if n := one.Session(); n != 1 {
		t.Fatalf("session %d, want 1", n)
	}
	two := OpenHistory(path, nil) // beside the first
	two.Append(1, "x := 1")
	two.Append(2, "y [z]")
	ctx := t.Context()
	check := func(name string, want string, got []Entry, err error) {
		t.Helper()
		if err != nil || inputs(got) != want {
			t.Errorf("%s: %s, %v; want %s", name, inputs(got), err, want)
		}
	}
	es, err := two.Tail(ctx, 3)
	check("tail 3", "[1.2 x 2.1 x := 1 2.2 y [z]]", es, err)
	if es[0].Output == nil || *es[0].Output != "1" || es[1].Output != nil {
		t.Errorf("outputs %v %v, want 1 and none", es[0].Output, es[1].Output)
	}
	es, err = two.Range(ctx, 0, 1, 2)
	check("range 0", "[2.1 x := 1]", es, err)
	es, err = two.Range(ctx, -1, 0, 0)
	check("range -1", "[1.1 x := 1 1.2 x]", es, err)
	es, err = two.Range(ctx, 99, 0, 0)
	check("range 99", "[]", es, err)
	es, err = two.Search(ctx, "x*", false, 0)
	check("search", "[1.1 x := 1 1.2 x 2.1 x := 1]", es, err)
	es, err = two.Search(ctx, "x*", true, 0)
	check("search unique", "[1.2 x 2.1 x := 1]", es, err)
	es, err = two.Search(ctx, "*", false, 1)
	check("search last", "[2.2 y [z]]", es, err)
	closeHistory(t, one)
	closeHistory(t, two)
	closeHistory(t, two)
	two.Append(3, "too late")
	if es, err := two.Tail(ctx, 3); len(es) != 0 || err != nil {
		t.Errorf("after close: %v %v", es, err)
	}
	for _, f := range []string{path} {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v, want mode 0600", f, info.Mode(), err)
		}
	}
}

func TestDamagedHistoryIsSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.sqlite")
	if err := os.WriteFile(path, []byte("this is no database, whatever its name says, and long enough to be looked at"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := OpenHistory(path, nil)
	defer closeHistory(t, h)
	h.Append(1, "x")
	if es, err := h.Tail(t.Context(), 1); err != nil || inputs(es) != "[1.1 x]" {
		t.Fatalf("%s %v", inputs(es), err)
	}
	if _, err := os.Stat(path + ".damaged"); err != nil {
		t.Error(err)
	}
}

func TestHistoryWithoutPlaceLivesInMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(file, "h.sqlite"), InMemory} {
		h := OpenHistory(path, nil)
		h.Append(1, "x")
		if es, err := h.Tail(t.Context(), 1); err != nil || inputs(es) != "[1.1 x]" {
			t.Errorf("%s: %s %v", path, inputs(es), err)
		}
		closeHistory(t, h)
	}
}

func TestHistoryPath(t *testing.T) {
	t.Setenv("GALE_HISTORY", "")
	t.Setenv("XDG_DATA_HOME", "/data")
	if p := HistoryPath(); p != "/data/gale/history.sqlite" {
		t.Error(p)
	}
	t.Setenv("GALE_HISTORY", InMemory)
	if p := HistoryPath(); p != InMemory {
		t.Error(p)
	}
}

func closeHistory(t *testing.T, h *History) {
	t.Helper()
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}
