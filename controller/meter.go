package controller

import (
	"encoding/json"
	"time"

	"github.com/galeproject/gale/hub"
)

// Bounds of what a meter remembers.
const (
	keptSpans    = 4096
	keptSeconds  = 600
	keptFailures = 50
	maxFailure   = 500                   // bytes of an error's text
	failurePause = 10 * time.Millisecond // between errors that are read: a thousand alike tell no more than one
)

// bounds are the upper bounds of a histogram's bins, in seconds; the last bin has none.
var bounds = [...]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 300, 3600}

// histogram counts times.
type histogram struct {
	counts [len(bounds) + 1]uint64
	sum    float64
}

// add takes a time in µs.
func (h *histogram) add(d int64) {
	s := float64(max(0, d)) / 1e6
	i := 0
	for i < len(bounds) && s > bounds[i] {
		i++
	}
	h.counts[i]++
	h.sum += s
}

// second counts what ended within a second.
type second struct {
	at    int64 // Unix time; 0: none
	ended [outcomes]uint32
}

// meter counts what passes and remembers the latest of it, for whoever watches; its memory is bounded.
type meter struct {
	start                  time.Time
	arrived, retried, lost uint64
	ended                  [outcomes]uint64
	bytes                  [3]uint64 // of requests, replies and outputs that were relayed
	waits, runs            histogram // from arrival to an engine; on it
	seconds                [keptSeconds]second
	running                map[hub.TaskID]*job // that engines have

	spans []Span // a ring
	seq   int64  // of the latest span
	fails []Failure
	since time.Time // of the latest failure that was read
}

// outcome is how a task ended.
type outcome uint8

const (
	done outcome = iota
	failed
	aborted
	outcomes
)

var outcomeNames = [outcomes]string{"done", "failed", "aborted"}

func newMeter(start time.Time) *meter { return &meter{start: start, running: map[hub.TaskID]*job{}} }

// sinceStart is the time as jobs note it.
func (s *shell) sinceStart() int64 { return s.now.Sub(s.start).Microseconds() }

// moment makes a Unix time in ms of a time as jobs note it.
func (m *meter) moment(since int64) int64 {
	return m.start.Add(time.Duration(since) * time.Microsecond).UnixMilli()
}

// traced counts a step of a task's life.
func (m *meter) traced(now time.Time, from, to hub.State) {
	if from == hub.Arrived {
		m.arrived++
	}
	if from == hub.Running && to == hub.Queued {
		m.retried++
	}
	if to < hub.Done {
		return
	}
	o := outcome(to - hub.Done)
	m.ended[o]++
	at := now.Unix()
	s := &m.seconds[at%keptSeconds]
	if s.at != at {
		*s = second{at: at}
	}
	s.ended[o]++
}

// relayed counts bytes.
func (m *meter) relayed(which int, frames [][]byte) {
	for _, f := range frames {
		m.bytes[which] += uint64(len(f))
	}
}

// Which bytes.
const (
	requestBytes = iota
	replyBytes
	outputBytes
)

// sent notes that an engine has a task.
func (m *meter) sent(now int64, j *job) {
	m.waits.add(now - j.since)
	j.since = now
	m.running[j.id] = j
}

// left notes that an engine has it no more; how says why.
func (m *meter) left(now int64, j *job, e hub.EngineID, how string) {
	if m.running[j.id] != j {
		return
	}
	delete(m.running, j.id)
	m.seq++
	span := Span{Seq: m.seq, Task: string(j.id), Engine: int(e), From: m.moment(j.since), To: m.moment(now), How: how}
	if len(m.spans) < keptSpans {
		m.spans = append(m.spans, span)
	} else {
		m.spans[(m.seq-1)%keptSpans] = span
	}
	if how != "again" {
		m.runs.add(now - j.since)
	}
	j.since = now
}

// failed remembers how a task failed.
func (m *meter) failed(now time.Time, j *job, e hub.EngineID) {
	if now.Sub(m.since) < failurePause || j.reply == nil {
		return
	}
	m.since = now
	var c struct {
		Name  string `json:"ename"`
		Value string `json:"evalue"`
	}
	if len(j.reply.RawContent) > maxAbout*16 || json.Unmarshal(j.reply.RawContent, &c) != nil {
		c.Name = "an error that cannot be shown"
	}
	if len(m.fails) >= keptFailures {
		m.fails = append(m.fails[:0:0], m.fails[1:]...)
	}
	m.fails = append(m.fails, Failure{At: now, Task: string(j.id), Engine: int(e), Name: shortened(c.Name), Value: shortened(c.Value)})
}

// shortened bounds a text for people.
func shortened(s string) string {
	if len(s) <= maxFailure {
		return s
	}
	cut := maxFailure
	for cut > 0 && s[cut]&0xC0 == 0x80 { // within a rune
		cut--
	}
	return s[:cut] + "…"
}

// engineID gives the number of an engine that is here or was; -1: of none.
func (s *shell) engineID(u hub.UUID) hub.EngineID {
	if e, here := s.hub.Engine(u); here {
		return e.ID
	}
	if id, known := s.hub.Departed(u); known {
		return id
	}
	return -1
}

// watched is told of every step of every task.
func (s *shell) watched(id hub.TaskID, from, to hub.State, why string) {
	s.meter.traced(s.now, from, to)
	s.tales.step(s.now, id, from, to, why)
}

// measure notes the end of a job.
func (s *shell) measure(j *job) {
	e := s.engineID(hub.UUID(j.engine))
	how := outcomeNames[outcomeOf(j.status)]
	s.meter.left(s.sinceStart(), j, e, how)
	if j.status != hub.OK && j.status != hub.Cancelled {
		s.meter.failed(s.now, j, e)
	}
	if s.debug {
		s.log.Debug("controller: task ended", "task", j.id, "queue", j.queue, "engine", e, "how", how)
	}
}

func outcomeOf(status hub.Status) outcome {
	switch status {
	case hub.OK:
		return done
	case hub.Cancelled:
		return aborted
	case hub.Error, hub.Unmet:
	}
	return failed
}
