//go:build !race

package compile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/galeproject/gale/compile"
)

func TestKeys(t *testing.T) {
	for _, x := range []struct{ src, place, partial string }{
		{"m[|]", "m", ""},
		{"m[", "m", ""},
		{"x := m[\"al|", "m", "\"al"},
		{"x := m[\"al|\"] + 1", "m", "\"al"},
		{"s.table.byName[\"|\"]", "s table byName", "\""},
		{"if broken = = { m[12|", "m", "12"},
		{"\"𝔸𝔹\" + m[\"𝔸|", "m", "\"𝔸"},
		{"m[\"al\"]|", "-", ""},
		{"m[\"al\"|", "-", ""},
		{"f()[|", "-", ""},
		{"[]int{1}[|", "-", ""},
		{"f().m[|", "-", ""},
		{"m[i|", "-", ""},
		{"[|]", "-", ""},
		{"// m[|", "-", ""},
		{"|", "-", ""},
	} {
		before, after, cut := strings.Cut(x.src, "|")
		src, off := before+after, len(before)
		if !cut {
			off = len(src)
		}
		place, r, ok := compile.Keys(src, off)
		if !ok {
			place = []string{"-"}
		} else if src[r.Start:off] != x.partial || r.End != off {
			t.Errorf("%q: the key is at %v", x.src, r)
		}
		if got := strings.Join(place, " "); got != x.place {
			t.Errorf("%q: the map is %q, want %q", x.src, got, x.place)
		}
	}
}

func TestCompletePaths(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"data.csv", "dates.txt", "other", ".hidden"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dams"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	s := compile.NewSession(toolchain(t), "paths")
	for src, want := range map[string]string{
		"os.Open(\"da|\")":             "dams/ data.csv dates.txt",
		"os.Open(\"" + dir + "/dat|":   "data.csv dates.txt",
		"x := \"" + dir + "/|\"":       "dams/ data.csv dates.txt other",
		"x := \"" + dir + "/.h|\"":     ".hidden",
		"x := \"nosuchdirectory/da|\"": "",
		"x := \"a\\da|\"":              "",
		"'d|'":                         "",
		"x := \"𝔸\" + \"da|\"":         "dams/ data.csv dates.txt",
	} {
		before, after, _ := strings.Cut(src, "|")
		list, r := s.Complete(before+after, len(before))
		var texts []string
		for _, c := range list {
			texts = append(texts, c.Text)
			if c.Kind != "path" || !strings.HasPrefix(c.Text, before[r.Start:]) {
				t.Errorf("%q: %+v at %v", src, c, r)
			}
		}
		if got := strings.Join(texts, " "); got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
}

// Offsets are bytes: what stands before the cursor may be outside of the basic plane, and broken.
func TestHelpBehindAstral(t *testing.T) {
	s := declared(t)
	for _, x := range []struct{ src, want string }{
		{"x := \"𝔸🌊\"; strings.HasP|", "HasPrefix"},
		{"/* 🌊 */ pt.N|", "Norm"},
		{"𝛼 := 3\n𝛼 + do|", "double"},
		{"𝛼 := 3\n𝛼|", "𝛼"},
		{"fmt.Println(\"🌊\", pt.|", "Norm"},
		{"x := [\"🌊\"\nfunc ( {\nwords[0] + strings.HasP|\n}}", "HasPrefix"},
		{"if pt.X > {\n\tpt.No|", "Norm"},
		{"x = = \"🌊\"\np := Point{X: 1, Y|: 2}", "Y"},
	} {
		before, after, _ := strings.Cut(x.src, "|")
		list, r := s.Complete(before+after, len(before))
		if !slices.ContainsFunc(list, func(c compile.Candidate) bool { return c.Text == x.want }) {
			t.Errorf("%q: %s is not offered among %d", x.src, x.want, len(list))
		} else if !strings.HasPrefix(x.want, before[r.Start:]) || r.End < len(before) {
			t.Errorf("%q: range %v", x.src, r)
		}
		src := before[:r.Start] + x.want + after
		if d, ok := s.Inspect(src, r.Start+len(x.want), 1); !ok || d.Name != x.want || d.HTML == "" {
			t.Errorf("%q: %s is not described: %+v", src, x.want, d)
		}
	}
}
