package notebook

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadKeepsWhatItDoesNotKnow(t *testing.T) {
	nb, err := ReadFile("testdata/old.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	c := nb.Cells[1]
	if nb.Cells[0].Source != "# Title\ntext" || c.Source != "freqMax := 10.0\nmodelFile := \"\"" || *c.Count != 3 || !c.Tagged("parameters") || c.Outputs[0]["text"] != "a\nb" {
		t.Errorf("%+v %+v", nb.Cells[0], c)
	}
	out, err := nb.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"extra": "<kept>"`, `"nbformat_minor": 5`, `1e3`, `1.50`, `"a.png"`, `"mine": {`, `"# Title\n",`, `"source": [`, "\n  {\n   \"attachments\""} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s is not in\n%s", want, out)
		}
	}
	again, err := Read(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Encode()
	if err != nil || !bytes.Equal(out, second) {
		t.Errorf("written twice, it differs: %v", err)
	}
	for _, cell := range again.Cells {
		if !idForm.MatchString(cell.ID) {
			t.Errorf("id %q", cell.ID)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``: "EOF", `[]`: "array", `{"nbformat": 3}`: "nbformat 3", `{"nbformat": 4}`: "cells", `{"nbformat": 4, "cells": [1]}`: "cell 1",
		`{"nbformat": 4, "cells": [{"cell_type": "poem", "source": ""}]}`:                                                                             "poem",
		`{"nbformat": 4, "cells": [{"cell_type": "code", "source": 7}]}`:                                                                              "source",
		`{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "outputs": [{"output_type": "stream"}]}]}`:                                     "without name",
		`{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "outputs": [{"output_type": "noise"}]}]}`:                                      "noise",
		`{"nbformat": 4, "metadata": 1, "cells": []}`:                                                                                                 "metadata",
		`{"nbformat": 4, "cells": [{"cell_type": "code", "source": "", "outputs": [{"output_type":"display_data","data":{"a/b":1},"metadata":{}}]}]}`: "a/b",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}

func TestSplit(t *testing.T) {
	for s, want := range map[string]string{"": `[]`, "a": `["a"]`, "a\n": `["a\n"]`, "a\n\nb": `["a\n","\n","b"]`} {
		if got, err := json.Marshal(split(s)); err != nil || string(got) != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

func TestWriteFileKeepsTheMode(t *testing.T) {
	nb, err := ReadFile("testdata/old.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.ipynb")
	if err := os.WriteFile(path, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := nb.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 || info.Size() == 0 {
		t.Errorf("%v %v", info, err)
	}
	if err := nb.WriteFile(filepath.Join(path, "b.ipynb")); err == nil {
		t.Error("written into a file as if it were a folder")
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func FuzzRead(f *testing.F) {
	seed, err := os.ReadFile("testdata/old.ipynb")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"nbformat":4,"cells":[{"cell_type":"code","metadata":{"tags":["parameters",1]},"source":["x := 1",""]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		nb, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		_, _ = nb.Parameters() // must not panic
		out, err := nb.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Read(bytes.NewReader(out)); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, out)
		}
	})
}
