package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/galeproject/gale/install"
	"github.com/galeproject/gale/notebook"
)

// enginesEnv tells a kernel how many engines its local cluster has.
const enginesEnv = "GALE_ENGINES"

// stopPatience is how long a kernel may take to end when it is asked.
const stopPatience = 3 * time.Second

func runVerb() *cobra.Command {
	var output string
	var set []string
	var engines int
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "run NOTEBOOK.ipynb",
		Short: "Run a notebook from the command line",
		Long: "Run the cells of a notebook in order with a kernel of its own and write it with its outputs.\n" +
			"The exit status is 1 when a cell fails; the notebook is written all the same, with the error in it.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			if engines < 0 {
				return fmt.Errorf("--engines %d: want a number from 1", engines)
			}
			job := runJob{path: args[0], output: output, engines: engines, options: notebook.Options{Timeout: timeout}}
			for _, s := range set {
				a, err := notebook.ParseAssignment(s)
				if err != nil {
					return err
				}
				job.options.Set = append(job.options.Set, a)
			}
			return job.run(ctx)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "where to write the notebook with its outputs (default: NOTEBOOK.out.ipynb)")
	c.Flags().StringArrayVar(&set, "set", nil, "NAME=VALUE: set a parameter that the cell tagged \"parameters\" declares; may be repeated")
	c.Flags().IntVar(&engines, "engines", 0, "engines of the notebook's local cluster (default: one per core)")
	c.Flags().DurationVar(&timeout, "timeout", 0, "of one cell (default: none)")
	return c
}

// runJob is a notebook to be run.
type runJob struct {
	path, output string
	engines      int
	options      notebook.Options
}

func (j runJob) run(ctx context.Context) error {
	if j.output == "" {
		j.output = strings.TrimSuffix(j.path, ".ipynb") + ".out.ipynb"
	}
	nb, err := notebook.ReadFile(j.path)
	if err != nil {
		return err
	}
	// What can be refused is refused before anything runs or is written.
	set := j.options.Set
	if len(j.options.Set) > 0 {
		if err := nb.Inject(j.options.Set); err != nil {
			return fmt.Errorf("%s: %w", j.path, err)
		}
		j.options.Set = nil
	}
	if err := writable(j.output); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	p := notebook.Program{
		Argv: []string{exe, "kernel", "{connection_file}"}, Dir: filepath.Dir(j.path), Stderr: os.Stderr,
		Env: []string{"JPY_SESSION_NAME=" + j.path},
	}
	if j.engines > 0 {
		p.Env = append(p.Env, enginesEnv+"="+strconv.Itoa(j.engines))
	}
	k, err := notebook.Start(ctx, p)
	if err != nil {
		return err
	}
	defer k.Stop(stopPatience)
	j.options.Info, j.options.KernelName, j.options.DisplayName = k.Info, install.DefaultName, install.DefaultDisplayName
	j.options.Progress = func(s notebook.Step) { fmt.Fprintln(os.Stderr, s) }
	begin := time.Now()
	failed := notebook.Run(ctx, nb, k.Client, j.options)
	if err := nb.WriteFile(j.output); err != nil {
		return errors.Join(failed, err)
	}
	if cell, ok := errors.AsType[*notebook.CellError](failed); ok {
		text := fmt.Sprintf("%s: %s\n%s%s", j.path, cell.Error(), strings.Join(cell.Traceback, "\n"), wereSet(set))
		if !isTerminal(os.Stderr) {
			text = colours.ReplaceAllString(text, "")
		}
		return &exitError{1, text}
	}
	if failed != nil {
		return fmt.Errorf("%s: %w", j.path, failed)
	}
	fmt.Fprintf(os.Stderr, "%s: done in %.1f s, written to %s\n", j.path, time.Since(begin).Seconds(), j.output)
	return nil
}

// wereSet names the parameters that were set from the command line, since a cell that fails may do so because of one.
func wereSet(set []notebook.Assignment) string {
	if len(set) == 0 {
		return ""
	}
	var all []string
	for _, a := range set {
		all = append(all, a.Name+" = "+a.Value)
	}
	return "\nparameters that were set: " + strings.Join(all, ", ")
}

// colours are the sequences by which a terminal changes colours.
var colours = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// isTerminal says whether somebody looks at a file.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// writable says whether a file can be written beside which nothing is left behind.
func writable(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".gale-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, errors.Unwrap(err))
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
