package notebook

import (
	"fmt"
	"strings"
	"testing"
)

const parametersCell = `// defaults
import "fmt"
import (
	"time"
)
%env A B
modelFile := ""
freqMax, n := 10.0, 8
var quick = false
var step float64 = 1
var seed int64
wait := 2 * time.Second
freqs := []float64{1, 2}
low := -0.5
total := n + 1
must(0, nil)
x := float64(3)
`

func withParameters() *Notebook {
	return &Notebook{Cells: []*Cell{
		{ID: "a", Type: Markdown, Source: "text"},
		{ID: "b", Type: Code, Source: parametersCell, Metadata: map[string]any{"tags": []any{"parameters"}}},
		{ID: "c", Type: Code, Source: "modelFile"},
	}}
}

func TestParameters(t *testing.T) {
	ps, err := withParameters().Parameters()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range ps {
		got = append(got, fmt.Sprintf("%s %s: %s", p.Name, p.Default, p.kind))
	}
	want := `modelFile "": a string
freqMax 10.0: a number
n 8: a whole number
quick false: true or false
step 1: a number
seed : a whole number
wait 2 * time.Second: an expression
freqs []float64{1, 2}: an expression
low -0.5: a number
total n + 1: a whole number
x float64(3): a number`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestInject(t *testing.T) {
	nb := withParameters()
	set := []Assignment{
		{"modelFile", "/data/a b.f32"},
		{"freqMax", "12"},
		{"n", "0x10"},
		{"quick", " true"},
		{"step", "-1e-3"},
		{"wait", "3*time.Minute"},
		{"freqs", "[]float64{3}"},
		{"low", "1"},
		{"seed", "-7"},
	}
	for range 2 { // the second time in place of the first
		if err := nb.Inject(set); err != nil {
			t.Fatal(err)
		}
		if len(nb.Cells) != 4 || !nb.Cells[2].Tagged("injected-parameters") {
			t.Fatalf("%d cells", len(nb.Cells))
		}
	}
	want := `// Parameters
modelFile = "/data/a b.f32"
freqMax = 12
n = 0x10
quick = true
step = -1e-3
wait = 3*time.Minute
freqs = []float64{3}
low = 1
seed = -7`
	if nb.Cells[2].Source != want {
		t.Errorf("got\n%s\nwant\n%s", nb.Cells[2].Source, want)
	}
	if err := nb.Validate(); err != nil {
		t.Error(err)
	}
}

func TestInjectStrings(t *testing.T) {
	for value, want := range map[string]string{"": `""`, "a": `"a"`, `"a"`: `"a"`, "`a`": "`a`", `say "a"`: `"say \"a\""`, "'a'": `"'a'"`, " a": `" a"`, "12": `"12"`} {
		got, err := Parameter{Name: "s", kind: kindString}.literal(value)
		if err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", value, got, err, want)
		}
	}
	for value, want := range map[string]string{"a": `"a"`, "a b": `"a b"`, "nil": "nil", "true": "true", "f(1)": "f(1)", "/x/y.f32": `"/x/y.f32"`} {
		if got, err := (Parameter{Name: "s", kind: kindOther}).literal(value); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", value, got, err, want)
		}
	}
}

func TestInjectRefuses(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"freqmax", "1", "there is no parameter freqmax; there are: modelFile, freqMax, n,"},
		{"n", "1.5", "is not a whole number (its default is 8)"},
		{"n", "many", "not a whole number"},
		{"freqMax", "os.Exit(1)", "not a number"},
		{"quick", "1", "not true or false"},
	} {
		nb := withParameters()
		if err := nb.Inject([]Assignment{{c.name, c.value}}); err == nil || !strings.Contains(err.Error(), c.want) || len(nb.Cells) != 3 {
			t.Errorf("%s=%s: %v", c.name, c.value, err)
		}
	}
	nb := &Notebook{Cells: []*Cell{{ID: "a", Type: Code, Source: "x := 1"}}}
	if err := nb.Inject([]Assignment{{"x", "1"}}); err == nil || !strings.Contains(err.Error(), "tagged") {
		t.Errorf("%v", err)
	}
	nb.Cells[0].Metadata = map[string]any{"tags": []any{"parameters"}}
	nb.Cells[0].Source = "x := ("
	if err := nb.Inject([]Assignment{{"x", "1"}}); err == nil || !strings.Contains(err.Error(), "cell 1") {
		t.Errorf("%v", err)
	}
}

func TestParseAssignment(t *testing.T) {
	if a, err := ParseAssignment("x=a=b"); err != nil || a != (Assignment{"x", "a=b"}) {
		t.Errorf("%v %v", a, err)
	}
	for _, s := range []string{"", "x", "=1", "1=2", "a b=1"} {
		if a, err := ParseAssignment(s); err == nil {
			t.Errorf("%q gave %v", s, a)
		}
	}
}
