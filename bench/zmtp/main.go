// Command zmtp measures an echoing ROUTER of internal/zmtp beside one of libzmq through pyzmq: messages per second, latency
// and the server's CPU time per message, over loopback. The load is the same raw bytes for both; rounds alternate, and the
// ratio is taken within a round, since on a busy machine only ratios hold.
//
//	go run ./bench/zmtp [-rounds 5] [-seconds 1] [-all] [-only 'CURVE'] [-python .venv/bin/python]
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
)

// load is one row of the table.
type load struct {
	peers, window int
	sizes         []int // of a message's frames, bytes
	curve         bool
}

// small is a request as Jupyter sends it: 523 bytes in five frames.
var small = []int{9, 64, 200, 150, 100}

func main() {
	rounds := flag.Int("rounds", 5, "rounds per row")
	seconds := flag.Float64("seconds", 1, "seconds per measurement")
	all := flag.Bool("all", false, "all rows, not only 8 peers with a window of 16")
	only := flag.String("only", "", "only rows whose name contains this")
	python := flag.String("python", os.Getenv("GALE_PYTHON"), "interpreter that has pyzmq")
	serve := flag.Bool("serve", false, "be the server: for the program's own use")
	flag.Parse()
	if *serve {
		fail(echo())
		return
	}
	rows := []load{{peers: 8, window: 16, sizes: small}}
	if *all {
		rows = table()
	}
	say("%-22s %28s %28s %9s\n", "", "gale msg/s (µs CPU, p99 µs)", "pyzmq msg/s (µs CPU, p99 µs)", "ratio")
	for _, r := range rows {
		if !strings.Contains(r.name(), *only) {
			continue
		}
		fail(r.compare(*rounds, time.Duration(*seconds*float64(time.Second)), interpreter(*python)))
	}
}

// table is all rows.
func table() (rows []load) {
	for _, r := range [][2]int{{1, 1}, {1, 16}, {8, 1}, {8, 16}, {8, 64}, {64, 1}, {64, 16}, {500, 1}, {500, 4}} {
		rows = append(rows, load{peers: r[0], window: r[1], sizes: small})
	}
	for _, n := range []int{64 << 10, 1 << 20, 64 << 20} {
		rows = append(rows, load{peers: 1, window: 1, sizes: []int{n}})
	}
	return append(rows,
		load{peers: 1, window: 1, sizes: small, curve: true},
		load{peers: 1, window: 16, sizes: small, curve: true},
		load{peers: 1, window: 1, sizes: []int{16 << 20}, curve: true})
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func say(format string, a ...any) {
	_, err := fmt.Fprintf(os.Stdout, format, a...)
	fail(err)
}

func interpreter(named string) string {
	if named != "" {
		return named
	}
	if _, err := os.Stat(".venv/bin/python"); err == nil {
		return ".venv/bin/python"
	}
	return "python3"
}

// echo is our server.
func echo() error {
	debug.SetGCPercent(400) // as gale's controller has it
	curve, err := serverCurve()
	if err != nil {
		return err
	}
	s, err := zmtp.New(zmtp.Router, zmtp.Options{Curve: curve})
	if err != nil {
		return err
	}
	bound, err := s.Bind("tcp://127.0.0.1:0")
	if err != nil {
		return err
	}
	say("%s\n", strings.TrimPrefix(bound, "tcp://"))
	for {
		m, err := s.Recv(context.Background())
		if err != nil {
			return err
		}
		_ = m.From.Send(m.Frames...) // it may have gone
	}
}

// compare prints a row.
func (l load) compare(rounds int, d time.Duration, python string) error {
	var ours, theirs []result
	var ratios []float64
	for range rounds {
		a, err := l.measure(d, []string{os.Args[0], "-serve"})
		if err != nil {
			return err
		}
		b, err := l.measure(d, []string{python, "-c", echoPy})
		if err != nil {
			return err
		}
		ours, theirs = append(ours, a), append(theirs, b)
		ratios = append(ratios, a.rate/b.rate)
	}
	say("%-22s %28s %28s %9.2f\n", l.name(), middle(ours), middle(theirs), median(ratios))
	return nil
}

// name is what the row is called.
func (l load) name() string {
	bytes := 0
	for _, n := range l.sizes {
		bytes += n
	}
	name := fmt.Sprintf("%d×%d, %d B", l.peers, l.window, bytes)
	if l.curve {
		name += ", CURVE"
	}
	return name
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	return xs[len(xs)/2]
}

// middle is the median of each figure.
func middle(rs []result) string {
	pick := func(f func(result) float64) float64 {
		var xs []float64
		for _, r := range rs {
			xs = append(xs, f(r))
		}
		return median(xs)
	}
	return fmt.Sprintf("%.0f (%.1f, %.0f)", pick(func(r result) float64 { return r.rate }), pick(func(r result) float64 { return r.cpu }), pick(func(r result) float64 { return r.p99 }))
}
