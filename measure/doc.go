// Package measure is what %timeit, %prof, %test and %bench call in the process where cells run: it times statements, profiles cells and
// runs test functions.
//
// [Loop] repeats a statement until a run is long enough for the clock, then runs it several times, and tells all that the runs say: mean,
// deviation, median, fastest, slowest, and allocations. [Start] and [Stop] frame what is profiled; the [Profile] shows itself as a table
// and a flame graph. [Tests] runs functions of the testing package as go test does.
//
// It never hides a run: there is no warm-up that is thrown away but the one that finds the number of loops.
package measure
