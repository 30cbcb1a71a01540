"""faults.py: a notebook whose processes are killed at work. Exits with 1 if one of them is missed badly.

What is to be killed is killed when it has said that it works: a cell's output is the event that this waits for.
"""
import glob
import json
import os
import queue
import re
import secrets
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback

from jupyter_client.manager import KernelManager

LIMIT = 60  # seconds that anything may take on a busy machine
SOON = 20  # seconds in which an error must be there that could wait for ever

SETUP = """
import ("fmt"; "os"; "time"; "github.com/galeproject/gale/client")

rc := must(client.Dial(ctx))
must(0, rc.WaitForEngines(ctx, 3))

type Thing struct{ N int }

// at says who works, before a long time passes.
func at(d time.Duration) {
	fmt.Printf("at work: process %d\\n", os.Getpid())
	time.Sleep(d)
}
"""


class Cell:
    """What a cell came to."""

    def __init__(self):
        self.text, self.status, self.error, self.seconds = "", "", "", 0.0

    def __repr__(self):
        return f"{self.status} after {self.seconds:.1f} s, output {self.text!r}, error {self.error!r}"


class Notebook:
    def __init__(self):
        self.manager = KernelManager(kernel_name="gale")
        self.manager.start_kernel(stderr=sys.stderr)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=LIMIT)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, output=None, limit=LIMIT):
        """Runs a cell; output(text) is told of all its text so far whenever more comes."""
        c, begin = Cell(), time.monotonic()
        id = self.client.execute(code, stop_on_error=False)
        while True:
            left = begin + limit - time.monotonic()
            try:
                m = self.client.get_iopub_msg(timeout=max(left, 0))
            except queue.Empty:
                raise AssertionError(f"the cell has not ended in {limit} s: {c}\n{code}") from None
            if m["parent_header"].get("msg_id") != id:
                continue
            k, kind = m["content"], m["msg_type"]
            if kind == "stream":
                c.text += k["text"]
            elif kind in ("execute_result", "display_data"):
                c.text += k["data"].get("text/plain", "")
            elif kind == "error":
                c.error += f"{k['ename']}: {k['evalue']}\n" + "\n".join(k["traceback"])
            elif kind == "status" and k["execution_state"] == "idle":
                break
            if output and kind == "stream":
                output(c.text)
        c.seconds = time.monotonic() - begin
        while True:
            reply = self.client.get_shell_msg(timeout=LIMIT)
            if reply["parent_header"].get("msg_id") == id:
                c.status = reply["content"]["status"]
                return c

    def ok(self, code, *wants, **kw):
        c = self.run(code, **kw)
        assert c.status == "ok", f"{c}\n{code}"
        for w in wants:
            assert w in c.text, f"{w!r} is not in the output: {c}\n{code}"
        return c

    def fails(self, code, *wants, **kw):
        c = self.run(code, **kw)
        assert c.status == "error", f"no error: {c}\n{code}"
        for w in wants:
            assert re.search(w, c.error), f"{w!r} is not in the error: {c}\n{code}"
        return c


class KillAtWork:
    """Kills the first process that says it works."""

    def __init__(self):
        self.pid = None

    def __call__(self, text):
        m = re.search(r"at work: process (\d+)\n", text)
        if m and self.pid is None:
            self.pid = int(m[1])
            os.kill(self.pid, signal.SIGKILL)


def garbage_on_every_port(nb):
    ports = {}
    with open(nb.manager.connection_file) as f:
        kernel = json.load(f)
    ports.update({f"the kernel's {k}": v for k, v in kernel.items() if k.endswith("_port")})
    for path in glob.glob(os.path.join(os.environ["IPYTHONDIR"], "profile_default", "security", "ipcontroller-*.json")):
        with open(path) as f:
            cluster = json.load(f)
        for k, v in cluster.items():
            for p in v if isinstance(v, list) else [v]:
                if isinstance(p, int) and p > 1023 and "pid" not in k:
                    ports[f"the controller's {k} {p}"] = p
    assert len(ports) > 8, f"ports: {ports}"
    greeting = b"\xff\0\0\0\0\0\0\0\1\x7f\3\0NULL" + b"\0" * 16 + b"\0" + b"\0" * 31
    ready = b"\4\x19\5READY\x0bSocket-Type\0\0\0\6DEALER"
    letters = [
        b"", b"\0", b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", greeting[:11], greeting[:40], greeting, secrets.token_bytes(4096), b"\xff" * 4096,
        greeting + secrets.token_bytes(512),
        greeting + b"\4\xff" + b"\xff" * 8,  # a command of nearly 2^64 bytes
        greeting + ready + b"\2" + struct.pack(">Q", 1 << 62),  # a frame of 2^62 bytes
        greeting + ready + b"\1\0" * 300,  # a message of empty frames without an end
        greeting + ready + b"\1\x0d<IDS|MSG>abcd" + b"\1\4abcd" + b"\1\2{}" * 3 + b"\0\2{}",  # a message with a bad signature
        greeting + ready + b"\0\x05hello",
    ]
    held = []
    try:
        for name, port in ports.items():
            for letter in letters:
                try:
                    s = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
                except OSError as e:
                    raise AssertionError(f"{name} at {port} does not answer: {e}") from None
                held.append(s)
                try:
                    s.sendall(letter)
                except OSError:  # it has hung up on us
                    pass
        # While all these are held open, and after, everything works as before.
        nb.ok('fmt.Println("as ever")', "as ever\n")
        nb.ok("client.Map(ctx, client.Over(rc.Balanced(), []int{1, 2, 3}), func(x int) (int, error) { return x * x, nil })", "[1 4 9]")
        assert nb.client.is_alive()
    finally:
        for s in held:
            s.close()
    nb.ok('fmt.Println("as ever")', "as ever\n")
    print(f"   {len(letters)} letters to each of {len(ports)} ports")


def engine_dies_during_a_map(nb):
    kill = KillAtWork()
    c = nb.ok("xs := make([]int, 30)\nfor i := range xs { xs[i] = i }\n"
              "client.Map(ctx, client.Over(rc.Balanced(), xs), func(x int) (int, error) { at(50 * time.Millisecond); return x * x, nil }, client.ChunkSize(1))",
              str([x * x for x in range(30)]).replace(",", ""), output=kill)
    assert kill.pid, f"no engine said that it works: {c}"
    # The cluster starts another in its place.
    nb.ok("if err := rc.WaitForEngines(ctx, 3); err != nil { panic(err) }\nfmt.Println(len(rc.IDs()))", "3\n")


def engine_dies_during_a_call_on_an_object(nb):
    nb.ok("things := must(client.New(ctx, rc.Balanced(), []int{10, 20, 30, 40}, func(n int) (*Thing, error) { return &Thing{n}, nil }))\nthings.Where()")
    kill = KillAtWork()
    # The object is made again elsewhere, which is said, and the call is made there.
    c = nb.ok("client.Do(ctx, things.At(2), func(t *Thing) (int, error) { at(2 * time.Second); return t.N, nil })",
              "30", "object[2] (*main.Thing) ended with engine", "made again", output=kill)
    assert kill.pid, f"no engine said that it works: {c}"
    nb.ok("client.Map(ctx, things, func(t *Thing) (int, error) { return t.N, nil })", "[10 20 30 40]")
    # Those that may not be made again are lost, and the error says which.
    nb.ok("frail := must(client.New(ctx, rc.Balanced(), []int{1, 2}, func(n int) (*Thing, error) { return &Thing{n}, nil }, client.NoRebuild()))")
    kill = KillAtWork()
    c = nb.fails("client.Do(ctx, frail.At(1), func(t *Thing) (int, error) { at(time.Hour); return t.N, nil })",
                 r"object\[1\] \(\*main\.Thing\) ended with engine \d+", "NoRebuild", output=kill, limit=SOON)
    assert kill.pid, f"no engine said that it works: {c}"


def namespace_dies(nb):
    kill = KillAtWork()
    c = nb.fails("at(time.Hour)", "NamespaceDied", "killed", output=kill, limit=SOON)
    assert kill.pid, f"the cell did not run: {c}"
    nb.fails("rc", "rc is not set|undefined")  # its names are gone
    nb.ok('import ("fmt"; "os")\nfmt.Println("and", "on", os.Getpid())', "and on")
    # Between cells.
    pid = int(nb.ok("fmt.Println(os.Getpid())").text)
    assert pid != kill.pid
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + SOON
    while True:  # the kernel may be in the middle of noticing
        c = nb.run('fmt.Println("on", os.Getpid())', limit=SOON)
        if c.status == "ok" and f"on {pid}" not in c.text:
            break
        assert time.monotonic() < end, f"not another child: {c}"
    nb.ok(SETUP.replace("(ctx, 3)", "(ctx, 1)"))


def controller_dies(nb):
    (state,) = json.loads(gale("cluster", "status", "-o", "json"))
    controller = state["controller_pid"]

    def kill(text):
        if "at work" in text and not killed:
            killed.append(controller)
            os.kill(controller, signal.SIGKILL)
    killed = []
    # The controller is started again with what it knew, and the map goes on.
    c = nb.ok("client.Map(ctx, client.Over(rc.Balanced(), []int{1, 2, 3, 4}), func(x int) (int, error) { at(time.Second); return x * x, nil })",
              "[1 4 9 16]", output=kill)
    assert killed, f"no engine said that it works: {c}"
    (state,) = json.loads(gale("cluster", "status", "-o", "json"))
    assert state["controller_pid"] not in (0, controller), f"the controller's process is {state['controller_pid']} and was {controller}"
    nb.ok("client.Apply(ctx, rc.Engines(rc.IDs()[0]), func() (int, error) { return 1, nil })", "[1]")


def gale(*args):
    return subprocess.run(["bin/gale", *args], check=True, stdout=subprocess.PIPE, text=True).stdout


def attempt(check):
    """A check has a cluster and a notebook of its own."""
    gale("cluster", "start", "--engines", "3")
    try:
        nb = Notebook()
        try:
            nb.ok(SETUP)
            check(nb)
        finally:
            nb.close()
    finally:
        subprocess.run(["bin/gale", "cluster", "stop"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def main():
    checks = [garbage_on_every_port, engine_dies_during_a_map, engine_dies_during_a_call_on_an_object, namespace_dies, controller_dies]
    if sys.argv[1:]:
        checks = [f for f in checks if f.__name__ in sys.argv[1:]]
    begin, bad = time.monotonic(), []
    for f in checks:
        t = time.monotonic()
        try:
            attempt(f)
            print(f"ok     {f.__name__} {time.monotonic() - t:.2f} s", flush=True)
        except Exception:
            bad.append(f.__name__)
            print(f"FAILED {f.__name__} {time.monotonic() - t:.2f} s\n{traceback.format_exc()}", flush=True)
    print(f"{len(checks)} faults, {len(bad)} failed, {time.monotonic() - begin:.1f} s", *bad)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
