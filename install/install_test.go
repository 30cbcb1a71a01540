package install

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInstallListRemove(t *testing.T) {
	dir := t.TempDir()
	s := Default("/opt/bin/gale")
	place, err := s.Install(dir, false)
	if err != nil || place != filepath.Join(dir, "kernels", "gale") {
		t.Fatalf("%s %v", place, err)
	}
	data, err := os.ReadFile(filepath.Join(place, "kernel.json"))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"argv":["/opt/bin/gale","kernel","{connection_file}"],"display_name":"Go (gale)","language":"go","interrupt_mode":"message","kernel_protocol_version":"5.5.0","metadata":{"debugger":true,"supported_encryption":["curve"]}}`
	var got bytes.Buffer
	if err := json.Compact(&got, data); err != nil || got.String() != want {
		t.Errorf("%s %v, want %s", got.String(), err, want)
	}
	for name, size := range map[string]int{"logo-32x32.png": 32, "logo-64x64.png": 64} {
		f, err := os.Open(filepath.Join(place, name))
		if err != nil {
			t.Fatal(err)
		}
		c, err := png.DecodeConfig(f)
		if err != nil || c.Width != size || c.Height != size {
			t.Errorf("%s: %v %v", name, c, err)
		}
		_ = f.Close()
	}
	if svg, err := os.ReadFile(filepath.Join(place, "logo-svg.svg")); err != nil || !bytes.HasPrefix(svg, []byte("<svg ")) {
		t.Errorf("svg: %v", err)
	}
	if info, err := os.Stat(place); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}

	s.Argv[0], s.DisplayName, s.Env = "/usr/bin/gale", "Go", map[string]string{"A": "b"} // the same kernel from elsewhere
	if _, err := s.Install(dir, false); err != nil {
		t.Error(err)
	}
	found := List([]string{"/nowhere", dir}, "gale")
	if len(found) != 1 || found[0].Folder != place || found[0].DisplayName != "Go" || found[0].Env["A"] != "b" {
		t.Errorf("%+v", found)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "kernels", ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind %v %v", left, err)
	}
	if gone, err := Remove(dir, "gale"); err != nil || gone != place {
		t.Errorf("%s %v", gone, err)
	}
	if _, err := Remove(dir, "gale"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removed twice: %v", err)
	}
}

func TestInstallLeavesOthersAlone(t *testing.T) {
	dir := t.TempDir()
	place := filepath.Join(dir, "kernels", "gale")
	if err := os.MkdirAll(place, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`{"argv": ["python", "-m", "ipykernel"]}`, `broken`} {
		if err := os.WriteFile(filepath.Join(place, "kernel.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Default("/bin/gale").Install(dir, false); !errors.Is(err, ErrExists) {
			t.Errorf("over %s: %v", text, err)
		}
	}
	if _, err := Default("/bin/gale").Install(dir, true); err != nil {
		t.Error(err)
	}
	other := filepath.Join(dir, "kernels", "notes")
	if err := os.MkdirAll(other, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes", "..", ".", "", "a/b"} {
		if _, err := Remove(dir, name); err == nil {
			t.Errorf("removed %q", name)
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Error(err)
	}
}

func TestInstallRefuses(t *testing.T) {
	for _, s := range []Spec{Default("gale"), {Name: "a b", Argv: []string{"/x"}, DisplayName: "x"}, {Name: "..", Argv: []string{"/x"}, DisplayName: "x"}, {Name: "x", Argv: []string{"/x"}}, {Name: "x", DisplayName: "x"}} {
		if place, err := s.Install(t.TempDir(), false); err == nil {
			t.Errorf("%+v went to %s", s, place)
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Default("/bin/gale").Install(file, false); err == nil || !strings.Contains(err.Error(), "install:") {
		t.Errorf("%v", err)
	}
}

func TestPlaces(t *testing.T) {
	for _, name := range []string{"JUPYTER_DATA_DIR", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_DATA_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", "/home/u")
	t.Setenv("JUPYTER_PATH", "/a:/b")
	if got := strings.Join(Places(), " "); got != "/a /b /home/u/.local/share/jupyter /usr/local/share/jupyter /usr/share/jupyter" {
		t.Error(got)
	}
	if _, err := SysPrefixDir(); err == nil {
		t.Error("an environment out of nothing")
	}
	t.Setenv("XDG_DATA_HOME", "/data")
	t.Setenv("CONDA_PREFIX", "/opt/conda")
	if got := strings.Join(Places(), " "); got != "/a /b /data/jupyter /opt/conda/share/jupyter /usr/local/share/jupyter /usr/share/jupyter" {
		t.Error(got)
	}
	t.Setenv("JUPYTER_DATA_DIR", "/j")
	if d, err := UserDir(); err != nil || d != "/j" {
		t.Errorf("%s %v", d, err)
	}
}

func TestFindGo(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	s := Default("/bin/gale")
	if program, err := s.FindGo(); err == nil {
		t.Errorf("found %s", program)
	}
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if program, err := s.FindGo(); err != nil || program != filepath.Join(dir, "go") || s.Env["PATH"] != dir+":${PATH}" {
		t.Errorf("%s %v %v", program, err, s.Env)
	}
}
