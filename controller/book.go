package controller

import (
	"time"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// Sizes of the journal, in bytes. It is swept when it is larger than idleBytes and three times what is still needed.
const (
	pageBytes = 4 << 20
	idleBytes = 64 << 20
)

// book is what the shell writes into the journal, and what it must know of it to keep it short: an old page goes when what is
// still needed of it was written again.
type book struct {
	off    bool // there is no journal
	broken error
	whole  bool // a page that replaces all others is being written

	first, page int
	size        map[int]int // of each page
	ids         map[int][]hub.TaskID
	total       int
	live        int // bytes of tasks that have not ended

	chunks []chunk
	keeps  []keeping
}

// chunk is what is to be added to a page.
type chunk struct {
	page int
	data []byte
}

// keeping is work that may take its time, done in order and after the journal has what came before it.
type keeping struct {
	put    []Record // into the store
	drop   []hub.TaskID
	forget int // pages of the journal before this one
}

// Record is a task that has ended, as a store keeps it.
type Record struct {
	ID    string
	Ended time.Time
	Body  []byte
}

func newBook(off bool) *book {
	return &book{off: off, size: map[int]int{}, ids: map[int][]hub.TaskID{}}
}

// silent says whether nothing is written.
func (b *book) silent() bool { return b.off || b.broken != nil }

// turn begins a page. A whole one replaces all before it when it is complete.
func (b *book) turn(whole bool) {
	last := b.page
	b.page++
	if b.first == 0 || whole {
		b.first = b.page
	}
	b.whole = whole
	b.chunks = append(b.chunks, chunk{page: b.page})
	w := b.begin(pageEntry)
	w.number(int64(last))
	w.number(int64(b.size[last]))
	w.flag(whole)
	b.end(&w)
}

// begin starts an entry of the current page.
func (b *book) begin(kind entryKind) scribe {
	if n := len(b.chunks); n == 0 || b.chunks[n-1].page != b.page {
		b.chunks = append(b.chunks, chunk{page: b.page})
	}
	return beginEntry(b.chunks[len(b.chunks)-1].data, kind)
}

// end completes it and gives its size.
func (b *book) end(w *scribe) int {
	c := &b.chunks[len(b.chunks)-1]
	n := len(w.b) - len(c.data)
	c.data = w.end()
	b.size[b.page] += n
	b.total += n
	return n
}

// take gives what is to be written and done.
func (b *book) take() (chunks []chunk, keeps []keeping) {
	chunks, keeps = b.chunks, b.keeps
	b.chunks, b.keeps = nil, nil
	return chunks, keeps
}

// parts of a message as entries have them; the signature follows from them.
func writeMessage(w *scribe, m *wire.Message) {
	if m == nil {
		w.frames(nil)
		return
	}
	w.frames(append([][]byte{m.RawHeader, m.RawParent, m.RawMetadata, m.RawContent}, m.Buffers...))
}

func readMessage(r *reader) *wire.Message {
	f := r.frames()
	if len(f) < 4 {
		return nil
	}
	m := &wire.Message{RawHeader: f[0], RawParent: f[1], RawMetadata: f[2], RawContent: f[3], Buffers: f[4:]}
	var err error
	if m.Header, err = header(m.RawHeader); err != nil {
		r.bad = true
	}
	return m
}

// writeTask writes a task as far as it has come.
func (j *job) writeTask(w *scribe) {
	w.text(string(j.id))
	w.text(j.queue)
	w.text(j.client)
	w.text(j.session())
	w.number(j.arrival)
	w.text(j.engine)
	w.number(int64(j.retries))
	w.number(int64(j.reruns))
	w.uvarint(len(j.had))
	for _, u := range j.had {
		w.text(string(u))
	}
	w.bytes(j.header)
	writeMessage(w, j.request)
}

func (j *job) session() string {
	if j.owner == nil {
		return ""
	}
	return j.owner.session
}

// writeEnd writes how a task ended.
func (j *job) writeEnd(w *scribe) {
	w.text(string(j.id))
	w.text(j.engine)
	w.number(int64(j.status))
	w.time(j.replied)
	w.text(string(j.resubmitted))
	writeMessage(w, j.reply)
	io := j.io
	if io == nil {
		io = &outputs{}
	}
	for _, b := range [][]byte{io.input, io.result, io.failure, io.stdout, io.stderr} {
		w.bytes(b)
	}
	displays := make([][]byte, len(io.displays))
	for i, d := range io.displays {
		displays[i] = d
	}
	w.frames(displays)
}

// record makes what a store keeps of an ended task.
func (j *job) record() Record {
	w := beginEntry(nil, taskEntry)
	j.writeTask(&w)
	w = beginEntry(w.end(), endedEntry)
	j.writeEnd(&w)
	return Record{ID: string(j.id), Ended: j.replied, Body: w.end()}
}

// noteTask writes a task into the journal.
func (s *shell) noteTask(j *job) {
	b := s.book
	if b.silent() {
		return
	}
	if b.size[b.page] > pageBytes && !b.whole {
		s.turn()
	}
	w := b.begin(taskEntry)
	j.writeTask(&w)
	n := b.end(&w)
	b.live += n - j.size
	j.size = n
	b.ids[b.page] = append(b.ids[b.page], j.id)
}

// noteState writes who has a task, or that nobody has it any more.
func (s *shell) noteState(kind entryKind, j *job) {
	if s.book.silent() {
		return
	}
	w := s.book.begin(kind)
	w.text(string(j.id))
	w.text(j.engine)
	w.number(int64(j.retries))
	w.number(int64(j.reruns))
	s.book.end(&w)
}

// noteEnd writes how a task ended.
func (s *shell) noteEnd(j *job) {
	s.book.live -= j.size
	j.size = 0
	if s.book.silent() {
		return
	}
	w := s.book.begin(endedEntry)
	j.writeEnd(&w)
	s.book.end(&w)
}

// noteText writes an entry of texts.
func (s *shell) noteText(kind entryKind, texts ...string) {
	if s.book.silent() {
		return
	}
	w := s.book.begin(kind)
	for _, t := range texts {
		w.text(t)
	}
	s.book.end(&w)
}

func (s *shell) noteEngine(e hub.EngineInfo) {
	if s.book.silent() {
		return
	}
	w := s.book.begin(engineEntry)
	w.text(string(e.UUID))
	w.number(int64(e.ID))
	w.bytes(s.about[e.UUID])
	s.book.end(&w)
}

// turn begins a page with what every page says: who is here.
func (s *shell) turn() {
	s.book.turn(false)
	s.noteEngines()
}

func (s *shell) noteEngines() {
	w := s.book.begin(nextEntry)
	w.number(int64(s.hub.NextID()))
	s.book.end(&w)
	for _, e := range s.hub.Known() {
		s.noteEngine(e)
	}
}

// sweep makes the journal shorter by its first page when much of it is not needed any more.
func (s *shell) sweepJournal() {
	b := s.book
	if b.silent() || b.first == b.page || b.total <= idleBytes+3*b.live {
		return
	}
	old := b.first
	var put []Record
	for _, id := range b.ids[old] {
		s.writeAgain(id, &put)
	}
	delete(b.ids, old)
	b.total -= b.size[old]
	delete(b.size, old)
	b.first++
	b.keeps = append(b.keeps, keeping{put: put, forget: b.first})
}

// writeAgain writes what is still needed of a task.
func (s *shell) writeAgain(id hub.TaskID, put *[]Record) {
	if c := s.casts[id]; c != nil {
		s.noteTask(c.whole)
		for _, p := range c.parts {
			if p.ended {
				s.noteEnd(p)
			}
		}
		return
	}
	if j := s.jobs[id]; j != nil {
		if j.cast == nil {
			s.noteTask(j)
		}
		return
	}
	j := s.records.byID[id]
	if late := s.clients.untold[id]; late != nil && late.ended {
		s.noteTask(late)
		s.noteEnd(late)
		s.noteText(untoldEntry, string(id))
		j = nil
	}
	switch {
	case j == nil || j.stored:
	case s.store != nil:
		j.stored = true
		*put = append(*put, j.record())
	default:
		s.noteTask(j)
		s.noteEnd(j)
	}
}

// writeWhole begins a page that has all that is needed, so that those before it are not.
func (s *shell) writeWhole() {
	b := s.book
	b.broken = nil
	clear(b.ids)
	clear(b.size)
	b.total, b.live, b.chunks = 0, 0, nil
	b.turn(true)
	s.noteEngines()
	var put []Record
	for _, j := range s.inOrder() {
		j.size = 0
		if c := j.cast; c != nil {
			if c.whole == j {
				s.writeAgain(c.id, &put)
			}
			continue
		}
		s.writeAgain(j.id, &put)
	}
	w := b.begin(settledEntry)           // of the others it is known who is untold
	w.time(s.now.Add(-time.Microsecond)) // an answer of this moment may follow
	b.end(&w)
	w = b.begin(completeEntry)
	b.end(&w)
	b.whole = false
	b.keeps = append(b.keeps, keeping{put: put, forget: b.page})
}
