package controller

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/galeproject/gale/hub"
	"github.com/galeproject/gale/wire"
)

// stored says whether records are kept, and answers if not.
func (q *question) stored(reply string) bool {
	if q.s.records.off() {
		q.fail(reply, "RuntimeError", "This controller keeps no records of tasks")
		return false
	}
	return true
}

// all gives every record, of tasks under way too, by submission.
func (s *shell) all() []*job {
	list := make([]*job, 0, len(s.jobs)+len(s.records.byID))
	list = slices.AppendSeq(slices.AppendSeq(list, maps.Values(s.jobs)), maps.Values(s.records.byID))
	if s.store != nil {
		seen := map[hub.TaskID]bool{}
		err := s.store.Each(func(body []byte) error {
			if j, err := readRecord(body); err == nil && s.here(j.id) == nil && !seen[j.id] {
				list = append(list, j)
				seen[j.id] = true
			}
			return nil
		})
		if err != nil {
			s.log.Error("controller: reading the records", "err", err)
		}
	}
	dates := make(map[*job]string, len(list))
	for _, j := range list {
		dates[j] = j.submitted()
	}
	slices.SortFunc(list, func(a, b *job) int { return cmp.Or(cmp.Compare(dates[a], dates[b]), cmp.Compare(a.id, b.id)) })
	return list
}

// result gives what became of tasks; of other clients too.
func (q *question) result() {
	var c struct {
		IDs        []hub.TaskID `json:"msg_ids"`
		StatusOnly bool         `json:"status_only"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail("result_reply", "ValueError", err.Error())
		return
	}
	if !q.stored("result_reply") {
		return
	}
	slices.Sort(c.IDs)
	out := map[string]any{"status": "ok"}
	pending, completed := []hub.TaskID{}, []hub.TaskID{}
	var buffers [][]byte
	for _, id := range slices.Compact(c.IDs) {
		j := q.s.find(id)
		if j == nil {
			if state, known := q.s.hub.State(id); known && state >= hub.Done {
				if c.StatusOnly {
					completed = append(completed, id)
					continue
				}
				q.fail("result_reply", "KeyError", "The result is not kept any more: "+string(id))
				return
			}
			q.fail("result_reply", "KeyError", "No such message: "+string(id))
			return
		}
		if !j.ended {
			pending = append(pending, id)
			continue
		}
		completed = append(completed, id)
		if c.StatusOnly {
			continue
		}
		entry := map[string]any{}
		for _, key := range []string{"header", "metadata", "result_metadata", "result_header", "result_content", "received"} {
			entry[key] = j.field(key)
		}
		io := map[string]any{}
		for _, key := range []string{"execute_input", "execute_result", "error", "stdout", "stderr"} {
			io[key] = j.field(key)
		}
		entry["io"] = io
		out[string(id)] = entry
		buffers = append(buffers, j.reply.Buffers...)
	}
	out["pending"], out["completed"] = pending, completed
	q.answer("result_reply", out, buffers...)
}

func (q *question) history() {
	if !q.stored("history_reply") {
		return
	}
	ids := []hub.TaskID{}
	for _, j := range q.s.all() {
		if j.submitted() != "" {
			ids = append(ids, j.id)
		}
	}
	q.answer("history_reply", map[string]any{"status": "ok", "history": ids})
}

// db answers a query of the records.
func (q *question) db() {
	var c struct {
		Query json.RawMessage `json:"query"`
		Keys  []string        `json:"keys"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail("db_reply", "ValueError", err.Error())
		return
	}
	if !q.stored("db_reply") {
		return
	}
	keys := c.Keys
	if keys == nil {
		keys = slices.DeleteFunc(slices.Clone(recordKeys), func(k string) bool { return strings.HasSuffix(k, "buffers") })
	}
	for _, k := range keys {
		if !slices.Contains(recordKeys, k) {
			q.fail("db_reply", "KeyError", "Bad record key(s): "+k)
			return
		}
	}
	conditions, err := parseQuery(c.Query)
	if err != nil {
		q.fail("db_reply", "KeyError", err.Error())
		return
	}
	records := []map[string]any{}
	lens := map[string][]int{}
	var buffers [][]byte
	for _, j := range q.s.all() {
		if !j.meets(conditions) {
			continue
		}
		r := map[string]any{"msg_id": j.id}
		for _, k := range keys {
			if !strings.HasSuffix(k, "buffers") {
				r[k] = j.field(k)
			}
		}
		records = append(records, r)
		for _, k := range []string{"buffers", "result_buffers"} {
			if slices.Contains(keys, k) {
				b := j.buffers(k)
				lens[k] = append(notNil(lens[k]), len(b))
				buffers = append(buffers, b...)
			}
		}
	}
	out := map[string]any{"status": "ok", "records": records, "buffer_lens": nil, "result_buffer_lens": nil}
	for k, name := range map[string]string{"buffers": "buffer_lens", "result_buffers": "result_buffer_lens"} {
		if slices.Contains(keys, k) {
			out[name] = notNil(lens[k])
		}
	}
	q.answer("db_reply", out, buffers...)
}

func (j *job) buffers(key string) [][]byte {
	if key == "buffers" {
		return j.request.Buffers
	}
	if j.reply == nil {
		return nil
	}
	return j.reply.Buffers
}

// purge drops records of tasks that have ended.
func (q *question) purge() {
	var c struct {
		IDs     json.RawMessage `json:"msg_ids"`
		Engines []any           `json:"engine_ids"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail("purge_reply", "ValueError", err.Error())
		return
	}
	if !q.stored("purge_reply") {
		return
	}
	if string(c.IDs) == `"all"` {
		q.s.dropAll(func(*job) bool { return true })
		q.answer("purge_reply", map[string]any{"status": "ok"})
		return
	}
	var ids []hub.TaskID
	if len(c.IDs) > 0 {
		if err := json.Unmarshal(c.IDs, &ids); err != nil {
			q.fail("purge_reply", "ValueError", err.Error())
			return
		}
	}
	for _, id := range ids {
		if q.s.jobs[id] != nil {
			q.fail("purge_reply", "IndexError", fmt.Sprintf("msg pending: '%s'", id))
			return
		}
	}
	q.s.drop(ids)
	for _, name := range c.Engines {
		uuid := q.engine(name)
		if uuid == "" {
			q.fail("purge_reply", "IndexError", fmt.Sprintf("No such engine: %v", name))
			return
		}
		q.s.dropAll(func(j *job) bool { return j.engine == uuid })
	}
	q.answer("purge_reply", map[string]any{"status": "ok"})
}

// drop forgets records.
func (s *shell) drop(ids []hub.TaskID) {
	for _, id := range ids {
		s.records.drop(id)
		s.noteText(droppedEntry, string(id))
	}
	if s.store != nil && len(ids) > 0 {
		s.book.keeps = append(s.book.keeps, keeping{drop: ids})
	}
}

// dropAll forgets the records that are meant.
func (s *shell) dropAll(meant func(*job) bool) {
	var ids []hub.TaskID
	for _, j := range s.all() {
		if j.ended && meant(j) {
			ids = append(ids, j.id)
		}
	}
	s.drop(ids)
}

// engine gives the uuid of an engine named by id or uuid, "" when there is none.
func (q *question) engine(name any) string {
	for _, e := range q.s.hub.Engines() {
		if name == float64(e.ID) || name == string(e.UUID) {
			return string(e.UUID)
		}
	}
	return ""
}

// resubmit submits tasks again as balanced ones, under new ids and with the metadata that they had.
func (q *question) resubmit() {
	var c struct {
		IDs []hub.TaskID `json:"msg_ids"`
	}
	if err := q.m.Content(&c); err != nil {
		q.fail("resubmit_reply", "ValueError", err.Error())
		return
	}
	if !q.stored("resubmit_reply") {
		return
	}
	var missing []string
	for _, id := range c.IDs {
		if q.s.find(id) == nil {
			missing = append(missing, "'"+string(id)+"'")
		}
	}
	if len(missing) > 0 {
		q.fail("resubmit_reply", "KeyError", "No such msg(s): ["+strings.Join(missing, ", ")+"]")
		return
	}
	resubmitted := map[hub.TaskID]hub.TaskID{}
	var events []hub.Submit
	var jobs []*job
	for _, id := range c.IDs {
		old := q.s.find(id)
		m, err := q.s.renewed(old.request)
		if err != nil {
			q.fail("resubmit_reply", "ValueError", err.Error())
			return
		}
		ev, err := submission(m)
		if err != nil {
			q.fail("resubmit_reply", "ValueError", err.Error())
			return
		}
		resubmitted[id], old.resubmitted = ev.Task, ev.Task
		events = append(events, ev)
		q.s.noteText(renewedEntry, string(id), string(ev.Task))
		j := &job{id: ev.Task, queue: "task", request: m, frames: q.s.session.Frames(m), retries: ev.Retries, reruns: ev.Reruns}
		q.s.addJob(j)
		jobs = append(jobs, j)
	}
	q.answer("resubmit_reply", map[string]any{"status": "ok", "resubmitted": resubmitted})
	for i, ev := range events {
		q.s.began(jobs[i], q.s.hub.Step(ev))
	}
}

// renewed gives a request a new id and date; all else is as it was.
func (s *shell) renewed(old *wire.Message) (*wire.Message, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(old.RawHeader, &fields); err != nil {
		return nil, fmt.Errorf("controller: resubmitting: %w", err)
	}
	m := *old
	m.Routes = nil
	fresh := s.session.NewHeader(old.Header.MsgType)
	m.Header.MsgID = fresh.MsgID
	var err error
	if fields["msg_id"], err = wire.Marshal(fresh.MsgID); err != nil {
		return nil, err
	}
	if fields["date"], err = wire.Marshal(fresh.Date); err != nil {
		return nil, err
	}
	m.RawHeader, err = wire.Marshal(fields)
	return &m, err
}
