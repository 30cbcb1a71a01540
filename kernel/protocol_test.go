package kernel_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// functions gives the names of all top functions of the repository's tests and of the promises.
func functions(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	fset := token.NewFileSet()
	root := os.DirFS("..")
	for _, dir := range []string{"kernel", "wire", "internal/store", "measure", "internal/zmtp", "worker", "comm"} {
		err := fs.WalkDir(root, dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") && filepath.Dir(path) != "kernel/kerneltest" {
				return err
			}
			f, err := parser.ParseFile(fset, filepath.Join("..", path), nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for _, decl := range f.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
					names[fn.Name.Name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// TestProtocolDocumentNamesTests: each rule of docs/protocol.md has a number that follows the one before and names tests that exist, and
// each promise of kerneltest proves some rule.
func TestProtocolDocumentNamesTests(t *testing.T) {
	text, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	exists, named := functions(t), map[string]bool{}
	rule, name, numbers := regexp.MustCompile(`^\| (\d+\.\d+) \|`), regexp.MustCompile("`([A-Z]\\w+)`"), map[string]bool{}
	for line := range strings.Lines(string(text)) {
		m := rule.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if numbers[m[1]] {
			t.Errorf("rule %s stands twice", m[1])
		}
		numbers[m[1]] = true
		cells := strings.Split(strings.TrimSpace(line), "|")
		proofs := name.FindAllStringSubmatch(cells[len(cells)-2], -1)
		if len(proofs) == 0 {
			t.Errorf("rule %s names no test", m[1])
		}
		for _, p := range proofs {
			named[p[1]] = true
			if !exists[p[1]] {
				t.Errorf("rule %s names %s, which does not exist", m[1], p[1])
			}
		}
	}
	if len(numbers) < 60 {
		t.Errorf("only %d rules were read", len(numbers))
	}
	promises, err := os.ReadFile("kerneltest/promises.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range regexp.MustCompile(`"(\w+)": (\w+)[,}]`).FindAllStringSubmatch(string(promises), -1) {
		if p[1] == p[2] && !named[p[1]] {
			t.Errorf("no rule names the promise %s", p[1])
		}
	}
}
