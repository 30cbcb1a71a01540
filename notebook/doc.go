// Package notebook reads, runs and writes notebooks: files of nbformat 4, as Jupyter makes them.
//
// [Read] takes any minor version of format 4 and gives it in the form of 4.5; fields that this package does not know are kept.
// [Run] sends the code cells to a kernel, in order and without a front end, and stores what they give as Jupyter would: text of
// a stream in one piece, displays updated in place, pictures in base64. It stops at the first cell that fails; what the cells gave
// until then is in the notebook, so it can be written all the same.
//
// Parameters are the names that a cell tagged "parameters" declares; assignments to them go into a cell of their own behind it,
// tagged "injected-parameters", as papermill does it.
//
// The kernel is anybody's: this package speaks Jupyter's protocol as a client and knows nothing of what runs behind it. It never
// changes the source of a cell that it did not make, and never prints.
package notebook
