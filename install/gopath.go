package install

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// FindGo puts the folder of the go command that is on PATH now before the PATH of whoever starts the kernel: a front end that is
// started from a menu often has a shorter one. It returns the command, and an error when there is none.
func (s *Spec) FindGo() (string, error) {
	program, err := exec.LookPath("go")
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return "", fmt.Errorf("install: looking for the go command: %w", err)
	}
	if s.Env == nil {
		s.Env = map[string]string{}
	}
	s.Env["PATH"] = filepath.Dir(program) + ":${PATH}"
	return program, nil
}
