package controller

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// childEnv makes this test binary a controller in the folder that it names.
const childEnv = "GALE_TEST_CONTROLLER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		o := Defaults()
		o.ProfileDir, o.Reuse, o.Restore, o.Curve = dir, true, true, os.Getenv("IPP_ENABLE_CURVE") == "1"
		c, err := Start(context.Background(), o)
		if err == nil {
			fmt.Println("ready")
			err = c.Wait()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// child starts a controller in a process of its own and waits until it serves.
func child(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line := make([]byte, 6)
	if _, err := out.Read(line); err != nil || string(line) != "ready\n" {
		t.Fatalf("%q, %v", line, err)
	}
	return cmd
}

// TestKilledProcess kills a controller with work queued and running, starts another one, and gets every answer once.
func TestKilledProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	for _, curve := range []string{"", "1"} {
		t.Run("curve="+curve, func(t *testing.T) {
			t.Setenv("IPP_ENABLE_CURVE", curve)
			dir := filepath.Join(t.TempDir(), "profile")
			first := child(t, dir)
			o := Options{ProfileDir: dir}
			client, _, notifications := clientParty(t, o.ConnectionFile("client"))
			task := client.connect(zmtp.Dealer, client.session.ID(), client.f.Task)
			const n = 100
			for range n { // no engine is there: all are queued
				client.send(task, "apply_request", nil)
			}
			query := client.connect(zmtp.Dealer, "", client.f.Registration)
			for queued := 0; queued < n; {
				client.send(query, "queue_request", nil)
				var c struct {
					Unassigned int `json:"unassigned"`
				}
				if err := client.receive(query).Content(&c); err != nil {
					t.Fatal(err)
				}
				queued = c.Unassigned
			}
			if err := first.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			_ = first.Wait() // it was killed
			child(t, dir)
			engineParty(t, o.ConnectionFile("engine"))
			if m := client.receive(notifications); m.Header.MsgType != "registration_notification" {
				t.Fatalf("%s %s", m.Header.MsgType, m.RawContent)
			}
			seen := map[string]bool{}
			for range n {
				m := client.receive(task)
				id := field(m.RawParent, "msg_id")
				if m.Header.MsgType != "apply_reply" || seen[id] {
					t.Fatalf("%s %s twice %v", m.Header.MsgType, id, seen[id])
				}
				seen[id] = true
			}
		})
	}
}

// fullDisk is a journal that cannot be written for a while.
type fullDisk struct {
	pages
	full bool
}

func (f *fullDisk) Append(page int, data []byte) error {
	if f.full {
		return fmt.Errorf("controller: writing the journal: %w", syscall.ENOSPC)
	}
	return f.pages.Append(page, data)
}

// TestFullDisk sees new work refused while the journal cannot be written, and all that is live written when it can again.
func TestFullDisk(t *testing.T) {
	g := newStage(t)
	disk := &fullDisk{pages: pages{}}
	if err := g.s.openBook(disk, nil); err != nil {
		t.Fatal(err)
	}
	flush := func() {
		chunks, _ := g.s.book.take()
		for _, c := range chunks {
			if err := disk.Append(c.page, c.data); err != nil {
				g.step(input{kind: journalFailed, err: err})
				return
			}
		}
	}
	g.ask(taskClient, "apply_request", nil, nil)
	flush()
	disk.full = true
	lost, _ := g.ask(taskClient, "apply_request", nil, nil)
	flush()
	g.ask(taskClient, "apply_request", nil, nil)
	if c := g.content(taskClient, "apply_reply"); c["ename"] != "JournalError" || !strings.Contains(fmt.Sprint(c["evalue"]), "no space left") {
		t.Fatalf("%v", c)
	}
	p, _, damage, err := readJournal(disk)
	if err != nil || damage != nil || len(p.tasks) != 1 {
		t.Fatalf("%d tasks, %v, %v: want the one before the disk was full", len(p.tasks), damage, err)
	}
	disk.full = false
	g.later(10 * time.Second)
	flush()
	if p, _, damage, err = readJournal(disk); err != nil || damage != nil || len(p.tasks) != 2 || p.tasks[taskID(lost)] == nil {
		t.Fatalf("%d tasks, %v, %v: want both", len(p.tasks), damage, err)
	}
	g.ask(taskClient, "apply_request", nil, nil)
	g.none(taskClient)
}

// TestDamagedJournal changes a byte in the middle: what stands before it is restored, and the rest is set aside.
func TestDamagedJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "profile")
	o := Defaults()
	o.ProfileDir = dir
	j, err := OpenJournal(o.journalDir())
	if err != nil {
		t.Fatal(err)
	}
	g := newStage(t)
	if err := g.s.openBook(j, nil); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		g.ask(taskClient, "apply_request", nil, nil)
		g.s.turn()
	}
	chunks, _ := g.s.book.take()
	for _, c := range chunks {
		if err := j.Append(c.page, c.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	page, err := j.Read(11)
	if err != nil {
		t.Fatal(err)
	}
	page[len(page)-1] ^= 1
	if err := os.WriteFile(j.path(11), page, 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	o.Restore, o.Reuse, o.Log = true, true, slog.New(slog.NewTextHandler(&said, nil))
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if n := c.shell.hub.Unassigned(); n != 10 {
		t.Errorf("%d tasks were restored, want 10", n)
	}
	if !strings.Contains(said.String(), "page 11") || !strings.Contains(said.String(), "damaged") {
		t.Errorf("the log says\n%s", said.String())
	}
	if aside, err := filepath.Glob(filepath.Join(o.journalDir(), "damaged-*")); err != nil || len(aside) == 0 {
		t.Errorf("nothing was set aside: %v", err)
	}
}

// FuzzJournal reads anything as a page.
func FuzzJournal(f *testing.F) {
	b := newBook(false)
	b.turn(true)
	w := b.begin(taskEntry)
	j := &job{id: "t", queue: "task", request: &wire.Message{RawHeader: []byte(`{"msg_id":"t","msg_type":"apply_request"}`)}}
	j.writeTask(&w)
	b.end(&w)
	f.Add(b.chunks[0].data)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		p, _, damage, err := readJournal(pages{1: data})
		if err != nil || damage != nil && !errors.Is(damage, errEntry) {
			t.Fatal(damage, err)
		}
		g := newStage(t)
		g.s.restore(p)
		if err := g.s.hub.Check(); err != nil {
			t.Fatal(err)
		}
		// An entry with a true checksum and any fields is no news either.
		if len(data) > 0 {
			q := &past{}
			_ = q.take(entryKind(data[0]), data[1:]) // may be refused, must not panic
		}
	})
}
