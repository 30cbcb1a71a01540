package controller

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/internal/store"
	"github.com/galeproject/gale/wire"
)

// Store keeps records of tasks that have ended, for as long as its own rules say.
type Store interface {
	// Put keeps records, each in the place of one with its id.
	Put(records []Record) error
	// Get gives the body of a record, nil when there is none.
	Get(id string) ([]byte, error)
	// Each calls f with the body of each record, oldest first.
	Each(f func(body []byte) error) error
	Drop(ids []string) error
	Close() error
}

// archive is what the shell reads of a store.
type archive interface {
	Get(id string) ([]byte, error)
	Each(f func(body []byte) error) error
}

// disk is a [Store] in an SQLite file.
type disk struct {
	tasks *store.Tasks
	mu    sync.Mutex // one user of tasks at a time
}

func (d *disk) Put(records []Record) error {
	all := make([]store.Task, len(records))
	for i, r := range records {
		all[i] = store.Task(r)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tasks.Put(all)
}

func (d *disk) Get(id string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tasks.Get(id)
}

func (d *disk) Each(f func(body []byte) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tasks.Each(f)
}

func (d *disk) Drop(ids []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tasks.Drop(ids)
}

func (d *disk) Close() error { return d.tasks.Close() }

// putCount bounds the records of one transaction, by and large.
const putCount = 4096

// keeper does, in order and beside the loop, what takes time: it writes records to the store and then removes pages of the
// journal that had them.
type keeper struct {
	journal Journal
	store   Store
	log     *slog.Logger
	work    chan keeping
	idle    sync.WaitGroup
	failed  bool // records are missing in the store: the journal's pages stay

	mu      sync.Mutex
	pending map[string][]byte // records on their way into the store, which are found nevertheless
}

func newKeeper(j Journal, st Store, log *slog.Logger) *keeper {
	k := &keeper{journal: j, store: st, log: log, work: make(chan keeping, 256), pending: map[string][]byte{}}
	k.idle.Go(func() {
		for w := range k.work {
			for more := true; more && w.forget == 0 && len(w.drop) == 0 && len(w.put) < putCount; { // one transaction for what waits
				select {
				case next, open := <-k.work:
					if more = open; open {
						w.put = append(w.put, next.put...)
						w.drop, w.forget = next.drop, next.forget
					}
				default:
					more = false
				}
			}
			k.do(w)
		}
	})
	return k
}

// give takes work.
func (k *keeper) give(w keeping) {
	k.mu.Lock()
	for _, r := range w.put {
		k.pending[r.ID] = r.Body
	}
	k.mu.Unlock()
	k.work <- w
}

// Get and Each are those of [Store]; what is on its way is there already.
func (k *keeper) Get(id string) ([]byte, error) {
	k.mu.Lock()
	body := k.pending[id]
	k.mu.Unlock()
	if body != nil {
		return body, nil
	}
	return k.store.Get(id)
}

// Each may give a record twice that arrives just now.
func (k *keeper) Each(f func(body []byte) error) error {
	k.mu.Lock()
	pending := slices.Collect(maps.Values(k.pending))
	k.mu.Unlock()
	if err := k.store.Each(f); err != nil {
		return err
	}
	for _, body := range pending {
		if err := f(body); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) do(w keeping) {
	if len(w.put) > 0 && k.store != nil {
		err := k.store.Put(w.put)
		if err != nil && !k.failed {
			k.log.Error("controller: results cannot be stored; they stay in the journal and are stored at the next start", "err", err)
		}
		k.failed = k.failed || err != nil
		k.mu.Lock()
		for _, r := range w.put {
			delete(k.pending, r.ID)
		}
		k.mu.Unlock()
	}
	if len(w.drop) > 0 && k.store != nil {
		ids := make([]string, len(w.drop))
		for i, id := range w.drop {
			ids[i] = string(id)
		}
		if err := k.store.Drop(ids); err != nil {
			k.log.Error("controller: records were not dropped", "err", err)
		}
	}
	if w.forget > 0 && k.journal != nil && !k.failed {
		if err := k.journal.Forget(w.forget); err != nil {
			k.log.Error("controller: shortening the journal", "err", err)
		}
	}
}

// close ends it when its work is done.
func (k *keeper) close() error {
	close(k.work)
	k.idle.Wait()
	var err error
	if k.journal != nil {
		err = k.journal.Close()
	}
	if k.store != nil {
		err = errors.Join(err, k.store.Close())
	}
	return err
}

// spill has the store take what memory has no room for.
func (s *shell) spill() {
	out := s.records.out
	if len(out) == 0 {
		return
	}
	s.records.out = nil
	if s.store == nil {
		return
	}
	var put []Record
	for _, j := range out {
		if !j.stored {
			put = append(put, j.record())
		}
	}
	s.put(put)
}

// put has records stored.
func (s *shell) put(put []Record) {
	if len(put) > 0 {
		s.book.keeps = append(s.book.keeps, keeping{put: put})
	}
}

// full refuses a request that the journal cannot take.
func (s *shell) full(in input, m *wire.Message) bool {
	if s.book.broken == nil {
		return false
	}
	s.fail(in.socket, in.from, m, "JournalError", "The controller takes no work while its journal cannot be written: "+s.book.broken.Error())
	return true
}

// journalFailed notes that the journal could not be written. What is under way goes on; at the next heartbeat all that is live is
// written anew.
func (s *shell) journalFailed(err error) {
	if s.book.broken == nil {
		s.log.Error("controller: the journal cannot be written; new work is refused until it can, and what ends now is not kept", "err", err)
	}
	s.book.broken = err
	s.book.chunks = nil
}

// fetch gives a record of the store, nil when it is not there.
func (s *shell) fetch(id hub.TaskID) *job {
	if s.store == nil {
		return nil
	}
	body, err := s.store.Get(string(id))
	for _, k := range s.book.keeps {
		for _, r := range k.put {
			if r.ID == string(id) {
				body = r.Body
			}
		}
	}
	if err != nil {
		s.log.Error("controller: reading a record", "task", id, "err", err)
	}
	if body == nil {
		return nil
	}
	j, err := readRecord(body)
	if err != nil {
		s.log.Error("controller: reading a record", "task", id, "err", err)
		return nil
	}
	return j
}

// readRecord reads what [job.record] made.
func readRecord(body []byte) (*job, error) {
	var p past
	for b := body; len(b) > 0; {
		kind, fields, rest, ok := nextEntryOf(b)
		if !ok {
			return nil, fmt.Errorf("controller: a record: %w", errEntry)
		}
		if err := p.take(kind, fields); err != nil {
			return nil, err
		}
		b = rest
	}
	for _, j := range p.tasks {
		if j.ended && j.reply != nil {
			j.stored = true
			return j, nil
		}
	}
	return nil, fmt.Errorf("controller: a record: %w", errEntry)
}
