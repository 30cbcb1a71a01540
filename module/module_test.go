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

func TestLibrariesTravel(t *testing.T) {
	m := sample()
	m.Libraries = []Library{{ID: "a", Packages: []string{"p"}, Image: []byte("lib a")}, {ID: "b", Image: []byte("lib two")}}
	got, err := Decode(m.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Image) != "\x7fELF" || len(got.Libraries) != 2 || string(got.Libraries[0].Image) != "lib a" || string(got.Libraries[1].Image) != "lib two" {
		t.Errorf("got %+v", got)
	}
	if m.Libraries[0].Size != 0 || string(m.Image) != "\x7fELF" {
		t.Errorf("Encode changed its module: %+v", m)
	}
	bufs := m.Encode()
	bufs[1] = bufs[1][:3]
	if _, err := Decode(bufs); err == nil {
		t.Error("a library that is cut off is taken")
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
