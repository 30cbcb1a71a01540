// Package controller gives a [hub.Hub] hands: it speaks ipyparallel's wire to clients and engines, of Python and of Go, tells
// the hub what happened, and does what the hub says.
//
// # Contract
//
// [Start] binds the sockets, then writes the two connection files that clients and engines look for, and serves until its
// context ends, a client asks for the end, or [Controller.Close]. One goroutine owns everything: it takes messages from the
// sockets and has a shell make of each a list of effects, which it carries out. The shell is a function of its inputs; it has
// no socket and no clock.
//
// Messages are relayed as the bytes that came: never decoded and encoded again, save that each part of a broadcast needs a
// header of its own, which is signed anew. Nothing that is not signed with the cluster's key has any effect.
//
// An engine that dies is noticed by its connections. Its balanced tasks are answered or run again elsewhere at once; whoever
// asked it directly or in a broadcast learns of its end by the notification that all clients get, as ipyparallel's do, and
// gets no answer besides.
//
// What is under way is in a journal before anybody hears of it: a controller that was killed is started again with
// [Options.Restore] and goes on with its engines, its clients, its queue and its results. Records of tasks that have ended are
// kept in memory and then on disk, bounded in number, bytes and age; see [Options].
//
// # Never
//
// It never reads or makes a pickle, never runs what it relays, never waits for one peer while others have something to say,
// and never prints. Without [Options.Curve] nothing is encrypted: bind to 127.0.0.1, or to a network that you trust.
package controller
