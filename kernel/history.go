package kernel

import (
	"context"

	"github.com/galeproject/gale/internal/store"
)

// History remembers the inputs of a user's kernels; see [store.History], which is one.
type History interface {
	Append(line int, input string)
	SetOutput(line int, output string)
	Tail(ctx context.Context, n int) ([]store.Entry, error)
	Range(ctx context.Context, session, start, stop int) ([]store.Entry, error)
	Search(ctx context.Context, pattern string, unique bool, n int) ([]store.Entry, error)
}

type historyRequest struct {
	Access  string `json:"hist_access_type"`
	Output  bool   `json:"output"`
	Session int    `json:"session"`
	Start   int    `json:"start"`
	Stop    *int   `json:"stop"`
	N       *int   `json:"n"`
	Pattern string `json:"pattern"`
	Unique  bool   `json:"unique"`
}

type historyReply struct {
	Status  string `json:"status"`
	History []any  `json:"history"` // [session, line, input], or [session, line, [input, output or null]]
}

// tailDefault is how many inputs tail gives when the request names no number.
const tailDefault = 10

// history answers history_request. What cannot be read is no history, not an error of the front end's.
func (k *Kernel) history(r *request) any {
	var c historyRequest
	if err := r.Content(&c); err != nil {
		return badRequest(err)
	}
	a := historyReply{Status: "ok", History: []any{}}
	h := k.main.history
	if r.sub != nil {
		h = r.sub.history
	}
	if h == nil {
		return a
	}
	n := 0
	if c.N != nil {
		n = *c.N
	}
	var found []store.Entry
	var err error
	switch c.Access {
	case "tail", "":
		if c.N == nil {
			n = tailDefault
		}
		found, err = h.Tail(k.ctx, n)
	case "range":
		stop := 0
		if c.Stop != nil {
			if stop = *c.Stop; stop <= 0 {
				return a
			}
		}
		found, err = h.Range(k.ctx, c.Session, c.Start, stop)
	case "search":
		pattern := c.Pattern
		if pattern == "" {
			pattern = "*"
		}
		found, err = h.Search(k.ctx, pattern, c.Unique, n)
	}
	if err != nil {
		k.log.Warn("no history", "err", err)
	}
	for _, e := range found {
		var text any = e.Input
		if c.Output {
			text = []any{e.Input, e.Output}
		}
		a.History = append(a.History, []any{e.Session, e.Line, text})
	}
	return a
}
