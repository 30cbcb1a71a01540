package engine

import (
	"time"

	"github.com/galeproject/gale/internal/stream"
	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/wire"
)

// Channel is one of an engine's connections, as far as messages come in on it.
type Channel int

// The channels.
const (
	Shell     Channel = iota // requests that run user code
	Control                  // requests that are answered at once
	Registrar                // the controller's registration
	Host                     // questions to the kernel, of a kernel's child
	IOPub                    // output
	Heart                    // the controller's heartbeat
)

// event is what happens to a shell.
//
//sumtype:decl
type event interface{ event() }

type (
	// began: the connections that can be made at once are being made.
	began struct{}
	// received: a message that passed its check.
	received struct {
		on   Channel
		from *zmtp.Peer
		m    *wire.Message
	}
	// linked: the registrar has been connected, or the first subscriber of iopub has come.
	linked struct{ on Channel }
	// printed: output of the process.
	printed struct{ chunks []stream.Chunk }
	// shown: user code displays something.
	shown struct {
		t    *task
		o    wire.Output
		seen chan struct{} // closed when it has been passed on, and so has everything that was printed before it
	}
	// finished: a task's user code has ended.
	finished struct {
		t *task
		a answer
	}
	// beat: the controller's heart beats.
	beat struct{}
	// ticked: the time that shell.next gave has come.
	ticked struct{}
	// told: somebody outside ends the engine.
	told struct{ cause error }
)

func (began) event()    {}
func (received) event() {}
func (linked) event()   {}
func (printed) event()  {}
func (shown) event()    {}
func (finished) event() {}
func (beat) event()     {}
func (ticked) event()   {}
func (told) event()     {}

// effect is what a shell wants done.
//
//sumtype:decl
type effect interface{ effect() }

type (
	// send gives a message to a peer; on Registrar and Host there is only one.
	send struct {
		on Channel
		to *zmtp.Peer
		m  *wire.Message
	}
	// publish sends a message to the subscribers of its topic.
	publish struct {
		topic string
		m     *wire.Message
	}
	// join connects the channels for work; id is the engine's.
	join struct{ id int }
	// start begins a task's user code.
	start struct{ t *task }
	// cancel interrupts a task.
	cancel struct {
		t     *task
		cause error
	}
	// kill sends this process a signal, after what was sent has gone.
	kill struct{ signal int }
	// leave ends the loop, after what was sent has gone; err is what Run returns.
	leave struct{ err error }
	// serving tells the owner that requests are taken.
	serving struct{ id int }
)

func (send) effect()    {}
func (publish) effect() {}
func (join) effect()    {}
func (start) effect()   {}
func (cancel) effect()  {}
func (kill) effect()    {}
func (leave) effect()   {}
func (serving) effect() {}

// answer is what became of a task.
type answer struct {
	content any // of the reply; nil gives {"status": …}
	buffers [][]byte
	failure *wire.Failure // publish it as an error; with content nil it is the reply too
	method  string        // apply, execute, or the request's name: for engine_info
}

// task is a request that runs user code, or waits for it.
type task struct {
	m       *wire.Message
	on      Channel
	from    *zmtp.Peer
	meta    requestMeta
	count   int // execution count, of execute requests
	size    int64
	started time.Time
	limit   time.Time  // when it is interrupted; zero: never
	over    bool       // the limit has come
	request wire.MsgID // of the front end, when a kernel told it
	lane    string     // it runs beside the queue, after the earlier ones of its lane; "" is the queue
}

// requestMeta is what a request's metadata say to an engine.
type requestMeta struct {
	IsBroadcast   bool    `json:"is_broadcast"`
	IsCoalescing  bool    `json:"is_coalescing"`
	OriginalMsgID string  `json:"original_msg_id"`
	Label         *string `json:"label"`
	MaxTime       float64 `json:"max_time"` // seconds
}

// is says whether a task is known by a message id: its own, or that of the broadcast that it is a part of.
func (t *task) is(id wire.MsgID) bool {
	return t.m.Header.MsgID == id || t.meta.OriginalMsgID != "" && wire.MsgID(t.meta.OriginalMsgID) == id
}
