//go:build !race

package compile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/galeproject/gale/compile"
	"github.com/galeproject/gale/module"
	"github.com/galeproject/gale/namespace"
)

// module runs a cell and gives its module and what it shows, or its failure.
func (b *notebook) module(src string) (*module.Module, string) {
	b.t.Helper()
	got, err := b.run(src)
	if f, ok := errors.AsType[*namespace.Failure](err); ok {
		return b.last.Module, f.Text()
	}
	if err != nil {
		b.t.Fatalf("%s: %v", src, err)
	}
	return b.last.Module, got
}

func TestRepeatedTextIsTheSameModule(t *testing.T) {
	b := newNotebook(t, "repeat")
	b.module("x := 1\nfunc f() int { return 10 }")
	first, got := b.module("x += f(); x * 1")
	if got != "11" {
		t.Fatalf("first: %s", got)
	}
	second, got := b.module("x += f(); x * 1")
	if got != "21" || second.ID != first.ID || second.Cell != 3 {
		t.Errorf("again: %s, module %v, cell %d; want 21, %v, 3", got, second.ID, second.Cell, first.ID)
	}
	b.module("func f() int { return 100 }")
	third, got := b.module("x += f(); x * 1")
	if got != "121" || third.ID == first.ID {
		t.Errorf("with another f: %s, module %v", got, third.ID)
	}
	b.module(`x := "a"`)
	b.module("func f() string { return \"b\" }")
	b.module("x += f()")
	if fourth, got := b.module("x += f(); x + \"\""); got != "abb" || fourth.ID == third.ID {
		t.Errorf("with another type: %s", got)
	}
}

func TestRepeatedVariables(t *testing.T) {
	b := newNotebook(t, "repeatvars")
	b.module("a := 1")
	first, _ := b.module("y := a + 1")
	again, _ := b.module("y := a + 1")
	if first.ID != again.ID || !again.Vars[1].Defined || again.Vars[1].Cell != 3 {
		t.Errorf("modules %v and %v, variables %+v", first.ID, again.ID, again.Vars)
	}
	// the second cell reads a variable of another type than the first
	b.module(`v := "s"`)
	b.module("w := v; v := 1; _ = w")
	if _, err := b.s.Compile(t.Context(), module.Local, compile.Cell{Source: "w + 1", Number: 9}); err == nil {
		t.Error("w is no text")
	}
	b.module("w := v; v := 1; _ = w")
	if _, got := b.module("w + 1"); got != "2" {
		t.Errorf("w + 1 is %s", got)
	}
}

func TestRepeatedTextHasItsOwnPlaces(t *testing.T) {
	b := newNotebook(t, "places")
	b.module("list := []int{1}")
	for _, want := range []string{"cell[2]:1", "cell[3]:1"} {
		if _, got := b.module("list[5]++"); !strings.Contains(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPlainValuesNeedNoCode(t *testing.T) {
	b := newNotebook(t, "plain")
	b.module("type P struct{ A int }\nx, s, p, none, f := 1, []int{2}, P{3}, error(nil), func() int { return 4 }\nvar any0 any = \"k\"")
	b.module("const c = 1 << 3\nconst d float32 = 0.1\ntype D int\nconst e D = 4\nfunc (d D) String() string { return \"four\" }")
	for _, x := range []struct {
		src, want string
		code      bool
	}{
		{"x", "1", false},
		{"(x)", "1", false},
		{"s", "[2]", false},
		{"p", "{3}", false},
		{"any0", "k", false},
		{"c", "8", false},
		{"d", "0.1", false},
		{"1 + 1", "2", false},
		{`"a\x00" + "b"`, "a\x00b", false},
		{"2.5", "2.5", false},
		{"'a'", "97", false},
		{"math.MaxInt64", "9223372036854775807", false},
		{"true", "true", false},
		{"uint8(3)", "3", false},
		{"math.Pi", "3.141592653589793", false},
		{"e", "four", true},
		{"none", "<nil>", true},
		{"1i", "(0+1i)", true},
		{"s[0]", "2", true},
		{"len([3]int{})", "3", false},
	} {
		m, got := b.module(x.src)
		if got != x.want || (len(m.Image) > 0) != x.code {
			t.Errorf("%s: shows %q with an image of %d bytes, want %q, code %v", x.src, got, len(m.Image), x.want, x.code)
		}
	}
	b.n.Clear()
	if _, got := b.module("x"); !strings.Contains(got, "x is not set") {
		t.Errorf("a cleared variable shows %q", got)
	}
}
