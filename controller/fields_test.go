package controller

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestFields(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                   "",
		` { } `:                                "",
		`{"a":1}`:                              "a=1;",
		`{"a": {"b": "}"}, "c" : [1, "]", 2]}`: `a={"b": "}"};c=[1, "]", 2];`,
		`{"a\"":"\\","b":"\\\""}`:              `a\"="\\";b="\\\"";`,
		"{\n\"a\"\t:\ttrue ,\"b\":null}":       "a=true;b=null;",
	} {
		var got strings.Builder
		if err := fields([]byte(text), func(name, v []byte) { got.WriteString(string(name) + "=" + string(v) + ";") }); err != nil || got.String() != want {
			t.Errorf("%s: %q, %v; want %q", text, got.String(), err, want)
		}
	}
	for _, text := range []string{"", "{", "}", "[]", `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}}`, `{a:1}`, `{"a":"b}`, `{"a":1 2}`, `{"a":[}`, `{"a" 1}`, `{}{}`, `{"a":1,"b`, `{"\`, `{ `} {
		if err := fields([]byte(text), func(name, v []byte) {}); err == nil {
			t.Errorf("%q passes as an object", text)
		}
	}
}

// FuzzFields compares what fields finds with what encoding/json finds, and looks for panics.
func FuzzFields(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":{"b":["}"]}}`, `{"a\\":"\""}`, `{"":0}`, `{`, `{"a":"\u0041"}`, "{\"a\" : -1e5 , \"b\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got := map[string]string{}
		err := fields(b, func(name, v []byte) {
			key := unquote([]byte(`"` + string(name) + `"`))
			got[key] = string(v)
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(b, &want) != nil || want == nil {
			return // what is not JSON may pass or not
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		for k, v := range want {
			if strings.ContainsRune(k, '\ufffd') {
				continue
			}
			if got[k] != string(v) {
				t.Fatalf("%q: %q is %q, want %q", b, k, got[k], v)
			}
		}
	})
}
