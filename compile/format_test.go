package compile_test

import (
	"strings"
	"testing"

	"github.com/galeproject/gale/compile"
)

func TestFormat(t *testing.T) {
	for src, want := range map[string]string{
		"x:=1":                                  "x := 1",
		"x:=1;y  :=2":                           "x := 1;y := 2",
		"  x:=1\n\n\n\n  y:=x   // why":         "x := 1\n\ny := x   // why",
		"func f( a int)int{\nreturn a}\nf( 3 )": "func f(a int) int {\n\treturn a\n}\nf(3)",
		"import \"fmt\"\ntype  T struct{\nA int\nBcd string}\nfor i:=range 3{\nfmt.Println(i)}": "import \"fmt\"\ntype T struct {\n\tA   int\n\tBcd string\n}\nfor i := range 3 {\n\tfmt.Println(i)\n}",
		"// note\nx:=`a\n  b`": "// note\nx := `a\n  b`",
		"":                     "",
		"s := \"🌊\"+t":         "s := \"🌊\" + t",
	} {
		got, err := compile.Format(src, src)
		if err != nil || got != want {
			t.Errorf("%q gives %q, %v; want %q", src, got, err, want)
		}
		if again, err := compile.Format(got, got); err != nil || again != got {
			t.Errorf("%q becomes %q: %v", got, again, err)
		}
	}
	// what is no Go stays
	src, text := "x:=1\n     \ny:=2", "x:=1\n!ls -\ny:=2"
	if got, err := compile.Format(src, text); err != nil || got != "x := 1\n!ls -\ny := 2" {
		t.Errorf("%q, %v", got, err)
	}
	for _, src := range []string{"x := (", "func {", "'"} {
		if got, err := compile.Format(src, src); err == nil {
			t.Errorf("%q gives %q", src, got)
		}
	}
	if _, err := compile.Format("x", strings.Repeat("x", 2)); err == nil {
		t.Error("texts of different lengths")
	}
}
