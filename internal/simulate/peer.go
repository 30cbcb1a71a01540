package simulate

import (
	"time"

	"github.com/galeproject/gale/controller"
	"github.com/galeproject/gale/wire"
)

// Key signs all messages of a history.
const Key = "a history's key"

// Peer is an engine or a client without sockets and clock. It dials the controller's sockets; while one is not connected, what it sends
// there waits.
type Peer interface {
	// Step takes one input and says what is to be done.
	Step(now time.Time, in Input) Output
	// Next is when an input of kind Passed is due; zero: never.
	Next() time.Time
}

// Kind says what happened to a peer.
type Kind uint8

// The kinds of an Input.
const (
	Passed    Kind = iota // nothing but time
	Arrived               // a message
	Connected             // to a socket of the controller
	Lost                  // the connection to it
	Asked                 // the program asks for something; of clients
	Finished              // user code has ended; of engines
)

// Input is something that happened to a peer.
type Input struct {
	Kind    Kind
	Socket  controller.Socket
	Frames  [][]byte
	Request Request
	Task    wire.MsgID
	Outcome Outcome
}

// Outcome is how user code ends.
type Outcome uint8

// The outcomes.
const (
	Fine  Outcome = iota
	Raise         // it fails
	Unfit         // it needs another engine
)

// Request is what a program asks a client for.
type Request struct {
	On      controller.Socket // MuxClient, TaskClient or CastClient
	Engines []Place           // one for MuxClient, some for CastClient, the targets for TaskClient
	Merge   bool              // one answer to a broadcast
	After   []wire.MsgID
	Follow  []wire.MsgID
	Retries int
	OnDeath bool // it may run again when its engine dies
	Timeout float64
	MaxTime float64
	Abort   wire.MsgID // a request to take back, instead
	Running bool       // also when it runs
}

// Place is an engine.
type Place struct {
	UUID string
	ID   int
}

// Output is what a peer wants done, and what it tells of itself.
type Output struct {
	Send    []Letter
	Dial    []controller.Socket // to connect to, for as long as the peer lives
	Began   []wire.MsgID        // user code of engines; a Finished follows
	Stopped []wire.MsgID        // user code that is to end
	Asked   wire.MsgID          // what was Asked for, under its id
	As      Request             // what became of it
	Wants   []wire.MsgID        // ids under which it will be answered
	Answers []Answer            // that the program got
	Ended   string              // the process ends, for this reason
}

// Letter is a message for a socket of the controller.
type Letter struct {
	Socket controller.Socket
	Frames [][]byte
}

// Answer is what became of a request, or of a part of a broadcast.
type Answer struct {
	ID  wire.MsgID
	OK  bool
	Why string // of a failure
}
