package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machines gives an ssh command that runs on this machine, in a home of its own for each host; a host that is "off" refuses.
func machines(t *testing.T) (home string, ssh []string) {
	t.Helper()
	home = t.TempDir()
	script := `#!/bin/sh
while [ "$1" = -o ]; do shift 2; done
host=$1; shift 2
[ -e "` + home + `/$host.off" ] && { echo "ssh: connect to host $host: No route to host" >&2; exit 255; }
export HOME="` + home + `/$host"; mkdir -p "$HOME"; SSH_CLIENT="10.0.0.9 1 22" exec sh -c "$*"
`
	path := filepath.Join(home, "ssh")
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return home, []string{path}
}

// remoteEngines starts engines by ssh; each is a shell script that answers signals as an engine does.
func remoteEngines(t *testing.T, n int, engine string) (string, SSH, *site, []unit) {
	t.Helper()
	home, ssh := machines(t)
	o := options(t, "ready")
	o.Program = filepath.Join(home, "program")
	if err := os.WriteFile(o.Program, []byte("#!/bin/sh\n"+engine), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	l := SSH{Hosts: []Host{{"a", 2}, {"b", 1}}, Command: ssh, Build: "b1", Patience: time.Millisecond}
	o.Launcher = l
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	c := &Cluster{o: o}
	s := &site{o: &o, connection: []byte("{\n\"key\": \"it's\"\n}"), fresh: c.fresh}
	units, err := l.launch(t.Context(), s, n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopAll(units, time.Second) })
	return home, l, s, units
}

func TestEnginesOverSSH(t *testing.T) {
	home, l, s, units := remoteEngines(t, 4, `echo "$IPP_CONNECTION_INFO" >"$HOME/info"; echo working; exec sleep 60`)
	hosts := map[string]int{}
	for _, u := range units {
		hosts[u.where()]++
	}
	if len(units) != 4 || hosts["a"] != 3 || hosts["b"] != 1 {
		t.Errorf("engines on hosts: %v", hosts)
	}
	sent, err := os.ReadFile(filepath.Join(home, "a", ".cache", "gale", "b1", "gale"))
	if err != nil || !strings.Contains(string(sent), "exec sleep") {
		t.Errorf("the program that was sent: %v", err)
	}
	if err := units[0].signal(t.Context(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-units[0].done()
	if end := units[0].ending(); end.Signal != "SIGKILL" || end.Where != "a" || end.Asked || !strings.Contains(strings.Join(end.Tail, "|"), "working") {
		t.Errorf("ending %+v", end)
	}
	info, err := os.ReadFile(filepath.Join(home, "a", "info"))
	if err != nil || strings.TrimSpace(string(info)) != `{ "key": "it's" }` {
		t.Errorf("the engine's connection: %v, %s", err, info)
	}
	pid := units[1].id()
	units[1].stop(time.Second)
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("process %d still runs", pid)
	}
	if end := units[1].ending(); !end.Asked {
		t.Errorf("ending %+v", end)
	}
	args, err := l.reach(t.Context())
	if err != nil || !strings.Contains(strings.Join(args, " "), "--location=10.0.0.9") {
		t.Errorf("controller: %v, %v", args, err)
	}
	if err := os.WriteFile(filepath.Join(home, "b.off"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	more, err := l.launch(t.Context(), s, 1)
	if err != nil || len(more) != 1 || more[0].where() != "a" {
		t.Errorf("with a host that is off: %v, %v", more, err)
	}
	stopAll(more, time.Second)
}

func TestAnEngineThatEndsTellsItsStatus(t *testing.T) {
	_, _, _, units := remoteEngines(t, 1, `echo "no such controller"; exit 3`)
	<-units[0].done()
	if end := units[0].ending(); end.Exit != 3 || end.Asked || len(end.Tail) != 1 || end.Tail[0] != "no such controller" {
		t.Errorf("ending %+v", end)
	}
}

func TestAMachineThatIsGoneLosesItsEngines(t *testing.T) {
	home, _, _, units := remoteEngines(t, 1, `exec sleep 60`)
	pid := units[0].id()
	if err := os.WriteFile(filepath.Join(home, units[0].where()+".off"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// The connection that watches is cut.
	units[0].(*remoteEngine).group.cut()
	<-units[0].done()
	if end := units[0].ending(); !strings.Contains(end.How(), "cannot be reached") {
		t.Errorf("ending %+v", end)
	}
	signalPid(pid, syscall.SIGKILL)
}

func TestHostsAreRead(t *testing.T) {
	hosts, err := ParseHosts("s1:4, me@s2")
	if err != nil || len(hosts) != 2 || hosts[0] != (Host{"s1", 4}) || hosts[1] != (Host{"me@s2", 1}) {
		t.Errorf("%v, %v", hosts, err)
	}
	for _, text := range []string{"", "a:0", "a:x", "-oProxyCommand=x", "a b"} {
		if _, err := ParseHosts(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
