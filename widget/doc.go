// Package widget puts sliders, buttons, progress bars and the like into a notebook: the controls of ipywidgets 8, which JupyterLab, Notebook,
// VSCode and nbconvert show, with their state and callbacks in Go.
//
//	f := widget.FloatSlider(ctx, "frequency / Hz", 3, 12, 5)
//	f.OnChange(func(v float64) { fmt.Println("now", v) })
//	widget.VBox(ctx, f, widget.Button(ctx, "Run", run))
//
// A widget shows itself as the last expression of a cell, by show, or in a [Box]. Its value is read by Value and changed by Set, from any cell,
// handler or goroutine. Callbacks hear of what a user changes or clicks, not of Set. They run beside running cells, one at a time, in the order of
// the events; what they print belongs to the message that they answer, which front ends show in their log, or in an [Area] that captures it.
// An interrupt ends them.
//
// [Interact] makes the controls for the arguments of a function and calls it whenever one moves.
//
// ctx is that of a cell. Under another one widgets hold their values all the same and show themselves as text: code that makes widgets also runs
// where there is no notebook. A widget lives until it is closed or the process of the cells ends.
//
// Traits of a widget that have no method of their own are set by their names, see [Model.Put], [Model.Layout] and [Model.Style]; the names are those
// of the Jupyter widgets model specification for ipywidgets 8.
//
// The package keeps no state of its own: the widgets of a process are kept beside its comms, where a front end that is loaded again asks for them
// all at once, see [Offer].
package widget
