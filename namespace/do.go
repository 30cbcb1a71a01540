package namespace

import (
	"context"
	"time"

	"github.com/galeproject/gale/cellrt"
)

// Do runs f as the code of a cell: in a goroutine of its own, with o.Emit for what it shows, until it ends or is left behind by an
// interrupt.
func (n *Namespace) Do(ctx context.Context, o RunOptions, f func()) (out Outcome) {
	start := time.Now()
	cell := &cellrt.Run{Space: n.space, Context: ctx}
	var failed *Failure
	if left := n.execute(ctx, foreign, cell, o.Emit, f, func(f *Failure) { failed = f }); left {
		return Outcome{Failure: leftBehind(), LeftBehind: true, Seconds: since(start)}
	}
	return Outcome{Failure: failed, Seconds: since(start)}
}
