package compile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// object is the Go object file in the archive of one package, in the form that cmd/compile writes (cmd/internal/goobj of go1.20 and
// later, magic "\x00go120ld"): a header with the offsets of blocks, then the blocks.
type object struct {
	archive []byte
	member  int // offset in the archive of the header of the object's member
	base    int // offset in the archive of the magic
	b       []byte
	blk     [numBlk]uint32
}

// Blocks of an object.
const (
	blkAutolib = iota
	blkPkgIdx
	blkFile
	blkSymdef
	blkHashed64def
	blkHasheddef
	blkNonpkgdef
	blkNonpkgref
	blkRefFlags
	blkHash64
	blkHash
	blkRelocIdx
	blkAuxIdx
	blkDataIdx
	blkReloc
	blkAux
	blkData
	blkRefName
	blkEnd
	numBlk
)

// Sizes of the entries of blocks, in bytes.
const (
	symSize    = 8 + 2 + 1 + 1 + 1 + 4 + 4
	relocSize  = 4 + 1 + 2 + 8 + 8
	auxSize    = 1 + 8
	flagsSize  = 8 + 1 + 1
	strSize    = 8
	autoSize   = 16
	headerSize = 8 + 8 + 4 + 4*numBlk
)

// Packages in a reference to a symbol.
const (
	pkgNone = 1<<31 - 1 // a symbol with a name
	pkgSelf = pkgNone - 4
)

// auxFuncInfo marks the auxiliary symbol with a function's file table and inlining tree.
const auxFuncInfo = 1

const (
	objMagic = "\x00go120ld"
	arMagic  = "!<arch>\n"
	arHeader = 60 // bytes before each member of an archive
)

var errObject = errors.New("compile: not a Go object of a known form")

// parseObject finds the Go object in an archive and checks that its blocks lie in it.
func parseObject(archive []byte) (*object, error) {
	if !bytes.HasPrefix(archive, []byte(arMagic)) {
		return nil, errObject
	}
	for p := len(arMagic); p+arHeader <= len(archive); {
		n, err := strconv.Atoi(strings.TrimSpace(string(archive[p+48 : p+58])))
		if err != nil || n < 0 || p+arHeader+n > len(archive) {
			return nil, errObject
		}
		data := archive[p+arHeader : p+arHeader+n]
		if bytes.HasPrefix(data, []byte("go object ")) && !bytes.HasPrefix(archive[p:], []byte("__.PKGDEF")) {
			i := bytes.Index(data, []byte(objMagic))
			if i < 0 || len(data) < i+headerSize {
				return nil, errObject
			}
			o := &object{archive: archive, member: p, base: p + arHeader + i, b: data[i:]}
			return o, o.readHeader()
		}
		p += arHeader + n + n&1
	}
	return nil, errObject
}

func (o *object) readHeader() error {
	last := uint32(headerSize)
	for k := range numBlk {
		o.blk[k] = binary.LittleEndian.Uint32(o.b[20+4*k:])
		if o.blk[k] < last || int64(o.blk[k]) > int64(len(o.b)) {
			return errObject
		}
		last = o.blk[k]
	}
	return nil
}

// fingerprint is 8 bytes that differ when the package's exported parts differ.
func (o *object) fingerprint() []byte { return o.b[8:16] }

func (o *object) u32(p int) uint32            { return binary.LittleEndian.Uint32(o.b[p:]) }
func (o *object) block(k int) []byte          { return o.b[o.blk[k]:o.blk[k+1]] }
func (o *object) count(k, size int) int       { return int(o.blk[k+1]-o.blk[k]) / size }
func (o *object) entry(k, i, size int) int    { return int(o.blk[k]) + i*size }
func (o *object) symbolName(entry int) string { return o.text(entry) }
func (o *object) symbolABI(entry int) uint16  { return binary.LittleEndian.Uint16(o.b[entry+8:]) }

// text is the string whose length and offset stand at p.
func (o *object) text(p int) string {
	n, q := uint64(o.u32(p)), uint64(o.u32(p+4))
	if q+n > uint64(len(o.b)) {
		return ""
	}
	return string(o.b[q : q+n])
}

func symbolRef(b []byte) (pkg, sym uint32) {
	return binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
}

// imports lists the packages whose export data the compiler read.
func (o *object) imports() []string {
	var paths []string
	for i := range o.count(blkAutolib, autoSize) {
		paths = append(paths, o.text(o.entry(blkAutolib, i, autoSize)))
	}
	return paths
}

// eachRef visits the places that refer to symbols: relocations, auxiliary symbols, flags and inlining trees (inlined is set there).
func (o *object) eachRef(f func(place []byte, inlined bool)) {
	for i := range o.count(blkReloc, relocSize) {
		f(o.b[o.entry(blkReloc, i, relocSize)+15:][:8], false)
	}
	for i := range o.count(blkRefFlags, flagsSize) {
		f(o.b[o.entry(blkRefFlags, i, flagsSize):][:8], false)
	}
	for i := range o.count(blkAux, auxSize) {
		a := o.b[o.entry(blkAux, i, auxSize):][:auxSize]
		f(a[1:], false)
		if a[0] != auxFuncInfo {
			continue
		}
		if pkg, sym := symbolRef(a[1:]); pkg == pkgSelf {
			o.eachInlined(int(sym), func(place []byte) { f(place, true) })
		}
	}
}

// eachInlined visits the calls in the inlining tree of a function, whose FuncInfo is the data of symbol sym: sizes, a number of files
// (at 16) with 4 bytes each, a number of nodes with 24 bytes each, of which a reference to the function begins at 12.
func (o *object) eachInlined(sym int, f func(place []byte)) {
	if sym >= o.count(blkDataIdx, 4) {
		return
	}
	from := int(o.blk[blkData]) + int(o.u32(o.entry(blkDataIdx, sym, 4)))
	if from+20 > len(o.b) {
		return
	}
	d := o.b[from:]
	p := 20 + 4*int(binary.LittleEndian.Uint32(d[16:]))
	if p+4 > len(d) {
		return
	}
	n := int(binary.LittleEndian.Uint32(d[p:]))
	for k := range n {
		q := p + 4 + 24*k + 12
		if q+8 > len(d) {
			return
		}
		f(d[q : q+8])
	}
}

// defines lists the names of what an object defines.
func (o *object) defines() []string {
	var names []string
	for k := blkSymdef; k <= blkNonpkgdef; k++ {
		for i := range o.count(k, symSize) {
			names = append(names, o.symbolName(o.entry(k, i, symSize)))
		}
	}
	return names
}

// ref is a symbol that an object wants from elsewhere.
type ref struct {
	name string
	abi  uint16
}

// refs lists the names that code and data refer to. What only occurs in inlining trees needs no definition.
func (o *object) refs() []ref {
	var refs []ref
	defs := uint32(o.count(blkNonpkgdef, symSize))
	n := uint32(o.count(blkNonpkgref, symSize))
	seen := map[uint32]bool{}
	o.eachRef(func(place []byte, inlined bool) {
		pkg, sym := symbolRef(place)
		if inlined || pkg != pkgNone || sym < defs || sym-defs >= n || seen[sym] {
			return
		}
		seen[sym] = true
		e := o.entry(blkNonpkgref, int(sym-defs), symSize)
		refs = append(refs, ref{o.symbolName(e), o.symbolABI(e)})
	})
	return refs
}

// byName makes each reference by package and number a reference by name, so that the linker need not read the package: an object
// that was compiled against ordinary export data looks then as if it had been compiled against data made with -linkshared, where
// symbols have no numbers. The numbers are those of the archives that the compiler read; load gives them.
func (o *object) byName(load func(pkg string) (*object, error)) (*object, error) {
	r := renamer{o: o, load: load, index: map[[2]uint32]uint32{}, defs: uint32(o.count(blkNonpkgdef, symSize)), refs: uint32(o.count(blkNonpkgref, symSize))}
	o.eachRef(func(place []byte, _ bool) { r.rename(place) })
	if r.err != nil {
		return nil, r.err
	}
	return parseObject(r.archive())
}

// renamer collects named references for byName.
type renamer struct {
	o          *object
	load       func(pkg string) (*object, error)
	index      map[[2]uint32]uint32
	defs, refs uint32
	symbols    []byte // new entries of the block of named references
	strings    []byte // their names
	err        error
}

func (r *renamer) rename(place []byte) {
	pkg, sym := symbolRef(place)
	if pkg == 0 || int(pkg) >= r.o.count(blkPkgIdx, strSize) || r.err != nil {
		return
	}
	key := [2]uint32{pkg, sym}
	n, ok := r.index[key]
	if !ok {
		path := r.o.text(r.o.entry(blkPkgIdx, int(pkg), strSize))
		q, err := r.load(path)
		if err != nil {
			r.err = err
			return
		}
		if int(sym) >= q.count(blkSymdef, symSize) {
			r.err = fmt.Errorf("compile: symbol %d of %s does not exist in its archive", sym, path)
			return
		}
		e := q.entry(blkSymdef, int(sym), symSize)
		name := q.symbolName(e)
		n = r.refs + uint32(len(r.index))
		r.index[key] = n
		s := make([]byte, symSize)
		binary.LittleEndian.PutUint32(s, uint32(len(name)))
		binary.LittleEndian.PutUint32(s[4:], uint32(len(r.strings))) // relative to the new strings until archive
		binary.LittleEndian.PutUint16(s[8:], q.symbolABI(e))
		r.symbols = append(r.symbols, s...)
		r.strings = append(r.strings, name...)
	}
	binary.LittleEndian.PutUint32(place, pkgNone)
	binary.LittleEndian.PutUint32(place[4:], r.defs+n)
}

// archive lays the object out again with the new entries and puts it into its archive.
func (r *renamer) archive() []byte {
	o := r.o
	out := bytes.Clone(o.b[:o.blk[0]])
	for k := range blkEnd {
		binary.LittleEndian.PutUint32(out[20+4*k:], uint32(len(out)))
		d := o.block(k)
		switch k {
		case blkPkgIdx:
			d = d[:min(strSize, len(d))] // number 0 stands for no package
		case blkRefName:
			d = nil
		}
		out = append(out, d...)
		if k == blkNonpkgref {
			out = append(out, r.symbols...)
		}
	}
	binary.LittleEndian.PutUint32(out[20+4*blkEnd:], uint32(len(out)))
	first := int(binary.LittleEndian.Uint32(out[20+4*blkNonpkgref:])) + int(r.refs)*symSize
	for i := range len(r.symbols) / symSize {
		p := out[first+i*symSize+4:]
		binary.LittleEndian.PutUint32(p, binary.LittleEndian.Uint32(p)+uint32(len(out)))
	}
	out = append(out, r.strings...)
	a := append(bytes.Clone(o.archive[:o.base]), out...)
	size := len(a) - o.member - arHeader
	copy(a[o.member+48:], fmt.Sprintf("%-10d", size))
	return pad(a, size)
}

// addMember appends a file to an archive.
func addMember(archive []byte, name string, data []byte) []byte {
	a := append(bytes.Clone(archive), fmt.Sprintf("%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, 0, 0, 0, 0o644, len(data))...)
	return pad(append(a, data...), len(data))
}

func pad(archive []byte, size int) []byte {
	if size&1 == 1 {
		return append(archive, 0)
	}
	return archive
}
