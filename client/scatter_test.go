package client

import (
	"fmt"
	"reflect"
	"testing"
)

func TestSharesAreAllOfASlice(t *testing.T) {
	for _, c := range []struct {
		d    Dist
		n    int
		want string
	}{
		{Block, 3, "[[0 1 2] [3 4] [5 6]]"},
		{Robin, 3, "[[0 3 6] [1 4] [2 5]]"},
		{Block, 1, "[[0 1 2 3 4 5 6]]"},
		{Block, 9, "[[0] [1] [2] [3] [4] [5] [6] [] []]"},
		{Robin, 9, "[[0] [1] [2] [3] [4] [5] [6] [] []]"},
	} {
		var got []any
		for k := range c.n {
			got = append(got, share(reflect.ValueOf([]int{0, 1, 2, 3, 4, 5, 6}), c.d, k, c.n).Interface())
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("dist %d over %d: %v, want %s", c.d, c.n, got, c.want)
		}
	}
}

func TestACopyOnTheIdlestEngineIsCalled(t *testing.T) {
	a, b, gone := Engine{ID: 0, UUID: "a"}, Engine{ID: 1, UUID: "b"}, Engine{ID: 2, UUID: "gone"}
	c := &Client{engines: Engines{a, b}}
	o := &objectSet{c: c, items: make([]object, 4)}
	for i := range o.items {
		o.items[i] = object{engine: gone, copies: []replica{{engine: a}, {engine: b}}}
	}
	o.items[3].copies = o.items[3].copies[:1]
	var ids []int
	for _, e := range o.choose(0, 4) {
		ids = append(ids, e.ID)
	}
	if fmt.Sprint(ids) != "[0 1 0 0]" {
		t.Errorf("calls go to engines %v, want [0 1 0 0]", ids)
	}
}
