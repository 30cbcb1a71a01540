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

	// Recollect says that a task ended in an earlier life of the hub.
	Recollect struct {
		Task   TaskID
		Engine UUID // that ended it; "": none did
		Status Status
	}
	// Missing says that an engine, asked about a task that it was sent in an earlier life of the hub, knows nothing of it.
	Missing struct {
		Task   TaskID
		Engine UUID
		Never  bool // it never got it; otherwise it may have run, and its reply is lost
	}

	// Submit says that a client asks for a balanced task.
	Submit struct {
		Task     TaskID
		Client   string        // clients are served in turn
		Priority int           // higher ones come first
		After    Dependency    // run it when these have ended
		Follow   Dependency    // run it where these ended
		Targets  []UUID        // run it on one of these; none: anywhere
		Timeout  time.Duration // longest wait for an engine; 0: no limit
		MaxTime  time.Duration // longest run; 0: no limit
		Retries  int           // how often an error or the death of an engine is answered with another try
		Reruns   int           // deaths of an engine that are answered with another try, besides Retries
		Same     bool          // the other try may be on the same engine when there is no other

		// Of a task from an earlier life of the hub: the engine that has it now if one has, those that it must not run on
		// again, and those that had it, as often as they had it.
		On    UUID
		Tried []UUID
		Had   []UUID
	}
	// Direct says that a client asks one engine for something.
	Direct struct {
		Task    TaskID
		Engine  UUID
		MaxTime time.Duration // longest run; 0: no limit
		Resumed bool          // the engine has had it since an earlier life of the hub
	}
	// Spread says that a client asks several engines for the same thing.
	Spread struct {
		Task       TaskID
		Targets    []UUID
		Coalescing bool // one answer for all
		Resumed    bool // the engines have had it since an earlier life of the hub
	}
	// Return says that an engine replied to a task, or to its part of a broadcast.
	Return struct {
		Task   TaskID
		Engine UUID
		Status Status
	}
	// Abort says that a client does not want a task any more.
	Abort struct {
		Task    TaskID
		Running bool // also if an engine runs it, which is then interrupted
	}
)

func (Tick) event()       {}
func (Register) event()   {}
func (Recall) event()     {}
func (Connect) event()    {}
func (Disconnect) event() {}
func (Pong) event()       {}
func (Leave) event()      {}
func (Recollect) event()  {}
func (Missing) event()    {}
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
