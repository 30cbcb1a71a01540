//go:build unix

// Command sparse measures solver/sparse beside SciPy's SuperLU on wave matrices: CPU seconds of a factorization, of one
// solve and of a block of solves, on one thread. Rounds alternate and the ratio is taken within a round, since on a
// busy machine only ratios hold. The times of SuperLU hold its ordering; ours are without the analysis, which is shown.
//
//	go run ./bench/sparse [-rounds 3] [-nx 500] [-nz 250] [-columns 31] [-python .venv/bin/python]
package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"

	"github.com/galeproject/gale/solver/sparse"
	"github.com/galeproject/gale/solver/sparse/sparsetest"
)

// A round is what was measured: CPU seconds, entries of the factors, residual of the first column.
type round struct {
	factor, one, block float64
	nnz                int64
	residual           float64
}

func main() {
	rounds := flag.Int("rounds", 3, "rounds")
	nx := flag.Int("nx", 500, "nodes along x")
	nz := flag.Int("nz", 250, "nodes along z")
	columns := flag.Int("columns", 31, "right-hand sides of a block")
	python := flag.String("python", os.Getenv("GALE_PYTHON"), "interpreter that has SciPy; none to measure ours only")
	portable := flag.Bool("portable", false, "plain Go loops")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	if err := compare(context.Background(), *rounds, *nx, *nz, *columns, *python, *portable); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, rounds, nx, nz, columns int, python string, portable bool) error {
	a := sparsetest.Wave(nx, nz, 15, 4)
	began := cpu()
	s, err := sparse.Analyze(ctx, a.Pattern, sparse.Grid(nx, nz), sparse.Options{Threads: 1})
	if err != nil {
		return err
	}
	c := s.Cost()
	say("%d×%d: analysis %.3f s, %.2f Gflop, %d entries in L, factor %.0f MiB, largest front %d\n",
		nx, nz, cpu()-began, c.Flops/1e9, c.NNZ, float64(c.Factor)/(1<<20), c.LargestFront)
	var peer *superlu
	if python != "" {
		if peer, err = start(ctx, python, a, columns); err != nil {
			return err
		}
		defer peer.stop()
	}
	var own, ratios [3][]float64
	for i := range rounds {
		r, err := measure(ctx, s, a, columns, portable)
		if err != nil {
			return err
		}
		tell("gale", i, r)
		var q round
		if peer != nil {
			if q, err = peer.round(); err != nil {
				return err
			}
			tell("SuperLU", i, q)
		}
		for k, v := range [3][2]float64{{r.factor, q.factor}, {r.one, q.one}, {r.block, q.block}} {
			own[k], ratios[k] = append(own[k], v[0]), append(ratios[k], v[1]/v[0])
		}
	}
	say("medians: factor %.3f s, %.1f Gflop/s; one %.4f s; %d columns %.3f s\n",
		median(own[0]), c.Flops/1e9/median(own[0]), median(own[1]), columns, median(own[2]))
	if peer != nil {
		say("SuperLU takes: factor %.1f, one %.1f, block %.1f times as long\n", median(ratios[0]), median(ratios[1]), median(ratios[2]))
	}
	return nil
}

func tell(who string, i int, r round) {
	say("%-8s %d: factor %.3f, one %.4f, block %.3f s, %d entries, residual %.0e\n", who, i, r.factor, r.one, r.block, r.nnz, r.residual)
}

func say(format string, a ...any) {
	if _, err := fmt.Fprintf(os.Stdout, format, a...); err != nil {
		os.Exit(1)
	}
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}

// measure is our round: a second factorization in the memory of the first, and solves without refinement, as SuperLU's are.
func measure(ctx context.Context, s *sparse.Symbolic, a *sparsetest.Matrix, columns int, portable bool) (round, error) {
	opt := sparse.FactorOptions{Threads: 1, Portable: portable, Refine: sparse.Refine{Steps: -1}}
	f, err := s.Factor(ctx, a.Values, opt)
	if err != nil {
		return round{}, err
	}
	b := sparsetest.Columns(1, a.N(), columns)
	x := [][]complex128{append([]complex128(nil), b[0]...)}
	runtime.GC()
	t0 := cpu()
	if err := f.Refactor(ctx, a.Values); err != nil {
		return round{}, err
	}
	t1 := cpu()
	if err := f.Solve(ctx, x); err != nil {
		return round{}, err
	}
	t2, residual := cpu(), f.Report().Residual
	if err := f.Solve(ctx, b); err != nil {
		return round{}, err
	}
	return round{t1 - t0, t2 - t1, cpu() - t2, f.Report().NNZ, residual}, nil
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// superlu is the peer at work.
type superlu struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	dir string
}

func start(ctx context.Context, python string, a *sparsetest.Matrix, columns int) (*superlu, error) {
	dir, err := os.MkdirTemp("", "sparse")
	if err != nil {
		return nil, err
	}
	p := &superlu{dir: dir}
	name := filepath.Join(dir, "matrix")
	if err := write(name, a); err != nil {
		p.stop()
		return nil, err
	}
	p.cmd = exec.CommandContext(ctx, python, filepath.Join("bench", "sparse", "superlu.py"), name, fmt.Sprint(columns))
	p.cmd.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1")
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.in, err = p.cmd.StdinPipe()
	}
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		p.stop()
		return nil, err
	}
	p.out = bufio.NewReader(out)
	return p, nil
}

func (p *superlu) round() (r round, err error) {
	if _, err := fmt.Fprintln(p.in); err != nil {
		return r, err
	}
	_, err = fmt.Fscanln(p.out, &r.factor, &r.one, &r.block, &r.nnz, &r.residual)
	return r, err
}

// stop lets the peer end; what it says then is of no interest.
func (p *superlu) stop() {
	if p.in != nil {
		_ = p.in.Close()
		_ = p.cmd.Wait()
	}
	_ = os.RemoveAll(p.dir)
}

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
