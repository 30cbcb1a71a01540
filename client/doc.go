// Package client is how a program asks engines to work: views, maps, and objects that live on engines.
//
//	rc, err := client.Dial(ctx)                       // the configured cluster, or a local one
//	ks, err := client.New(ctx, rc.Balanced(), freqs, func(f float64) (*fdfd.Kernel, error) { return fdfd.NewKernel(model, f) })
//	ds, err := client.Map(ctx, ks, func(k *fdfd.Kernel) (*solver.Data, error) { return k.Data(src, rec) })
//
// A [Client] speaks to one controller. A view is a choice of engines with options: [DirectView] names engines, [LoadBalancedView]
// leaves the choice to the controller. [Map], [Each], [Apply], [New] and [Do] run functions there; [Objects] are values that stay
// where they were made and are called where they live.
//
// [Reduce] joins results where they are made. [MapAsync] and its kin return at once, [IMap] takes sequences that do not fit. Objects whose
// engine dies are made again elsewhere, as they were first made, by the next call on them, which says so.
//
// One rule of names: a name that was defined on the engines (by a %%px cell, [DirectView.Push]) means each engine's own; any other
// name means the notebook's value at the time of the call, which travels along, once, and again only when it has changed. Types and
// functions are always the session's newest.
//
// A function that is given to this package is written in a cell: a literal, a named function, a method expression or a method value.
// It is compiled already, so what travels is a module of some 20 KB, once to each engine, and what the function captured. Errors tell
// whose they are: [EngineError] is an engine's, [CompositeError] has one for each item that failed, and the other items' results are
// kept. An error of the function is not tried again unless [Retries] says so; the death of an engine is not the function's fault, and a task of a balanced
// view is then run elsewhere.
//
// A controller that ends and comes back (gale cluster starts it again with what it knew) is gone back to: calls under way go on, what
// never arrived is sent again, and every result comes once. One that stays away is waited for no longer than [WithPatience] says.
//
// The package never starts processes and never compiles: a [Host], the process that a cell runs in, does that for it. It never keeps a
// call waiting for an answer that cannot come: when the controller or the engine is gone, the call fails and says so.
package client
