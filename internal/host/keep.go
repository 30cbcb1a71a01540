package host

import (
	"iter"
	"sync"
)

// language uses features whose runtime functions nothing else in the program may need.
var language = []any{
	func(s string) int { return len([]rune(s)) },
	func(s iter.Seq[any]) { _, stop := iter.Pull(s); stop() },
	func(s iter.Seq2[any, any]) { _, stop := iter.Pull2(s); stop() },
	func(m *sync.Map) { m.Clear(); m.Swap(0, 0); m.CompareAndSwap(0, 0, 0); m.CompareAndDelete(0, 0) },
}

// Size is the number of names in the tables. A program that calls it contains them.
func Size() int { return len(std) + len(gonum) + len(own) + len(language) }
