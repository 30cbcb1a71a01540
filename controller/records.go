package controller

import (
	"encoding/json"
	"slices"
	"strings"
	"unsafe"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// maxStream bounds what is kept of one task's stdout or stderr, in bytes.
const maxStream = 16 << 20

// outputs are what engines published for a task.
type outputs struct {
	input, result, failure json.RawMessage // code as a JSON string; contents
	displays               []json.RawMessage
	stdout, stderr         []byte
}

// records are the tasks that have ended, the latest ones within two bounds.
type records struct {
	maxCount int // 0: nothing is kept
	maxBytes int
	byID     map[hub.TaskID]*job
	order    []*job // oldest first; may name some that are gone
	seq      int64
	bytes    int
	out      []*job // that had to go, for the store
}

func newRecords(count, bytes int) *records {
	return &records{maxCount: count, maxBytes: bytes, byID: map[hub.TaskID]*job{}}
}

func (r *records) off() bool { return r.maxCount <= 0 }

// add keeps an ended task.
func (r *records) add(j *job) {
	j.frames = nil
	if r.off() {
		return
	}
	r.drop(j.id)
	r.seq++
	j.seq = r.seq
	j.bytes += sizeOf(j.request) + sizeOf(j.reply)
	r.byID[j.id] = j
	r.bytes += j.bytes
	r.order = append(r.order, j)
	r.cull()
	if len(r.order) > 2*len(r.byID)+64 {
		r.order = slices.DeleteFunc(r.order, func(j *job) bool { return r.byID[j.id] != j })
	}
}

// grow notes that a kept task's outputs became larger.
func (r *records) grow(j *job, n int) {
	j.bytes += n
	if r.byID[j.id] == j {
		r.bytes += n
		r.cull()
	}
}

// cull drops the oldest tenth when there are too many, and the oldest ones until the bytes fit.
func (r *records) cull() {
	n := 0
	if len(r.byID) > r.maxCount {
		n = max(1, r.maxCount/10)
	}
	for ; len(r.order) > 0 && (n > 0 || r.bytes > r.maxBytes); r.order = r.order[1:] {
		if j := r.order[0]; r.byID[j.id] == j {
			r.out = append(r.out, j)
			r.drop(j.id)
			n--
		}
		r.order[0] = nil
	}
}

func (r *records) drop(id hub.TaskID) {
	if j := r.byID[id]; j != nil {
		r.bytes -= j.bytes
		delete(r.byID, id)
	}
}

// sizeOf is about what a message takes in memory.
func sizeOf(m *wire.Message) int {
	if m == nil {
		return 0
	}
	n := int(unsafe.Sizeof(*m)) + len(m.RawHeader) + len(m.RawParent) + len(m.RawMetadata) + len(m.RawContent)
	for _, b := range m.Buffers {
		n += len(b)
	}
	return n
}

// find gives a task, whether it has ended or not.
func (s *shell) find(id hub.TaskID) *job {
	if j := s.here(id); j != nil {
		return j
	}
	return s.fetch(id)
}

// here gives one that is in memory.
func (s *shell) here(id hub.TaskID) *job {
	if j := s.jobs[id]; j != nil {
		return j
	}
	return s.records.byID[id]
}

// note keeps what an engine published in the record of its task.
func (s *shell) note(m *wire.Message) {
	if m.Header.MsgType == "shutdown_reply" {
		s.act(s.hub.Step(hub.Leave{UUID: hub.UUID(field(m.RawHeader, "session"))}))
		return
	}
	if s.records.off() {
		return
	}
	parent, err := header(m.RawParent)
	if err != nil || parent.MsgID == "" {
		return
	}
	j := s.here(hub.TaskID(parent.MsgID))
	if j == nil {
		return
	}
	if j.io == nil {
		j.io = &outputs{}
	}
	before := j.io.size()
	j.io.take(m)
	s.records.grow(j, j.io.size()-before)
	s.spill()
}

func (o *outputs) size() int {
	n := len(o.input) + len(o.result) + len(o.failure) + len(o.stdout) + len(o.stderr)
	for _, d := range o.displays {
		n += len(d)
	}
	return n
}

// take adds one message.
func (o *outputs) take(m *wire.Message) {
	switch m.Header.MsgType {
	case "stream":
		var c struct{ Name, Text string }
		if m.Content(&c) != nil {
			return
		}
		to := &o.stdout
		if c.Name == "stderr" {
			to = &o.stderr
		}
		if len(*to)+len(c.Text) <= maxStream {
			*to = append(*to, c.Text...)
		}
	case "error":
		o.failure = m.RawContent
	case "execute_input":
		var c struct {
			Code json.RawMessage `json:"code"`
		}
		if m.Content(&c) == nil {
			o.input = c.Code
		}
	case "execute_result":
		o.result = m.RawContent
	case "display_data":
		if o.size() < maxStream {
			o.displays = append(o.displays, m.RawContent)
		}
	}
}

// recordKeys are the keys of a record.
var recordKeys = strings.Fields("msg_id header metadata content buffers submitted client_uuid engine_uuid started completed resubmitted " +
	"received result_header result_metadata result_content result_buffers queue execute_input execute_result error stdout stderr label")

// field gives a value of a task's record as it is in JSON; buffers travel beside the JSON.
func (j *job) field(key string) any {
	head := j.request.RawHeader
	if j.header != nil {
		head = j.header
	}
	switch key {
	case "msg_id":
		return j.id
	case "header":
		return rawOrNull(head)
	case "metadata":
		return rawOrNull(j.request.RawMetadata)
	case "content":
		return rawOrNull(j.request.RawContent)
	case "submitted":
		return orNull(j.submitted())
	case "client_uuid":
		return orNull(field(j.request.RawHeader, "session"))
	case "engine_uuid":
		return orNull(j.engine)
	case "resubmitted":
		return orNull(string(j.resubmitted))
	case "queue":
		return j.queue
	case "label":
		var md struct {
			Label json.RawMessage `json:"label"`
		}
		if j.request.Metadata(&md) == nil {
			return rawOrNull(md.Label)
		}
		return nil
	}
	return j.resultField(key)
}

// submitted is the date of the request.
func (j *job) submitted() string { return field(j.request.RawHeader, "date") }

func (j *job) resultField(key string) any {
	io := j.io
	if io == nil {
		io = &outputs{}
	}
	switch key {
	case "execute_input":
		return rawOrNull(io.input)
	case "execute_result":
		return rawOrNull(io.result)
	case "error":
		return rawOrNull(io.failure)
	case "stdout":
		return string(io.stdout)
	case "stderr":
		return string(io.stderr)
	}
	if j.reply == nil {
		return nil
	}
	switch key {
	case "started":
		var md struct {
			Started json.RawMessage `json:"started"`
		}
		if j.reply.Metadata(&md) == nil {
			return rawOrNull(md.Started)
		}
	case "completed":
		return orNull(field(j.reply.RawHeader, "date"))
	case "received":
		return wire.Date(j.replied)
	case "result_header":
		return rawOrNull(j.reply.RawHeader)
	case "result_metadata":
		return rawOrNull(j.reply.RawMetadata)
	case "result_content":
		return rawOrNull(j.reply.RawContent)
	}
	return nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// rawOrNull keeps what is not JSON out of answers: relayed parts were not looked into.
func rawOrNull(raw json.RawMessage) any {
	if !json.Valid(raw) {
		return nil
	}
	return raw
}
