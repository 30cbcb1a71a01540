package kerneltest

import (
	"fmt"
	"strings"
	"testing"
)

// compiled are the promises that need a compiler of Go behind the kernel.
func compiled() promises {
	return promises{"Timing": Timing, "Profile": Profile, "TestFunctions": TestFunctions, "ReadsInput": ReadsInput, "Arguments": Arguments}
}

// Timing promises: %timeit tells mean and deviation over all runs, of statements and of expressions, and keeps state and lines.
func Timing(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	mustBeOK(t, c.Execute("n := 0\nfunc nothing() {}\nx := 20", nil))
	for _, code := range []string{"%timeit -n 10 -r 3 n++", "%timeit -n 10 -r 3 x + 1", "%timeit -n 10 -r 3 nothing()", "%%timeit -n 10 -r 3 k := 1\nk++\nn += k - k"} {
		if r := mustBeOK(t, c.Execute(code, nil)); !strings.Contains(r.Value(), "3 runs of 10 loops") || !strings.Contains(r.Value(), "±") {
			t.Errorf("%s: %q", code, r.Value())
		}
	}
	if r := c.Execute("n", nil); r.Value() != "30" {
		t.Errorf("n is %s: it ran another number of times than it said", r.Value())
	}
	for code, want := range map[string]string{"%timeit -n x 1": "-n", "%timeit": "want a statement", "%timeit -z 1": "no option -z", "\n%timeit = = 1": ":2:"} {
		if r := c.Execute(code, nil); !strings.Contains(fmt.Sprint(r.Reply["evalue"]), want) {
			t.Errorf("%s: %v", code, r.Reply["evalue"])
		}
	}
}

// Profile promises: %prof runs the statement where state is kept, and shows a table and a picture.
func Profile(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	r := mustBeOK(t, c.Execute("%%prof\nsum := 0\nfor i := range 1000 {\n\tsum += i\n}", nil))
	if !strings.Contains(r.Types(), "execute_result") || !strings.Contains(c.Transcript(), "image/svg+xml") {
		t.Errorf("%s", r.Types())
	}
	if r := c.Execute("sum", nil); r.Value() != "499500" {
		t.Errorf("%v", r.Reply)
	}
	if r := c.Execute("%prof panic(\"boom\")", nil); r.Reply["ename"] != "Panic" {
		t.Errorf("%v", r.Reply)
	}
	mustBeOK(t, c.Execute("%prof 1", nil)) // the one before was ended
}

// TestFunctions promises: %test runs the tests of its cell, with the notebook's state; one that fails fails the cell.
func TestFunctions(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	mustBeOK(t, c.Execute("answer := 42", nil))
	r := mustBeOK(t, c.Execute("%test -v\nfunc TestAnswer(t *testing.T) {\n\tif answer != 42 {\n\t\tt.Fatal(answer)\n\t}\n}", nil))
	if !strings.Contains(r.Text("stdout"), "--- PASS: TestAnswer") {
		t.Errorf("%q", r.Text("stdout"))
	}
	r = c.Execute("func TestBad(t *testing.T) { panic(\"boom\") }\n%test", nil)
	if r.Reply["ename"] != "TestFailed" || !strings.Contains(r.Text("stdout"), "--- FAIL: TestBad") || strings.Contains(r.Text("stdout"), "TestAnswer") {
		t.Errorf("%v %q", r.Reply["ename"], r.Text("stdout"))
	}
	r = mustBeOK(t, c.Execute("func BenchmarkNothing(b *testing.B) {\n\tfor b.Loop() {\n\t}\n}\n%bench -benchtime 10x", nil))
	if !strings.Contains(r.Text("stdout"), "ns/op") {
		t.Errorf("%q", r.Text("stdout"))
	}
	if r := c.Execute("%test -nonsense", nil); r.Status() != "error" || !strings.Contains(fmt.Sprint(r.Reply["evalue"]), "-nonsense") {
		t.Errorf("%v", r.Reply)
	}
}

// ReadsInput promises: code that reads os.Stdin asks the front end, and finds the end of the file where that takes no questions.
func ReadsInput(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	code := "var name string\nn, err := fmt.Scanln(&name)\nfmt.Println(n, name, err != nil)"
	if r := mustBeOK(t, c.Execute(code, nil)); r.Text("stdout") != "0  true\n" {
		t.Errorf("without stdin: %q", r.Text("stdout"))
	}
	id := c.Cell(code, Request{"allow_stdin": true})
	ask := c.Asked(id)
	if got := Content(ask); ask.Header.MsgType != "input_request" || got["password"] != false {
		t.Errorf("%v", got)
	}
	c.Send(Stdin, "input_reply", map[string]string{"value": "gale"})
	if r := c.Wait(id); r.Text("stdout") != "1 gale false\n" {
		t.Errorf("%q", r.Text("stdout"))
	}
	id = c.Cell(code, Request{"allow_stdin": true})
	c.Asked(id)
	c.ask(Control, "interrupt_request", nil)
	if r := c.Wait(id); r.Reply["ename"] != "KeyboardInterrupt" {
		t.Errorf("%v", r.Reply)
	}
}

// Arguments promises: %args and %main set os.Args of cells.
func Arguments(t *testing.T, start Start) {
	t.Helper()
	c := Dial(t, start(t))
	if r := mustBeOK(t, c.Execute("%args one 'two'\nfmt.Sprint(os.Args[1:])", nil)); r.Value() != "[one 'two']" {
		t.Errorf("%q", r.Value())
	}
	mustBeOK(t, c.Execute("size := flag.Int(\"size\", 1, \"\")", nil))
	if r := mustBeOK(t, c.Execute("%main -size 7 rest\nfmt.Sprint(*size, flag.Args())", nil)); r.Value() != "7 [rest]" {
		t.Errorf("%q", r.Value())
	}
}
