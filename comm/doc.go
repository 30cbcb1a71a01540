// Package comm is how a cell talks with the front end that shows its notebook: over comms, as widgets do, and by questions.
//
//	c, err := comm.Open(ctx, "my_target", map[string]any{"n": 3}, nil)
//	c.OnMsg(ctx, func(ctx context.Context, m comm.Msg) { fmt.Println("the front end says", string(m.Data)) })
//	err = c.Send(ctx, map[string]any{"n": 4}, nil)
//	name, err := comm.Input(ctx, "Your name: ")
//
// Data and metadata are anything that encoding/json marshals; data of messages that come are JSON. Buffers are bytes that travel beside them as
// they are. ctx is that of a cell or of a handler: what is sent, printed and shown under it belongs to that cell or message.
//
// Handlers run beside running cells, one message of a comm after another, each comm on its own. What a handler prints and shows belongs to the
// message that it got, and a panic in it is an error of that message. Targets that front ends may open are named by [Handle].
//
// The package keeps no state of its own: the comms of a process are in the [Comms] of the process that a cell runs in, which ctx leads to. They
// end with that process.
package comm
