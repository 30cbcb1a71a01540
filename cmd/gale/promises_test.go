//go:build !race

package main

import (
	"os"
	"testing"

	"github.com/galeproject/gale/kernel/kerneltest"
)

// TestKernelKeepsItsPromises runs every promise of a kernel against the program as front ends start it.
func TestKernelKeepsItsPromises(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles cells: some 15 s")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	env := []string{asProgram + "=1", "IPYTHONDIR=" + t.TempDir(), "GALE_HISTORY=" + t.TempDir() + "/history.sqlite"}
	kerneltest.Whole(t, kerneltest.Program("tcp", env, exe, "kernel", "{connection_file}"))
}
