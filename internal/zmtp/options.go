package zmtp

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"
)

// Type is a socket type by its name on the wire.
type Type string

// The socket types offered.
const (
	Router Type = "ROUTER"
	Dealer Type = "DEALER"
	Pub    Type = "PUB"
	XPub   Type = "XPUB"
	Sub    Type = "SUB"
	Rep    Type = "REP"
)

func (t Type) known() bool {
	switch t {
	case Router, Dealer, Pub, XPub, Sub, Rep:
		return true
	}
	return false
}

func (t Type) publishes() bool { return t == Pub || t == XPub }

// accepts says whether a peer of the type named may talk with t (RFC 28, 29).
func (t Type) accepts(peer string) bool {
	switch t {
	case Router:
		return peer == "DEALER" || peer == "REQ" || peer == "ROUTER"
	case Dealer:
		return peer == "ROUTER" || peer == "REP" || peer == "DEALER"
	case Rep:
		return peer == "REQ" || peer == "DEALER"
	case Pub, XPub:
		return peer == "SUB" || peer == "XSUB"
	case Sub:
		return peer == "PUB" || peer == "XPUB"
	}
	return false
}

// Limits bound what a peer may send. A zero field takes the default named.
type Limits struct {
	MaxFrame  int64 // bytes in one frame: 2 GiB
	MaxMsg    int64 // bytes in one message: 4 GiB
	MaxFrames int   // frames in one message: 65,536
	MaxCmd    int64 // bytes in one command: 64 KiB
}

// Options of a socket. The zero value is usable, except that REP needs Reply.
type Options struct {
	ID       string // own identity, at most 255 bytes, not beginning with a zero byte
	Handover bool   // ROUTER: a new connection with a known identity replaces the old one; otherwise it is refused

	QueueMsgs  int   // send queue per peer, messages: 65,536
	QueueBytes int64 // send queue per peer, bytes: 1 GiB; what the writer holds counts, one message always fits
	RecvQueue  int   // received and not taken, messages over all peers: 256
	RecvBytes  int64 // and bytes: 64 MiB; in addition each peer's reader may hold one message
	MaxPeers   int   // connections that finished their handshake; 0: no limit
	Limits     Limits

	Curve *Curve // nil: NULL, which neither encrypts nor knows who is there

	Handshake time.Duration // deadline of a handshake: 10 s
	Heartbeat time.Duration // PING interval; 0: off. Peers must know PING, as libzmq does since 4.2
	HBTimeout time.Duration // silence after which a peer is dead: 3 × Heartbeat
	RetryMin  time.Duration // first delay before dialling again: 50 ms
	RetryMax  time.Duration // longest delay: 2 s

	InBand  bool                        // Connected and Disconnected also come through Recv and In
	OnEvent func(Event)                 // called from the peers' goroutines: must not block and must not call Close
	Reply   func(Msg) [][]byte          // REP: from the peer's goroutine; the reply's frames, nil for none
	Welcome func(topic string) [][]byte // PUB, XPUB: for every subscription, a message to that peer alone; nil for none
	Logger  *slog.Logger                // connections' ends and refusals at debug level; nil: silent
}

// withDefaults fills what is zero.
func (o Options) withDefaults() Options {
	or := func(p *int, v int) {
		if *p == 0 {
			*p = v
		}
	}
	or64 := func(p *int64, v int64) {
		if *p == 0 {
			*p = v
		}
	}
	orTime := func(p *time.Duration, v time.Duration) {
		if *p == 0 {
			*p = v
		}
	}
	or(&o.QueueMsgs, 65536)
	or(&o.RecvQueue, 256)
	or64(&o.QueueBytes, 1<<30)
	or64(&o.RecvBytes, 64<<20)
	or64(&o.Limits.MaxFrame, 2<<30)
	or64(&o.Limits.MaxMsg, 4<<30)
	or(&o.Limits.MaxFrames, 1<<16)
	or64(&o.Limits.MaxCmd, 64<<10)
	orTime(&o.Handshake, 10*time.Second)
	orTime(&o.HBTimeout, 3*o.Heartbeat)
	orTime(&o.RetryMin, 50*time.Millisecond)
	orTime(&o.RetryMax, max(2*time.Second, o.RetryMin))
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// check refuses what cannot work; o has its defaults.
func (o *Options) check(t Type) error {
	var bad []error
	refuse := func(when bool, why string) {
		if when {
			bad = append(bad, errors.New(why))
		}
	}
	refuse(!t.known(), fmt.Sprintf("unknown socket type %q", string(t)))
	refuse(len(o.ID) > maxID, "ID longer than 255 bytes")
	refuse(o.ID != "" && o.ID[0] == 0, "ID begins with a zero byte")
	refuse(o.Handover && t != Router, "Handover is for ROUTER")
	refuse(o.Reply == nil && t == Rep, "REP needs Reply")
	refuse(o.Reply != nil && t != Rep, "Reply is for REP")
	refuse(o.Welcome != nil && !t.publishes(), "Welcome is for PUB and XPUB")
	refuse(o.QueueMsgs < 0 || o.QueueBytes < 0 || o.RecvQueue < 0 || o.RecvBytes < 0 || o.MaxPeers < 0, "a bound is negative")
	refuse(o.Curve != nil && o.Curve.Keys.Secret == SecretKey{}, "Curve without own keys")
	refuse(o.Curve != nil && o.Curve.isClient() && o.Curve.Allow != nil, "Curve.Allow is for servers")
	l := o.Limits
	refuse(l.MaxFrame < 0 || l.MaxMsg < 0 || l.MaxFrames < 0 || l.MaxCmd < 0 || l.MaxFrame > math.MaxInt-64 || l.MaxMsg > math.MaxInt64/2, "a limit is out of range")
	refuse(o.Handshake < 0 || o.Heartbeat < 0 || o.HBTimeout < 0 || o.RetryMin < 0, "a duration is negative")
	refuse(o.HBTimeout > 0 && o.Heartbeat == 0, "HBTimeout without Heartbeat")
	refuse(o.Heartbeat > 0 && o.HBTimeout <= o.Heartbeat, "HBTimeout is not longer than Heartbeat")
	refuse(o.RetryMax < o.RetryMin, "RetryMax is less than RetryMin")
	return errors.Join(bad...)
}
