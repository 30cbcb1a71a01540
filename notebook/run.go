package notebook

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/galeproject/gale/wire"
)

// Options of a run; the zero value runs everything as it is.
type Options struct {
	Set         []Assignment  // parameters to set, see [Notebook.Inject]
	Progress    func(Step)    // told at the beginning and the end of each cell; nil: nobody
	Timeout     time.Duration // of one cell; 0: none
	AllowErrors bool          // go on when a cell fails
	Info        *Info         // of the kernel, for the notebook's metadata
	KernelName  string        // likewise, when the notebook names no kernel
	DisplayName string
}

// Step tells how a run gets on.
type Step struct {
	Cell    *Cell
	Index   int // of the code cell, from 1 …
	Total   int // … to this
	Done    bool
	Elapsed time.Duration // when done
	Err     error         // when done and failed: a *CellError
}

// String writes a step as a line without a line end: where it is, the first line of the cell, and how long it took.
func (s Step) String() string {
	first, _, _ := strings.Cut(strings.TrimSpace(s.Cell.Source), "\n")
	if r := []rune(first); len(r) > 60 {
		first = string(r[:59]) + "…"
	}
	line := fmt.Sprintf("[%d/%d] %s", s.Index, s.Total, first)
	switch {
	case s.Err != nil:
		line += "  failed after " + round(s.Elapsed)
	case s.Done:
		line += "  " + round(s.Elapsed)
	}
	return line
}

func round(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// CellError is how a cell failed.
type CellError struct {
	Cell        *Cell
	Index       int // of the code cell, from 1
	Name, Value string
	Traceback   []string // may hold ANSI colours
}

// Error gives the cell, the name and the message.
func (e *CellError) Error() string {
	return fmt.Sprintf("notebook: code cell %d: %s: %s", e.Index, e.Name, e.Value)
}

// Run runs the code cells and stores their outputs in the notebook. It stops at the first cell that fails, unless that is tagged
// "raises-exception", and gives a *CellError. Cells tagged "skip-execution" and empty ones are left out. A context that ends
// interrupts the cell and ends the run.
func Run(ctx context.Context, nb *Notebook, c *Client, o Options) error {
	if err := nb.Inject(o.Set); err != nil {
		return err
	}
	nb.describe(o)
	var cells []*Cell
	for _, cell := range nb.Cells {
		if cell.Type != Code {
			continue
		}
		cell.Outputs, cell.Count = nil, nil
		if strings.TrimSpace(cell.Source) != "" && !cell.Tagged(tagSkip) {
			cells = append(cells, cell)
		}
	}
	r := &recorder{displays: map[string][]Output{}}
	for i, cell := range cells {
		s := Step{Cell: cell, Index: i + 1, Total: len(cells)}
		tell(o, s)
		start := time.Now()
		err := r.run(ctx, c, cell, i+1, o.Timeout)
		s.Done, s.Elapsed, s.Err = true, time.Since(start), err
		tell(o, s)
		var failed *CellError
		if errors.As(err, &failed) && (o.AllowErrors || cell.Tagged(tagMayFail)) && ctx.Err() == nil {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func tell(o Options, s Step) {
	if o.Progress != nil {
		o.Progress(s)
	}
}

// describe writes what is known of the kernel into the metadata.
func (nb *Notebook) describe(o Options) {
	if nb.Metadata == nil {
		nb.Metadata = map[string]any{}
	}
	if o.Info != nil && o.Info.Language != nil {
		nb.Metadata["language_info"] = o.Info.Language
	}
	if _, ok := nb.Metadata["kernelspec"]; !ok && o.KernelName != "" {
		nb.Metadata["kernelspec"] = map[string]any{"name": o.KernelName, "display_name": o.DisplayName, "language": "go"}
	}
}

// run runs one cell.
func (r *recorder) run(ctx context.Context, c *Client, cell *Cell, index int, timeout time.Duration) error {
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, timeout, fmt.Errorf("notebook: code cell %d took longer than %v", index, timeout))
		defer cancel()
	}
	r.cell, r.clear = cell, false
	reply, err := c.Execute(ctx, cell.Source, func(m *wire.Message) { r.heard(m) })
	if reply != nil {
		cell.Count = reply.Count
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
			return cause
		}
		return err
	}
	if reply.Status != "ok" {
		return &CellError{Cell: cell, Index: index, Name: reply.Name, Value: reply.Value, Traceback: reply.Traceback}
	}
	return nil
}
