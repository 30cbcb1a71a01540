package controller

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/hub"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestArgs(t *testing.T) {
	for _, c := range []struct {
		args string
		env  []string
		look func(Options) any
		want any
	}{
		{"", []string{"HOME", "/h"}, func(o Options) any { return o.ProfileDir }, "/h/.ipython/profile_default"},
		{"--profile=x", []string{"IPYTHONDIR", "/i"}, func(o Options) any { return o.ProfileDir }, "/i/profile_x"},
		{"--profile x --ipython-dir /j", []string{"IPYTHONDIR", "/i"}, func(o Options) any { return o.ProfileDir }, "/j/profile_x"},
		{"", []string{"IPP_PROFILE_DIR", "/p", "IPP_CLUSTER_ID", "c"}, func(o Options) any { return o.ConnectionFile("client") }, "/p/security/ipcontroller-c-client.json"},
		{"--profile-dir /d --cluster-id  --ip=*", []string{"IPP_PROFILE_DIR", "/p"}, func(o Options) any { return o.ProfileDir + o.ClusterID + o.IP }, "/d*"},
		{"", []string{"IPP_SESSION_KEY", "k"}, func(o Options) any { return o.Key }, "k"},
		{"--ports=10101-10103,10110", nil, func(o Options) any { return o.Ports }, []int{10101, 10102, 10103, 10110}},
		{"--IPController.ports=[1,2] --port=9", nil, func(o Options) any { return [][]int{o.Ports, o.EnginePorts} }, [][]int{{1, 2}, {9}}},
		{"--ping=250 --HeartMonitor.max_heartmonitor_misses=4", nil, func(o Options) any { return []any{o.Hub.Period, o.Hub.Misses} }, []any{250 * time.Millisecond, 4}},
		{"--hwm=0 --scheme=lru", nil, func(o Options) any { return []any{o.Hub.HighWater, o.Hub.Scheme} }, []any{-1, hub.LRU}},
		{"--TaskScheduler.hwm 3 --scheme=pure", nil, func(o Options) any { return []any{o.Hub.HighWater, o.Hub.Scheme} }, []any{3, ""}},
		{"--restore", nil, func(o Options) any { return []bool{o.Reuse, o.Restore} }, []bool{true, true}},
		{"--nodb", nil, func(o Options) any { return o.RecordLimit }, 0},
		{"--IPController.db_class=NoDB", nil, func(o Options) any { return o.RecordLimit }, 0},
		{"--dictdb --DictDB.size_limit=5 --DictDB.record_limit=6", nil, func(o Options) any { return []int{o.RecordLimit, o.RecordBytes} }, []int{6, 5}},
		{"--log-level=10", nil, func(o Options) any { return o.LogLevel }, slog.LevelDebug},
		{"--log-level ERROR --log-to-file", nil, func(o Options) any { return []any{o.LogLevel, o.LogToFile} }, []any{slog.LevelError, true}},
		{"--log-level=40 -V", nil, func(o Options) any { return []any{o.LogLevel, o.Version} }, []any{slog.LevelError, true}},
		{"--help", nil, func(o Options) any { return o.Help }, true},
		{"--usethreads --sqlitedb --enginessh=s --ssh t", nil, func(o Options) any { return o.EngineSSH + o.SSH }, "st"},
		{"--engine-ip=10.0.0.1 --location=here --transport=ipc", nil, func(o Options) any { return o.EngineIP + o.Location + o.Transport }, "10.0.0.1hereipc"},
		{"--no-secure", nil, func(o Options) any { return o.Insecure }, true},
	} {
		o, warnings, err := ParseArgs(strings.Split(strings.TrimSpace(c.args), " "), env(c.env...))
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		for _, w := range warnings {
			if !strings.Contains(w, `""`) {
				t.Errorf("%s: warning %s", c.args, w)
			}
		}
		equal(t, c.args, c.look(o), c.want)
	}
}

func TestWrongArgs(t *testing.T) {
	for _, bad := range []string{"--ping=x", "--ping=0", "--ports=1-x", "--ports=70000", "--hwm=-1", "--scheme=frob", "--transport=udp", "--keyfile=/nowhere", "--log-level=loud", "--order=frob", "--record-days=x"} {
		if _, _, err := ParseArgs([]string{bad}, env()); err == nil || !strings.Contains(err.Error(), strings.TrimPrefix(bad, "--")) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	_, warnings, err := ParseArgs([]string{"--frob=1", "word"}, env())
	if err != nil || len(warnings) != 2 {
		t.Errorf("unknown options: %q, %v; want two warnings", warnings, err)
	}
}

func TestConfigFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("ipcontroller_config.json", `{"version": 1, "TaskScheduler": {"hwm": 7}, "HeartMonitor": {"period": 100}}`)
	write("ipcontroller_config.py", "c = get_config()  # noqa\n# a comment\nc.HeartMonitor.period = 200\nc.IPController.ip = '10.0.0.1'  # here\nimport os\n")
	o, warnings, err := ParseArgs([]string{"--profile-dir=" + dir, "--ip=10.0.0.2"}, env())
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "line 5") {
		t.Errorf("warnings %q, %v", warnings, err)
	}
	equal(t, "options", []any{o.Hub.HighWater, o.Hub.Period, o.IP}, []any{7, 200 * time.Millisecond, "10.0.0.2"})
}

func FuzzArgs(f *testing.F) {
	f.Add("--ports=1-2 --x y -V", `{"a":{"b":1}}`)
	f.Add("--ports=1-99999999999", `c.A.b = 1`)
	f.Fuzz(func(t *testing.T, args, config string) {
		given, _ := split(strings.Fields(args))
		more, _ := pythonConfig([]byte(config))
		o := Defaults()
		for _, s := range append(given, more...) {
			if strings.Contains(s.key, "keyfile") {
				continue
			}
			_, _ = o.set(s.key, s.value) // must not panic
		}
		if _, err := json.Marshal(o.Ports); err != nil {
			t.Fatal(err)
		}
	})
}
