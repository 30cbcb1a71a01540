package gale

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/galeproject/gale"

// room is a row of the table in ARCHITECTURE.md.
type room struct{ may []string }

// rooms reads the table of ARCHITECTURE.md, so that the document cannot rot.
func rooms(t *testing.T) map[string]room {
	t.Helper()
	doc, err := os.ReadFile("ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]room{}
	inside := false
	for line := range strings.Lines(string(doc)) {
		if strings.HasPrefix(line, "## ") {
			inside = strings.TrimSpace(line) == "## Rooms"
		}
		cells := strings.Split(line, "|")
		if !inside || len(cells) != 6 || !strings.Contains(cells[1], "`") {
			continue
		}
		table[strings.Trim(cells[1], " `")] = room{may: strings.Fields(strings.ReplaceAll(cells[3], "`", " "))}
	}
	if len(table) == 0 {
		t.Fatal("ARCHITECTURE.md has no table of rooms")
	}
	return table
}

type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	return all
}

// programs are main packages that belong to no room: benchmarks and generators. They may import what they like; nobody imports
// them.
func program(path string) bool {
	return strings.HasPrefix(path, "bench/") || strings.HasPrefix(path, "test/") || strings.HasSuffix(path, "/gen")
}

func TestLayers(t *testing.T) {
	table := rooms(t)
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, modulePath+"/")
		if name == modulePath || program(name) {
			continue
		}
		r, ok := table[name]
		if !ok {
			t.Errorf("%s has no row in the table of rooms of ARCHITECTURE.md", name)
			continue
		}
		seen[name] = true
		for _, imp := range p.Imports {
			dep, ours := strings.CutPrefix(imp, modulePath+"/")
			if ours && !slices.Contains(r.may, dep) && !slices.Contains(r.may, "*") {
				t.Errorf("%s imports %s, which the table of rooms does not allow", name, dep)
			}
		}
	}
	for name := range table {
		if !seen[name] {
			t.Errorf("the table of rooms has a row for %s, which is not there", name)
		}
	}
}

func TestEveryRoomHasOneDoorPlate(t *testing.T) {
	for _, p := range packages(t) {
		var plates []string
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			if f.Doc != nil && !strings.HasPrefix(f.Doc.Text(), "Code generated") {
				plates = append(plates, name)
			}
		}
		if len(plates) != 1 {
			t.Errorf("%s: want one file with a package comment, have %q", p.ImportPath, plates)
		}
	}
}

// TestDecisionsAreShort keeps the records readable: a question, an answer, what was rejected, what would change our mind.
func TestDecisionsAreShort(t *testing.T) {
	files, err := filepath.Glob("docs/decisions/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no decision records: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(text), "\n"); n > 40 {
			t.Errorf("%s has %d lines, 40 at most", name, n)
		}
	}
}
