package wire

// Messages by which nothing is lost when a controller ends without warning. They have their own types, are sent only to peers that
// asked for them, and other controllers never see them.
//
// An engine that registers with "ack": true keeps every reply that it has sent on mux, task or broadcast until an AckRequest on control
// names it, and keeps the ids of requests that it has. A controller asks each engine that has come, or come back, by a HeldRequest on
// control what it has of the requests named; the engine answers with a HeldReply, then sends again, byte for byte and on the channels
// where they belong, all replies that it still holds. What the answer leaves out never arrived and is sent to it again.
//
// A client's sockets have its session's id as their identity, so that answers find it when it comes back; what comes twice it ignores.
// It names the answers that it has by an AckRequest on the query socket, now and then: those it is never told again. When it comes back
// it asks there by a HeldRequest about all requests that it has no answer of, and sends again, byte for byte, those that the HeldReply
// leaves out: they never arrived.
const (
	AckRequest  = "gale_ack_request"  // content Ack; no reply
	HeldRequest = "gale_held_request" // content Held
	HeldReply   = "gale_held_reply"   // content Held: those of the request that the engine, or the controller, has or holds the reply of
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
