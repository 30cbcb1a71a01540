// Package toy is a compiler and an evaluator that understand a handful of Go: enough to test the protocol around them, in one
// process and without a tool chain.
//
// It knows integers and strings, variables, + - * and calls of fmt.Print, fmt.Println, fmt.Fprintln(os.Stderr, …), panic,
// show, time.Sleep, and loops: for {}, and for i := range n {}. Everything else is a compile error. It is no interpreter of Go and never
// will be.
package toy
