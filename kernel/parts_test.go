package kernel

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestSplit(t *testing.T) {
	for code, want := range map[string]string{
		"":                                    "",
		"x := 1":                              "go(x := 1)",
		"%who":                                "%who()",
		"x := 1\n%px -t 0 y\nz := 2":          "go(x := 1\n) %px( -t 0 y) go(z := 2)",
		"!ls \\\n -l\nx := 1":                 "!(ls \\\n -l) go(x := 1)",
		"s := `\n%who\n`":                     "go(s := `\n%who\n`)",
		"/*\n!rm\n*/ x":                       "go(/*\n!rm\n*/ x)",
		"a &&\n!b":                            "go(a &&\n!b)",
		"f(\n!b)":                             "go(f(\n!b))",
		"func f() {\n%x\n}":                   "go(func f() {\n%x\n})",
		"if a {\n}\n!b":                       "go(if a {\n}\n) !(b)",
		"// note\n!b":                         "go(// note\n) !(b)",
		"x\n!b":                               "go(x\n) !(b)",
		"%%px -a\nx := 1\n%who":               "%%px( -a)[x := 1\n%who]",
		"\n \n%%time\nx":                      "%%time()[x]",
		"%%\nx := 1":                          "%%() go(x := 1)",
		"//gale:%who\n//gonb: !ls\n//gale:ok": "%who() !(ls) go(//gale:ok)",
		"strings.Index??\n?x\n%px?":           "?(strings.Index??) ?(?x) ?(%px?)",
		"x := a ?\nb":                         "go(x := a ?\nb)",
		"%":                                   "%()",
		"\"open\n%who":                        "go(\"open\n%who)",
	} {
		var got []string
		for _, p := range split(code) {
			if p.magic == "" {
				got = append(got, "go("+code[p.from:p.to]+")")
				continue
			}
			s := p.magic + "(" + p.args + ")"
			if p.body != "" {
				s += "[" + p.body + "]"
			}
			if code[p.argAt:p.argAt+len(p.args)] != p.args {
				t.Errorf("%q: args are not at %d", code, p.argAt)
			}
			got = append(got, s)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q\n got %s\nwant %s", code, strings.Join(got, " "), want)
		}
	}
}

func TestMasked(t *testing.T) {
	for code, want := range map[string]string{
		"é\n%who é\nx":          "é\n       \nx",
		"%px -t 0,1 x + 1":      "           x + 1",
		"%%px --local -t 0\nxé": "                 \nxé",
		"%%writefile f\nx":      "             \n ",
	} {
		if got := masked(code); got != want {
			t.Errorf("%q became %q, want %q", code, got, want)
		}
	}
}

func TestPositions(t *testing.T) {
	s := "a🐱é𨭎"
	for points, want := range map[int]int{-3: 0, 0: 0, 1: 1, 2: 5, 3: 7, 4: 11, 99: 11} {
		if got := byteOffset(s, points); got != want {
			t.Errorf("byteOffset(%d) = %d, want %d", points, got, want)
		}
		if points >= 0 && points <= 4 && codePoints(s, want) != points {
			t.Errorf("codePoints(%d) = %d, want %d", want, codePoints(s, want), points)
		}
	}
}

func TestOptions(t *testing.T) {
	flags, rest := options(" -t 0,2-5 -a --group-outputs=type  x - 1", "tr")
	if fmt.Sprint(flags) != "map[a: group-outputs:type t:0,2-5]" || rest != "x - 1" {
		t.Errorf("%v %q", flags, rest)
	}
	if _, rest := options("-1", "t"); rest != "-1" {
		t.Errorf("%q", rest)
	}
	if flags, rest := options("--targets 3 -- -x", ""); flags["targets"] != "3" || rest != "-x" {
		t.Errorf("%v %q", flags, rest)
	}
}

func FuzzSplit(f *testing.F) {
	for _, s := range []string{"x\n%who\n!ls \\\n", "%%px -t\n", "//gale:%x", "`\n%", "?x?", "%%\n%%", "!\\", "%px -t"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, code string) {
		at := 0
		for _, p := range split(code) {
			if p.from < at || p.to < p.from || p.to > len(code) || p.magic != "" && (p.argAt < p.from || p.argAt+len(p.args) > p.to) {
				t.Fatalf("%q: part %+v after %d", code, p, at)
			}
			at = p.to
		}
		m := masked(code)
		if len(m) != len(code) {
			t.Fatalf("%q became %q", code, m)
		}
		if utf8.ValidString(code) && !utf8.ValidString(m) {
			t.Fatalf("%q became invalid", code)
		}
	})
}
