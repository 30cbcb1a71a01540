package display

import "testing"

func TestPlacesStay(t *testing.T) {
	for name, c := range map[string]struct {
		b    Bundle
		want Place
		text string
	}{
		"live":   {Live("a", 1), Place{ID: "a"}, "1"},
		"update": {Update("a", 2), Place{ID: "a", Update: true}, "2"},
		"clear":  {Clear(true), Place{Clear: true, Wait: true}, ""},
		"plain":  {Of(3), Place{}, "3"},
	} {
		got := OfAll(c.b)
		if got.Place != c.want || got.String() != c.text {
			t.Errorf("%s: %+v with text %q, want %+v with %q", name, got.Place, got.String(), c.want, c.text)
		}
	}
}
