package simulate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// ledger counts what each engine has by the messages alone, as long as they tell everything: in a controller's first life, until
// something is interrupted.
type ledger struct {
	off   bool
	ids   map[string]int // of engines that are here
	queue map[string]map[wire.MsgID]bool
	tasks map[string]map[wire.MsgID]bool
}

func newLedger() *ledger {
	return &ledger{ids: map[string]int{}, queue: map[string]map[wire.MsgID]bool{}, tasks: map[string]map[wire.MsgID]bool{}}
}

// void ends the counting: from here on messages do not tell everything.
func (l *ledger) void() { l.off = true }

func (l *ledger) joined(p Place) {
	l.ids[p.UUID] = p.ID
	l.queue[p.UUID], l.tasks[p.UUID] = map[wire.MsgID]bool{}, map[wire.MsgID]bool{}
}

func (l *ledger) left(p Place) {
	delete(l.ids, p.UUID)
	delete(l.queue, p.UUID)
	delete(l.tasks, p.UUID)
}

func (l *ledger) of(on controller.Socket) map[string]map[wire.MsgID]bool {
	if on == controller.TaskEngine {
		return l.tasks
	}
	return l.queue
}

func (l *ledger) sent(on controller.Socket, to string, id wire.MsgID) {
	if has := l.of(on)[to]; has != nil {
		has[id] = true
	}
}

func (l *ledger) returned(on controller.Socket, from string, id wire.MsgID) {
	delete(l.of(on)[from], id)
}

// answered notes that a client was told something in the place of an engine.
func (l *ledger) answered(id wire.MsgID) {
	for _, all := range []map[string]map[wire.MsgID]bool{l.queue, l.tasks} {
		for _, has := range all {
			delete(has, id)
		}
	}
}

// compare sees that a queue_reply says what was counted.
func (l *ledger) compare(frames [][]byte) error {
	var c map[string]json.RawMessage
	if l.off || !content(frames, &c) {
		return nil
	}
	for _, u := range slices.Sorted(maps.Keys(l.ids)) {
		var has struct{ Queue, Tasks int }
		raw, ok := c[strconv.Itoa(l.ids[u])]
		if !ok || json.Unmarshal(raw, &has) != nil {
			return fmt.Errorf("queue_reply leaves out engine %d, %s", l.ids[u], u)
		}
		if has.Queue != len(l.queue[u]) || has.Tasks != len(l.tasks[u]) {
			return fmt.Errorf("queue_reply says that engine %d has %d in its queue and %d tasks; counted: %v and %v", l.ids[u], has.Queue, has.Tasks,
				slices.Sorted(maps.Keys(l.queue[u])), slices.Sorted(maps.Keys(l.tasks[u])))
		}
	}
	return nil
}
