//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A table is the solvers' rounds on one grid. The first solver is gale in double precision.
type table struct {
	grid    string
	n       int
	solvers []*solver
}

func (t *table) find(name string) *solver {
	for _, s := range t.solvers {
		if s.name == name {
			return s
		}
	}
	return nil
}

// median of a figure of a solver.
func (s *solver) median(f func(r round) float64) float64 {
	x := make([]float64, len(s.rounds))
	for i, r := range s.rounds {
		x[i] = f(r)
	}
	slices.Sort(x)
	return x[len(x)/2]
}

// ratio is how many times gale's figure a solver's is: the median of ratios within rounds.
func (t *table) ratio(s *solver, f func(r round) float64) float64 {
	x := make([]float64, len(s.rounds))
	for i, r := range s.rounds {
		x[i] = f(r) / f(t.solvers[0].rounds[i])
	}
	slices.Sort(x)
	return x[len(x)/2]
}

// figures are the columns that have ratios.
var figures = []struct {
	name string
	of   func(r round) float64
}{
	{"analysis", func(r round) float64 { return r.Analysis }},
	{"factor", func(r round) float64 { return r.Factor }},
	{"1 column", func(r round) float64 { return r.One }},
	{"block", func(r round) float64 { return r.Block }},
}

func (t *table) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s: %d unknowns\n\n| solver | analysis, s | factor, s | 1 column, s | block, s | entries | peak, MB | residual |\n|---|---|---|---|---|---|---|---|\n", strings.Replace(t.grid, "x", "×", 1), t.n)
	for i, s := range t.solvers {
		fmt.Fprintf(&b, "| %s |", s.name)
		for _, f := range figures {
			v := s.median(f.of)
			switch {
			case v == 0:
				b.WriteString(" – |")
			case i == 0:
				fmt.Fprintf(&b, " %.4f |", v)
			default:
				fmt.Fprintf(&b, " %.4f (%.2f) |", v, t.ratio(s, f.of))
			}
		}
		last := s.rounds[len(s.rounds)-1]
		fmt.Fprintf(&b, " %.1f M | %.0f | %.0e |\n", last.NNZ/1e6, last.Peak/1e6, last.Residual)
	}
	t.shares(&b)
	return b.String()
}

// shares tells how gale's figures compare with what the machine can do, and with the goals.
func (t *table) shares(b *strings.Builder) {
	g := t.solvers[0]
	last := g.rounds[len(g.rounds)-1]
	points := g.median(func(r round) float64 { return r.Points })
	// shares within a round: what else the machine does at that time slows both
	peak := 100 * g.median(func(r round) float64 { return r.Gflop / r.Factor / max(r.Operate, 1e-9) })
	read := 100 * g.median(func(r round) float64 { return 32 * r.NNZ / r.One / 1e9 / r.Read })
	sweeps := 100 * g.median(func(r round) float64 { return 32 * r.NNZ / r.Sweeps / 1e9 / r.Read })
	fmt.Fprintf(b, "\n%.2f Gflop at %.1f Gflop/s, %.0f %% of the %.1f that multiply-adds alone reached at that time; the factor takes %.1f MB, %.0f bytes a node.",
		last.Gflop, last.Gflop/g.median(figures[1].of), peak, g.median(func(r round) float64 { return r.Operate }), last.Bytes/1e6, last.Bytes/float64(t.n))
	fmt.Fprintf(b, " One column reads L twice, %.0f %% of the speed at which memory was read at that time, %.1f GB/s (its residual is in the time).",
		read, g.median(func(r round) float64 { return r.Read }))
	fmt.Fprintf(b, " Through SolvePoints, without the residual but with a sum over all nodes, it takes %.4f s: %.0f %%.", g.median(func(r round) float64 { return r.Sweeps }), sweeps)
	fmt.Fprintf(b, " At its peak the factorization holds %.1f MB by its own account; the peaks in the table are those of processes, matrix and right-hand sides in them.", last.Own/1e6)
	fmt.Fprintf(b, " As many point sources with 100 samples instead of whole columns: %.4f s.\n", points)
	if s := t.find("gale, 2 threads"); s != nil {
		wall := func(r round) float64 { return r.Wall }
		columns := func(r round) float64 { return r.Columns }
		fmt.Fprintf(b, "Two threads are %.2f times as fast in the factor, %.2f in the block, by the clock on the wall.\n", 1/t.ratio(s, wall), 1/t.ratio(s, columns))
	}
	if s := t.find("MUMPS"); s != nil {
		fmt.Fprintf(b, "\n| goal | measured |\n|---|---|\n| factor 4 × MUMPS | %.2f × |\n| 64 columns 6 × MUMPS | %.2f × dense; sources and samples, beside its sparse right-hand sides with dense solutions, %.2f × |\n",
			t.ratio(s, figures[1].of), t.ratio(s, figures[3].of), t.ratio(s, func(r round) float64 { return r.Points }))
		fmt.Fprintf(b, "| 1 column at 75 %% of the speed of reading | %.0f %% with its residual, %.0f %% without, through SolvePoints |\n| factor at 65 %% of the peak | %.0f %% |\n", read, sweeps, peak)
	}
}

// A document is what is written.
type document struct {
	options
	tables []*table
}

func (d *document) markdown(ctx context.Context) string {
	var b strings.Builder
	load := "unknown"
	if v, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = strings.Fields(string(v))[0]
	}
	commit, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	fmt.Fprintf(&b, `# Sparse solver beside MUMPS, UMFPACK and SuperLU

`+"`bench/run.sh sparse`"+` runs bench/sparse/peers/setup.sh, then

    go run ./bench/sparse -grids %s -rounds %d -columns %d -doc %s

%s, %s, %d processors, load %s at the end, %s. Commit %s.
Figures of one run are compared with one another, never with those of another run.%s

Complex symmetric nine-point matrices of waves, 4 nodes to a wavelength, 15 absorbing nodes a side. Process CPU seconds on one thread, medians of
%d rounds in which all solvers take turns; in brackets, how many times gale's figure of the same round. Factor and solves are the better of two; dense right-hand
sides, %d to a block; nobody refines. MUMPS: LDLᵀ, METIS order (counted), automatic scaling, default pivoting. UMFPACK: LU, METIS, symmetric strategy, which solves
one column at a time. SuperLU (SciPy): LU, MMD order inside the factor's time, symmetric mode without pivoting. Peers have large pages and OpenBLAS' own choice of kernels.
gale's loops here: %s, and plain Go forced; there are none for AVX-512 or arm64's vectors yet: where the processor has AVX-512 the AVX2 loops run. The entries of
UMFPACK and SuperLU are those of L and U.

The kernels alone: `+"`go test -bench . ./solver/sparse/internal/kern`"+`.

![how many times gale's time the peers take](sparse.svg)
`, d.grids, d.rounds, d.columns, d.doc, time.Now().UTC().Format(time.DateOnly), model(), runtime.NumCPU(), load, runtime.Version(), strings.TrimSpace(string(commit)), busy(load),
		d.rounds, d.columns, d.tables[0].solvers[0].rounds[0].Kernel)
	for _, t := range d.tables {
		b.WriteString(t.markdown())
	}
	return b.String()
}

// busy warns of figures from a machine that does other work.
func busy(load string) string {
	v, err := strconv.ParseFloat(load, 64)
	if err != nil || v <= float64(runtime.NumCPU())+1 {
		return ""
	}
	return "\nThe machine was at other work too: ratios of CPU seconds hold, shares of its speed are too low, and what threads gain by the clock means nothing."
}

// model names the processor.
func model() string {
	v, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(v)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}
