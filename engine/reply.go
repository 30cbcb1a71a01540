package engine

import (
	"fmt"

	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/wire"
)

// replyMeta is the metadata of a reply.
type replyMeta struct {
	Started         string           `json:"started"`
	DependenciesMet bool             `json:"dependencies_met"`
	Engine          string           `json:"engine"`
	IsBroadcast     bool             `json:"is_broadcast"`
	IsCoalescing    bool             `json:"is_coalescing"`
	OriginalMsgID   string           `json:"original_msg_id"`
	Label           *string          `json:"label"`
	Status          string           `json:"status"`
	EngineInfo      *wire.EngineInfo `json:"engine_info,omitempty"`
}

// nameUnmet is the failure by which a task says that this engine does not suit it.
const nameUnmet = "UnmetDependency"

// reply answers a task.
func (s *shell) reply(t *task, a answer, status string) {
	meta := replyMeta{
		Started: wire.Date(t.started), DependenciesMet: true, Engine: s.session.ID(),
		IsBroadcast: t.meta.IsBroadcast, IsCoalescing: t.meta.IsCoalescing, OriginalMsgID: t.meta.OriginalMsgID, Label: t.meta.Label, Status: status,
	}
	content := a.content
	if f := a.failure; f != nil {
		meta.DependenciesMet = f.Name != nameUnmet
		meta.EngineInfo = s.where(a.method)
		if content == nil {
			r := *f
			r.Status, r.EngineInfo = "error", s.where(a.method)
			content = wire.Reply{Status: "error", ExecutionCount: t.count, Failure: &r}
		}
	}
	if content == nil {
		content = wire.Reply{Status: status, ExecutionCount: t.count}
	}
	m, err := s.session.New(wire.ReplyType(t.m.Header.MsgType), t.m, meta, content, a.buffers...)
	if err != nil {
		s.log.Error("a reply was not made", "request", t.m.Header.MsgType, "error", err)
		f := wire.NewFailure("EngineError", "the reply could not be written: "+err.Error())
		if m, err = s.session.New(wire.ReplyType(t.m.Header.MsgType), t.m, nil, f); err != nil {
			return
		}
	}
	m.Routes = t.m.Routes
	if t.on == Shell && s.holds() {
		s.ledger.hold(t.m.Header.MsgID, &heldReply{on: t.on, to: t.from, m: m})
	}
	s.do(send{on: t.on, to: t.from, m: m})
}

func (s *shell) where(method string) *wire.EngineInfo {
	return &wire.EngineInfo{EngineUUID: s.session.ID(), EngineID: s.id, Method: method}
}

// publish sends something to whoever listens, under a request.
func (s *shell) publish(topic, msgType string, parent *wire.Message, content any) {
	s.issue(topic, msgType, parent, nil, content)
}

func (s *shell) issue(topic, msgType string, parent *wire.Message, meta, content any, buffers ...[]byte) {
	if meta == nil {
		meta = map[string]string{"engine": s.session.ID()}
	}
	m, err := s.session.New(msgType, parent, meta, content, buffers...)
	if err != nil {
		s.log.Error("an output was not made", "type", msgType, "error", err)
		return
	}
	s.do(publish{fmt.Sprintf("engine.%d.%s", s.id, topic), m})
}

func (s *shell) status(parent *wire.Message, state string) {
	if s.null {
		return
	}
	s.publish("status", "status", parent, map[string]string{"execution_state": state})
}

// print publishes texts of streams under the last task.
func (s *shell) print(texts []stream.Text) {
	for _, t := range texts {
		s.publish(t.Name, "stream", s.parent, map[string]string{"name": t.Name, "text": t.Text})
	}
}

// show publishes what user code shows.
func (s *shell) show(parent *wire.Message, o wire.Output) {
	topic := o.MsgType
	switch o.MsgType {
	case "display_data", "update_display_data", "clear_output":
		topic = "displaypub"
	}
	var meta any
	if len(o.Metadata) > 0 {
		meta = o.Metadata
	}
	s.issue(topic, o.MsgType, parent, meta, o.Content, o.Buffers...)
}

// info answers kernel_info_request, for tools that look at an engine as a kernel.
func (s *shell) info() any {
	return map[string]any{
		"status": "ok", "protocol_version": wire.ClusterVersion, "implementation": "gale", "implementation_version": s.version,
		"language_info": map[string]string{"name": "go", "mimetype": "text/x-go", "file_extension": ".go", "version": s.version},
		"banner":        "gale engine", "help_links": []any{},
	}
}
