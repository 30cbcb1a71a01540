package wire

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const kernelText = `{"transport":"tcp","ip":"127.0.0.1","shell_port":1,"control_port":"2","stdin_port":3,"iopub_port":4,"hb_port":5,"key":"k","signature_scheme":"hmac-sha256","new":[1]}`

func TestKernelFile(t *testing.T) {
	f, err := ReadKernelFile(write(t, kernelText))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Endpoint(f.Control); got != "tcp://127.0.0.1:2" {
		t.Errorf("control is at %s", got)
	}
	f.Transport, f.IP = "ipc", "/tmp/k"
	if got := f.Endpoint(f.Shell); got != "ipc:///tmp/k-1" {
		t.Errorf("shell is at %s", got)
	}
}

// curveText is a key in Z85.
const curveText = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

func TestCurveKeys(t *testing.T) {
	keys := `"curve_publickey":"` + curveText + `","curve_secretkey":"` + curveText + `"`
	k, err := ReadKernelFile(write(t, strings.Replace(kernelText, `"new":[1]`, keys, 1)))
	if err != nil || k.CurvePublic != curveText || k.CurveSecret != curveText {
		t.Errorf("%+v, %v", k, err)
	}
	c, err := ParseClusterFile([]byte(strings.Replace(clientText, `"curve_serverkey":null`, `"curve_serverkey":"`+curveText+`"`, 1)))
	if err != nil || c.ServerKey() != curveText {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = ParseClusterFile([]byte(clientText)); err != nil || c.ServerKey() != "" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestKernelFileRefused(t *testing.T) {
	for change, want := range map[string]string{
		`"transport":"tcp"|"transport":"udp"`:                                   `transport "udp"`,
		`"hmac-sha256"|"hmac-sha1"`:                                             `signature_scheme "hmac-sha1"`,
		`"shell_port":1|"shell_port":70000`:                                     "port 70000",
		`"shell_port":1|"shell":1`:                                              "shell_port is missing",
		`{"transport"|["transport"`:                                             "invalid character",
		`"hb_port":5|"hb_port":"x"`:                                             "want a number",
		`"ip":"127.0.0.1"|"ip":1`:                                               "cannot unmarshal",
		`"new":[1]|"curve_publickey":"` + curveText + `"`:                       "want both or neither",
		`"new":[1]|"curve_secretkey":"` + curveText + `"`:                       "want both or neither",
		`"new":[1]|"curve_secretkey":"x","curve_publickey":"` + curveText + `"`: "curve_secretkey has 1 characters",
	} {
		from, to, _ := strings.Cut(change, "|")
		_, err := ReadKernelFile(write(t, strings.Replace(kernelText, from, to, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", change, err, want)
		}
	}
	if _, err := ReadKernelFile(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a missing file is read")
	}
}

// clientText is what ipyparallel's own controller writes.
const clientText = `{"ssh":"","interface":"tcp://127.0.0.1","registration":47073,"control":36171,"mux":57455,"task":58465,"task_scheme":"leastload","iopub":58309,"notification":33785,"broadcast":52049,"key":"bf3f5bf1","curve_serverkey":null,"location":"host","pack":"json","unpack":"json","signature_scheme":"hmac-sha256"}`

func TestClusterFile(t *testing.T) {
	f, err := ParseClusterFile([]byte(clientText))
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Endpoint(f.Mux); got != "tcp://127.0.0.1:57455" {
		t.Errorf("mux is at %s", got)
	}
	if ports, err := f.BroadcastPorts(); err != nil || len(ports) != 1 || ports[0] != 52049 {
		t.Errorf("broadcast ports %v, %v", ports, err)
	}
	f.Interface, f.Location = "tcp://*", "node7"
	if got := f.Endpoint(f.Mux); got != "tcp://node7:57455" {
		t.Errorf("mux is at %s", got)
	}
	engine := strings.Replace(clientText, `"broadcast":52049`, `"broadcast":[1,2],"hb_ping":3,"hb_pong":4`, 1)
	if f, err = ParseClusterFile([]byte(engine)); err != nil {
		t.Fatal(err)
	}
	if ports, err := f.BroadcastPorts(); err != nil || len(ports) != 2 {
		t.Errorf("broadcast ports %v, %v", ports, err)
	}
}

func TestClusterFileRefused(t *testing.T) {
	for change, want := range map[string]string{
		`"interface":"tcp://127.0.0.1"|"interface":""`: "interface is missing",
		`"mux":57455|"mux":0`:                          "mux is missing",
		`"curve_serverkey":null|"curve_serverkey":"x"`: "curve_serverkey has 1 characters",
		`"broadcast":52049|"broadcast":{}`:             "want a port or a list",
		`"broadcast":52049|"broadcast":[]`:             "want a port or a list",
	} {
		from, to, _ := strings.Cut(change, "|")
		_, err := ParseClusterFile([]byte(strings.Replace(clientText, from, to, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", change, err, want)
		}
	}
}

func TestWriteFileIsPrivateAndWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.json")
	want := Private{Shell: "a", Control: "b", IOPub: "c", Host: "d", Key: "e"}
	if err := WriteFile(path, want); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	if got, err := ReadPrivate(path); err != nil || *got != want {
		t.Errorf("read %+v, %v", got, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func FuzzClusterFile(f *testing.F) {
	f.Add([]byte(clientText))
	f.Add([]byte(`{"interface":"ipc://x","broadcast":[1]}`))
	f.Fuzz(func(_ *testing.T, text []byte) {
		if f, err := ParseClusterFile(text); err == nil {
			f.Endpoint(f.Mux)
		}
	})
}
