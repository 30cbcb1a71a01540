package controller

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/galeproject/gale/hub"
)

// past is what a journal tells of an earlier controller.
type past struct {
	engines map[hub.UUID]pastEngine
	next    hub.EngineID
	tasks   map[hub.TaskID]*job
	owners  map[*job]string // sessions
	taken   map[string]map[hub.TaskID]bool
	untold  map[hub.TaskID]bool
	settled time.Time
}

type pastEngine struct {
	id    hub.EngineID
	about json.RawMessage
	here  bool
}

// readJournal reads the pages of a journal. What is damaged ends it: damage tells where and from which page on nothing was read.
func readJournal(j Journal) (p *past, from int, damage, err error) {
	pages, err := j.Pages()
	if err != nil {
		return nil, 0, nil, err
	}
	p, beside := &past{}, (*past)(nil) // beside: a page that will replace all before it
	last, length := 0, 0
	for _, page := range pages {
		data, err := j.Read(page)
		if err != nil {
			return nil, 0, nil, err
		}
		kind, body, _, ok := nextEntryOf(data)
		r := reader{b: body}
		prev, size, whole := int(r.number()), int(r.number()), r.flag()
		switch {
		case !ok || kind != pageEntry || r.bad:
			return p, page, fmt.Errorf("controller: page %d of the journal has no beginning: %w", page, errEntry), nil
		case whole:
			beside = &past{}
		case last == 0 || prev != last || size != length:
			return p, page, fmt.Errorf("controller: page %d of the journal ends at byte %d, before its end: %w", last, length, errEntry), nil
		}
		target := p
		if beside != nil {
			target = beside
		}
		last, length = page, 0
		for b := data; ; {
			kind, body, rest, ok := nextEntryOf(b)
			if !ok {
				length = len(data) - len(b)
				break
			}
			if kind == completeEntry && beside != nil {
				p, beside, target = beside, nil, beside
			} else if err := target.take(kind, body); err != nil {
				return p, page, fmt.Errorf("controller: page %d of the journal, byte %d: %w", page, len(data)-len(b), err), nil
			}
			b = rest
		}
	}
	return p, 0, nil, nil
}

// take takes one entry.
func (p *past) take(kind entryKind, body []byte) error {
	if p.tasks == nil {
		p.engines, p.tasks = map[hub.UUID]pastEngine{}, map[hub.TaskID]*job{}
		p.owners, p.taken = map[*job]string{}, map[string]map[hub.TaskID]bool{}
		p.untold = map[hub.TaskID]bool{}
	}
	r := reader{b: body}
	switch kind {
	case pageEntry, completeEntry:
		return nil
	case engineEntry:
		u := hub.UUID(r.text())
		e := pastEngine{id: hub.EngineID(r.number()), about: r.bytes(), here: true}
		p.engines[u] = e
		p.next = max(p.next, e.id+1)
	case leftEntry:
		u := hub.UUID(r.text())
		e, ok := p.engines[u]
		if ok {
			e.here = false
			p.engines[u] = e
		}
	case nextEntry:
		p.next = max(p.next, hub.EngineID(r.number()))
	case taskEntry:
		p.task(&r)
	case sentEntry, backEntry:
		j := p.tasks[hub.TaskID(r.text())]
		u, retries, reruns := r.text(), int(r.number()), int(r.number())
		if j != nil {
			j.engine, j.retries, j.reruns = u, retries, reruns
			if kind == sentEntry {
				j.had = append(j.had, hub.UUID(u))
			}
		}
	case endedEntry:
		p.end(&r)
	case untoldEntry:
		p.untold[hub.TaskID(r.text())] = true
	case settledEntry:
		p.settled = r.time()
	case droppedEntry:
		delete(p.tasks, hub.TaskID(r.text()))
	case renewedEntry:
		if j := p.tasks[hub.TaskID(r.text())]; j != nil {
			j.resubmitted = hub.TaskID(r.text())
		}
	case takenEntry:
		p.take1(&r)
	default:
		return fmt.Errorf("kind %d: %w", kind, errEntry)
	}
	if r.bad {
		return fmt.Errorf("kind %d: %w", kind, errEntry)
	}
	return nil
}

func (p *past) task(r *reader) {
	j := &job{id: hub.TaskID(r.text()), queue: r.text(), client: r.text()}
	session := r.text()
	j.arrival, j.engine = r.number(), r.text()
	j.retries, j.reruns = int(r.number()), int(r.number())
	j.had = r.uuids()
	j.header = r.bytes()
	if len(j.header) == 0 {
		j.header = nil
	}
	if j.request = readMessage(r); j.request == nil {
		r.bad = true
	}
	if old := p.tasks[j.id]; old != nil {
		delete(p.owners, old)
	}
	p.tasks[j.id] = j
	p.owners[j] = session
}

// end takes how a task ended. A part of a broadcast has no entry of its own before.
func (p *past) end(r *reader) {
	id := hub.TaskID(r.text())
	j := p.tasks[id]
	if j == nil {
		j = &job{id: id, queue: "broadcast"}
		p.tasks[id] = j
	}
	j.engine, j.status = r.text(), hub.Status(r.number()) //nolint:gosec // a small number, or none that matters
	j.replied, j.resubmitted = r.time(), hub.TaskID(r.text())
	j.reply, j.ended = readMessage(r), true
	io := &outputs{input: r.bytes(), result: r.bytes(), failure: r.bytes(), stdout: r.bytes(), stderr: r.bytes()}
	for _, d := range r.frames() {
		io.displays = append(io.displays, d)
	}
	if io.size() > 0 {
		j.io = io
	}
}

// take1 takes what a client has.
func (p *past) take1(r *reader) {
	session := r.text()
	ids := p.taken[session]
	if ids == nil {
		ids = map[hub.TaskID]bool{}
		p.taken[session] = ids
	}
	for range r.count() {
		ids[hub.TaskID(r.text())] = true
	}
}

// sortJobs puts tasks into the order of their arrival.
func sortJobs(all []*job) {
	slices.SortFunc(all, func(a, b *job) int { return cmp.Or(cmp.Compare(a.arrival, b.arrival), cmp.Compare(a.id, b.id)) })
}
