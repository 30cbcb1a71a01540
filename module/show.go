package module

import (
	"fmt"
	"strconv"
)

// Show is what a module without an image does: it shows a variable that other modules have declared, or a constant.
type Show struct {
	Symbol string `json:"symbol,omitempty"` // of the variable; empty for a constant
	Type   string `json:"type,omitempty"`   // of the constant: bool, string, int … uintptr, float32, float64
	Text   string `json:"text,omitempty"`   // of the constant, as strconv writes it; strings are quoted
}

// intBits is the size of each type of integers; 0 is that of the machine.
var intBits = map[string]int{
	"int": strconv.IntSize, "int8": 8, "int16": 16, "int32": 32, "int64": 64,
	"uint": strconv.IntSize, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64, "uintptr": strconv.IntSize,
}

// Constant gives the constant. The error says that type or text are none.
func (s *Show) Constant() (any, error) {
	x, err := s.constant()
	if err != nil {
		return nil, fmt.Errorf("module: constant of type %q: %w", s.Type, err)
	}
	return x, nil
}

func (s *Show) constant() (any, error) {
	switch s.Type {
	case "bool":
		return strconv.ParseBool(s.Text)
	case "string":
		return strconv.Unquote(s.Text)
	case "float32":
		x, err := strconv.ParseFloat(s.Text, 32)
		return float32(x), err
	case "float64":
		return strconv.ParseFloat(s.Text, 64)
	}
	bits, ok := intBits[s.Type]
	if !ok {
		return nil, fmt.Errorf("no such type")
	}
	if s.Type[0] == 'i' {
		x, err := strconv.ParseInt(s.Text, 10, bits)
		return signed(s.Type, x), err
	}
	x, err := strconv.ParseUint(s.Text, 10, bits)
	return unsigned(s.Type, x), err
}

func signed(typ string, x int64) any {
	switch typ {
	case "int8":
		return int8(x)
	case "int16":
		return int16(x)
	case "int32":
		return int32(x)
	case "int64":
		return x
	}
	return int(x)
}

func unsigned(typ string, x uint64) any {
	switch typ {
	case "uint8":
		return uint8(x)
	case "uint16":
		return uint16(x)
	case "uint32":
		return uint32(x)
	case "uint64":
		return x
	case "uintptr":
		return uintptr(x)
	}
	return uint(x)
}
