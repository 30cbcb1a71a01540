package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/galeproject/gale/wire"
)

// AsyncResult is work under way. Interrupting the cell that began it does not end it: [AsyncResult.Abort] does.
type AsyncResult[R any] struct{ h handle }

// handle hides what is behind an AsyncResult: cells would compile it.
type handle interface{ core() *async }

// Metadata tells of one item: where and when it ran, and what it printed.
type Metadata struct {
	Engine                        int
	Submitted, Started, Completed time.Time // the engine's clock for the last two; zero: not yet, or not known
	Stdout, Stderr                string    // of the request that the item was part of, at most 64 kB
	Err                           error
}

// MapAsync is [Map] that returns at once.
func MapAsync[T, R any](ctx context.Context, w Work[T], f func(T) (R, error), opts ...Option) (*AsyncResult[R], error) {
	p, err := w.spread(nil)
	if err != nil {
		return nil, err
	}
	return start[R](ctx, p, f, "map", opts)
}

// MapIndexedAsync is [MapIndexed] that returns at once.
func MapIndexedAsync[T, R any](ctx context.Context, w Work[T], f func(int, T) (R, error), opts ...Option) (*AsyncResult[R], error) {
	p, err := w.spread(nil)
	if err != nil {
		return nil, err
	}
	p.indexed = true
	return start[R](ctx, p, f, "map", opts)
}

// EachAsync is [Each] that returns at once.
func EachAsync[T any](ctx context.Context, w Work[T], f func(T) error, opts ...Option) (*AsyncResult[struct{}], error) {
	p, err := w.spread(nil)
	if err != nil {
		return nil, err
	}
	return start[struct{}](ctx, p, f, "each", opts)
}

// ApplyAsync is [Apply] that returns at once.
func ApplyAsync[R any](ctx context.Context, v View, f func() (R, error), opts ...Option) (*AsyncResult[R], error) {
	p, err := spreadCalls(v)
	if err != nil {
		return nil, err
	}
	return start[R](ctx, p, f, "apply", opts)
}

func start[R any](ctx context.Context, p *plan, f any, what string, opts []Option) (*AsyncResult[R], error) {
	a, err := p.start(ctx, f, what, opts, reflect.ValueOf(make([]R, p.n)))
	if err != nil {
		return nil, err
	}
	return &AsyncResult[R]{a}, nil
}

// Get waits for all results and gives them as the blocking call would. When ctx ends the work goes on.
func (r *AsyncResult[R]) Get(ctx context.Context) ([]R, error) {
	out, err := r.h.core().get(ctx)
	if err != nil && out == nil {
		return nil, err
	}
	return out.([]R), err
}

// Each gives results with their index as they come, those that came already first, until all are there or ctx ends. Failed items are
// left out: Get tells of them.
func (r *AsyncResult[R]) Each(ctx context.Context) iter.Seq2[int, R] {
	a := r.h.core()
	return func(yield func(int, R) bool) {
		for k := 0; ; k++ {
			i, x, ok := a.nth(ctx, k)
			if !ok || !yield(i, x.(R)) {
				return
			}
		}
	}
}

// Wait waits until the work has ended. The error is ctx's: that of the work is Get's.
func (r *AsyncResult[R]) Wait(ctx context.Context) error { return r.h.core().wait(ctx) }

// Ready says whether the work has ended.
func (r *AsyncResult[R]) Ready() bool { return r.h.core().ready() }

// Successful says whether the work has ended without an error.
func (r *AsyncResult[R]) Successful() bool { a := r.h.core(); return a.ready() && a.err == nil }

// Abort cancels what is queued and interrupts what runs; what is done is kept.
func (r *AsyncResult[R]) Abort() { r.h.core().cancel(ErrAborted) }

// Progress is how many items have ended, of how many.
func (r *AsyncResult[R]) Progress() (done, of int) { return r.h.core().progress() }

// Elapsed is the time since the work began, until it ended.
func (r *AsyncResult[R]) Elapsed() time.Duration { return r.h.core().elapsed() }

// WallTime is the time from the beginning of the work to its end, 0 when it has not ended.
func (r *AsyncResult[R]) WallTime() time.Duration {
	if !r.Ready() {
		return 0
	}
	return r.Elapsed()
}

// SerialTime is the sum of the times that engines have worked.
func (r *AsyncResult[R]) SerialTime() time.Duration { return r.h.core().serialTime() }

// Metadata tells of each item.
func (r *AsyncResult[R]) Metadata() []Metadata { return r.h.core().metadata() }

func (r *AsyncResult[R]) tasks() []wire.MsgID { return r.h.core().ids }

func (r *AsyncResult[R]) String() string { return r.h.core().String() }

// async is an AsyncResult without its type.
type async struct {
	p      *plan
	k      *keeper
	ids    []wire.MsgID // of the requests as they were first made
	begin  time.Time
	done   chan struct{}
	cancel context.CancelCauseFunc
	err    error // when done

	mu     sync.Mutex
	end    time.Time
	meta   []Metadata
	serial time.Duration
	seen   *wire.Message // the last reply that was counted
	ended  int
	came   [][2]int      // index of each result in the order of coming, and its place
	more   chan struct{} // closed when another has come
}

func (a *async) core() *async { return a }

// start sends a plan's requests and leaves the rest to a goroutine, which ends with the work.
func (p *plan) start(ctx context.Context, f any, what string, opts []Option, out reflect.Value) (*async, error) {
	p.o = p.o.with(opts)
	p.what = what
	a := &async{p: p, begin: time.Now(), done: make(chan struct{}), meta: make([]Metadata, p.n), more: make(chan struct{})}
	for i := range a.meta {
		a.meta[i].Engine, a.meta[i].Submitted = -1, a.begin
	}
	a.k = p.gatherer(out, a.told)
	p.hear = a.hear
	own, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	a.cancel = cancel
	l, err := p.launch(ctx, f)
	if err != nil {
		cancel(err)
		return nil, err
	}
	if l != nil {
		for id := range l.pending {
			a.ids = append(a.ids, id)
		}
		slices.Sort(a.ids)
	}
	go func() {
		var err error
		if l != nil {
			err = l.land(own)
		}
		a.finish(err)
		cancel(nil)
	}()
	return a, nil
}

func (a *async) finish(err error) {
	a.mu.Lock()
	a.end = time.Now()
	a.mu.Unlock()
	a.err = err
	if err == nil {
		a.err = a.p.composite(a.k.fails)
	}
	close(a.done)
}

// told notes what became of an item.
func (a *async) told(i, at int, r result) {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := &a.meta[i]
	m.Engine, m.Err = r.engine.ID, r.err
	if r.reply != nil {
		var md struct {
			Started string `json:"started"`
		}
		_ = r.reply.Metadata(&md) // it is not known then
		m.Started, m.Completed = clock(md.Started), clock(r.reply.Header.Date)
		if r.reply != a.seen && !m.Started.IsZero() {
			a.serial += m.Completed.Sub(m.Started)
		}
		a.seen = r.reply
	}
	a.ended++
	if r.err == nil {
		a.came = append(a.came, [2]int{i, at})
		close(a.more)
		a.more = make(chan struct{})
	}
}

// clock reads a date of the wire, zero when it is none.
func clock(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// mostHeard bounds the text that is kept of an item.
const mostHeard = 64 << 10

// hear keeps what items print.
func (a *async) hear(items []int, _ string, m *wire.Message) {
	var s struct {
		Name string `json:"name"`
		Text string `json:"text"`
	}
	if m.Header.MsgType != "stream" || json.Unmarshal(m.RawContent, &s) != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, i := range items {
		text := &a.meta[i].Stdout
		if s.Name == "stderr" {
			text = &a.meta[i].Stderr
		}
		if room := mostHeard - len(*text); room > 0 {
			*text += strings.ToValidUTF8(s.Text[:min(room, len(s.Text))], "")
		}
	}
}

func (a *async) wait(ctx context.Context) error {
	select {
	case <-a.done:
		return nil
	default:
	}
	select {
	case <-a.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("client: waiting for %s: %w", a.p.what, context.Cause(ctx))
	}
}

func (a *async) get(ctx context.Context) (any, error) {
	if err := a.wait(ctx); err != nil {
		return nil, err
	}
	return a.k.out.Slice(0, a.k.len()).Interface(), a.err
}

// nth gives the result that came as the k-th, and waits for it.
func (a *async) nth(ctx context.Context, k int) (int, any, bool) {
	for {
		a.mu.Lock()
		if k < len(a.came) {
			i := a.came[k]
			a.mu.Unlock()
			return i[0], a.k.out.Index(i[1]).Interface(), true
		}
		more, over := a.more, a.ready()
		a.mu.Unlock()
		if over {
			return 0, nil, false
		}
		select {
		case <-more:
		case <-a.done:
		case <-ctx.Done():
			return 0, nil, false
		}
	}
}

func (a *async) ready() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

func (a *async) progress() (done, of int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ended, a.p.n
}

func (a *async) elapsed() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.end.IsZero() {
		return time.Since(a.begin)
	}
	return a.end.Sub(a.begin)
}

func (a *async) serialTime() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.serial
}

func (a *async) metadata() []Metadata {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.meta)
}

func (a *async) String() string {
	done, of := a.progress()
	state := "under way"
	switch {
	case !a.ready():
	case a.err == nil:
		state = "done"
	case errors.Is(a.err, ErrAborted):
		state = "aborted"
	default:
		state = "failed"
	}
	return fmt.Sprintf("%s: %s, %d of %d after %.2f s", a.p.what, state, done, of, a.elapsed().Seconds())
}
