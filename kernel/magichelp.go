package kernel

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/galeproject/gale/display"
)

// completeMagic completes names of magics, and names of files behind those that take one. ok is false where Go stands.
func (k *Kernel) completeMagic(code string, at int) (found Completion, ok bool) {
	from := strings.LastIndexByte(code[:at], '\n') + 1
	line := code[from:at]
	if line == "" || !strings.ContainsAny(line[:1], "%!$/") {
		return found, false
	}
	p, isMagic := magicLine(code, from, at)
	if !isMagic || !statementCanBegin(masked(code[:from])) {
		return found, false
	}
	switch {
	case p.args == "" && strings.HasPrefix(p.magic, "%"):
		found.Start, found.End = at-len(p.magic), at
		for _, name := range k.shown {
			if strings.HasPrefix(name, p.magic) && (!strings.HasPrefix(name, "%%") || from == 0) {
				found.Candidates = append(found.Candidates, Candidate{Text: name, Kind: "magic", Signature: k.magics[name].args})
			}
		}
		return found, true
	case p.magic == "!" || p.magic == "%cd" || p.magic == "%load" || p.magic == "%save" || p.magic == "%capture" || p.magic == "%%writefile":
		return completeFile(line, at), true
	case p.magic == "%px" || p.magic == "%time" || p.magic == "%prof" || p.magic == "%timeit":
		return found, at < p.argAt+flagsEnd(p.args)
	}
	return found, true
}

// completeFile completes the last word of a line as the name of a file.
func completeFile(line string, at int) Completion {
	word := line[strings.LastIndexAny(line, " \t!$=\"'")+1:]
	dir, prefix := filepath.Split(word)
	found := Completion{Start: at - len(prefix), End: at}
	look := expand(dir)
	if look == "" {
		look = "."
	}
	entries, err := os.ReadDir(look)
	if err != nil {
		return found
	}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, ".") && prefix == "" {
			continue
		}
		if e.IsDir() {
			name += "/"
		}
		found.Candidates = append(found.Candidates, Candidate{Text: name, Kind: "path"})
	}
	return found
}

// inspectMagic describes the magic whose line the offset is in.
func (k *Kernel) inspectMagic(code string, at int) (display.Bundle, bool) {
	from := strings.LastIndexByte(code[:at], '\n') + 1
	p, ok := magicLine(code, from, lineEnd(code, from))
	if !ok || at > p.argAt || !statementCanBegin(masked(code[:from])) {
		return display.Bundle{}, false
	}
	m, ok := k.magics[p.magic]
	if !ok {
		return display.Bundle{}, false
	}
	return m.bundle(), true
}
