package invert_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galeproject/gale/solver/invert"
)

// asVictim makes this program an inversion that tells its iterations, does each when it is told to go on, and never ends by itself.
const asVictim = "GALE_INVERT_CHECKPOINT"

func TestMain(m *testing.M) {
	if path := os.Getenv(asVictim); path != "" {
		victim(path)
	}
	os.Exit(m.Run())
}

func victim(path string) {
	var t testing.B // only its Fatal is used
	s := newSmall(&t, 6, 8)
	v := plan(s, path)
	told := bufio.NewScanner(os.Stdin)
	v.Watch = func(s *invert.State) {
		fmt.Println(s.Stage, s.Iteration)
		told.Scan()
	}
	_, err := v.Run(context.Background(), invert.Serial(s.terms(&t, invert.Compare{})...))
	fmt.Println("ended", err)
	for told.Scan() { // until it is killed
	}
	os.Exit(0)
}

// plan is an inversion of two stages.
func plan(s *small, path string) invert.Inversion {
	return invert.Inversion{
		Start: s.start, Stages: []invert.Stage{{Freqs: []float64{6}, Iterations: 5}, {Freqs: []float64{6, 8}, Iterations: 5}},
		PseudoHessian: true, Checkpoint: path,
	}
}

// same tells whether two runs came to the same end, to the last bit.
func same(t *testing.T, got, want *invert.State) {
	t.Helper()
	if !slices.Equal(got.Model.C, want.Model.C) || !slices.Equal(got.History, want.History) || got.Evaluations != want.Evaluations || got.Stage != 2 {
		t.Errorf("resumed: %v\n%v\nwant: %v\n%v", got, got.History, want, want.History)
	}
}

// A process that is killed in the middle of an inversion loses at most the iteration that ran, and the run that goes on comes to
// the same end.
func TestKilledAndResumed(t *testing.T) {
	s := newSmall(t, 6, 8)
	whole, err := plan(s, "").Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...))
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, until := range []string{"0 0", "0 3", "1 0", "1 4"} {
		path := filepath.Join(t.TempDir(), "inversion.npz")
		cmd := exec.CommandContext(t.Context(), exe)
		cmd.Env = append(os.Environ(), asVictim+"="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for lines, reached := bufio.NewScanner(out), false; !reached && lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "ended") {
				t.Fatal(lines.Text())
			}
			reached = lines.Text() == until
			if _, err := fmt.Fprintln(in, "go on"); err != nil { // after the last too: it is killed at work
				t.Fatal(err)
			}
		}
		if err := cmd.Process.Kill(); err != nil { // SIGKILL
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the process ended by itself")
		}
		v := plan(s, path)
		first := ""
		v.Watch = func(s *invert.State) {
			if first == "" {
				first = fmt.Sprint(s.Stage, s.Iteration)
			}
		}
		got, err := v.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...))
		if err != nil {
			t.Fatal(err)
		}
		if first < until {
			t.Errorf("killed after %s, went on from %s", until, first)
		}
		same(t, got, whole)
		again, err := v.Run(t.Context(), invert.MapperFunc(func(context.Context, *invert.Request) ([]*invert.Reply, error) {
			return nil, errors.New("nothing is left to do")
		}))
		if err != nil {
			t.Fatal(err)
		}
		same(t, again, whole)
	}
}

// A run that is cancelled returns the best state, and can go on.
func TestCancelledAndResumed(t *testing.T) {
	s := newSmall(t, 6, 8)
	whole, err := plan(s, "").Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	v := plan(s, filepath.Join(t.TempDir(), "inversion.npz"))
	v.Watch = func(s *invert.State) {
		if s.Stage == 0 && s.Iteration == 2 {
			cancel()
		}
	}
	got, err := v.Run(ctx, invert.Serial(s.terms(t, invert.Compare{})...))
	if !errors.Is(err, context.Canceled) || got == nil || got.Iteration != 2 {
		t.Fatalf("cancelled: %v, %v", got, err)
	}
	got, err = v.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...))
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, whole)
}

// A checkpoint of another inversion, or of none, is refused and stays.
func TestCheckpointRefused(t *testing.T) {
	s := newSmall(t, 6, 8)
	path := filepath.Join(t.TempDir(), "inversion.npz")
	stop := invert.MapperFunc(func(context.Context, *invert.Request) ([]*invert.Reply, error) {
		return nil, errors.New("stop")
	})
	v := plan(s, path)
	v.Stages[0].Iterations = 1
	v.Stages = v.Stages[:1]
	if _, err := v.Run(t.Context(), invert.Serial(s.terms(t, invert.Compare{})...)); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := v
	other.Fastest = 3000
	if _, err := other.Run(t.Context(), stop); err == nil || !strings.Contains(err.Error(), "belongs to another inversion") {
		t.Errorf("another inversion: %v", err)
	}
	for i, bad := range [][]byte{nil, good[:len(good)/2], bytes.Replace(good, []byte(`"Cells":336`), []byte(`"Cells":337`), 1), bytes.Replace(good, []byte("NUMPY"), []byte("NUMPX"), 1)} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Run(t.Context(), stop); err == nil || !strings.Contains(err.Error(), "reading the checkpoint "+path) {
			t.Errorf("damaged file %d: %v", i, err)
		}
		if now, _ := os.ReadFile(path); !bytes.Equal(now, bad) {
			t.Errorf("damaged file %d was replaced", i)
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	s := newSmall(f, 6, 8)
	path := filepath.Join(f.TempDir(), "inversion.npz")
	v := plan(s, path)
	stop := errors.New("stop")
	v.Watch = func(s *invert.State) {
		if s.Iteration == 2 {
			b, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
		}
	}
	if _, err := v.Run(f.Context(), invert.Serial(s.terms(f, invert.Compare{})...)); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("PK"))
	v.Watch = nil
	f.Fuzz(func(t *testing.T, b []byte) {
		v := v
		v.Checkpoint = filepath.Join(t.TempDir(), "c.npz")
		if err := os.WriteFile(v.Checkpoint, b, 0o600); err != nil {
			t.Fatal(err)
		}
		// whatever is read must not make the run panic
		_, _ = v.Run(t.Context(), invert.MapperFunc(func(_ context.Context, q *invert.Request) ([]*invert.Reply, error) {
			if err := q.Model.Check(); err != nil {
				t.Errorf("a model from a damaged checkpoint: %v", err)
			}
			return nil, stop
		}))
	})
}
