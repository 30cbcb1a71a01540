package zmtp

import "time"

// Msg is a received message and the peer it came from. With Options.InBand it is also a peer's Connected, before the
// peer's first message, or its Disconnected, after the last: then Event is set and Frames is nil.
type Msg struct {
	From   *Peer
	Frames [][]byte
	Event  *Event
}

// EventKind says what an Event tells.
type EventKind int

// The kinds of events.
const (
	Connected    EventKind = iota // a peer finished its handshake
	Disconnected                  // its connection ended: Err says why (io.EOF: the peer closed), Unsent what it did not get
	Rejected                      // a connection ended before it was one: bad handshake, duplicate identity, too many peers
	Subscribed                    // PUB, XPUB: the peer subscribed to Topic
	Unsubscribed                  // PUB, XPUB: the peer cancelled Topic; not told for those that end with the connection
	Retrying                      // an endpoint will be dialled again after Wait; Err says what ended the last try
)

// String returns the kind in lower case.
func (k EventKind) String() string {
	switch k {
	case Connected:
		return "connected"
	case Disconnected:
		return "disconnected"
	case Rejected:
		return "rejected"
	case Subscribed:
		return "subscribed"
	case Unsubscribed:
		return "unsubscribed"
	case Retrying:
		return "retrying"
	}
	return "unknown"
}

// Event is something that happened to a connection.
type Event struct {
	Kind  EventKind
	Peer  *Peer  // nil for Retrying and for a handshake that failed
	Addr  string // remote address; for Retrying the endpoint
	Topic string // Subscribed, Unsubscribed
	Err   error  // Disconnected, Rejected, Retrying
	Wait  time.Duration
	// Unsent holds, for Disconnected of a peer that has no endpoint to come back to, the messages not wholly given to the kernel, oldest first.
	Unsent [][][]byte
}
