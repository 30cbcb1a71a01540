// Command engine measures how long an engine takes from the start of its process until the controller has registered it, as a client
// sees it: gale's engine beside ipyparallel's, in turns, on one gale controller. Then it measures calls, maps, pushes and interrupts as a
// notebook sees them, beside ipyparallel and dask.distributed with two engines each.
//
//	go run ./bench/engine -gale bin/gale -python .venv/bin/python
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/galeproject/gale/client"
	"github.com/galeproject/gale/cluster"
)

func main() {
	gale := flag.String("gale", "bin/gale", "the program")
	python := flag.String("python", "", "a Python with ipyparallel; empty: no peer")
	dask := flag.String("dask", "", "a Python with distributed; empty: without")
	rounds := flag.Int("n", 9, "rounds; 0: only calls")
	flag.Parse()
	var err error
	if *rounds > 0 {
		err = run(*gale, *python, *rounds)
	}
	if err == nil {
		var peers []string
		for _, p := range [][2]string{{"ipyparallel", *python}, {"dask", *dask}} {
			if p[1] != "" {
				peers = append(peers, p[0]+"="+p[1])
			}
		}
		err = calls(context.Background(), *gale, peers, "bench/engine/peers.py")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "engine:", err)
		os.Exit(1)
	}
}

func run(gale, python string, rounds int) error {
	ctx := context.Background()
	gale, err := filepath.Abs(gale)
	if err != nil {
		return err
	}
	profile, err := os.MkdirTemp("", "bench-engine")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(profile) }() // temporary
	c, err := cluster.Start(ctx, cluster.Options{Program: gale, Profile: profile, Engines: 1})
	if err != nil {
		return err
	}
	defer c.Stop()
	rc, err := client.Open(ctx, c.ClientFile())
	if err != nil {
		return err
	}
	defer func() { _ = rc.Close() }() // the cluster ends
	file := cluster.EngineFile(profile, "")
	commands := map[string][]string{"gale": {gale, "engine", "--file", file}}
	order := []string{"gale"}
	if python != "" {
		commands["ipyparallel"] = []string{python, "-m", "ipyparallel.engine", "--file=" + file, "--log-level=40"}
		order = append(order, "ipyparallel")
	}
	times := map[string][]time.Duration{}
	newest := slices.Max(rc.IDs())
	for range rounds {
		for _, name := range order {
			d, err := once(ctx, rc, commands[name], &newest)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			times[name] = append(times[name], d)
		}
	}
	fmt.Printf("%-12s %10s %10s %10s\n", "registered", "least ms", "median ms", "most ms")
	for _, name := range order {
		slices.Sort(times[name])
		t := times[name]
		fmt.Printf("%-12s %10.1f %10.1f %10.1f\n", name, ms(t[0]), ms(t[len(t)/2]), ms(t[len(t)-1]))
	}
	if python != "" {
		fmt.Printf("ratio of medians: %.0f\n", ms(times["ipyparallel"][rounds/2])/ms(times["gale"][rounds/2]))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// once starts an engine, waits until the client sees an id above the newest, ids being never used again, ends the engine, and waits until it
// is gone.
func once(ctx context.Context, rc *client.Client, argv []string, newest *int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	id := -1
	for id <= *newest {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		time.Sleep(100 * time.Microsecond)
		for _, x := range rc.IDs() {
			id = max(id, x)
		}
	}
	took := time.Since(begin)
	*newest = id
	if err := rc.Engines(id).Kill(ctx); err != nil {
		return 0, err
	}
	_ = cmd.Process.Kill() // a Python engine answers the signal request through a process of its own
	_ = cmd.Wait()         // it was killed
	for slices.Contains(rc.IDs(), id) {
		time.Sleep(time.Millisecond)
	}
	return took, nil
}
