package cluster

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// SSH starts engines on other machines by the ssh command, which brings the user's keys, agent, jump hosts and names of hosts. An engine
// outlives the connection that started it: a cut network is no death, and only when a machine cannot be reached for [SSH.Patience] its
// engines count as lost. The controller must be reachable from there (its --ip).
type SSH struct {
	Hosts    []Host
	Command  []string // "" is ssh; what comes before the host's name
	Program  string   // the gale program there; "" sends the running one, once for each build, to ~/.cache/gale
	Build    string   // names the build that is sent
	Patience time.Duration
}

// Host is a machine and how many engines it gets.
type Host struct {
	Name    string
	Engines int
}

// ParseHosts reads a list such as "s1:4,s2:2,user@s3"; a host without a number gets one engine.
func ParseHosts(text string) ([]Host, error) {
	var out []Host
	for part := range strings.SplitSeq(text, ",") {
		name, n, several := strings.Cut(strings.TrimSpace(part), ":")
		h := Host{Name: name, Engines: 1}
		if several {
			var err error
			if h.Engines, err = strconv.Atoi(n); err != nil || h.Engines < 1 {
				return nil, fmt.Errorf("cluster: host %q: want name or name:engines", part)
			}
		}
		if name == "" || strings.HasPrefix(name, "-") || strings.ContainsAny(name, " \t\n'\"") {
			return nil, fmt.Errorf("cluster: %q is no name of a host", part)
		}
		out = append(out, h)
	}
	return out, nil
}

// Name is "ssh".
func (SSH) Name() string { return "ssh" }

func (l SSH) natural() int {
	n := 0
	for _, h := range l.Hosts {
		n += h.Engines
	}
	return n
}

func (l SSH) check() error {
	if len(l.Hosts) == 0 {
		return errors.New("cluster: ssh needs hosts: name1:engines,name2:engines")
	}
	if _, err := exec.LookPath(l.ssh()[0]); err != nil {
		return fmt.Errorf("cluster: %s is not here: install it (Debian: openssh-client)", l.ssh()[0])
	}
	return nil
}

func (l SSH) ssh() []string {
	if len(l.Command) == 0 {
		return []string{"ssh"}
	}
	return l.Command
}

func (l SSH) patience() time.Duration {
	if l.Patience == 0 {
		return 30 * time.Second
	}
	return l.Patience
}

// reach finds the address by which the first host knows this machine.
func (l SSH) reach(ctx context.Context) ([]string, error) {
	out, err := l.run(ctx, l.Hosts[0].Name, `echo "$SSH_CLIENT"`, nil)
	if err != nil {
		return nil, err
	}
	if from := strings.Fields(out); len(from) > 0 {
		return append(slices.Clone(beyond), "--location="+from[0]), nil
	}
	return beyond, nil
}

// share spreads n engines over the hosts by their numbers, beginning anew when all are full.
func (l SSH) share(n int) []Host {
	out := slices.Clone(l.Hosts)
	for i := range out {
		out[i].Engines = 0
	}
	for n > 0 {
		for i, h := range l.Hosts {
			k := min(h.Engines, n)
			out[i].Engines += k
			n -= k
		}
	}
	return slices.DeleteFunc(out, func(h Host) bool { return h.Engines == 0 })
}

// launch starts engines on all hosts side by side. Where one engine is started, as after a death, the hosts are tried in turn.
func (l SSH) launch(ctx context.Context, s *site, n int) ([]unit, error) {
	if n == 1 {
		return l.launchOne(ctx, s)
	}
	hosts := l.share(n)
	found := make([][]unit, len(hosts))
	failed := make([]error, len(hosts))
	var all sync.WaitGroup
	for i, h := range hosts {
		names := make([]string, h.Engines)
		for k := range names {
			names[k] = s.fresh()
		}
		all.Go(func() { found[i], failed[i] = l.begin(ctx, s, h.Name, names) })
	}
	all.Wait()
	units := slices.Concat(found...)
	if err := errors.Join(failed...); err != nil {
		stopAll(units, s.o.Grace)
		return nil, err
	}
	return units, nil
}

func (l SSH) launchOne(ctx context.Context, s *site) ([]unit, error) {
	var failed error
	name := s.fresh()
	n, _ := strconv.Atoi(strings.TrimPrefix(name, "engine-")) // so that not every restart begins at the same host
	for i := range l.Hosts {
		h := l.Hosts[(n+i)%len(l.Hosts)]
		units, err := l.begin(ctx, s, h.Name, []string{name})
		if err == nil {
			return units, nil
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// remotePatience is how long a host may take to answer one command.
const remotePatience = time.Minute

// run runs a shell command on a host and gives what it prints.
func (l SSH) run(ctx context.Context, host, script string, input []byte) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, remotePatience)
	defer cancel()
	ssh := l.ssh()
	cmd := exec.CommandContext(ctx, ssh[0], append(slices.Clone(ssh[1:]), "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", host, "--", script)...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("cluster: %s: %w: %s", host, err, strings.TrimSpace(stderr.String()))
	}
	return string(out), nil
}

// program makes sure that the host has the program, and gives its path there for a shell.
func (l SSH) program(ctx context.Context, s *site, host string) (string, error) {
	if l.Program != "" {
		return quote(l.Program), nil
	}
	path := `"$HOME"/.cache/gale/` + l.Build + "/gale"
	if _, err := l.run(ctx, host, "test -x "+path, nil); err == nil {
		return path, nil
	}
	image, err := os.ReadFile(s.o.Program)
	if err != nil {
		return "", fmt.Errorf("cluster: reading the program: %w", err)
	}
	s.o.Log.Info("sending the program", "host", host, "bytes", len(image))
	script := `d="$HOME"/.cache/gale/` + l.Build + `; mkdir -p "$d" && t=$(mktemp "$d/new.XXXXXX") && cat >"$t" && chmod 700 "$t" && mv "$t" "$d/gale"`
	if _, err := l.run(ctx, host, script, image); err != nil {
		return "", fmt.Errorf("cluster: sending the program to %s: %w", host, err)
	}
	return path, nil
}

//go:embed begin.sh
var beginScript string

//go:embed watch.sh
var watchScript string

//go:embed stop.sh
var stopScript string

// begin starts engines on one host and watches them from then on.
func (l SSH) begin(ctx context.Context, s *site, host string, names []string) ([]unit, error) {
	program, err := l.program(ctx, s, host)
	if err != nil {
		return nil, err
	}
	args := make([]string, len(s.o.EngineArgs))
	for i, a := range s.o.EngineArgs {
		args[i] = quote(a)
	}
	g := &remote{l: l, o: s.o, host: host, folder: `"$HOME"/.cache/gale/run` + infix(s.o.ID)}
	script := "folder=" + g.folder + " names=" + quote(strings.Join(names, " ")) + " program=" + program + " args=" + quote(strings.Join(args, " ")) + "\n" + beginScript
	out, err := l.run(ctx, host, script, append(bytes.TrimSpace(oneLine(s.connection)), '\n'))
	if err != nil {
		return nil, fmt.Errorf("cluster: starting engines: %w", err)
	}
	pids := strings.Fields(out)
	if len(pids) != len(names) {
		return nil, fmt.Errorf("cluster: starting engines on %s: it answers %q", host, out)
	}
	for i, n := range names {
		pid, err := strconv.Atoi(pids[i])
		if err != nil {
			return nil, fmt.Errorf("cluster: starting engines on %s: it answers %q", host, out)
		}
		g.engines = append(g.engines, &remoteEngine{group: g, name: n, pid: pid, over: make(chan struct{})})
	}
	g.start()
	return g.units(), nil
}

// oneLine makes a JSON text one line.
func oneLine(text []byte) []byte { return bytes.ReplaceAll(text, []byte("\n"), []byte(" ")) }
