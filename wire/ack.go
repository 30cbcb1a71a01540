package wire

// Messages by which nothing is lost when a controller ends without warning. They have their own types, are sent only to peers that
// asked for them, and other controllers never see them.
//
// An engine that registers with "ack": true keeps every reply that it has sent on mux, task or broadcast until an AckRequest on control
// names it, and keeps the ids of requests that it has. A controller that has taken over from an earlier one asks each engine that comes
// back by a HeldRequest on control what it has of the requests named; the engine answers with a HeldReply, sends again, byte for byte and
// on the channel where they belong, the replies named that it holds, and drops those that it holds and that are not named. What the
// answer leaves out never arrived and is sent to it again.
//
// A client names the answers that it has by an AckRequest on the query socket, now and then: those it is never told again. Its sockets
// have its session's id as their identity, so that answers find it when it comes back; what comes twice it ignores.
const (
	AckRequest  = "gale_ack_request"  // content Ack; no reply
	HeldRequest = "gale_held_request" // content Held
	HeldReply   = "gale_held_reply"   // content Held: those of the request that the engine runs, has queued, or holds the reply of
)

// Ack is the content of a gale_ack_request.
type Ack struct {
	MsgIDs []MsgID `json:"msg_ids"` // of requests whose replies are safe
}

// Held is the content of a gale_held_request and of its reply.
type Held struct {
	Status string  `json:"status,omitempty"` // "ok" in the reply
	MsgIDs []MsgID `json:"msg_ids"`          // of requests; those of parts of a broadcast are ORIGINAL_UUID
}
