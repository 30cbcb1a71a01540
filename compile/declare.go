package compile

import (
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"github.com/galeproject/gale/module"
)

// qualified is a type of a package in a type's text: "import/path".Name.
var qualified = regexp.MustCompile(`"([^"]+)"\.(\p{L}[\p{L}\p{N}_]*(?:ᐧ\d+)?)`)

// Declare makes a variable known that no cell has defined: something gave engines a value of a name. The text is a type of Go in which
// types of packages are written with their import path in quotes, and types of the session by their name.
func (s *Session) Declare(scope module.Scope, name, typ string) error {
	if s.t.mode == None {
		return unusable(s.t.reason)
	}
	s.compiling.Lock()
	defer s.compiling.Unlock()
	c := s.newCompilation(scope, Cell{})
	imports := maps.Clone(c.imports)
	var bad error
	text := qualified.ReplaceAllStringFunc(typ, func(m string) string {
		x := qualified.FindStringSubmatch(m)
		path, n := x[1], x[2]
		if path == packagePath(s.id) || path == "main" {
			base, i, old := splitVersion(n)
			if newest := len(c.st.versions[base]) - 1; old && i != newest {
				bad = fmt.Errorf("compile: declaring %s: its type %s has been declared again since", name, base)
			}
			return base
		}
		c.imports[alias(path)] = path
		return alias(path) + "." + n
	})
	if bad != nil {
		return bad
	}
	if chunks, err := split("var " + name + " int"); err != nil || len(chunks) != 1 || chunks[0].kind != varDecl || strings.ContainsAny(name, " ,=\n;\"") {
		return fmt.Errorf("compile: declaring %s: it is no name", strconv.Quote(name))
	}
	c.names[name], c.defined[name] = varDecl, true
	delete(c.imports, name)
	c.add(&piece{kind: varDecl, names: []string{name}, again: []bool{false}, line: 1, col: 1, src: "var " + name + " " + text}, true)
	a, err := c.analyse()
	if err != nil {
		return fmt.Errorf("compile: declaring %s with type %s: %w", name, typ, err)
	}
	d := c.delta(a)
	d.imports = imports
	d.source = ""
	s.Commit(&Compiled{delta: d})
	return nil
}
