package module

import (
	"bytes"
	"reflect"
	"testing"
)

func sample() *Module {
	return &Module{
		ID: ID{Session: "s1", Gen: 3}, Host: "h", Scope: Engines, Cell: 2, Image: []byte("\x7fELF"),
		Vars:  []Var{{Name: "x", Symbol: "νx_3", Type: "int", Scope: Engines, Cell: 2, Defined: true}},
		Funcs: []Func{{Name: "f", Symbol: "ƒf_g3"}},
		Types: []Type{{Name: "Point", Symbol: "Point"}},
		Needs: []Need{{Name: "y", Symbol: "νy_1", Cell: 1}},
	}
}

func TestModuleTravels(t *testing.T) {
	m := sample()
	got, err := Decode(m.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, m) {
		t.Errorf("got %+v, want %+v", got, m)
	}
	if got.String() != "s1.3" {
		t.Errorf("id is %s", got.ID)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, bufs := range map[string][][]byte{
		"no buffer":     nil,
		"one buffer":    {[]byte("{}")},
		"no JSON":       {[]byte("{"), nil},
		"no session":    {[]byte(`{"gen":1}`), nil},
		"no generation": {[]byte(`{"session":"s"}`), nil},
		"wide tables":   {bytes.Repeat([]byte(" "), maxTables+1), nil},
	} {
		if m, err := Decode(bufs); err == nil {
			t.Errorf("%s: decoded to %+v", name, m)
		}
	}
}

func FuzzDecode(f *testing.F) {
	bufs := sample().Encode()
	f.Add(bufs[0], bufs[1])
	f.Fuzz(func(t *testing.T, tables, image []byte) {
		m, err := Decode([][]byte{tables, image})
		if err != nil {
			return
		}
		if _, err := Decode(m.Encode()); err != nil {
			t.Errorf("what was decoded does not decode again: %v", err)
		}
	})
}
