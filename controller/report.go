package controller

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/galeproject/gale/hub"
)

// Requests to the controller that tell how it is; other controllers do not know them.
const (
	ReportRequest = "gale_report_request" // content: since, see [Controller.Report]
	ReportReply   = "gale_report_reply"   // content: status "ok", report [Report]
	StoryRequest  = "gale_story_request"  // content: task, its id or how it begins
	StoryReply    = "gale_story_reply"    // content: status "ok", story [Story]
)

// Report is how a controller is doing. A broadcast counts as a task for each of its engines, and as one more.
type Report struct {
	Now     time.Time `json:"now"`
	Started time.Time `json:"started"`

	Engines []EngineReport `json:"engines"`
	Clients int            `json:"clients"` // that are connected or wait for something
	Waiting int            `json:"waiting"` // balanced tasks that no engine has
	Running int            `json:"running"` // tasks that engines have
	Live    int            `json:"live"`    // tasks that have not ended
	Arrived uint64         `json:"arrived"` // since the start, as all counts that follow
	Done    uint64         `json:"done"`
	Failed  uint64         `json:"failed"`
	Aborted uint64         `json:"aborted"`
	Retried uint64         `json:"retried"`      // taken back from an engine, to run again
	Lost    uint64         `json:"engines_lost"` // engines that left without a goodbye
	Dropped int            `json:"dropped"`      // messages that were no messages

	Waits Histogram `json:"waits"` // from a task's arrival to its engine
	Runs  Histogram `json:"runs"`  // on an engine, the ways there and back included

	RequestBytes uint64 `json:"request_bytes"` // relayed to engines
	ReplyBytes   uint64 `json:"reply_bytes"`   // and back
	OutputBytes  uint64 `json:"output_bytes"`
	Records      int    `json:"records"` // of tasks that ended, in memory
	RecordBytes  int    `json:"record_bytes"`
	JournalBytes int    `json:"journal_bytes"`
	StoreBytes   int64  `json:"store_bytes"` // on disk
	JournalError string `json:"journal_error,omitempty"`

	Seconds  []Second  `json:"seconds"` // the latest ones in which something ended, oldest first; the last may not be over
	Spans    []Span    `json:"spans"`   // when engines had tasks, of the latest
	Under    []Span    `json:"under_way"`
	Seq      int64     `json:"seq"`      // of the latest span
	Failures []Failure `json:"failures"` // the latest
	Endings  []Ending  `json:"endings"`  // processes of the cluster that ended, as its supervisor saw it
}

// EngineReport is one engine.
type EngineReport struct {
	ID        int     `json:"id"`
	UUID      string  `json:"uuid"`
	Kind      string  `json:"kind"` // go or python
	Host      string  `json:"host,omitempty"`
	Pid       int     `json:"pid,omitempty"`
	Cores     int     `json:"cores,omitempty"`
	Queue     int     `json:"queue"`            // direct tasks and parts of broadcasts that it has
	Tasks     int     `json:"tasks"`            // balanced tasks that it has
	Completed int     `json:"completed"`        // that it ended
	Memory    int64   `json:"memory,omitempty"` // resident, in bytes; 0: it did not say so
	CPU       float64 `json:"cpu,omitempty"`    // cores that it used of late
}

// Histogram counts times by size.
type Histogram struct {
	Bounds []float64 `json:"bounds"` // upper ones, in seconds
	Counts []uint64  `json:"counts"` // one more: the last has no bound
	Sum    float64   `json:"sum"`    // in seconds
}

// Second counts what ended within a second.
type Second struct {
	At      int64  `json:"at"` // Unix time
	Done    uint32 `json:"done"`
	Failed  uint32 `json:"failed"`
	Aborted uint32 `json:"aborted"`
}

// Span is a time during which an engine had a task.
type Span struct {
	Seq    int64  `json:"seq,omitempty"`
	Task   string `json:"task"`
	Engine int    `json:"engine"`
	From   int64  `json:"from"` // Unix time in ms
	To     int64  `json:"to,omitempty"`
	How    string `json:"how,omitempty"` // done, failed, aborted, or again: it was taken back
}

// Failure is a task that failed.
type Failure struct {
	At     time.Time `json:"at"`
	Task   string    `json:"task"`
	Engine int       `json:"engine"` // -1: none
	Name   string    `json:"name"`
	Value  string    `json:"value"`
}

// Bounds of a report.
const (
	reportedSpans   = 400
	reportedRunning = 500
)

// report makes a report, with the spans after a number and the seconds after a Unix time.
func (s *shell) report(since int64) Report {
	s.askUsage()
	m := s.meter
	r := Report{
		Now: s.now, Started: s.start, Clients: len(s.clients.bySession), Waiting: s.hub.Unassigned(), Running: len(m.running), Live: s.hub.Live(),
		Arrived: m.arrived, Done: m.ended[done], Failed: m.ended[failed], Aborted: m.ended[aborted], Retried: m.retried, Lost: m.lost,
		Dropped: s.dropped, Waits: m.waits.report(), Runs: m.runs.report(),
		RequestBytes: m.bytes[requestBytes], ReplyBytes: m.bytes[replyBytes], OutputBytes: m.bytes[outputBytes],
		Records: len(s.records.byID), RecordBytes: s.records.bytes, JournalBytes: s.book.total,
		Engines: []EngineReport{}, Seq: m.seq, Failures: slices.Clone(m.fails), Spans: m.after(since), Under: s.underWay(),
	}
	if s.book.broken != nil {
		r.JournalError = s.book.broken.Error()
	}
	for _, e := range s.hub.Engines() {
		r.Engines = append(r.Engines, s.engineReport(e))
	}
	slices.SortFunc(r.Engines, func(a, b EngineReport) int { return cmp.Compare(a.ID, b.ID) })
	from := s.now.Unix() - keptSeconds
	if since > 0 {
		from = s.now.Unix() - 3
	}
	for _, x := range m.seconds {
		if x.at > from {
			r.Seconds = append(r.Seconds, Second{At: x.at, Done: x.ended[done], Failed: x.ended[failed], Aborted: x.ended[aborted]})
		}
	}
	slices.SortFunc(r.Seconds, func(a, b Second) int { return cmp.Compare(a.At, b.At) })
	if s.endings != nil {
		r.Endings = s.endings()
	}
	return r
}

func (h *histogram) report() Histogram {
	return Histogram{Bounds: bounds[:], Counts: slices.Clone(h.counts[:]), Sum: h.sum}
}

// after gives the spans after a number, evenly chosen when there are many.
func (m *meter) after(since int64) []Span {
	first := max(since, m.seq-int64(len(m.spans))) + 1
	n := m.seq - first + 1
	step := max(1, (n+reportedSpans-1)/reportedSpans)
	out := []Span{}
	for i := m.seq; i >= first; i -= step {
		out = append(out, m.spans[(i-1)%keptSpans])
	}
	slices.Reverse(out)
	return out
}

// underWay gives tasks that engines have.
func (s *shell) underWay() []Span {
	out := []Span{}
	for _, j := range s.meter.running {
		if len(out) == reportedRunning {
			break
		}
		out = append(out, Span{Task: string(j.id), Engine: int(s.engineID(hub.UUID(j.engine))), From: s.meter.moment(j.since)})
	}
	slices.SortFunc(out, func(a, b Span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Task, b.Task)) })
	return out
}

// said is what an engine says of itself.
type said struct {
	Kind  string `json:"kind"`
	Host  string `json:"host"`
	Pid   int    `json:"pid"`
	Cores int    `json:"cores"`
}

func (s *shell) saidOf(u hub.UUID) said {
	a := said{Kind: "python"}
	if raw := s.about[u]; raw != nil {
		_ = json.Unmarshal(raw, &a) // what is not as it should be says nothing
	}
	return a
}

func (s *shell) engineReport(e hub.EngineInfo) EngineReport {
	a, u := s.saidOf(e.UUID), s.usage.of[e.UUID]
	return EngineReport{
		ID: int(e.ID), UUID: string(e.UUID), Kind: a.Kind, Host: cmp.Or(a.Host, u.host), Pid: cmp.Or(a.Pid, u.pid), Cores: a.Cores,
		Queue: e.Queue, Tasks: e.Tasks, Completed: e.Completed, Memory: u.memory, CPU: u.cpu,
	}
}

// report answers a request for one.
func (q *question) report() {
	var c struct {
		Since int64 `json:"since"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail(ReportReply, "ValueError", err.Error())
		return
	}
	q.answer(ReportReply, map[string]any{"status": "ok", "report": q.s.report(c.Since)})
}
