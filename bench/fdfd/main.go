// Command fdfd measures FDFD kernels from end to end: wall and CPU seconds of a frequency of a survey over the Marmousi model, and of
// data in three dimensions between two wells. With an interpreter that has SciPy the crosswell problem is also solved as it used to be,
// with 80 real cross-line wavenumbers and the stencil of Jo, Shin and Suh, from peer.py in turn with ours.
//
//	go run ./bench/fdfd [-marmousi file.f32] [-rounds 5] [-python .venv/bin/python]
//
// The file holds 941×301 little-endian 32-bit speeds, 10 m apart; without it the made-up section stands for it.
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/galeproject/gale/solver"
	"github.com/galeproject/gale/solver/fdfd"
	"github.com/galeproject/gale/solver/sparse"
)

func main() {
	file := flag.String("marmousi", os.Getenv("GALE_MARMOUSI"), "raw model of 941×301 speeds at 10 m")
	rounds := flag.Int("rounds", 5, "rounds")
	python := flag.String("python", os.Getenv("GALE_PYTHON"), "interpreter that has SciPy; none to measure ours only")
	flag.Parse()
	if err := run(*file, *rounds, *python); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(file string, rounds int, python string) error {
	if err := marmousi(file, rounds); err != nil {
		return err
	}
	return crosswell(rounds, python)
}

// marmousi is 31 sources and 301 receivers at 10 Hz on cells of 10 m, absorbing all around with 15 cells.
func marmousi(file string, rounds int) error {
	m := solver.MarmousiLike(10)
	if file != "" {
		var err error
		if m, err = solver.ReadRaw(file, 941, 301, 10); err != nil {
			return err
		}
	}
	say("%v, 10 Hz, 15 absorbing cells on all sides, 31 sources, 301 receivers, %d threads\n", m, runtime.GOMAXPROCS(0))
	src := solver.Line(solver.At(500, 20), solver.At(8900, 20), 31)
	rec := solver.Line(solver.At(200, 20), solver.At(9200, 20), 301)
	var all, again, solve, cpuAll, cpuAgain []float64
	var r sparse.Report
	for i := range rounds + 1 {
		runtime.GC() // also lets go of the structure, which nothing else holds
		t, c := time.Now(), used()
		k, err := fdfd.NewKernel(m, 10, fdfd.Absorbing(fdfd.Layer{Cells: 15}))
		if err != nil {
			return err
		}
		if _, err = k.Data(src, rec); err != nil {
			return err
		}
		whole, wholeCPU := time.Since(t).Seconds(), used()-c
		other := m.Scale(1.001)
		t, c = time.Now(), used()
		if err := k.Update(other); err != nil {
			return err
		}
		update := time.Since(t).Seconds()
		if _, err = k.Data(src, rec); err != nil {
			return err
		}
		both, bothCPU := time.Since(t).Seconds(), used()-c
		r = k.Factor()
		if i > 0 { // the first round warms memory
			all, again, solve = append(all, whole), append(again, both), append(solve, both-update)
			cpuAll, cpuAgain = append(cpuAll, wholeCPU), append(cpuAgain, bothCPU)
		}
	}
	say("a frequency with analysis %.3f s (CPU %.3f s), on the known structure %.3f s (CPU %.3f s; data of it %.3f s); factor %.1f·10⁶ bytes, growth %.1e, residual %.0e\n",
		median(all), median(cpuAll), median(again), median(cpuAgain), median(solve), float64(r.Bytes)/1e6, r.Growth, r.Residual)
	return nil
}

// crosswell is 101 sources and 101 receivers in two wells at 400 Hz, 264×164 cells of 1 m, 32 absorbing cells.
func crosswell(rounds int, python string) error {
	m, err := solver.Average(solver.Grid{Nx: 264, Nz: 164, Dx: 1, Dz: 1}, 1, wells)
	if err != nil {
		return err
	}
	src := solver.Line(solver.At(10, 32), solver.At(10, 132), 101)
	rec := solver.Line(solver.At(254, 32), solver.At(254, 132), 101)
	var wall, cpu, ratios []float64
	n, bytes := 0, int64(0)
	for range rounds {
		runtime.GC() // also lets go of the structure, which nothing else holds
		t, c := time.Now(), used()
		contour, err := fdfd.ContourFor(m, 400, solver.Fixed(src, rec), 0)
		if err != nil {
			return err
		}
		k, err := fdfd.NewKernel25D(m, 400, contour, fdfd.Absorbing(fdfd.Layer{Cells: 32}))
		if err != nil {
			return err
		}
		if _, err := k.Data(src, rec); err != nil {
			return err
		}
		wall, cpu = append(wall, time.Since(t).Seconds()), append(cpu, used()-c)
		n, bytes = contour.N, k.Bytes()
		if python != "" {
			s, err := peer(python, len(src))
			if err != nil {
				return err
			}
			ratios = append(ratios, s/wall[len(wall)-1])
		}
	}
	say("crosswell in three dimensions, 101 sources, 101 receivers, %d wavenumbers: %.3f s from model to data (CPU %.3f s), %.1f·10⁶ bytes\n",
		n, median(wall), median(cpu), float64(bytes)/1e6)
	if len(ratios) > 0 {
		say("SuperLU with 80 real wavenumbers takes %.0f times as long (one wavenumber timed, times 80)\n", median(ratios))
	}
	return nil
}

// wells is the block between two wells: a gradient, three thin beds, a slow ellipse.
func wells(x, z float64) solver.Props {
	v := 2500 + 2*z
	for _, b := range [][3]float64{{45, 6, -300}, {80, 9, 250}, {120, 5, -200}} {
		if s := b[0] + 8*math.Sin(2*math.Pi*x/400); z > s && z < s+b[1] {
			v += b[2]
		}
	}
	if u, w := (x-150)/40, (z-95)/18; u*u+w*w < 1 {
		v -= 350
	}
	return solver.Props{C: v}
}

// peer gives the seconds that the old way takes.
func peer(python string, sources int) (float64, error) {
	cmd := exec.CommandContext(context.Background(), python, filepath.Join("bench", "fdfd", "peer.py"), strconv.Itoa(sources))
	cmd.Env = append(os.Environ(), "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

func say(format string, a ...any) {
	if _, err := fmt.Fprintf(os.Stdout, format, a...); err != nil {
		os.Exit(1)
	}
}

func median(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	return x[len(x)/2]
}

func used() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}
