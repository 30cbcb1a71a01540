package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func openTasks(t *testing.T, path string, keep Retention) (*Tasks, error) {
	t.Helper()
	tasks, damage, err := OpenTasks(path, keep)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tasks.Close(); err != nil {
			t.Error(err)
		}
	})
	return tasks, damage
}

func bodies(t *testing.T, tasks *Tasks) string {
	t.Helper()
	var all []string
	if err := tasks.Each(func(b []byte) error { all = append(all, string(b)); return nil }); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func put(t *testing.T, tasks *Tasks, from, to int, ended time.Time) {
	t.Helper()
	var all []Task
	for i := from; i < to; i++ {
		all = append(all, Task{fmt.Sprint("t", i), ended, fmt.Appendf(nil, "body%d", i)})
	}
	if err := tasks.Put(all); err != nil {
		t.Fatal(err)
	}
}

func TestTasksAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.db")
	tasks, _ := openTasks(t, path, Retention{})
	put(t, tasks, 0, 4, time.Now())
	if err := tasks.Put([]Task{{"t1", time.Now(), []byte("again")}}); err != nil {
		t.Fatal(err)
	}
	if err := tasks.Drop([]string{"t2", "unknown"}); err != nil {
		t.Fatal(err)
	}
	other, _ := openTasks(t, path, Retention{}) // as after a crash: the first one is not closed
	if got, want := bodies(t, other), "body0 body3 again"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for id, want := range map[string]string{"t1": "again", "t2": ""} {
		if b, err := other.Get(id); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v, want %q", id, b, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v, want mode 0600", info, err)
	}
}

func TestOldTasksGo(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		keep Retention
		want string
	}{
		"count": {Retention{Count: 10}, "body3 body4 body5 body6 body7 body8 body9 body10 body11"},
		"bytes": {Retention{Bytes: 30}, "body8 body9 body10 body11"},
		"age":   {Retention{Age: time.Hour}, "body6 body7 body8 body9 body10 body11"},
	} {
		tasks, _ := openTasks(t, filepath.Join(t.TempDir(), "tasks.db"), c.keep)
		put(t, tasks, 0, 6, now.Add(-2*time.Hour))
		tasks.aged = time.Time{}
		put(t, tasks, 6, 12, now)
		if got := bodies(t, tasks); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestDamagedTasksAreSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tasks.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	tasks, damage := openTasks(t, path, Retention{})
	if damage == nil || !strings.Contains(damage.Error(), "tasks.db.damaged") {
		t.Errorf("damage: %v", damage)
	}
	put(t, tasks, 0, 1, time.Now())
	if got := bodies(t, tasks); got != "body0" {
		t.Error(got)
	}
}
