// Command hub measures what a controller alone can do: engines that do nothing and a client that only submits.
//
//	go run ./bench/hub                                        gale's controller
//	go run ./bench/hub -crowd 2000 -rounds 20                 many engines: none may be lost
//	go run ./bench/hub -python python3                        and ipyparallel's beside it, in interleaved rounds
//
// It prints medians over the rounds and the ratio of gale to the other. Rates depend on what else the machine does; the
// processor time that the controller takes per task does so much less.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/galeproject/gale/controller"
)

func main() {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == "controller":
		err = serve(os.Args[2:])
	case len(os.Args) == 4 && os.Args[1] == "engines":
		var n int
		if n, err = strconv.Atoi(os.Args[2]); err == nil {
			err = many(n, os.Args[3])
		}
	default:
		err = run(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "hub:", err)
		os.Exit(1)
	}
}

// serve is gale's controller, in a process of its own.
func serve(args []string) error {
	o, _, err := controller.ParseArgs(args, os.Getenv)
	if err != nil {
		return err
	}
	debug.SetGCPercent(400)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, sigterm)
	defer stop()
	stopProfile, err := profile(os.Getenv("CPUPROFILE"))
	if err != nil {
		return err
	}
	defer stopProfile()
	c, err := controller.Start(ctx, o)
	if err != nil {
		return err
	}
	return c.Wait()
}

// plan is what is measured.
type plan struct {
	engines, tasks, rounds int
	python                 string
}

// measure is one row of the table.
type measure struct {
	name   string
	better string // "more" or "less"
	of     func(round) float64
}

var measures = []measure{
	{"balanced tasks/s, all at once", "more", func(r round) float64 { return r.balanced.rate }},
	{"  controller, µs/task", "less", func(r round) float64 { return r.balanced.cpu }},
	{"balanced, 64 under way, tasks/s", "more", func(r round) float64 { return r.window.rate }},
	{"  controller, µs/task", "less", func(r round) float64 { return r.window.cpu }},
	{"balanced, one at a time, µs", "less", func(r round) float64 { return 1e6 / r.single.rate }},
	{"direct tasks/s", "more", func(r round) float64 { return r.direct.rate }},
	{"  controller, µs/task", "less", func(r round) float64 { return r.direct.cpu }},
	{"engines registered, s", "less", func(r round) float64 { return r.registered }},
}

func run(out io.Writer) error {
	var p plan
	flag.IntVar(&p.engines, "engines", 8, "engines that do nothing")
	flag.IntVar(&p.tasks, "tasks", 20000, "tasks of a burst; a fifth for ipyparallel")
	flag.IntVar(&p.rounds, "rounds", 3, "rounds")
	flag.StringVar(&p.python, "python", "", "Python with ipyparallel, to measure its controller too")
	crowded := flag.Int("crowd", 0, "instead: engines that come, survive a restart of the controller, and are killed")
	flag.Parse()
	if *crowded > 0 {
		return crowd(out, *crowded, p.rounds)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	peers := []contender{{name: "gale", command: []string{self, "controller"}, tasks: p.tasks}}
	if p.python != "" {
		// With the usual 1,024 records it culls those of tasks that still run and logs an error for each: that would not be fair.
		peers = append(peers, contender{name: "ipyparallel", command: []string{p.python, "-m", "ipyparallel.controller", "--DictDB.record_limit=1000000"}, tasks: p.tasks / 5})
	}
	results := map[string][]round{}
	for range p.rounds {
		for _, c := range peers {
			r, err := c.round(p)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			results[c.name] = append(results[c.name], r)
		}
	}
	return table(out, p, peers, results)
}

func table(out io.Writer, p plan, peers []contender, results map[string][]round) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%d engines that do nothing, %d rounds, medians\n\n", p.engines, p.rounds)
	head := []string{""}
	for _, c := range peers {
		head = append(head, c.name)
	}
	if len(peers) > 1 {
		head = append(head, "ratio", "better")
	}
	fmt.Fprintf(&text, "%s\t\n", strings.Join(head, "\t"))
	for _, m := range measures {
		row, medians := []string{m.name}, []float64{}
		for _, c := range peers {
			var all []float64
			for _, r := range results[c.name] {
				all = append(all, m.of(r))
			}
			slices.Sort(all)
			medians = append(medians, all[len(all)/2])
			row = append(row, fmt.Sprintf("%.5g", all[len(all)/2]))
		}
		if len(medians) > 1 {
			row = append(row, fmt.Sprintf("%.3g", medians[0]/medians[1]), m.better)
		}
		fmt.Fprintf(&text, "%s\t\n", strings.Join(row, "\t"))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	if _, err := io.WriteString(w, text.String()); err != nil {
		return err
	}
	return w.Flush()
}
