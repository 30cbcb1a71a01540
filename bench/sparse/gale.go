//go:build unix

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/galeproject/gale/solver/sparse"
	"github.com/galeproject/gale/solver/sparse/sparsetest"
)

// A round is what a solver tells: CPU seconds, entries of its factors, residual of the first column, bytes.
type round struct {
	Analysis, Factor, One, Block float64
	NNZ, Residual                float64
	Peak                         float64
	Points                       float64 // block of point sources; gale's gives 100 samples, MUMPS' whole columns
	// gale only
	Sweeps       float64 // one column in, a sum over all nodes out, without a residual
	Own          float64 // bytes at most while factoring, by its own account
	Gflop, Bytes float64
	Wall         float64 // of a factorization
	Columns      float64 // wall seconds of the block
	Operate      float64 // 10⁹ operations a CPU second at most, beside the factorization
	Read         float64 // GB a CPU second read from memory, beside the solve of one column
	Kernel       string
}

// serveRounds does rounds of gale. The matrix is made here, so that no solver has another's memory.
func serveRounds(ctx context.Context, kind string, o options) error {
	nx, nz, err := parseGrid(o.grids)
	if err != nil {
		return err
	}
	opt := sparse.FactorOptions{Threads: 1, Refine: sparse.Refine{Steps: -1, Fail: 1}}
	switch kind {
	case "double":
	case "single":
		opt.Single = true
	case "portable":
		opt.Portable = true
	case "threads":
		opt.Threads = 2
	default:
		return fmt.Errorf("serve %q: want double, single, portable or threads", kind)
	}
	runtime.GOMAXPROCS(opt.Threads)
	a := sparsetest.Wave(nx, nz, 15, 4)
	in := bufio.NewScanner(os.Stdin)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		r, err := galeRound(ctx, a, opt, o.columns)
		if err != nil {
			return err
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return in.Err()
}

func galeRound(ctx context.Context, a *sparsetest.Matrix, opt sparse.FactorOptions, columns int) (r round, err error) {
	t := cpu()
	s, err := sparse.Analyze(ctx, a.Pattern, sparse.Grid(a.NX, a.NZ), sparse.Options{Threads: opt.Threads})
	if err != nil {
		return r, err
	}
	r.Analysis = cpu() - t
	f, err := s.Factor(ctx, a.Values, opt)
	if err != nil {
		return r, err
	}
	runtime.GC()
	for k := range 2 { // the better of two in memory that was used before, as the peers'
		t, began := cpu(), time.Now()
		if err := f.Refactor(ctx, a.Values); err != nil {
			return r, err
		}
		if spent := cpu() - t; k == 0 || spent < r.Factor {
			r.Factor, r.Wall = spent, time.Since(began).Seconds()
		}
	}
	const million = 500
	t = cpu()
	if sparsetest.Operate(million) {
		r.Operate = million / 1e3 / (cpu() - t)
	}
	report := f.Report()
	r.NNZ, r.Gflop, r.Bytes, r.Kernel = float64(report.NNZ), report.Flops/1e9, float64(report.Bytes), report.Kernel
	b := sparsetest.Columns(1, a.N(), columns)
	for k := range 2 {
		x := [][]complex128{append([]complex128(nil), b[0]...)}
		t = cpu()
		if err := f.Solve(ctx, x); err != nil {
			return r, err
		}
		if spent := cpu() - t; k == 0 || spent < r.One {
			r.One = spent
		}
	}
	r.Residual = f.Report().Residual
	memory := sparsetest.Memory()
	t = cpu()
	sparsetest.Read(memory)
	r.Read = 16 * float64(len(memory)) / 1e9 / (cpu() - t)
	for k := range 2 {
		x := make([][]complex128, len(b))
		for c := range x {
			x[c] = append([]complex128(nil), b[c]...)
		}
		t, began := cpu(), time.Now()
		if err := f.Solve(ctx, x); err != nil {
			return r, err
		}
		if spent := cpu() - t; k == 0 || spent < r.Block {
			r.Block, r.Columns = spent, time.Since(began).Seconds()
		}
	}
	r.Own = float64(s.CostWith(opt).Peak)
	if !opt.Single {
		if r.Sweeps, err = galeSweeps(ctx, f, b[0]); err != nil {
			return r, err
		}
		r.Points, err = galePoints(ctx, f, a, columns)
	}
	r.Peak = peak()
	return r, err
}

// galePoints solves for sources spread over the grid and takes samples at 100 nodes near its top.
func galePoints(ctx context.Context, f *sparse.Factor, a *sparsetest.Matrix, columns int) (float64, error) {
	rhs, sample, out := make([]sparse.Column, columns), make([]sparse.Column, 100), make([][]complex128, columns)
	for i := range rhs {
		node := (16+(i*7919)%(a.NZ-32))*a.NX + 16 + (i*104729)%(a.NX-32)
		rhs[i] = sparse.Column{Node: []int32{int32(node)}, Weight: []complex128{1}}
		out[i] = make([]complex128, len(sample))
	}
	for i := range sample {
		sample[i] = sparse.Column{Node: []int32{int32(17*a.NX + 16 + i*(a.NX-32)/len(sample))}, Weight: []complex128{1}}
	}
	return betterPoints(ctx, f, rhs, sample, out)
}

// galeSweeps solves for one column whose solution is wanted everywhere but not measured: both sweeps, and a sum over all nodes.
func galeSweeps(ctx context.Context, f *sparse.Factor, b []complex128) (float64, error) {
	all := sparse.Column{Node: make([]int32, len(b)), Weight: b}
	for i := range all.Node {
		all.Node[i] = int32(i)
	}
	one := []sparse.Column{all}
	return betterPoints(ctx, f, one, one, [][]complex128{{0}})
}

func betterPoints(ctx context.Context, f *sparse.Factor, rhs, sample []sparse.Column, out [][]complex128) (best float64, err error) {
	if err := f.SolvePoints(ctx, rhs[:1], sample, out[:1]); err != nil { // with the probe, once for a factor
		return 0, err
	}
	for k := range 2 {
		t := cpu()
		if err := f.SolvePoints(ctx, rhs, sample, out); err != nil {
			return 0, err
		}
		if spent := cpu() - t; k == 0 || spent < best {
			best = spent
		}
	}
	return best, nil
}

func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// peak is the largest resident memory so far, in bytes, where Linux tells it. Rusage would count the parent's too.
func peak() float64 {
	v, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(v)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f", &kib); err == nil {
			return 1024 * kib
		}
	}
	return 0
}
