"""client.py: what a Python ipyparallel.Client can do with the two Go engines of the default cluster. Exits with 1 if a result is wrong."""
import os
import signal
import sys
import threading
import time
import traceback

import ipyparallel as ipp
import numpy as np

LIMIT = 60  # seconds that anything may take on a busy machine

GO = """
import ("errors"; "fmt"; "os"; "time")

func Square(x int) int { return x * x }
func Half(x float64) float64 { return x / 2 }
func Scale(x []float64, k float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = k * v
	}
	return y
}
func Conj(x []complex128) []complex128 {
	y := make([]complex128, len(x))
	for i, v := range x {
		y[i] = complex(real(v), -imag(v))
	}
	return y
}
func Fail(x int) (int, error) { return 0, errors.New("no square of this") }
func Pid() int { return os.Getpid() }
func Nap(ms int) int { time.Sleep(time.Duration(ms) * time.Millisecond); return ms }
type Options struct { Freq float64; N int; Name string }
func Make(x int, o Options) string { return fmt.Sprintf("%d %g %d %s", x, o.Freq, o.N, o.Name) }
func Sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}
func Spin() int {
	for {
	}
}
"""

checks = []


def check(f):
    checks.append(f)
    return f


def same(got, want):
    assert type(got) is type(want) and got == want, f"got {got!r} ({type(got).__name__}), want {want!r} ({type(want).__name__})"


def same_array(got, want):
    assert isinstance(got, np.ndarray), f"got {type(got).__name__}, want an array"
    assert got.dtype == want.dtype and got.shape == want.shape, f"got {got.dtype} {got.shape}, want {want.dtype} {want.shape}"
    assert (got == want).all(), f"{(got != want).sum()} of {want.size} values differ"


def fails(f, *wants):
    """The text of the error that f must raise, in which every one of wants must stand."""
    try:
        got = f()
    except ipp.error.CompositeError as e:
        text = "\n".join([str(e), *e.render_traceback(), *(str(x) for x in e.elist)])
    except ipp.error.RemoteError as e:
        text = f"{e.ename}: {e.evalue}\n{e.traceback}"
    else:
        raise AssertionError(f"no error but {got!r}")
    for w in wants:
        assert w in text, f"{w!r} is not in the error:\n{text}"
    return text


def wait(what, condition):
    """Until condition() is true; what ipyparallel learns it learns in threads of its own, without an event for us."""
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, f"not within {LIMIT} s: {what}"
        time.sleep(0.01)


@check
def ids(rc):
    rc.wait_for_engines(2, timeout=LIMIT)
    same(rc.ids, [0, 1])
    same(len(rc), 2)


@check
def execute(rc):
    rc[:].execute(GO, block=True)
    r = rc[0].execute('fmt.Println("from Go", Square(7))', silent=False)
    r.get(LIMIT)
    r.wait_for_output(LIMIT)
    assert "from Go 49" in r.stdout, f"stdout is {r.stdout!r}"
    r = rc[0].execute("Square(8)", silent=False)
    r.get(LIMIT)
    r.wait_for_output(LIMIT)
    assert "64" in str(r.execute_result), f"execute_result is {r.execute_result!r}"


@check
def names_stay(rc):
    rc[:].execute("n := 1", block=True)
    rc[0].execute("n += 10", block=True)
    same(rc[:].pull("n", block=True), [11, 1])
    same(rc[0]["n"], 11)


@check
def plain_values(rc):
    plain = {"i": 3, "neg": -(1 << 62), "f": 2.5, "s": "grüße, 世界", "yes": True, "z": 1.5 - 2j, "none": None, "raw": b"\x00\xff",
             "list": [1, 2.5, "s", None, True], "table": {"k": 1, "l": [1, 2]}}
    rc[:].push(plain, block=True)
    for k, want in plain.items():
        for e, got in enumerate(rc[:].pull(k, block=True)):
            assert type(got) is type(want) and got == want, f"{k} on engine {e}: got {got!r}, want {want!r}"
    same(rc[0].pull(["i", "s"], block=True), [3, "grüße, 世界"])
    rc[0].execute("twice := 2 * i\nlength := len(s)", block=True)
    same(rc[0].pull(["twice", "length"], block=True), [6, len("grüße, 世界".encode())])


@check
def arrays(rc):
    for n in (0, 5, 1000, 1 << 17):  # the last is 1 MB of float64
        x = np.linspace(-1, 1, n)
        z = x + 1j * np.arange(n)
        rc[:].push({"x": x, "c": z}, block=True)
        for got in rc[:].pull("x", block=True):
            same_array(got, x)
        for got in rc[:].pull("c", block=True):
            same_array(got, z)
    rc[0].execute("sum := 0.0\nfor _, v := range x { sum += v }\nlast := c[len(c)-1]\nx[0] = 42", block=True)
    same(rc[0]["last"], complex(z[-1]))
    same(float(rc[0]["x"][0]), 42.0)
    same(float(rc[1]["x"][0]), -1.0)


@check
def more_arrays(rc):
    # A name keeps its Go type when it is pushed again, so each array has its own; []byte comes back as bytes, []bool as a list.
    for i, x in enumerate((np.arange(6, dtype=np.int64), np.arange(6, dtype=np.float32), np.arange(6, dtype=np.int32),
                           np.arange(6, dtype=np.complex64))):
        rc[0].push({f"x{i}": x}, block=True)
        same_array(rc[0][f"x{i}"], x)


@check
def scatter_and_gather(rc):
    v = rc[:]
    v.scatter("part", list(range(5)), block=True)
    same(v["part"], [[0, 1, 2], [3, 4]])
    same(v.gather("part", block=True), list(range(5)))
    x = np.arange(1000.0)
    v.scatter("part", x, block=True)
    v.execute("for i := range part { part[i] *= 2 }", block=True)
    same_array(v.gather("part", block=True), 2 * x)


@check
def apply(rc):
    same(rc[0].apply_sync(ipp.Reference("Square"), 7), 49)
    same(rc[:].apply_sync(ipp.Reference("Square"), 8), [64, 64])
    same_array(rc[0].apply_sync(ipp.Reference("Scale"), np.arange(400.0), 3.0), 3 * np.arange(400.0))
    z = np.arange(1 << 16) * (1 + 2j)
    same_array(rc[1].apply_sync(ipp.Reference("Conj"), z), z.conj())
    pids = rc[:].apply_sync(ipp.Reference("Pid"))
    assert len(set(pids)) == 2 and os.getpid() not in pids, f"process ids {pids}"
    rc[0].push({"arg": 12}, block=True)
    same(rc[0].apply_sync(ipp.Reference("Square"), ipp.Reference("arg")), 144)


@check
def keywords_are_fields(rc):
    same(rc[0].apply_sync(ipp.Reference("Make"), 7, freq=2.5, N=3), "7 2.5 3 ")
    fails(lambda: rc[0].apply_sync(ipp.Reference("Make"), 7, depth=3), "keyword arguments are the fields of a struct")
    fails(lambda: rc[0].apply_sync(ipp.Reference("Square"), x=3), "keyword arguments are the fields of a struct")


@check
def references_in_lists(rc):
    rc[0].push({"one": 1.5, "two": 2}, block=True)
    same(rc[0].apply_sync(ipp.Reference("Sum"), [ipp.Reference("one"), ipp.Reference("two"), 3]), 6.5)
    same(list(rc[0:1].map_sync(ipp.Reference("Square"), [ipp.Reference("two"), 5])), [4, 25])
    fails(lambda: rc[0].apply_sync(ipp.Reference("Sum"), [ipp.Reference("noSuchName"), 3]), "noSuchName")


@check
def signals(rc):
    # An endless loop of Go is interrupted by the signal that interrupts Python.
    r = rc[0].apply_async(ipp.Reference("Spin"))
    wait("the loop runs", lambda: rc.queue_status(0)["queue"] == 1)
    deadline = time.monotonic() + LIMIT
    while not r.ready() and time.monotonic() < deadline:
        rc.send_signal(signal.SIGINT, targets=0, block=True)
        r.wait(0.5)
    fails(lambda: r.get(LIMIT), "nterrupt")
    same(rc[0].apply_sync(ipp.Reference("Square"), 5), 25)


@check
def errors_have_cell_lines(rc):
    text = fails(lambda: rc[0].execute("func broken(k int) int { return []int{1}[k] }\n\nbroken(5)", block=True).get(LIMIT), "index out of range")
    assert "broken" in text and ":1" in text and ":3" in text, f"no cell lines in the error:\n{text}"


@check
def displays(rc):
    r = rc[0].execute('show(3.5)\nshow("text")', silent=False)
    r.get(LIMIT)
    r.wait_for_output(LIMIT)
    shown = [o["data"]["text/plain"] for o in r.outputs]
    assert len(shown) == 2 and "3.5" in shown[0] and "text" in shown[1], f"outputs are {r.outputs!r}"


@check
def map_over_views(rc):
    want = [x * x for x in range(20)]
    same(list(rc[:].map_sync(ipp.Reference("Square"), range(20))), want)
    lv = rc.load_balanced_view()
    same(list(lv.map_sync(ipp.Reference("Square"), range(20))), want)
    same(list(lv.map(ipp.Reference("Half"), [1.0, 2.0, 3.0], chunksize=2).get(LIMIT)), [0.5, 1.0, 1.5])
    same(lv.apply_sync(ipp.Reference("Square"), 9), 81)
    with lv.temp_flags(after=[lv.apply_async(ipp.Reference("Nap"), 50)]):
        same(lv.apply_sync(ipp.Reference("Square"), 3), 9)


@check
def broadcast(rc):
    for coalescing in (False, True):
        v = rc.broadcast_view(is_coalescing=coalescing)
        same(list(v.apply_sync(ipp.Reference("Square"), 4)), [16, 16])


@check
def errors(rc):
    fails(lambda: rc[0].execute('a := 1\npanic("boom")', block=True).get(LIMIT), "boom", "2")
    text = fails(lambda: rc[0].execute("b := 1\nc := undefined + b", block=True).get(LIMIT), "undefined")
    assert "2" in text, f"the line is not in the error:\n{text}"
    fails(lambda: rc[0].apply_sync(ipp.Reference("Fail"), 3), "no square of this")
    fails(lambda: rc[:].apply_sync(ipp.Reference("Fail"), 3), "no square of this")
    fails(lambda: rc[0].apply_sync(ipp.Reference("Square"), "text"), "Square")
    fails(lambda: rc[0].apply_sync(ipp.Reference("Square")), "Square")
    fails(lambda: rc[0].apply_sync(ipp.Reference("NoSuchName"), 3), "NoSuchName")
    fails(lambda: rc[0]["noSuchName"], "NameError", "noSuchName")
    fails(lambda: list(rc.load_balanced_view().map_sync(ipp.Reference("Fail"), range(3))), "no square of this")
    same(rc[0].apply_sync(ipp.Reference("Square"), 5), 25)


@check
def python_functions_are_refused(rc):
    fails(lambda: rc[0].apply_sync(lambda: 1), "cannot run on a Go engine")
    fails(lambda: rc[0].apply_sync(os.listdir), "cannot run on a Go engine")
    fails(lambda: list(rc.load_balanced_view().map_sync(lambda x: x, range(3))), "cannot run on a Go engine")
    same(rc[0].apply_sync(ipp.Reference("Square"), 5), 25)


@check
def queue_and_abort(rc):
    e = rc[0]
    first = e.apply_async(ipp.Reference("Nap"), 3000)
    queued = [e.apply_async(ipp.Reference("Square"), i) for i in range(3)]
    wait("four tasks in engine 0's queue", lambda: rc.queue_status(0)["queue"] == 4)
    assert set(rc.queue_status()) >= {0, 1, "unassigned"}, f"queue_status: {rc.queue_status()}"
    e.abort([r.msg_ids[0] for r in queued], block=True)
    same(first.get(LIMIT), 3000)
    for r in queued:
        try:
            r.get(LIMIT)
        except ipp.error.TaskAborted:
            continue
        raise AssertionError("an aborted task has a result")
    wait("an empty queue", lambda: rc.queue_status(0)["queue"] == 0)


@check
def clear(rc):
    rc[0].push({"gone": 1}, block=True)
    rc[0].clear(block=True)
    fails(lambda: rc[0]["gone"], "NameError")
    rc[0].execute(GO, block=True)
    same(rc[0].apply_sync(ipp.Reference("Square"), 2), 4)


@check
def history(rc):
    r = rc[0].apply_async(ipp.Reference("Square"), 11)
    r.get(LIMIT)
    found = rc.get_result(r.msg_ids[0], owner=False)
    same(found.get(LIMIT), 121)


@check
def a_dead_engine_is_noticed(rc):
    victim = rc[1].apply_sync(ipp.Reference("Pid"))
    running = rc[1].apply_async(ipp.Reference("Nap"), 3_600_000)
    wait("the long call runs", lambda: rc.queue_status(1)["queue"] == 1)
    os.kill(victim, signal.SIGKILL)
    wait("engine 1 is gone", lambda: rc.ids == [0])
    text = ""
    try:
        running.get(LIMIT)
    except ipp.error.RemoteError as e:
        text = f"{e.ename}: {e.evalue}"
    assert "EngineError" in text, f"a call on a dead engine ends with {text!r}"
    same(list(rc.load_balanced_view().map_sync(ipp.Reference("Square"), range(4))), [0, 1, 4, 9])


def main():
    only = sys.argv[1:]
    begin = time.monotonic()
    rc = ipp.Client(timeout=LIMIT)
    bad = []
    for f in checks:
        if only and f.__name__ not in only:
            continue
        # A call that never returns is this check's failure, not a silent end.
        t, failure = time.monotonic(), []

        def attempt(f=f):
            try:
                f(rc)
            except BaseException:
                failure.append(traceback.format_exc())
        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(2 * LIMIT)
        if thread.is_alive():
            where = "".join(traceback.format_stack(sys._current_frames()[thread.ident]))
            print(f"FAILED {f.__name__}: has not returned in {2 * LIMIT} s:\n{where}", flush=True)
            os._exit(1)
        print(f"{'FAILED' if failure else 'ok    '} {f.__name__} {time.monotonic() - t:.2f} s", flush=True)
        if failure:
            print(failure[0], flush=True)
            bad.append(f.__name__)
    rc.close()
    print(f"{len(checks) if not only else len(only)} checks, {len(bad)} failed, {time.monotonic() - begin:.1f} s", *bad)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
