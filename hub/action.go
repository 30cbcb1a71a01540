package hub

// Goodbye is the reason of a [Left] that the engine itself asked for.
const Goodbye = "it said goodbye"

// Action is something that must now be done.
//
//sumtype:decl
type Action interface{ action() }

// The actions.
type (
	// Welcome gives an engine that asked its id.
	Welcome struct {
		UUID UUID
		ID   EngineID
	}
	// Refuse denies an engine that asked.
	Refuse struct {
		UUID   UUID
		Reason string
	}
	// Joined announces an engine that is connected on every channel.
	Joined struct {
		UUID UUID
		ID   EngineID
	}
	// Left announces that an engine is gone.
	Left struct {
		UUID   UUID
		ID     EngineID
		Reason string
	}
	// Ping sends a heartbeat to all engines.
	Ping struct{ Payload string }

	// Send gives a task, or a part of a broadcast, to an engine.
	Send struct {
		Task   TaskID
		Engine UUID
		Again  int // times that this same engine had it before: the message must differ from the earlier ones

		Retries, Reruns int // that are left
	}
	// Back says that a task was taken from the engine that had it, and is queued again.
	Back struct {
		Task            TaskID
		Retries, Reruns int // that are left
	}
	// Interrupt stops a task on the engine that runs it. The task has ended, an Answer comes with it.
	Interrupt struct {
		Task   TaskID
		Engine UUID
	}
	// Relay passes the reply that the engine has just sent to the client. The task has ended.
	Relay struct {
		Task   TaskID
		Engine UUID
		Status Status
	}
	// Answer makes up a reply: nobody else will send one. The task has ended.
	Answer struct {
		Task   TaskID
		Reason Reason
		Engine UUID // where it ran, if it did
	}
	// Forget says that a part of a broadcast has ended that was answered as a whole before. Nobody is to be told.
	Forget struct {
		Task   TaskID
		Engine UUID
	}
	// Keep puts the reply that the engine has just sent aside, for Collect.
	Keep struct {
		Task   TaskID // the broadcast
		Engine UUID
	}
	// Collect makes one reply out of those kept for a broadcast, in the order of its targets. The task has ended.
	Collect struct {
		Task   TaskID
		Failed UUID // when not empty: the first target whose reply was an error, which is then the answer
	}
)

func (Welcome) action()   {}
func (Refuse) action()    {}
func (Joined) action()    {}
func (Left) action()      {}
func (Ping) action()      {}
func (Send) action()      {}
func (Back) action()      {}
func (Interrupt) action() {}
func (Relay) action()     {}
func (Answer) action()    {}
func (Forget) action()    {}
func (Keep) action()      {}
func (Collect) action()   {}

// Reason is why the hub answers in an engine's place.
type Reason uint8

// The reasons of an Answer.
const (
	Invalid    Reason = iota // it depends on a task that was never seen, or is forgotten, or on itself
	Impossible               // its dependencies or targets can never be met
	Expired                  // it waited too long
	Died                     // the engine died while running it
	Exhausted                // every engine that it may run on was tried
	Withdrawn                // the client aborted it
	NoEngine                 // it was addressed to an engine that is not there
	Full                     // the hub has as many tasks as it may
	Overdue                  // it ran too long
	Lost                     // what its engine said of it was lost when the hub's earlier life ended
)
