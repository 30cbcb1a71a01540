package value

import (
	"fmt"
	"reflect"
	"testing"
)

type src struct {
	x, z float64
	amp  complex128
}

type small struct {
	n int
	s string
	f []float64
}

func smalls(n int) []small {
	list := make([]small, n)
	for i := range list {
		list[i] = small{i, fmt.Sprint("name", i), []float64{1, 2, 3}}
	}
	return list
}

func BenchmarkEncode(b *testing.B) { bench(b, true, false) }
func BenchmarkDecode(b *testing.B) { bench(b, false, true) }

func bench(b *testing.B, encode, decode bool) {
	b.Helper()
	nodes := &node{}
	for range 200_000 {
		nodes = &node{1, nodes}
	}
	ages := map[string]int{}
	for i := range 100_000 {
		ages[fmt.Sprint("name", i)] = i
	}
	srcs := make([]src, 2<<20)
	srcs[0] = src{x: 1, z: 2, amp: 3i}
	anys := make([]any, 200_000)
	for i := range anys {
		anys[i] = float64(i)
	}
	for _, c := range []struct {
		name string
		v    any
	}{
		{"float64_64MB", make([]float64, 8<<20)},
		{"complex128_64MB", make([]complex128, 4<<20)},
		{"structs_64MB", srcs},
		{"small_200k", smalls(200_000)},
		{"list_200k", nodes},
		{"map_100k", ages},
		{"any_200k", anys},
	} {
		b.Run(c.name, func(b *testing.B) {
			v := reflect.ValueOf(c.v)
			e, err := Encode(v, Options{Types: known})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(e.Size())
			b.ReportAllocs()
			for b.Loop() {
				if encode {
					_, err = Encode(v, Options{Types: known})
				}
				if decode {
					_, err = Decode(e, v.Type(), Options{Types: known})
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
