// Package hub decides who runs what.
//
// A [Hub] is a value that knows the engines and the tasks of one controller. It is told what happened ([Event]) and answers
// with what must be done ([Action]); [Hub.Step] is the whole of its work. The life of a task is one table, see [LifeTable].
//
// Tasks come in three kinds: a balanced one runs wherever its constraints (targets, dependencies, engines that it failed on)
// and the load allow; a direct one is addressed to one engine; a broadcast is split into one part an engine. The hub knows
// tasks by their ids only: what is in a message, who sent it and where its bytes are, is its caller's business.
//
// # Contract
//
// Every task that the hub accepts is answered exactly once: by Relay, Answer or, for a coalescing broadcast, Collect; whatever
// an engine says about it afterwards is ignored. No task waits without an end, save for an engine to come: dependencies that
// can never be met, targets that are gone and engines that were all tried end it at once.
// Engine ids count up and are never used twice, and an engine that comes back under its uuid gets the id that it had.
// A step costs O(log engines) for a task without constraints, however many are queued; one with constraints costs the number
// of engines that it may run on, and of different sets of engines that queued tasks are confined to.
// Every table is bounded: see [Options].
//
// The hub is replayable: the same options and events give the same actions. [Hub.Check] finds the first broken promise.
//
// # Never
//
// It never reads a clock (a [Tick] brings the time), never opens a socket, starts no goroutine, logs nothing, and throws no
// dice of its own. It is not safe for use from several goroutines.
package hub
