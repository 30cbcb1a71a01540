package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fake makes the test binary be the program: "ready" registers and waits for its end, "broken" fails at once as an engine, "deaf" ignores
// SIGTERM, "starter" starts a cluster and waits to be killed.
const fake = "GALE_CLUSTER_TEST"

func TestMain(m *testing.M) {
	kind := os.Getenv(fake)
	switch {
	case kind == "":
		os.Exit(m.Run())
	case kind == "starter" && len(os.Args) == 1:
		beStarter()
	case kind == "broken" && os.Args[1] == "engine":
		fmt.Fprintln(os.Stderr, "no such controller: try another")
		os.Exit(3)
	default:
		beProcess(kind)
	}
}

// beProcess says that it is ready, and ends with its starter.
func beProcess(kind string) {
	if kind == "deaf" {
		ignoreTerm()
	}
	terminated := make(chan os.Signal, 1)
	if kind != "deaf" {
		signal.Notify(terminated, syscall.SIGTERM)
	}
	ready := os.NewFile(3, "ready")
	fmt.Fprintln(ready, "0")
	_ = ready.Close()
	if os.Getenv(LifelineFD) != "" {
		go func() {
			_, _ = io.Copy(io.Discard, os.NewFile(4, "lifeline"))
			os.Exit(0)
		}()
	}
	<-terminated
	os.Exit(0)
}

// beStarter starts a cluster, says which processes it has, and waits.
func beStarter() {
	c, err := Start(context.Background(), Options{Profile: os.Getenv("PROFILE"), Engines: 2, Env: []string{fake + "=ready"}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(append(c.Pids(), c.controller.unit.id()))
	select {}
}

func options(t *testing.T, kind string) Options {
	t.Helper()
	return Options{Profile: t.TempDir(), Engines: 2, Env: []string{fake + "=" + kind}, Grace: 300 * time.Millisecond}
}

func TestAClusterStartsAndStops(t *testing.T) {
	o := options(t, "ready")
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	pids := c.Pids()
	if len(pids) != 2 || !c.Alive() {
		t.Errorf("engines %v, alive %v", pids, c.Alive())
	}
	s, err := Find(o.Profile, "")
	if err != nil {
		t.Fatal(err)
	}
	if running, engines := s.Alive(); !running || engines != 2 {
		t.Errorf("the state says %v, %d", running, engines)
	}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "is running already") {
		t.Errorf("a second cluster of one id: %v", err)
	}
	if err := c.Add(t.Context(), 1); err != nil || len(c.Pids()) != 3 {
		t.Errorf("one more: %v, %v", c.Pids(), err)
	}
	c.Stop()
	for _, pid := range pids {
		if isGale(pid) {
			t.Errorf("process %d still runs", pid)
		}
	}
	if _, err := Find(o.Profile, ""); err == nil {
		t.Error("the state is still there")
	}
	if logs, err := os.ReadDir(filepath.Join(o.Profile, "log")); err != nil || len(logs) > 0 {
		t.Errorf("logs that are left: %v, %v", logs, err)
	}
}

func TestWhatDoesNotListenIsKilled(t *testing.T) {
	c, err := Start(t.Context(), options(t, "deaf"))
	if err != nil {
		t.Fatal(err)
	}
	pids := c.Pids()
	c.Stop()
	for _, pid := range pids {
		if isGale(pid) {
			t.Errorf("process %d still runs", pid)
		}
	}
}

func TestAnEngineThatFailsIsReportedWithItsLastLines(t *testing.T) {
	o := options(t, "broken")
	_, err := Start(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || !strings.Contains(err.Error(), "no such controller: try another") {
		t.Errorf("error %v", err)
	}
	if s, err := Find(o.Profile, ""); err == nil {
		t.Errorf("left behind: %+v", s)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	if _, err := Start(t.Context(), Options{Profile: t.TempDir(), Engines: -1}); err == nil || !strings.Contains(err.Error(), "-1 engines") {
		t.Errorf("error %v", err)
	}
}

func TestAClusterEndsWithItsStarter(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), fake+"=starter", "PROFILE="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(line), &pids)
	}
	if err != nil || len(pids) != 3 {
		t.Fatalf("%q: %v", line, err)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	if !waitGone(pids, 10*time.Second) {
		t.Errorf("of %v some still run", pids)
	}
}

func TestFilesAreNamedAsUpstreams(t *testing.T) {
	t.Setenv("IPYTHONDIR", "/ipy")
	p, err := DefaultProfile()
	if err != nil {
		t.Fatal(err)
	}
	if got := ClientFile(p, ""); got != filepath.FromSlash("/ipy/profile_default/security/ipcontroller-client.json") {
		t.Error(got)
	}
	if got := EngineFile(p, "x"); got != filepath.FromSlash("/ipy/profile_default/security/ipcontroller-x-engine.json") {
		t.Error(got)
	}
}
