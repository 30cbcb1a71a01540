package compile

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, x := range []struct {
		src  string
		want string
	}{
		{"", ""},
		{"x := 1; y := 2\nx + y", "statement,statement,statement"},
		{"package main\nimport \"fmt\"\nfunc main() {}", "package,import,func"},
		{"type T int\nfunc (t T) M() {}\nfunc F() {}\nfunc() {}()\nfunc (a, b int) int { return a }(1, 2)", "type,method,func,statement,statement"},
		{"for i := 0; i < 3; i++ {\n\tx; y\n}\nif a := f(); a {}", "statement,statement"},
		{"outer:\nfor {\n}", "statement"},
		{"var (\n\ta = 1\n\tb = 2\n)\nconst c = `;\n;`", "var,const"},
		{"switch x := y; x {\ncase 1:\n}", "statement"},
		{"f(func() {\n\ta()\n})", "statement"},
	} {
		chunks, bad := split(x.src)
		if bad != nil {
			t.Errorf("%q: %v", x.src, bad)
		}
		var kinds []string
		for _, c := range chunks {
			kinds = append(kinds, c.kind.String())
			if x.src[c.off:c.off+len(c.src)] != c.src {
				t.Errorf("%q: chunk %q does not stand at %d", x.src, c.src, c.off)
			}
		}
		if got := strings.Join(kinds, ","); got != x.want {
			t.Errorf("%q: %s, want %s", x.src, got, x.want)
		}
	}
}

func TestSplitKeepsComments(t *testing.T) {
	chunks, _ := split("// far away\n\n// near\n// nearer\nfunc f() {} // behind\n/* block */\ntype T int\n5;")
	for i, want := range []string{"// near\n// nearer\n", "/* block */\n", ""} {
		if chunks[i].doc != want {
			t.Errorf("chunk %d has the comment %q, want %q", i, chunks[i].doc, want)
		}
	}
	if chunks[1].semicolon || !chunks[2].semicolon {
		t.Error("written semicolons are not told from inserted ones")
	}
}

func FuzzSplit(f *testing.F) {
	for _, src := range []string{"x := 1", "}{", "for ;;{", "func (", "`", "/*", "\x00", "a\r\nb", "func (x) y(", "//go:embed x"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, chunks := range [][]chunk{func() []chunk { c, _ := split(src); return c }(), splitTolerant(src)} {
			for _, c := range chunks {
				if c.off < 0 || c.off+len(c.src) > len(src) || c.line < 1 || c.col < 1 {
					t.Errorf("chunk %+v lies outside of %d bytes", c, len(src))
				}
			}
		}
		closed(src)
		StatusOf(src)
	})
}

func FuzzObject(f *testing.F) {
	//lint:ignore SA1019 seeds, where there are any
	files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), "pkg", "*", "*.a")) //nolint:staticcheck // the same, for the other linter
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files[:min(len(files), 1)] {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(arMagic + "_go_.o          0           0     0     644     200       `\ngo object linux amd64\n!\n" + objMagic + strings.Repeat("\x01", 170)))
	f.Add([]byte(arMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseObject(b)
		if err != nil {
			return
		}
		o.imports()
		o.refs()
		if _, err := o.byName(func(string) (*object, error) { return o, nil }); err != nil {
			return
		}
	})
}
