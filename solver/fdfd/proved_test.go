package fdfd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The document's list of what is proved names tests that exist.
func TestWhatIsProved(t *testing.T) {
	doc, err := os.ReadFile("../../docs/operator.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(raw)
	}
	_, list, _ := strings.Cut(string(doc), "## What is proved")
	rows := regexp.MustCompile(`(?m)^\| A(\d+) \|.*$`).FindAllString(list, -1)
	if len(rows) != 19 {
		t.Errorf("%d rows of 19", len(rows))
	}
	name := regexp.MustCompile("`(Test\\w+)`")
	for _, r := range rows {
		if !name.MatchString(r) {
			t.Errorf("no test in %q", r)
		}
	}
	for _, n := range name.FindAllStringSubmatch(string(doc), -1) {
		if !strings.Contains(code.String(), "func "+n[1]+"(t *testing.T)") {
			t.Errorf("there is no %s", n[1])
		}
	}
}
