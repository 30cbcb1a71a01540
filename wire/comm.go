package wire

import "encoding/json"

// Messages of comms. A front end's reach the child as requests, beside the cells that run there, and are answered like other requests; the
// child's are outputs.
const (
	CommOpen  = "comm_open" // an unknown target is an error named NoCommTarget
	CommMsg   = "comm_msg"
	CommClose = "comm_close"
)

// Comm is the content of the three. On its way to the child metadata travel in the content; on its way to the kernel they are the output's
// own.
type Comm struct {
	ID       string          `json:"comm_id"`
	Target   string          `json:"target_name,omitempty"` // of comm_open
	Data     json.RawMessage `json:"data"`
	Metadata json.RawMessage `json:"metadata,omitempty"`
	Request  MsgID           `json:"run,omitempty"` // on its way to the child: the front end's message
}

// AskInput is the kind of a HostQuestion with an Input: code waits for a line. It is answered by an InputAnswer, or refused: then the code
// reads the end of its input.
const AskInput = "input"

// Input says what is asked for.
type Input struct {
	Prompt   string `json:"prompt"` // empty when it was printed already
	Password bool   `json:"password"`
	Request  MsgID  `json:"run,omitempty"` // Run.Request of the cell that waits; empty when not known
}

// InputAnswer is a line, without its line feed. "\x04" alone is the end of the input.
type InputAnswer struct {
	Value string `json:"value"`
}
