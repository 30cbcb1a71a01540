package compile

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/galeproject/gale/module"
)

// program is the running program's own ELF file, against which modules are linked.
type program struct {
	id   string // Go build id
	data []byte // the file, mapped
	elf  *elf.File

	symbols  map[string]symbol // dynamic ones, which survive stripping
	typeAt   map[uint64]string // address -> name of the type descriptor there
	packages map[string]bool   // import paths of packages that it contains
	named    map[uint64]string // of a library: address -> symbol whose address is written there when it is loaded
	relative map[uint64]uint64 // of a position-independent program: address -> address that is written there when it starts
}

// symbol is what is kept of a dynamic symbol: there are tens of thousands.
type symbol struct {
	Value, Size uint64
	Section     elf.SectionIndex
	Info, Other byte
}

// openProgram reads /proc/self/exe, which stays readable when the file is replaced or removed.
func openProgram() (*program, error) {
	id, err := module.Program()
	if err != nil {
		return nil, err
	}
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		return nil, fmt.Errorf("compile: reading the program: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("compile: reading the program: %w", err)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("compile: mapping the program: %w", err)
	}
	p := &program{id: id, data: data, symbols: map[string]symbol{}, typeAt: map[uint64]string{}, packages: map[string]bool{}}
	if p.elf, err = elf.NewFile(bytes.NewReader(data)); err != nil {
		return nil, fmt.Errorf("compile: reading the program: %w", err)
	}
	return p, p.readSymbols()
}

func (p *program) readSymbols() error {
	all, err := p.elf.DynamicSymbols()
	if err != nil {
		if errors.Is(err, elf.ErrNoSymbols) {
			return errNoDynamicSymbols
		}
		return fmt.Errorf("compile: reading the program's symbols: %w", err)
	}
	for _, s := range all {
		if s.Section == elf.SHN_UNDEF {
			continue
		}
		p.symbols[s.Name] = symbol{s.Value, s.Size, s.Section, s.Info, s.Other}
		if strings.HasPrefix(s.Name, "type:") && elf.ST_TYPE(s.Info) != elf.STT_FUNC {
			p.typeAt[s.Value] = s.Name
		}
		if path, ok := strings.CutPrefix(s.Name, "go:link.pkghash."); ok {
			p.packages[path] = true
		}
	}
	if p.elf.Type == elf.ET_DYN {
		p.readRelative(all)
	}
	if len(p.packages) == 0 {
		return errNoDynamicSymbols
	}
	return nil
}

var errNoDynamicSymbols = errors.New("compile: the program exports no Go symbols: it was built without cgo, or does not import package plugin")

// relocationsWithAddend is a section of relocations that hold what to add.
const relocationsWithAddend = elf.SHT_RELA //nolint:misspell // ELF's own word

// readRelative collects the pointers of a position-independent program, which stand in relocations and not in the data.
func (p *program) readRelative(all []elf.Symbol) {
	p.relative, p.named = map[uint64]uint64{}, map[uint64]string{}
	for _, s := range p.elf.Sections {
		if s.Type != relocationsWithAddend {
			continue
		}
		b := p.fileBytes(s.Offset, s.FileSize)
		for ; len(b) >= 24; b = b[24:] {
			at, info := binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:])
			switch kind, sym := uint64(uint32(info)), int(info>>32); {
			case kind == uint64(relocRelative):
				p.relative[at] = binary.LittleEndian.Uint64(b[16:])
			case kind == relocAbsolute && sym > 0 && sym <= len(all):
				p.named[at] = all[sym-1].Name
			}
		}
	}
}

func (p *program) fileBytes(off, n uint64) []byte {
	if off > uint64(len(p.data)) || n > uint64(len(p.data))-off {
		return nil
	}
	return p.data[off : off+n]
}

// bytesOf gives the initial contents of a symbol, nil if it has none.
func (p *program) bytesOf(s symbol) []byte {
	if int(s.Section) >= len(p.elf.Sections) {
		return nil
	}
	sec := p.elf.Sections[s.Section]
	if sec.Type == elf.SHT_NOBITS || s.Value < sec.Addr {
		return nil
	}
	return p.fileBytes(sec.Offset+s.Value-sec.Addr, s.Size)
}

// at gives the program's data from an address to the end of its section, and where they stand in the file.
func (p *program) at(addr uint64) (data []byte, off uint64) {
	for _, s := range p.elf.Sections {
		if s.Type == elf.SHT_PROGBITS && addr >= s.Addr && addr < s.Addr+s.Size {
			off = s.Offset + addr - s.Addr
			return p.fileBytes(off, s.Size-(addr-s.Addr)), off
		}
	}
	return nil, 0
}

// pointer reads the pointer that is at an address when the program runs (relative to where the program is loaded).
func (p *program) pointer(addr uint64, data []byte) uint64 {
	if to, ok := p.relative[addr]; ok {
		return to
	}
	return binary.LittleEndian.Uint64(data)
}

// fingerprint gives the 8 bytes by which a package of the program is known, nil if it has none.
func (p *program) fingerprint(path string) []byte {
	s, ok := p.symbols["go:link.pkghashbytes."+path]
	if !ok {
		return nil
	}
	if b := p.bytesOf(s); len(b) >= 8 {
		return b[:8]
	}
	return nil
}

// fieldOffset reads the offset of a field from the type descriptor of a struct: after 48 bytes of abi.Type and the package path
// stands the slice of fields; each is a pointer to its name (a flag byte, a length, the text), a pointer to its type, its offset.
func (p *program) fieldOffset(typ, field string) (uint64, error) {
	const fields, size = 56, 24
	s, ok := p.symbols[typ]
	d := p.bytesOf(s)
	if !ok || len(d) < fields+16 {
		return 0, fmt.Errorf("compile: the program has no descriptor of %s", typ)
	}
	at := p.pointer(s.Value+fields, d[fields:])
	n := binary.LittleEndian.Uint64(d[fields+8:])
	list, _ := p.at(at)
	for i := uint64(0); i < n && uint64(len(list)) >= (i+1)*size; i++ {
		f := list[i*size:]
		name, _ := p.at(p.pointer(at+i*size, f))
		if l := len(field); len(name) >= 2+l && int(name[1]) == l && string(name[2:2+l]) == field {
			return binary.LittleEndian.Uint64(f[16:]), nil
		}
	}
	return 0, fmt.Errorf("compile: %s has no field %s", typ, field)
}
