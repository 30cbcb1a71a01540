package kernel_test

import (
	"context"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/galeproject/gale/internal/zmtp"
	"github.com/galeproject/gale/kernel"
	"github.com/galeproject/gale/kernel/kerneltest"
	"github.com/galeproject/gale/wire"
)

func TestIPCFilesAreOursAloneAndGoAway(t *testing.T) {
	o := options(t, "ipc")
	k, err := kernel.New(o)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- k.Serve(context.Background()) }()
	for _, p := range []wire.Port{o.Connection.Shell, o.Connection.Control, o.Connection.Stdin, o.Connection.IOPub, o.Connection.Heartbeat} {
		path := strings.TrimPrefix(o.Connection.Endpoint(p), "ipc://")
		info, err := os.Stat(path)
		if err != nil || info.Mode().Type() != fs.ModeSocket || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", path, info, err)
		}
	}
	k.Shutdown()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(o.Connection.IP + "-*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestStaleIPCFileIsReplaced(t *testing.T) {
	o := options(t, "ipc")
	path := strings.TrimPrefix(o.Connection.Endpoint(o.Connection.Shell), "ipc://")
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	u, ok := l.(*net.UnixListener)
	if !ok {
		t.Fatalf("%T", l)
	}
	u.SetUnlinkOnClose(false)
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	serve(t, o)
	if r := kerneltest.Dial(t, o.Connection).Execute("7", nil); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
}

func TestLongIPCPathIsRefusedWithItsReason(t *testing.T) {
	o := options(t, "ipc")
	o.Connection.IP += strings.Repeat("x", 120)
	if _, err := kernel.New(o); err == nil || !strings.Contains(err.Error(), "107") {
		t.Errorf("%v", err)
	}
}

func curveFile(t *testing.T, transport string) kernel.Options {
	t.Helper()
	o := options(t, transport)
	pair, err := zmtp.NewKeyPair()
	if err != nil {
		t.Fatal(err)
	}
	o.Connection.CurvePublic, o.Connection.CurveSecret = pair.Public.Z85(), pair.Secret.Z85()
	return o
}

func TestCurveWorksOnAllSockets(t *testing.T) {
	for _, transport := range []string{"tcp", "ipc"} {
		o := curveFile(t, transport)
		serve(t, o)
		start := func(*testing.T) *wire.KernelFile { return o.Connection }
		t.Run(transport, func(t *testing.T) {
			if r := kerneltest.Dial(t, o.Connection).Execute("6*7", nil); r.Value() != "42" {
				t.Errorf("%v", r.Reply)
			}
			kerneltest.Subshells(t, start)
			kerneltest.Heartbeat(t, start) // last: it leaves a cell that runs
		})
	}
}

func TestCurveKernelHearsNoClearPeer(t *testing.T) {
	o := curveFile(t, "tcp")
	serve(t, o)
	refused := make(chan zmtp.Event, 8)
	s, err := zmtp.New(zmtp.Dealer, zmtp.Options{OnEvent: func(e zmtp.Event) {
		if e.Kind == zmtp.Connected || e.Kind == zmtp.Rejected {
			select {
			case refused <- e:
			default:
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(0) }()
	if err := s.Connect(o.Connection.Endpoint(o.Connection.Shell)); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-refused:
		if e.Kind == zmtp.Connected {
			t.Error("a peer in the clear was let in")
		}
	case <-time.After(kerneltest.Patience):
		t.Error("nothing happened")
	}
}

func TestCurveKeysThatAreNone(t *testing.T) {
	for _, keys := range [][2]string{{"x", "y"}, {"", strings.Repeat("a", 40)}, {strings.Repeat("a", 40), ""}} {
		o := options(t, "ipc")
		o.Connection.CurvePublic, o.Connection.CurveSecret = keys[0], keys[1]
		if k, err := kernel.New(o); err == nil {
			k.Shutdown()
			_ = k.Serve(t.Context())
			t.Errorf("%v: began", keys)
		}
	}
}

func TestOtherSignatureSchemes(t *testing.T) {
	for _, scheme := range []string{"hmac-md5", "hmac-sha512"} {
		o := options(t, "ipc")
		o.Connection.Scheme = scheme
		serve(t, o)
		if r := kerneltest.Dial(t, o.Connection).Execute("7", nil); r.Value() != "7" {
			t.Errorf("%s: %v", scheme, r.Reply)
		}
	}
}

func TestNoKeyNoSignature(t *testing.T) {
	o := options(t, "ipc")
	o.Connection.Key = ""
	serve(t, o)
	if r := kerneltest.Dial(t, o.Connection).Execute("7", nil); r.Value() != "7" {
		t.Errorf("%v", r.Reply)
	}
}
