// Package zmtp moves frames: it speaks ZeroMQ's wire protocol (ZMTP 3, RFC 23 and 37) over tcp, ipc and any net.Conn, and
// offers the sockets ROUTER, DEALER, PUB, XPUB, SUB and REP. Its peers are libzmq in all its bindings and itself.
//
// # Contract
//
// A [Socket] is a value; all its methods are safe from any goroutine. Several endpoints may be bound and connected per socket.
//
// Frames belong to the socket after a send: they are shared by all receivers and written without a copy, so neither they nor
// the slice that holds them may change afterwards. Frames belong to the caller after a receive, but the small frames of one
// message share a block of memory: copy what is kept much longer than the message.
//
// Sending never waits for a slow peer, save where the name or the context says so: [Socket.SendTo], [Peer.Send] and
// [Socket.Publish] return [ErrFull] (or count a drop) when the peer's queue is full; [Socket.Send] and [Socket.PublishWait]
// wait for room until their context ends. A stuck peer never delays another one.
//
// Receiving is bounded in messages and bytes: when nobody takes what came, the readers stop and TCP slows the senders down.
// Whoever owns a socket must keep taking messages, or its peers' sends will stop.
//
// Each Connected event has exactly one Disconnected. With [Options.InBand] both also come through [Socket.Recv] and
// [Socket.In], in order: Connected, the peer's messages, Disconnected. Without it an event may overtake messages that wait.
//
// On the connecting side a message that was not wholly given to the kernel goes out on the next connection; on the binding
// side it is named in [Event.Unsent]. What the kernel had taken when a connection broke is lost: ZMTP acknowledges nothing.
//
// # Hostile peers
//
// What comes from a peer is checked against [Limits] before memory is set aside for it. A violation ends that connection
// with an event; it never panics and never touches another peer. Silent connections cost one goroutine and a small buffer
// until [Options.Handshake] is over, and above 4,096 of them per listener the oldest goes.
//
// The NULL mechanism authenticates nobody: whoever can connect can take an identity. Bind to 127.0.0.1, or use CURVE.
//
// # CURVE
//
// With [Options.Curve] every connection is encrypted and authenticated by CurveZMQ (RFC 25 and 26; X25519, XSalsa20,
// Poly1305): the client knows that it talks to the holder of the server's secret key, the server knows the client's public
// key ([Peer.Key]) and may ask [Curve.Allow] about it. Each connection has keys of its own, which nobody keeps: a recording
// cannot be opened later with the long-term keys. What is changed, repeated, brought in another order or sent in clear ends
// the connection and is not delivered. Lengths and times of frames are not hidden, and anybody may make a handshake fail.
//
// A server without Allow admits all who know its public key, as Jupyter and ipyparallel want it: there that key is a secret
// in a file of mode 0600.
//
// # Never
//
// It never looks inside frames, never blocks a sender on a peer, never drops silently (drops are returned and counted),
// never gives up a connected endpoint before Close, never prints. It has no REQ, PUSH, PULL or PAIR, no PLAIN, no ZMTP 2,
// and no inproc: use a Go channel.
package zmtp
