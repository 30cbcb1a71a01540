package module

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"strings"
)

// Program gives the build id of the running program, which [Module.Host] must equal. It fails where the program is not an ELF file
// with Go's build id; such a program cannot load modules either.
func Program() (string, error) {
	f, err := elf.Open("/proc/self/exe")
	if err != nil {
		return "", fmt.Errorf("module: reading the program's build id: %w", err)
	}
	id, err := programID(f)
	return id, errors.Join(err, f.Close())
}

// programID reads the note that cmd/link writes: sizes of name and text, a type, the name "Go", the text.
func programID(f *elf.File) (string, error) {
	s := f.Section(".note.go.buildid")
	if s == nil {
		return "", errors.New("module: the program has no Go build id")
	}
	b, err := s.Data()
	if err != nil {
		return "", fmt.Errorf("module: reading the program's build id: %w", err)
	}
	const head = 16 // three sizes and "Go\x00\x00"
	if len(b) <= head || !bytes.Equal(b[12:head], []byte("Go\x00\x00")) {
		return "", errors.New("module: the note of the program's build id has another form")
	}
	n := f.ByteOrder.Uint32(b[4:])
	if uint64(n) > uint64(len(b)-head) {
		return "", errors.New("module: the note of the program's build id is cut short")
	}
	id := strings.TrimRight(string(b[head:head+int(n)]), "\x00")
	// action id / … / content id: the whole names the build
	return id, nil
}
