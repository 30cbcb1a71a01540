//go:build unix

// Command sparse measures solver/sparse beside MUMPS (LDLᵀ, METIS), UMFPACK (METIS) and SciPy's SuperLU on wave matrices:
// CPU seconds of analysis, factorization, one solve and a block of solves on one thread, residual, and the peak of
// memory. Each solver is a process of its own that does a round when it is told; rounds of all solvers alternate and
// ratios are taken within a round, since on a busy machine only they hold.
//
//	go run ./bench/sparse [-grids 200x100,500x250,1000x500] [-rounds 3] [-columns 64] [-python .venv/bin/python] [-doc docs/bench/sparse.md]
//
// With -doc it writes the tables to that file and a picture of the ratios beside it. Peers that are missing are named
// and left out: bench/sparse/peers/setup.sh builds them.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// options of the command line.
type options struct {
	grids   string
	rounds  int
	columns int
	python  string
	peers   string
	doc     string
}

func main() {
	var o options
	flag.StringVar(&o.grids, "grids", "200x100,500x250,1000x500", "nodes along x and z")
	flag.IntVar(&o.rounds, "rounds", 3, "rounds")
	flag.IntVar(&o.columns, "columns", 64, "right-hand sides of a block")
	flag.StringVar(&o.python, "python", os.Getenv("GALE_PYTHON"), "interpreter that has SciPy")
	flag.StringVar(&o.peers, "peers", filepath.Join("test", "out", "peers"), "folder of the peers' drivers")
	flag.StringVar(&o.doc, "doc", "", "file to write")
	serve := flag.String("serve", "", "do rounds of gale on a grid, for each line of input: double, single, portable or threads")
	flag.Parse()
	var err error
	if *serve != "" {
		err = serveRounds(context.Background(), *serve, o)
	} else {
		err = compare(context.Background(), o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// compare measures all solvers on all grids and shows tables.
func compare(ctx context.Context, o options) error {
	d := &document{options: o}
	for g := range strings.SplitSeq(o.grids, ",") {
		t, err := measure(ctx, g, o)
		if err != nil {
			return fmt.Errorf("%s: %w", g, err)
		}
		d.tables = append(d.tables, t)
		fmt.Fprintln(os.Stderr, t.markdown())
	}
	text := d.markdown(ctx)
	if o.doc == "" {
		_, err := fmt.Print(text)
		return err
	}
	if err := os.WriteFile(o.doc, []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(o.doc, ".md")+".svg", d.picture(), 0o644)
}

func parseGrid(s string) (nx, nz int, err error) {
	if _, err := fmt.Sscanf(s, "%dx%d", &nx, &nz); err != nil || nx < 20 || nz < 20 {
		return 0, 0, fmt.Errorf("grid %q: want 500x250 and at least 20 nodes a side", s)
	}
	return nx, nz, nil
}
