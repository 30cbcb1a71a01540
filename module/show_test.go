package module

import (
	"math"
	"testing"
)

func TestConstant(t *testing.T) {
	for _, x := range []struct {
		typ, text string
		want      any
	}{
		{"bool", "true", true},
		{"string", `"a\xff\u2028"`, "a\xff\u2028"},
		{"float32", "0.1", float32(0.1)},
		{"float64", "1e-3", 1e-3},
		{"int", "-3", -3},
		{"int8", "-128", int8(-128)},
		{"int16", "300", int16(300)},
		{"int32", "97", 'a'},
		{"int64", "9223372036854775807", int64(math.MaxInt64)},
		{"uint", "3", uint(3)},
		{"uint8", "255", byte(255)},
		{"uint16", "65535", uint16(65535)},
		{"uint32", "1", uint32(1)},
		{"uint64", "18446744073709551615", uint64(math.MaxUint64)},
		{"uintptr", "8", uintptr(8)},
	} {
		got, err := (&Show{Type: x.typ, Text: x.text}).Constant()
		if err != nil || got != x.want {
			t.Errorf("%s %s gives %v (%T), %v", x.typ, x.text, got, got, err)
		}
	}
	for _, x := range []Show{{Type: "int8", Text: "128"}, {Type: "uint", Text: "-1"}, {Type: "string", Text: "a"}, {Type: "chan", Text: "1"}, {Type: "complex128", Text: "1"}, {}} {
		if got, err := x.Constant(); err == nil {
			t.Errorf("%+v gives %v", x, got)
		}
	}
}
