// Package module is a compiled cell: the image of a native module and the tables that say what is in it.
//
// compile makes modules, namespace loads them, client and worker carry them. A module is native code: whoever loads one runs it,
// so it is accepted from authenticated peers only, and only when [Module.Host] names the program that loads it.
//
// The package never compiles, loads or runs anything, and decodes hostile bytes without trusting a length.
package module

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// MaxImage bounds the image that Decode accepts, in bytes; an ordinary module has 20 to 30 KB, a full link a few MB.
const MaxImage = 256 << 20

// maxTables bounds the JSON of the tables, in bytes.
const maxTables = 16 << 20

// ErrHost is returned when a module was made for another program.
var ErrHost = errors.New("module: made for another build of gale (stop the cluster, then start it with this build)")

// Scope says whose variables a cell's variables are.
type Scope string

// The scopes of a session: the notebook's own names and those that every engine has for itself.
const (
	Local   Scope = "local"
	Engines Scope = "engines"
)

// ID names a module: generations never return within a session. A cell whose text comes again may be the same module again, then with
// the number of the new cell.
type ID struct {
	Session string `json:"session"`
	Gen     int    `json:"gen"`
}

func (id ID) String() string { return fmt.Sprintf("%s.%d", id.Session, id.Gen) }

// Module is a compiled cell.
type Module struct {
	ID
	Host  string `json:"host"` // build id of the program that it was linked against
	Scope Scope  `json:"scope"`
	Cell  int    `json:"cell"` // number that messages give: cell[Cell]:line:col
	Image []byte `json:"-"`    // ELF shared object; empty when the cell only shows what Show says, or nothing
	Show  *Show  `json:"show,omitempty"`

	Vars  []Var  `json:"vars,omitempty"`  // every variable that the image declares, or Show names, set by this cell or not
	Funcs []Func `json:"funcs,omitempty"` // functions that the image registers
	Types []Type `json:"types,omitempty"` // types that the image registers
	Needs []Need `json:"needs,omitempty"` // variables that must be set before the cell runs

	Libraries []Library `json:"libraries,omitempty"` // that must be loaded before, in this order
}

// Library is packages that the program does not contain, linked into one image.
type Library struct {
	ID       string   `json:"id"` // of its contents
	Packages []string `json:"packages"`
	Size     int      `json:"size"` // of the image, which travels behind the module's
	Image    []byte   `json:"-"`
}

// Var is a variable of a module.
type Var struct {
	Name    string `json:"name"`   // as the user wrote it
	Symbol  string `json:"symbol"` // one memory for all modules that declare this symbol
	Type    string `json:"type"`   // as a message shows it
	Scope   Scope  `json:"scope"`
	Cell    int    `json:"cell"`              // cell that defined it
	Defined bool   `json:"defined,omitempty"` // by this module's cell: running the cell sets it
}

// Func is a function of a module that can be called from outside.
type Func struct {
	Name   string `json:"name,omitempty"` // as the user wrote it; empty for a function literal
	Symbol string `json:"symbol"`
}

// Type is a named type of a module.
type Type struct {
	Name   string `json:"name"`
	Symbol string `json:"symbol"` // with its version, the same in every process
}

// Need is a variable that a cell or function reads and does not set itself.
type Need struct {
	Name   string `json:"name"`
	Symbol string `json:"symbol"`
	Cell   int    `json:"cell"` // cell that declared it
}

// Encode gives the two buffers in which a module travels: its tables as JSON, and its image.
func (m *Module) Encode() [][]byte {
	image := m.Image
	if len(m.Libraries) > 0 {
		c := *m
		c.Libraries = slices.Clone(m.Libraries)
		image = slices.Clone(image)
		for i, l := range c.Libraries {
			c.Libraries[i].Size = len(l.Image)
			image = append(image, l.Image...)
		}
		m = &c
	}
	tables, err := json.Marshal(m)
	if err != nil {
		panic(fmt.Sprintf("module: tables of %v do not marshal: %v", m.ID, err)) // strings and numbers always do
	}
	return [][]byte{tables, image}
}

// Decode reads what Encode gave.
func Decode(bufs [][]byte) (*Module, error) {
	if len(bufs) != 2 {
		return nil, fmt.Errorf("module: decoding: %d buffers, want 2", len(bufs))
	}
	if len(bufs[0]) > maxTables || len(bufs[1]) > MaxImage {
		return nil, fmt.Errorf("module: decoding: tables of %d and image of %d bytes are too large", len(bufs[0]), len(bufs[1]))
	}
	m := &Module{}
	if err := json.Unmarshal(bufs[0], m); err != nil {
		return nil, fmt.Errorf("module: decoding tables: %w", err)
	}
	if m.Session == "" || m.Gen <= 0 {
		return nil, fmt.Errorf("module: decoding: no session or generation in the tables")
	}
	m.Image = bufs[1]
	for i := len(m.Libraries) - 1; i >= 0; i-- {
		l := &m.Libraries[i]
		at := len(m.Image) - l.Size
		if l.Size < 0 || at < 0 {
			return nil, fmt.Errorf("module: decoding: library %s of %d bytes does not fit", l.ID, l.Size)
		}
		l.Image, m.Image = m.Image[at:], m.Image[:at:at]
	}
	return m, nil
}
