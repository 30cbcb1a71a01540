package zmtp

import "errors"

// Sentinel errors. All errors of the package that a caller may want to tell apart wrap one of these or a context's error.
var (
	// ErrNoPeer says that no such peer is connected.
	ErrNoPeer = errors.New("zmtp: no such peer")
	// ErrFull says that the peer's send queue, or the socket's number of peers, is at its bound.
	ErrFull = errors.New("zmtp: queue full")
	// ErrClosed says that the socket is closed or closing.
	ErrClosed = errors.New("zmtp: socket closed")
	// ErrEmpty refuses a message without frames.
	ErrEmpty = errors.New("zmtp: message without frames")
	// ErrProtocol says that the peer broke the protocol.
	ErrProtocol = errors.New("zmtp: protocol error")
	// ErrTooBig says that the peer went over one of the Limits.
	ErrTooBig = errors.New("zmtp: over limit")
	// ErrDuplicate says that the identity is already connected, or was taken over by a newer connection.
	ErrDuplicate = errors.New("zmtp: identity already connected")
	// ErrSilent says that the heartbeat found the peer dead.
	ErrSilent = errors.New("zmtp: peer is silent")
	// ErrRefused says that the peer, or we, refused to talk: a CURVE key or proof is not the right one.
	ErrRefused = errors.New("zmtp: refused")
	// ErrKicked says that the application ended the connection.
	ErrKicked = errors.New("zmtp: peer kicked")
	// ErrType says that the socket's type does not have this operation.
	ErrType = errors.New("zmtp: not for this socket type")
)
