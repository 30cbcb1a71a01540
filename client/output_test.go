package client

import (
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/quick"
)

func TestLinesAreLabelledHoweverTheyAreCut(t *testing.T) {
	text := "one\ntwo\n\nthree"
	want := "[stdout:3] one\n[stdout:3] two\n[stdout:3] \n[stdout:3] three"
	cut := func(seed uint64) bool {
		r := rand.New(rand.NewPCG(seed, 0))
		l := &labeller{label: "[stdout:3] "}
		var b strings.Builder
		for rest := text; rest != ""; {
			n := 1 + r.IntN(len(rest))
			b.WriteString(l.mark(rest[:n]))
			rest = rest[n:]
		}
		return b.String() == want
	}
	if err := quick.Check(cut, nil); err != nil {
		t.Error(err)
	}
}

type local struct{ X int }

func TestTypeText(t *testing.T) {
	for _, c := range []struct {
		v    any
		want string
	}{
		{1, "int"},
		{[]float64{}, "[]float64"},
		{map[string][]*strings.Builder{}, `map[string][]*"strings".Builder`},
		{[3]complex128{}, "[3]complex128"},
		{struct {
			A int `json:"a"`
			*local
		}{}, `struct{A int "json:\"a\""; *"github.com/galeproject/gale/client".local}`},
	} {
		if got := TypeText(reflect.TypeOf(c.v)); got != c.want {
			t.Errorf("%T: %s, want %s", c.v, got, c.want)
		}
	}
}

func TestBatches(t *testing.T) {
	count := func(n, engines int, o options) []int {
		p := &plan{n: n, o: o}
		var sizes []int
		at := 0
		for _, b := range p.batches(engines) {
			sizes = append(sizes, len(b.items))
			for _, i := range b.items {
				if i != at {
					t.Fatalf("item %d comes at %d", i, at)
				}
				at++
			}
		}
		if at != n {
			t.Fatalf("%d items of %d", at, n)
		}
		return sizes
	}
	if got := count(8, 2, options{}); len(got) != 8 {
		t.Errorf("8 items on 2 engines make %v: an item is worth a task", got)
	}
	if got := count(10000, 8, options{}); got[0] != 78 {
		t.Errorf("10000 items on 8 engines make tasks of %d", got[0])
	}
	if got := count(10, 2, options{chunk: 4}); !reflect.DeepEqual(got, []int{4, 4, 2}) {
		t.Errorf("chunks of 4: %v", got)
	}
}
