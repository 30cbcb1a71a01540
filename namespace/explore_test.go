package namespace

import (
	"fmt"
	"strings"
	"testing"

	"github.com/galeproject/gale/cellrt"
)

func TestSummaries(t *testing.T) {
	type point struct {
		X, y int
		next *point
	}
	f := newFixture(t, Options{})
	x := NewExplorer(f.Namespace)
	for i, c := range []struct {
		value any
		want  string
	}{
		{true, "bool true 0 0"},
		{-3, "int -3 0 0"},
		{uint8(3), "uint8 3 0 0"},
		{float32(0.1), "float32 0.1 0 0"},
		{2i, "complex128 (0+2i) 0 0"},
		{"a\nb", `string "a\nb" 0 0`},
		{[]int(nil), "[]int [] 0 0"},
		{[2]bool{true}, "[2]bool [true false] 0 2"},
		{make([]int, 1000), "[]int len 1000 [0 0 0 0 0 0 0 0 0 0 0 0 …] 0 1000"},
		{point{1, 2, &point{}}, "namespace.point {X:1 y:2 next:&…} 3 0"},
		{&point{y: 2}, "*namespace.point &{X:0 y:2 next:nil} 3 0"},
		{(*point)(nil), "*namespace.point nil 0 0"},
		{new(int), "*int &0 1 0"},
		{map[int]string{3: "c", -1: "a"}, `map[int]string len 2 [-1:"a" 3:"c"] 2 0`},
		{make(chan int, 3), "chan int channel with 0 of 3 0 0"},
		{func() {}, "func() func 0 0"},
		{[]any{1, nil, []int{2}}, "[]interface {} [1 nil [2]] 0 3"},
		{strings.Repeat("é", 500), `string "` + strings.Repeat("é", 198) + "… 0 0"},
	} {
		name := fmt.Sprintf("v%02d", i)
		if err := f.Set(name, c.value); err != nil {
			t.Fatal(err)
		}
		views, busy := x.List(t.Context())
		v := views[len(views)-1]
		if got := fmt.Sprint(v.Type, " ", v.Value, " ", v.Named, " ", v.Indexed); got != c.want || busy || (v.Ref != 0) != (v.Named+v.Indexed > 0) {
			t.Errorf("%s: %s (busy %v), want %s", name, got, busy, c.want)
		}
	}
}

func TestPartsOfParts(t *testing.T) {
	f := newFixture(t, Options{})
	x := NewExplorer(f.Namespace)
	if err := f.Set("v", map[string]any{"a": []*int{new(int)}, "self": nil}); err != nil {
		t.Fatal(err)
	}
	views, _ := x.List(t.Context())
	places := ""
	for range 3 {
		var err error
		if views, _, err = x.Children(t.Context(), views[0].Ref, 0, 0); err != nil {
			t.Fatal(err)
		}
		places += views[0].Place + " "
	}
	if places != `v["a"] v["a"][0] (*v["a"][0]) ` || views[0].Value != "0" {
		t.Error(places, views)
	}
	list, _ := x.List(t.Context())
	f.Delete("v")
	if _, _, err := x.Children(t.Context(), list[0].Ref, 0, 0); err == nil {
		t.Error("a name that is gone has children")
	}
}

func TestStacksOfCells(t *testing.T) {
	got := parseStacks("goroutine 7 [chan receive, 2 minutes]:\nruntime.gopark(...)\n\t/go/proc.go:1 +0x1\n" +
		"main.ƒᐧwait_g3(0xc0)\n\tcell[3]:4 +0x2a\nmain.Runᐧ(...)\n\t/x/cell[5]:6 +0x1\ncreated by x in goroutine 1\n\tcell[2]:9 +0x1\n\n" +
		"goroutine 8 gp=0x1 m=nil [running]:\nother()\n\t/y.go:1\n")
	want := "[{7 chan receive, 2 minutes wait cell[3] 3 4} {7 chan receive, 2 minutes  cell[5] 5 6}]"
	if fmt.Sprint(got) != want {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPrintsOfTwoRuns(t *testing.T) {
	f := newFixture(t, Options{})
	one := ""
	begun, end, done := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		f.Do(t.Context(), RunOptions{Emit: func(o Output) { one += o.Text + o.Bundle.String() }}, func() {
			close(begun)
			<-end
			for range 3 {
				_, _ = f.Space().Println("one")
			}
			f.Space().Show("shown")
			_, _ = f.Space().Printf("%d", 1)
		})
	}()
	<-begun
	two := ""
	f.Do(t.Context(), RunOptions{Emit: func(o Output) { two += o.Text }}, func() {
		_, _ = f.Space().Print("two")
		close(end)
		<-done
	})
	if one != "one\none\none\nshown1" || two != "two" {
		t.Errorf("one printed %q, two %q", one, two)
	}
}

func TestReadingBesideARun(t *testing.T) {
	f := newFixture(t, Options{})
	x := NewExplorer(f.Namespace)
	if err := f.Set("m", map[int]int{1: 2}); err != nil {
		t.Fatal(err)
	}
	f.cell(func(*cellrt.Run) {
		views, busy := x.List(t.Context())
		if !busy || views[0].Value != "len 1" || views[0].Ref != 0 {
			t.Errorf("busy %v: %+v", busy, views)
		}
		if b, busy, err := x.Rich(t.Context(), "m"); !busy || err != nil || b.String() != "len 1" {
			t.Errorf("busy %v: %v, %v", busy, b, err)
		}
	})
}
