//go:build !race

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/galeproject/gale/kernel"
)

// What variables hold is told as it is now: keys of maps, types in interfaces, values.
func TestHelpKnowsValues(t *testing.T) {
	c := newCells(t)
	s := &session{s: c.s, ready: make(chan struct{}), need: make(chan struct{}, 1), child: c.w}
	close(s.ready)
	c.mustRun("ages := map[string]int{\"ada\": 36, \"alan\": 41, \"𝔸\": 1}\nbyNumber := map[int]string{7: \"seven\"}\n" +
		"// what is anything\nvar anything any = &ages\nbox := struct{ In map[string]bool }{map[string]bool{\"yes\": true}}\nlist := []int{4, 5}\n")
	for src, want := range map[string]string{
		"ages[\"a|":                 "\"ada\" \"alan\"",
		"ages[\"a|\"]":              "\"ada\" \"alan\"",
		"x := \"🌊\" ; ages[|]":      "\"ada\" \"alan\" \"𝔸\"",
		"if ages[| {":               "\"ada\" \"alan\" \"𝔸\"",
		"byNumber[|":                "7",
		"box.In[\"|":                "\"yes\"",
		"anyth|":                    "anything",
		"ages[\"nosuch|":            "",
		"nosuch[\"zz|":              "",
		"broken = = 3; ages[\"ad|]": "\"ada\"",
	} {
		before, after, _ := strings.Cut(src, "|")
		found := s.Complete(before+after, len(before))
		var texts []string
		for _, x := range found.Candidates {
			texts = append(texts, x.Text)
		}
		if got := strings.Join(texts, " "); got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
	}
	if found := s.Complete("list[", 5); slices.ContainsFunc(found.Candidates, func(x kernel.Candidate) bool { return x.Kind == "key" }) {
		t.Error("an index is offered as a key")
	}
	if found := s.Complete("anyth", 5); len(found.Candidates) != 1 || found.Candidates[0].Signature != "any holding *map[string]int" {
		t.Errorf("%+v", found)
	}
	for src, want := range map[string]string{
		"list":      "var list []int\n\nvalue: [4 5]",
		"ages":      "value: len 3 [\"ada\":36",
		"anything":  "(*map[string]int)",
		"box.In":    "In map[string]bool",
		"x := list": "value: [4 5]",
	} {
		b, ok := s.Inspect(src, len(src), 0)
		text, _ := b.Data["text/plain"].(string)
		if !ok || !strings.Contains(text, want) {
			t.Errorf("%s: %s, want %s", src, text, want)
		}
		for _, kind := range []string{"text/markdown", "text/html"} {
			if text, _ := b.Data[kind].(string); text == "" {
				t.Errorf("%s has no %s", src, kind)
			}
		}
	}
	c.mustRun("list = append(list, 6)")
	if b, _ := s.Inspect("list", 4, 0); !strings.Contains(b.Data["text/plain"].(string), "[4 5 6]") { //nolint:forcetypeassert // a test
		t.Errorf("%v", b.Data)
	}
}

func (c *cells) mustRun(source string) {
	c.t.Helper()
	c.want(source, "")
}
