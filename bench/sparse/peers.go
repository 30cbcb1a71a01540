//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/galeproject/gale/solver/sparse/sparsetest"
)

// A solver is a process that does a round for each line.
type solver struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	rounds []round
}

// settings are the peers' strong ones: their own choice of BLAS kernels, one thread, large pages, and no memory given
// back between factorizations.
func settings() []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "OPENBLAS_CORETYPE=") || strings.HasPrefix(v, "OPENBLAS_L2_SIZE=")
	})
	return append(env, "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1",
		"GLIBC_TUNABLES=glibc.malloc.hugetlb=1", "MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=100000000000")
}

// measure does the rounds on one grid.
func measure(ctx context.Context, grid string, o options) (*table, error) {
	nx, nz, err := parseGrid(grid)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sparse")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "matrix")
	if err := write(file, sparsetest.Wave(nx, nz, 15, 4)); err != nil {
		return nil, err
	}
	t := &table{grid: grid, n: nx * nz}
	defer func() {
		for _, s := range t.solvers {
			s.stop()
		}
	}()
	columns := fmt.Sprint(o.columns)
	own := func(kind string) []string { return []string{self, "-serve", kind, "-grids", grid, "-columns", columns} }
	for _, c := range []struct {
		name    string
		command []string
	}{
		{"gale", own("double")},
		{"gale, single", own("single")},
		{"gale, 2 threads", own("threads")},
		{"gale, plain Go", own("portable")},
		{"MUMPS", []string{filepath.Join(o.peers, "mumps"), file, columns}},
		{"UMFPACK", []string{filepath.Join(o.peers, "umfpack"), file, columns}},
		{"SuperLU", []string{o.python, filepath.Join("bench", "sparse", "peers", "superlu.py"), file, columns}},
	} {
		s, err := start(ctx, c.name, c.command)
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s is left out: %v\n", c.name, err)
			continue
		}
		t.solvers = append(t.solvers, s)
	}
	for range o.rounds {
		for _, s := range t.solvers {
			if err := s.round(); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
		}
	}
	return t, nil
}

func start(ctx context.Context, name string, command []string) (*solver, error) {
	if command[0] == "" {
		return nil, fmt.Errorf("no interpreter")
	}
	s := &solver{name: name, cmd: exec.CommandContext(ctx, command[0], command[1:]...)}
	s.cmd.Env = settings()
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	return s, s.cmd.Start()
}

func (s *solver) round() error {
	if _, err := fmt.Fprintln(s.in); err != nil {
		return err
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return err
	}
	var r round
	if err := json.Unmarshal(line, &r); err != nil {
		return err
	}
	s.rounds = append(s.rounds, r)
	fmt.Fprintf(os.Stderr, "%-16s %s", s.name, line)
	return nil
}

// stop lets the process end; what it says then is of no interest.
func (s *solver) stop() {
	_ = s.in.Close()
	_ = s.cmd.Wait()
}

// write puts a matrix into a file: int64 n, nnz; int64 row[n+1]; int32 col[nnz]; complex128 value[nnz].
func write(name string, a *sparsetest.Matrix) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	rows := make([]int64, len(a.RowPtr))
	for i, v := range a.RowPtr {
		rows[i] = int64(v)
	}
	for _, part := range []any{[]int64{int64(a.N()), int64(a.NNZ())}, rows, a.Col, a.Values} {
		if err := binary.Write(w, binary.LittleEndian, part); err != nil {
			_ = f.Close()
			return err
		}
	}
	if err := w.Flush(); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
