package compile

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
)

// stub is an ELF file that looks to cmd/link like a Go shared library with those symbols of the program that one module wants: headers
// and offsets are the program's, most bytes are holes. Of wanted types it holds the descriptors, relocations in place of their
// pointers, and the pointer masks: without masks the linker would write wrong masks for the module's variables of such types, and
// the garbage collector would free what they hold.
type stub struct {
	p     *program
	names bytes.Buffer // string table
	table bytes.Buffer // symbol table
	index map[string]int
	added map[ref]bool
	types []symbol
	moves []move
	fault fault
	host  *program // has the masks that a library shares with it
	lent  uint64   // bytes of a library's code that hold masks
}

// move is a pointer in a type descriptor.
type move struct {
	addr uint64
	to   string
}

// fault makes a stub wrong on purpose, for tests of the self-test.
type fault struct{ noMasks, noMoves bool }

// stubName is the base name of stub files. It is part of a symbol's name.
const stubName = "stub"

// writeStub writes a stub for the wanted symbols and gives the names that the program lacks. p is the program itself, host, or a library.
// Of types of a library it also gives those that they consist of and that are not the library's.
func (p *program) writeStub(file string, wanted []ref, f fault, host *program) (missing []string, foreign []ref, err error) {
	s := &stub{p: p, index: map[string]int{}, added: map[ref]bool{}, fault: f, host: host}
	s.names.WriteByte(0)
	s.table.Write(make([]byte, 24))
	for _, n := range []string{"runtime.lastmoduledatap", "runtime.unreachableMethod"} {
		s.add(n, 1)
	}
	s.addTypes(append(wanted, ref{"type:runtime.moduledata", 0}))
	for _, w := range wanted {
		if needsNoDefinition(w.name) {
			continue
		}
		if !s.add(mangle(w.name), w.abi) {
			missing = append(missing, w.name)
		}
	}
	for i, sec := range p.elf.Sections {
		fake := symbol{Section: elf.SectionIndex(i), Value: sec.Addr, Size: 16}
		switch sec.Name {
		case ".data":
			fake.Info = elf.ST_INFO(elf.STB_GLOBAL, elf.STT_OBJECT)
			s.put("go:link.abihash."+stubName, fake)
		case ".text":
			fake.Info = elf.ST_INFO(elf.STB_GLOBAL, elf.STT_FUNC)
			s.put("runtime.mapinitnoop.abiinternal", fake)
		}
	}
	for _, m := range s.moves {
		if s.index[m.to] == 0 { // by its name alone
			s.put(m.to, symbol{Info: elf.ST_INFO(elf.STB_GLOBAL, elf.STT_NOTYPE)}) // the linker passes over it
			foreign = append(foreign, ref{m.to, 0})
		}
	}
	return missing, foreign, s.write(file)
}

// needsNoDefinition tells names of files, debug information and initialisation tasks from those of code and data.
func needsNoDefinition(name string) bool {
	if strings.HasSuffix(name, "..inittask") || strings.HasPrefix(name, "go:info.") || strings.HasPrefix(name, "<") {
		return true
	}
	return !strings.HasPrefix(name, "type:") && (!strings.Contains(name, ".") || strings.HasSuffix(name, ".go"))
}

// put appends a symbol.
func (s *stub) put(name string, y symbol) {
	s.index[name] = s.table.Len() / 24
	sym := elf.Sym64{Name: uint32(s.names.Len()), Info: y.Info, Other: y.Other, Shndx: uint16(y.Section), Value: y.Value, Size: y.Size}
	b, err := binary.Append(nil, binary.LittleEndian, sym)
	if err != nil {
		panic("compile: a symbol has no binary form: " + err.Error()) // a struct of fixed-size fields always has
	}
	s.table.Write(b)
	s.names.WriteString(name)
	s.names.WriteByte(0)
}

// add appends a symbol of the program under the name by which cmd/link looks for it.
func (s *stub) add(name string, abi uint16) bool {
	r := ref{name, abi}
	if s.added[r] {
		return true
	}
	s.added[r] = true
	if abi == 0 {
		if y, ok := s.p.symbols[name+".abi0"]; ok {
			s.put(name+".abi0", y)
			return true
		}
	}
	y, ok := s.p.symbols[name]
	switch {
	case !ok:
		return false
	case elf.ST_TYPE(y.Info) == elf.STT_FUNC && !strings.HasPrefix(name, "type:") && abi != 0:
		s.put(name+".abiinternal", y)
	default:
		s.put(name, y)
	}
	return true
}

// addTypes adds the wanted types and those that they consist of: cmd/link reads them to lay out variables.
func (s *stub) addTypes(wanted []ref) {
	seen := map[string]bool{}
	var queue []string
	for _, w := range wanted {
		if n := mangle(w.name); strings.HasPrefix(n, "type:") && !seen[n] {
			seen[n] = true
			queue = append(queue, n)
		}
	}
	for i := 0; i < len(queue); i++ {
		y, ok := s.p.symbols[queue[i]]
		if !ok || elf.ST_TYPE(y.Info) == elf.STT_FUNC {
			continue
		}
		s.add(queue[i], 0)
		s.types = append(s.types, y)
		d := s.p.bytesOf(y)
		for o := uint64(0); o+8 <= uint64(len(d)); o += 8 {
			n, ok := s.p.named[y.Value+o]
			if !ok {
				n, ok = s.p.typeAt[s.p.pointer(y.Value+o, d[o:])]
			}
			if !ok || !strings.HasPrefix(n, "type:") {
				continue
			}
			s.moves = append(s.moves, move{y.Value + o, n})
			if !seen[n] {
				seen[n] = true
				queue = append(queue, n)
			}
		}
	}
}

// layout is where write puts the new tables.
type layout struct {
	f        *os.File
	sections []byte // section headers
	end      uint64
	err      error
}

func (l *layout) writeAt(b []byte, off uint64) {
	if l.err == nil {
		_, l.err = l.f.WriteAt(b, int64(off))
	}
}

// set makes data the contents of section i.
func (l *layout) set(i int, data []byte) {
	binary.LittleEndian.PutUint64(l.sections[i*64+24:], l.end)
	binary.LittleEndian.PutUint64(l.sections[i*64+32:], uint64(len(data)))
	l.writeAt(data, l.end)
	l.end = (l.end + uint64(len(data)) + 15) &^ 15
}

func (s *stub) write(file string) error {
	le, p := binary.LittleEndian, s.p
	f, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("compile: writing a stub: %w", err)
	}
	n := uint64(len(p.elf.Sections)) * 64
	l := &layout{f: f, end: uint64(len(p.data)+15) &^ 15, sections: bytes.Clone(p.fileBytes(le.Uint64(p.data[40:]), n))}
	dynsym, moved := s.neutralise(l.sections)
	if len(s.moves) > 0 && moved > 0 && !s.fault.noMoves {
		var b []byte
		for _, m := range s.moves {
			if i := s.index[m.to]; i > 0 {
				b = le.AppendUint64(b, m.addr)
				b = le.AppendUint64(b, uint64(i)<<32|relocAbsolute)
				b = le.AppendUint64(b, 0)
			}
		}
		l.set(moved, b)
	}
	l.set(dynsym, s.table.Bytes())
	l.set(int(p.elf.Sections[dynsym].Link), s.names.Bytes())
	header := bytes.Clone(p.data[:64])
	le.PutUint64(header[40:], l.end)
	l.writeAt(header, 0)
	l.writeAt(l.sections, l.end)
	name := p.elf.Sections[le.Uint16(p.data[62:])]
	l.writeAt(p.fileBytes(name.Offset, name.FileSize), name.Offset)
	for _, y := range s.types {
		s.writeType(l, y)
	}
	if err := f.Close(); l.err == nil {
		l.err = err
	}
	if l.err != nil {
		return fmt.Errorf("compile: writing a stub: %w", l.err)
	}
	return nil
}

// neutralise empties what the linker shall not see in the section headers, and finds the sections that get new contents.
func (s *stub) neutralise(headers []byte) (dynsym, moved int) {
	le := binary.LittleEndian
	for i, sec := range s.p.elf.Sections {
		switch sec.Type {
		case elf.SHT_DYNSYM:
			dynsym = i
		case relocationsWithAddend, elf.SHT_REL, elf.SHT_NOTE:
			if sec.Type == relocationsWithAddend && moved == 0 {
				moved = i
			}
			le.PutUint64(headers[i*64+32:], 0)
		case elf.SHT_GNU_VERSYM, elf.SHT_GNU_VERNEED, elf.SHT_GNU_VERDEF, elf.SHT_DYNAMIC:
			le.PutUint32(headers[i*64+4:], uint32(elf.SHT_PROGBITS))
			le.PutUint64(headers[i*64+32:], 0)
		default:
		}
	}
	return dynsym, moved
}

// writeType writes a type's descriptor and its pointer mask at the program's offsets: the mask is at the address that stands at 32,
// one bit for each word of the first bytes whose number stands at 8.
func (s *stub) writeType(l *layout, y symbol) {
	d := s.p.bytesOf(y)
	sec := s.p.elf.Sections[y.Section]
	l.writeAt(d, sec.Offset+y.Value-sec.Addr)
	if len(d) < 40 || s.fault.noMasks {
		return
	}
	words := binary.LittleEndian.Uint64(d[8:]) / 8
	addr, mask, off := s.mask(y, d, (words+7)/8)
	if len(mask) > 0 && off > 0 {
		l.writeAt(binary.LittleEndian.AppendUint64(nil, addr), sec.Offset+y.Value-sec.Addr+32)
		l.writeAt(mask, off)
	}
}

// mask gives the first n bytes of the pointer mask of a type, and where the stub has them. Masks have names in a library, and may be the
// program's; these get a place in the library's code, which is not there.
func (s *stub) mask(y symbol, d []byte, n uint64) (addr uint64, mask []byte, off uint64) {
	addr = s.p.pointer(y.Value+32, d[32:])
	if name, ok := s.p.named[y.Value+32]; ok {
		if own, ok := s.p.symbols[name]; ok {
			addr = own.Value
		} else {
			mask = s.host.bytesOf(s.host.symbols[name])
			mask = mask[:min(n, uint64(len(mask)))]
			text := s.p.elf.Section(".text")
			if text == nil || s.lent+n > text.Size {
				return 0, nil, 0
			}
			addr, off = text.Addr+s.lent, text.Offset+s.lent
			s.lent += n
			return addr, mask, off
		}
	}
	mask, off = s.p.at(addr)
	return addr, mask[:min(n, uint64(len(mask)))], off
}

// mangle shortens a name as cmd/link does in shared links.
func mangle(name string) string {
	isType := strings.HasPrefix(name, "type:")
	switch {
	case !isType && !strings.Contains(name, "@"), strings.HasPrefix(name, "type:runtime."), strings.HasPrefix(name, "go:string."):
		return name
	case len(name) <= 14 && !strings.Contains(name, "@"):
		return name
	case isType:
		prefix := "type:"
		if name[len(prefix)] == '.' {
			prefix = "type:."
		}
		return prefix + short(name[len("type:"):])
	}
	i, j := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']')
	if j == -1 || j <= i {
		j = len(name)
	}
	return name[:i+1] + short(name[i+1:j]) + name[j:]
}

func short(s string) string {
	h := sha256.Sum256([]byte(s))
	h[0] ^= 0xff
	return base64.StdEncoding.EncodeToString(h[:6])
}
