package temp

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const ownerEnv = "GALE_TEMP_TEST_OWNER"

// TestMain lets the test's program be an owner that waits to be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(ownerEnv); dir != "" {
		f, err := New(dir, "x-")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(f.Path())
		select {}
	}
	os.Exit(m.Run())
}

func TestFoldersOfTheDeadAreRemoved(t *testing.T) {
	dir := t.TempDir()
	own, err := New(dir, "x-")
	if err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(dir, "x-foreign")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), ownerEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimSpace(line)
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	again := func() {
		f, err := New(dir, "x-")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil || exists(f.Path()) {
			t.Error("a folder is left:", err)
		}
	}
	again()
	if !exists(path) || !exists(own.Path()) {
		t.Error("a folder whose owner lives is gone")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	again()
	if exists(path) {
		t.Error("the folder of a dead process stays")
	}
	if !exists(own.Path()) || !exists(foreign) {
		t.Error("too much is gone")
	}
	if err := own.Close(); err != nil {
		t.Error(err)
	}
}
