package namespace

import (
	"context"
	"time"

	"github.com/galeproject/gale/cellrt"
	"github.com/galeproject/gale/display"
)

// Do runs f as the code of a cell: in a goroutine of its own, with o.Emit for what it shows, until it ends or is left behind by an
// interrupt. Its result is the outcome's, unless o.Silent says otherwise.
func (n *Namespace) Do(ctx context.Context, o RunOptions, f func() *display.Bundle) (out Outcome) {
	start := time.Now()
	cell := &cellrt.Run{Space: n.space, Context: ctx}
	var result *display.Bundle
	var failed *Failure
	if left := n.execute(ctx, foreign, cell, o.Emit, func() { result = f() }, func(f *Failure) { failed = f }); left {
		return Outcome{Failure: leftBehind(), LeftBehind: true, Seconds: since(start)}
	}
	if out.Failure = failed; failed == nil && !o.Silent {
		out.Result = result
	}
	out.Seconds = since(start)
	return out
}
