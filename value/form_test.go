package value

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

// operator has a part that is made anew from the recipe.
type operator struct {
	n     int
	table []int
	apply func(int) int
}

type recipe struct {
	N    int
	Base *operator
}

func makeOperator(n int) *operator {
	return &operator{n: n, table: make([]int, n), apply: func(i int) int { return i * n }}
}

type tuned struct {
	operator
	gain float64
}

func (o *operator) EncodeValue() (any, error) {
	if o.n < 0 {
		return nil, errors.New("negative")
	}
	return &recipe{N: o.n}, nil
}

func (o *operator) DecodeValue(x any) error {
	r, ok := x.(*recipe)
	if !ok || r == nil || r.N < 0 || r.N > 1000 {
		return errors.New("not a recipe")
	}
	*o = *makeOperator(r.N)
	return nil
}

// twice overrides what it embeds, and counts its journeys.
type twice struct {
	operator
	times int
}

func (t twice) EncodeValue() (any, error) { return []int{t.times + 1, t.n}, nil }

func (t *twice) DecodeValue(x any) error {
	s, ok := x.([]int)
	if !ok || len(s) != 2 {
		return errors.New("not two numbers")
	}
	t.times, t.operator = s[0], *makeOperator(s[1])
	return nil
}

func TestForm(t *testing.T) {
	o := Options{Types: namesOf(reflect.TypeFor[recipe](), reflect.TypeFor[operator](), reflect.TypeFor[tuned](), reflect.TypeFor[twice]())}
	shared := makeOperator(3)
	v := again(t, map[string]any{"a": shared, "b": []*operator{shared, makeOperator(4)}, "c": *shared}, o)
	a := v["a"].(*operator)
	if a.apply(2) != 6 || v["b"].([]*operator)[0] != a || v["b"].([]*operator)[1].apply(2) != 8 {
		t.Error("an operator in a map")
	}
	if c := v["c"].(operator); c.apply(2) != 6 {
		t.Error("an operator by value")
	}
	if w := again(t, &tuned{*shared, 2.5}, o); w.gain != 2.5 || w.apply(1) != 3 {
		t.Errorf("a struct that embeds a form lost its fields: %+v", w)
	}
	tw := &twice{*shared, 7}
	if w := again(t, tw, o); w.times != 8 || w.apply(1) != 3 {
		t.Errorf("a form of its own: %+v", w)
	}
	e, err := Encode(Any(&operator{n: 2000, table: []int{1}}), o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(e, reflect.TypeFor[any](), o); err == nil || !strings.Contains(err.Error(), "value.operator: not a recipe") {
		t.Error("an error of DecodeValue is lost:", err)
	}
}
