package host

import (
	"iter"
	"sync"

	"github.com/galeproject/gale/client"
)

// language uses features whose runtime functions nothing else in the program may need.
var language = []any{
	func(s string) int { return len([]rune(s)) },
	func(s iter.Seq[any]) { _, stop := iter.Pull(s); stop() },
	func(s iter.Seq2[any, any]) { _, stop := iter.Pull2(s); stop() },
	func(m *sync.Map) { m.Clear(); m.Swap(0, 0); m.CompareAndSwap(0, 0, 0); m.CompareAndDelete(0, 0) },
}

// Size is the number of names in the tables. A program that calls it contains them.
func Size() int { return len(std) + len(gonum) + len(own) + len(language) + len(generics) }

// generics instantiates generic functions of the public rooms, so that the code and types behind them are in the program.
var generics = []any{
	client.Apply[int], client.ApplyAsync[int], client.Do[int, int], client.Each[int], client.EachAsync[int], client.Find[int], client.Gather[int], client.IMap[int, int],
	client.Map[int, int], client.MapAsync[int, int], client.MapIndexedAsync[int, int], client.MapIndexed[int, int],
	client.New[int, int], client.Over[int], client.Pull[int], client.Pure[int, int],
	client.Reduce[int, int], client.ReduceByKey[int, int, int], client.Ref[int], client.Scatter[int], (*client.AsyncResult[int])(nil),
	(*client.Objects[int])(nil), (*client.Object[int])(nil), (*client.Data[int])(nil),
}
