package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/galeproject/gale/controller"
)

// Bounds of the feed: pages at once, events that wait for one, time to write one.
const (
	maxPages   = 32
	pageQueue  = 4
	writeTime  = 10 * time.Second
	feedPeriod = 500 * time.Millisecond
)

// feed sends reports to the pages that are open. It asks its source while there are any, once for all.
type feed struct {
	source Source
	ctx    context.Context //nolint:containedctx // of the server's life
	stop   context.CancelFunc
	asking sync.WaitGroup

	mu    sync.Mutex
	pages map[chan []byte]struct{}
	busy  bool // ask is at work
}

func newFeed(source Source) *feed {
	f := &feed{source: source, pages: map[chan []byte]struct{}{}}
	f.ctx, f.stop = context.WithCancel(context.Background())
	return f
}

func (f *feed) wait() { f.asking.Wait() }

// join adds a page, nil when there are too many; the first one starts the asking.
func (f *feed) join() chan []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.pages) >= maxPages || f.ctx.Err() != nil {
		return nil
	}
	c := make(chan []byte, pageQueue)
	f.pages[c] = struct{}{}
	if !f.busy {
		f.busy = true
		f.asking.Go(f.ask)
	}
	return c
}

func (f *feed) leave(c chan []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.pages, c)
}

// ask asks until nobody looks any more.
func (f *feed) ask() {
	tick := time.NewTicker(feedPeriod)
	defer tick.Stop()
	var since int64 = -1
	for {
		report, err := f.source.Report(f.ctx, max(since, 1))
		if err != nil {
			f.mu.Lock()
			f.busy = false
			f.mu.Unlock()
			return // the controller ends, and this with it
		}
		if since < 0 { // pages have got what came before when they came
			report.Spans = nil
		}
		since = max(report.Seq, 1)
		if !f.tell(event(report)) {
			return
		}
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return
		}
	}
}

// tell gives an event to all pages, except those that do not take theirs, and says whether there are any pages.
func (f *feed) tell(event []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.pages {
		select {
		case c <- event:
		default: // a slow page misses some
		}
	}
	f.busy = len(f.pages) > 0
	return f.busy
}

// event is a server-sent event.
func event(r controller.Report) []byte {
	text, err := json.Marshal(r)
	if err != nil {
		return []byte(": a report that cannot be written\n\n")
	}
	return fmt.Appendf(nil, "data: %s\n\n", text)
}

// serve sends a page all that is remembered, and then what is new.
func (f *feed) serve(w http.ResponseWriter, r *http.Request) {
	page := f.join()
	if page == nil {
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer f.leave(page)
	report, err := f.source.Report(r.Context(), 0)
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	next := event(report)
	for {
		_ = out.SetWriteDeadline(time.Now().Add(writeTime)) // of a connection, which has one
		if _, err := w.Write(next); err != nil || out.Flush() != nil {
			return
		}
		select {
		case next = <-page:
		case <-r.Context().Done():
			return
		}
	}
}
