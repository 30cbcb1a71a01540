package client

import (
	"reflect"
	"testing"
)

func TestViewIsRead(t *testing.T) {
	c := &Client{}
	for text, want := range map[string][]int{"": nil, "all": nil, "3": {3}, "0, 2,4-6": {0, 2, 4, 5, 6}} {
		v, err := c.View(text)
		if err != nil || !reflect.DeepEqual(v.ids, want) {
			t.Errorf("%q: %v, %v; want %v", text, v.ids, err, want)
		}
	}
	for _, text := range []string{"x", "1-", "-1", "3-1", "0-99999999999", ",", "1..2"} {
		if v, err := c.View(text); err == nil {
			t.Errorf("%q is read as %v", text, v.ids)
		}
	}
}
