package install

import (
	_ "embed" // the logos
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

//go:embed logo/logo-svg.svg
var logoSVG []byte

//go:embed logo/logo-32x32.png
var logo32 []byte

//go:embed logo/logo-64x64.png
var logo64 []byte

// Spec is a kernelspec. The zero value's empty fields take what Default gives.
type Spec struct {
	Name        string            `json:"-"` // of the folder
	Argv        []string          `json:"argv"`
	DisplayName string            `json:"display_name"`
	Language    string            `json:"language"`
	Interrupt   string            `json:"interrupt_mode"`
	Protocol    string            `json:"kernel_protocol_version,omitempty"` // from 5.5 on: it registers where it is told to
	Env         map[string]string `json:"env,omitempty"`
	Metadata    map[string]any    `json:"metadata"`
}

// The names that a spec has when none are given.
const (
	DefaultName        = "gale"
	DefaultDisplayName = "Go (gale)"
)

// Default is the spec of a kernel program, named by an absolute path, since a front end's PATH is not ours.
func Default(program string) Spec {
	return Spec{
		Name: DefaultName, Argv: []string{program, "kernel", "{connection_file}"}, DisplayName: DefaultDisplayName, Language: "go",
		Interrupt: "message", Protocol: "5.5.0", Metadata: map[string]any{"debugger": true, "supported_encryption": []string{"curve"}},
	}
}

// nameForm is what Jupyter allows as the name of a kernelspec.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

// ErrExists is returned when a place is taken by something that is not this kernel's spec.
var ErrExists = errors.New("install: there is another kernelspec of this name")

// Install writes the spec into the data folder dir and returns the kernelspec's folder. An older spec of the same kernel is
// replaced; one that starts another program only with replace.
func (s Spec) Install(dir string, replace bool) (string, error) {
	if err := s.check(); err != nil {
		return "", err
	}
	kernels := filepath.Join(dir, "kernels")
	place := filepath.Join(kernels, s.Name)
	if old, err := Read(place); err == nil && !replace && !s.sameKernel(old) {
		return "", fmt.Errorf("%w: %s starts %s; --replace replaces it", ErrExists, place, strings.Join(old.Argv, " "))
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) && !replace {
		return "", fmt.Errorf("%w: %w; --replace replaces it", ErrExists, err)
	}
	if err := os.MkdirAll(kernels, 0o755); err != nil {
		return "", fmt.Errorf("install: %w", err)
	}
	tmp, err := os.MkdirTemp(kernels, "."+s.Name+".*")
	if err != nil {
		return "", fmt.Errorf("install: %w", err)
	}
	err = s.write(tmp)
	if err == nil {
		err = swap(tmp, place)
	}
	if err != nil {
		return "", fmt.Errorf("install: writing %s: %w", place, errors.Join(err, os.RemoveAll(tmp)))
	}
	return place, nil
}

func (s Spec) check() error {
	switch {
	case !nameForm.MatchString(s.Name) || strings.Trim(s.Name, ".") == "":
		return fmt.Errorf("install: name %q: want letters, digits, . _ and -", s.Name)
	case len(s.Argv) == 0 || !filepath.IsAbs(s.Argv[0]):
		return fmt.Errorf("install: program %q: want an absolute path", strings.Join(s.Argv, " "))
	case s.DisplayName == "":
		return errors.New("install: want a display name")
	}
	return nil
}

// sameKernel says whether another spec starts a program of the same name in the same way.
func (s Spec) sameKernel(old Spec) bool {
	return len(old.Argv) > 1 && filepath.Base(old.Argv[0]) == filepath.Base(s.Argv[0]) && old.Argv[1] == s.Argv[1]
}

// write writes the files of the spec into a folder, readable for all.
func (s Spec) write(folder string) error {
	spec, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{"kernel.json": append(spec, '\n'), "logo-svg.svg": logoSVG, "logo-32x32.png": logo32, "logo-64x64.png": logo64} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil { //nolint:gosec // other users' Jupyter reads it
			return err
		}
	}
	return os.Chmod(folder, 0o755) //nolint:gosec // likewise
}

// swap puts the folder tmp in the place of another, which is removed.
func swap(tmp, place string) error {
	old := tmp + ".old"
	err := os.Rename(place, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(tmp, place); err != nil {
		return errors.Join(err, os.Rename(old, place))
	}
	return os.RemoveAll(old)
}

// Read reads the kernelspec in a folder.
func Read(folder string) (Spec, error) {
	data, err := os.ReadFile(filepath.Join(folder, "kernel.json"))
	if err != nil {
		return Spec{}, fmt.Errorf("install: reading a kernelspec: %w", err)
	}
	s := Spec{Name: filepath.Base(folder)}
	if err := json.Unmarshal(data, &s); err != nil {
		return Spec{}, fmt.Errorf("install: %s: %w", folder, err)
	}
	return s, nil
}

// Found is a kernelspec of a data folder.
type Found struct {
	Spec
	Folder string
}

// List gives the kernelspecs in data folders that start a program of this name, in the order of the folders.
func List(dirs []string, program string) []Found {
	var out []Found
	for _, dir := range dirs {
		folders, err := filepath.Glob(filepath.Join(dir, "kernels", "*"))
		if err != nil {
			continue
		}
		for _, folder := range folders {
			s, err := Read(folder)
			if err == nil && len(s.Argv) > 1 && filepath.Base(s.Argv[0]) == program && s.Argv[1] == "kernel" {
				out = append(out, Found{s, folder})
			}
		}
	}
	return out
}

// Remove removes the kernelspec of a name from a data folder and returns its folder.
func Remove(dir, name string) (string, error) {
	if !nameForm.MatchString(name) || strings.Trim(name, ".") == "" {
		return "", fmt.Errorf("install: name %q: want letters, digits, . _ and -", name)
	}
	place := filepath.Join(dir, "kernels", name)
	if _, err := Read(place); err != nil {
		return "", err
	}
	if err := os.RemoveAll(place); err != nil {
		return "", fmt.Errorf("install: removing %s: %w", place, err)
	}
	return place, nil
}
