package hub

import "time"

// TaskID names a task: the id of the message that asked for it.
type TaskID string

// EngineID is an engine's number; a number is never used for two engines.
type EngineID int

// UUID is the name that an engine gives itself, and its identity on every socket.
type UUID string

// Channel is one of the sockets on which an engine is known by its uuid.
type Channel uint8

// The channels of an engine.
const (
	Mux Channel = iota
	Balanced
	Broadcast
	Control
	Heart // where it sends heartbeats back
	channels
)

var channelNames = [channels]string{"mux", "task", "broadcast", "control", "heart"}

func (c Channel) String() string { return channelNames[c] }

// Event is something that happened outside.
//
//sumtype:decl
type Event interface{ event() }

// The events.
type (
	// Tick brings the time since the hub's start. Between ticks time stands still.
	Tick struct{ Now time.Duration }

	// Register says that an engine asks for an id.
	Register struct {
		UUID   UUID
		Wanted EngineID // a negative one: any
		Heart  bool     // it is not ready before it is connected on Heart too, which is the last thing that it does
	}
	// Recall says that an engine was here in an earlier life of the hub and may come back under its id.
	Recall struct {
		UUID UUID
		ID   EngineID
	}
	// Connect says that a peer with this identity connected on a channel.
	Connect struct {
		UUID    UUID
		Channel Channel
	}
	// Disconnect says that such a connection ended; each Connect has one.
	Disconnect struct {
		UUID    UUID
		Channel Channel
	}
	// Pong says that an engine sent a heartbeat back.
	Pong struct {
		UUID    UUID
		Payload string
	}
	// Leave says that an engine said goodbye.
	Leave struct{ UUID UUID }

	// Submit says that a client asks for a balanced task.
	Submit struct {
		Task    TaskID
		After   Dependency    // run it when these have ended
		Follow  Dependency    // run it where these ended
		Targets []UUID        // run it on one of these; none: anywhere
		Timeout time.Duration // longest wait for an engine; 0: no limit
		Retries int           // how often an error or the death of an engine is answered with another try
		Reruns  int           // deaths of an engine that are answered with another try, besides Retries
		Same    bool          // the other try may be on the same engine when there is no other
	}
	// Direct says that a client asks one engine for something.
	Direct struct {
		Task   TaskID
		Engine UUID
	}
	// Spread says that a client asks several engines for the same thing.
	Spread struct {
		Task       TaskID
		Targets    []UUID
		Coalescing bool // one answer for all
	}
	// Return says that an engine replied to a task, or to its part of a broadcast.
	Return struct {
		Task   TaskID
		Engine UUID
		Status Status
	}
	// Abort says that a client does not want a task any more.
	Abort struct{ Task TaskID }
)

func (Tick) event()       {}
func (Register) event()   {}
func (Recall) event()     {}
func (Connect) event()    {}
func (Disconnect) event() {}
func (Pong) event()       {}
func (Leave) event()      {}
func (Submit) event()     {}
func (Direct) event()     {}
func (Spread) event()     {}
func (Return) event()     {}
func (Abort) event()      {}

// Status is what a reply says of its task.
type Status uint8

// The statuses of a reply.
const (
	OK        Status = iota
	Error            // the task failed
	Unmet            // the engine lacks something that the task depends on
	Cancelled        // the engine was told to abort it before it began
)

// PartID names the part of a broadcast that one engine gets.
func PartID(t TaskID, e UUID) TaskID { return t + "_" + TaskID(e) }
