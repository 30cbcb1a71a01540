#!/usr/bin/env python3
"""What a Jupyter kernel costs, beside its peers.

Start, first cell, round trip of a cell, cells per second when queued, completion, inspection, output rate, memory, answer on the control channel while a cell runs,
interrupt of five kinds of cell, panics, shutdown idle and busy. KernelManager starts the kernels and Session signs; the waiting is done on raw sockets with one poller,
so the client's own share is small and the same for every kernel. With --rounds the kernels take turns: compare figures of one run only.

  bench.py gale python3 --rounds 3 --json out.json     a run, table at the end
  bench.py gale --start-only 12                        starts, first cell and idle memory only
  bench.py --table out.json [more.json]                the table of earlier runs

--skip takes a comma-separated list of: cells, help, output, interrupt, panic, busyshutdown.
"""
import argparse
import json
import statistics as st
import sys
import tempfile
import time
import warnings

import psutil
import zmq
from jupyter_client.manager import KernelManager

import samples

warnings.filterwarnings("ignore")

now = time.perf_counter


class K:
    """One kernel with one client."""

    def __init__(self, name, prof):
        self.name, self.p = name, prof
        self.err = tempfile.TemporaryFile("w+")
        t0 = now()
        self.km = KernelManager(kernel_name=name)
        self.km.start_kernel(stdout=self.err, stderr=self.err)
        self.ctx = zmq.Context()
        ci = self.km.get_connection_info()
        self.session = self.km.session

        def conn(kind, port):
            s = self.ctx.socket(kind)
            s.linger = 0
            if kind == zmq.DEALER: s.identity = self.session.bsession
            if kind == zmq.SUB: s.rcvhwm = 0; s.subscribe(b"")
            if "curve_publickey" in ci:
                key = lambda v: v.encode() if isinstance(v, str) else v
                s.curve_publickey = s.curve_serverkey = key(ci["curve_publickey"]); s.curve_secretkey = key(ci["curve_secretkey"])
            sep = "-" if ci["transport"] == "ipc" else ":"
            s.connect(f"{ci['transport']}://{ci['ip']}{sep}{ci[port]}")
            return s
        self.iopub, self.shell, self.control = conn(zmq.SUB, "iopub_port"), conn(zmq.DEALER, "shell_port"), conn(zmq.DEALER, "control_port")
        self.poller = zmq.Poller()
        for s in (self.shell, self.iopub, self.control): self.poller.register(s, zmq.POLLIN)
        # ready: a kernel_info_reply on shell AND anything on iopub (the subscription is live)
        self.send("kernel_info_request", {})
        self.info = None
        live, last = False, now()
        while not (self.info and live):
            for s, _ in self.poller.poll(50):
                m = self.recv(s)
                if s is self.shell and self.info is None and m["msg_type"] == "kernel_info_reply": self.info, self.t_info = m["content"], now() - t0
                if s is self.iopub: live = True
            if self.info and not live and now() - last > 0.02:
                self.send("kernel_info_request", {}); last = now()
            if now() - t0 > 90 or not self.km.is_alive():
                self.err.seek(0)
                why = self.err.read()[-400:]
                self.kill()
                raise TimeoutError(f"{name} never ready: {why}")
        self.t_ready = now() - t0
        self.drain(0.2)

    def send(self, mtype, content, sock=None):
        m = self.session.msg(mtype, content)
        self.session.send(sock or self.shell, m)
        return m["header"]["msg_id"]

    def send_code(self, code, **kw):
        return self.send("execute_request", dict(dict(code=code, silent=False, store_history=True, user_expressions={}, allow_stdin=False, stop_on_error=True), **kw))

    def recv(self, sock):
        ident, parts = self.session.feed_identities(sock.recv_multipart(copy=True), copy=True)
        return self.session.deserialize(parts, content=True, copy=True)

    def drain(self, quiet):
        out = []
        while True:
            ev = self.poller.poll(quiet * 1000)
            if not ev: return out
            out += [self.recv(s) for s, _ in ev]

    def execute(self, code, timeout=120, on=None, **kw):
        t0 = now()
        mid = self.send_code(code, **kw)
        reply = idle = t_first = None
        msgs = []
        while reply is None or idle is None:
            ev = self.poller.poll(1000)
            if now() - t0 > timeout: raise TimeoutError(f"{self.name}: {code[:40]!r} timed out, reply={bool(reply)} idle={bool(idle)}")
            for s, _ in ev:
                m = self.recv(s)
                if m["parent_header"].get("msg_id") != mid: continue
                if s is self.shell and m["msg_type"] == "execute_reply": reply, t_reply = m, now() - t0
                elif s is self.iopub and m["msg_type"] == "status":
                    if m["content"]["execution_state"] == "idle": idle, t_idle = m, now() - t0
                elif s is self.iopub:
                    if t_first is None and m["msg_type"] != "execute_input": t_first = now() - t0
                    msgs.append(m)
                    if on: on(m)
        return dict(reply=reply, msgs=msgs, t_first=t_first, t=max(t_reply, t_idle))

    def request(self, mtype, content, timeout, sock=None):
        """The reply and the seconds it took, or (None, None)."""
        sock = sock or self.shell
        t0 = now()
        mid = self.send(mtype, content, sock)
        while now() - t0 < timeout:
            for s, _ in self.poller.poll(100):
                m = self.recv(s)
                if s is sock and m["parent_header"].get("msg_id") == mid: return m, now() - t0
        return None, None

    def procs(self):
        p = psutil.Process(self.km.provisioner.pid if getattr(self.km, "provisioner", None) else self.km.kernel.pid)
        return [p] + p.children(recursive=True)

    def mem(self):
        rss = pss = n = 0
        for p in self.procs():
            try:
                f = p.memory_full_info()
                rss += f.rss; pss += getattr(f, "pss", f.uss); n += 1
            except psutil.Error: pass
        return dict(rss_mb=round(rss / 2**20, 1), pss_mb=round(pss / 2**20, 1), procs=n)

    def close(self):
        for x in (self.shell, self.iopub, self.control): x.close(0)
        self.ctx.term()
        self.err.close()

    def kill(self):
        if self.km.is_alive(): self.km.shutdown_kernel(now=True)
        self.close()
        self.km.cleanup_resources()

    def stop(self, wait=10):
        """Ask to shut down; how long until the reply and until the process is gone, and what it left behind."""
        procs = self.procs()
        t0 = now()
        self.send("shutdown_request", {"restart": False}, self.control)
        t_reply = None
        while now() - t0 < wait and self.km.is_alive():
            for s, _ in self.poller.poll(2):
                if self.recv(s)["msg_type"] == "shutdown_reply" and t_reply is None: t_reply = now() - t0
        alive, t_exit = self.km.is_alive(), now() - t0
        left = [p for p in procs[1:] if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        self.kill()
        return dict(reply_ms=None if t_reply is None else round(t_reply * 1e3, 1), exit_ms=round(t_exit * 1e3, 1), had_to_kill=alive, children_left=len(left))


def pct(xs, p):
    xs = sorted(xs)
    return xs[min(len(xs) - 1, int(round(p / 100 * (len(xs) - 1))))]


def dist(xs):
    ms = [x * 1e3 for x in xs]
    return dict(n=len(ms), median_ms=round(st.median(ms), 3), p90_ms=round(pct(ms, 90), 3), p99_ms=round(pct(ms, 99), 3), min_ms=round(min(ms), 3), max_ms=round(max(ms), 3))


def cells(k, p, a, r):
    for key in ("empty", "noop", "expr"):
        xs, ok, end = [], True, now() + a.cell_budget
        for _ in range(a.cells):
            e = k.execute(p[key])
            ok &= e["reply"]["content"]["status"] == "ok"
            xs.append(e["t"])
            if now() > end: break
        r["cell_" + key] = dict(dist(xs), ok=ok)
    # fresh text in each cell: nothing can come from a cache of compiled cells
    xs, end = [], now() + a.cell_budget
    for i in range(min(a.cells, 200)):
        xs.append(k.execute(f"{i}+{i}")["t"])
        if now() > end: break
    r["cell_fresh"] = dist(xs)
    # queued: send many at once, wait for every reply and idle
    n = min(a.cells, max(5, int(a.cell_budget / max(1e-4, st.median(xs)) / 2)))
    t0 = now()
    ids = {k.send_code(p["noop"]) for _ in range(n)}
    idle = set(ids)
    while (ids or idle) and now() - t0 < 120:
        for s, _ in k.poller.poll(1000):
            m = k.recv(s); parent = m["parent_header"].get("msg_id")
            if s is k.shell: ids.discard(parent)
            elif m["msg_type"] == "status" and m["content"]["execution_state"] == "idle": idle.discard(parent)
    r["queued_cells_per_s"] = round(n / (now() - t0), 1)


def help_(k, p, a, r):
    for what in ("complete", "inspect"):
        code, want = p[what]
        xs, found = [], None
        for _ in range(min(50, a.cells)):
            content = dict(code=code, cursor_pos=len(code)) if what == "complete" else dict(code=code, cursor_pos=want, detail_level=0)
            m, t = k.request(what + "_request", content, 10)
            if m is None: break
            c = m["content"]
            found = any(want in x for x in c.get("matches", [])) if what == "complete" else bool(c.get("found"))
            xs.append(t)
            if sum(xs) > 10: break
        r[what] = dict(dist(xs), found=found) if xs else "no reply"
        k.drain(0.05)


def output(k, p, a, r):
    for key in ("lines",):
        n = a.lines
        got = []
        try:
            e = k.execute(p[key].format(n=n), timeout=300, on=lambda m: got.append(m["content"]["text"]) if m["msg_type"] == "stream" else None)
        except TimeoutError as x:
            r["out_" + key] = str(x); k.drain(1); continue
        late = [m["content"]["text"] for m in k.drain(0.3) if m["msg_type"] == "stream"]
        txt = "".join(got)
        lines = txt.splitlines()
        r["out_" + key] = dict(lines=n, got=len(lines), late=sum(x.count("\n") for x in late), msgs=len(got), ordered=lines == sorted(lines), s=round(e["t"], 3),
                               klines_per_s=round(len(lines) / e["t"] / 1e3, 1), mb_per_s=round(len(txt) / e["t"] / 2**20, 2), first_ms=round((e["t_first"] or 0) * 1e3, 1))
    e = k.execute(p["bigout"].format(n=20_000_000), timeout=120)
    ms = [m["content"]["text"] for m in e["msgs"] if m["msg_type"] == "stream"]
    tot = sum(len(x) for x in ms)
    r["out_20MB"] = dict(got_mb=round(tot / 1e6, 2), msgs=len(ms), s=round(e["t"], 3), mb_per_s=round(tot / e["t"] / 2**20, 1))


def interrupts(k, p, a, r):
    """Each kind of cell: wait until it runs, ask on the control channel, interrupt, time the reply.  A kernel that is gone or stuck is replaced."""
    for key, settle in (("sleeploop", 1.5), ("loop", 1.5), ("longsleep", 1.5), ("wait", 1.5), ("slowcompile", 0.05)):
        code = p.get(key)
        if not code: continue
        mid = k.send_code(code.format() if key in ("sleeploop", "loop") else code)
        t0, started = now(), None
        while now() - t0 < 3 and not (started and now() - started > settle):
            for s, _ in k.poller.poll(20):
                if k.recv(s)["msg_type"] == "execute_input": started = now()
        if key == "sleeploop":
            m, t = k.request("kernel_info_request", {}, 2, k.control)
            r["control_while_busy_ms"] = None if m is None else round(t * 1e3, 2)
        t1 = now()
        k.km.interrupt_kernel()
        done = status = None
        while now() - t1 < 5 and done is None and k.km.is_alive():
            for s, _ in k.poller.poll(20):
                m = k.recv(s)
                if s is k.shell and m["parent_header"].get("msg_id") == mid: done, status = now() - t1, [m["content"].get("status"), m["content"].get("ename")]
        x = r["interrupt_" + key] = dict(ms=None if done is None else round(done * 1e3, 1), status=status, alive=k.km.is_alive())
        if done is not None:
            k.drain(0.3)
            try: x["usable_after"] = k.execute(p["hello"], timeout=20)["reply"]["content"]["status"] == "ok"
            except TimeoutError: x["usable_after"] = False
        if not x.get("usable_after"):
            k.kill(); k = K(k.name, p)
    return k


def panics(k, p, a, r):
    for key in ("panic", "bg_panic"):
        try:
            k.execute(p["setvar"], timeout=20)
            status = k.execute(p[key], timeout=20)["reply"]["content"]["status"]
            time.sleep(0.3)
            e = k.execute(p["usevar"], timeout=20)
            kept = any(m["msg_type"] == "execute_result" and m["content"]["data"]["text/plain"] == p["usevar_result"] for m in e["msgs"])
            r[key] = dict(status=status, alive=k.km.is_alive(), state_kept=kept)
        except TimeoutError:
            r[key] = dict(status="no reply", alive=k.km.is_alive(), state_kept=False)
            k.kill(); k = K(k.name, p)
    return k


def measure(name, a):
    p = samples.of(name)
    r = {"kernel": name}
    k = K(name, p)
    try:
        skip = set(a.skip)
        r["start_info_ms"], r["start_ready_ms"] = round(k.t_info * 1e3, 1), round(k.t_ready * 1e3, 1)
        time.sleep(1.0)
        r["mem_idle"] = k.mem()
        r["first_cell_ms"] = round(k.execute(p["hello"])["t"] * 1e3, 1)
        if "cells" not in skip: cells(k, p, a, r)
        if "help" not in skip: help_(k, p, a, r)
        if "output" not in skip: output(k, p, a, r)
        r["mem_after"] = k.mem()
        if "interrupt" not in skip: k = interrupts(k, p, a, r)
        if "panic" not in skip: k = panics(k, p, a, r)
        r["shutdown"] = k.stop()
        if "busyshutdown" not in skip:
            k = K(name, p)
            k.send_code(p["sleep"].format(s=30))
            k.drain(1.0)
            r["shutdown_busy"] = k.stop()
    except BaseException:
        try: k.kill()
        except Exception: pass  # gone already; the first error is the one to tell
        raise
    return r


ROWS = ("start_ready_ms", "first_cell_ms", "cell_empty.median_ms", "cell_empty.p99_ms", "cell_noop.median_ms", "cell_noop.p90_ms", "cell_noop.p99_ms", "cell_expr.median_ms",
        "cell_expr.p99_ms", "cell_fresh.median_ms", "cell_fresh.p90_ms", "queued_cells_per_s", "complete.median_ms", "complete.found", "inspect.median_ms", "inspect.found",
        "out_lines.klines_per_s", "out_lines.msgs", "out_lines.got", "out_lines.ordered", "out_20MB.mb_per_s", "out_20MB.msgs",
        "mem_idle.rss_mb", "mem_idle.pss_mb", "mem_idle.procs", "mem_after.rss_mb", "mem_after.pss_mb", "control_while_busy_ms", "interrupt_sleeploop.ms", "interrupt_loop.ms",
        "interrupt_longsleep.ms", "interrupt_wait.ms", "interrupt_slowcompile.ms", "panic.state_kept", "bg_panic.state_kept", "shutdown.reply_ms", "shutdown.exit_ms",
        "shutdown.children_left", "shutdown_busy.reply_ms", "shutdown_busy.exit_ms", "shutdown_busy.had_to_kill", "shutdown_busy.children_left")


def table(results):
    """Markdown: a row a figure, a column a kernel; median of the rounds, [least] where there are several."""
    rows = {}
    for r in results: rows.setdefault(r["kernel"], []).append(r)

    def get(r, path):
        for x in path.split("."):
            if not isinstance(r, dict) or x not in r: return None
            r = r[x]
        return r

    def cell(rs, path):
        v = [get(r, path) for r in rs]
        n = [x for x in v if isinstance(x, (int, float)) and not isinstance(x, bool)]
        if n: return f"{st.median(n):g}" + (f" [{min(n):g}]" if len(n) > 1 else "") + ("" if len(n) == len(v) else f" ({len(n)} of {len(v)})")
        return next((str(x) for x in v if x is not None), "–")
    ks = list(rows)
    print("| | " + " | ".join(ks) + " |\n|---|" + "---|" * len(ks))
    for path in ROWS:
        c = [cell(rows[k], path) for k in ks]
        if any(x != "–" for x in c): print(f"| {path} | " + " | ".join(c) + " |")
    for k in ks:
        for r in rows[k]:
            if "failed" in r: print(f"{k} failed: {r['failed']}")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("kernels", nargs="+", help="kernel names; JSON files with --table")
    ap.add_argument("--rounds", type=int, default=1)
    ap.add_argument("--cells", type=int, default=500, help="cells of each kind")
    ap.add_argument("--cell-budget", type=float, default=60, help="seconds at most for one kind of cell")
    ap.add_argument("--lines", type=int, default=100000)
    ap.add_argument("--skip", default="", type=lambda s: s.split(","))
    ap.add_argument("--start-only", type=int, default=0, metavar="N", help="measure N starts only")
    ap.add_argument("--json", help="write the results there")
    ap.add_argument("--table", action="store_true", help="print the table of result files")
    a = ap.parse_args()
    if a.table:
        table([r for f in a.kernels for r in json.load(open(f))])
        return
    if a.start_only:
        got = {n: [] for n in a.kernels}
        for _ in range(a.start_only):
            for n in a.kernels:
                k = K(n, samples.of(n))
                time.sleep(0.5)
                m = k.mem()
                got[n].append((k.t_ready, k.execute(k.p["hello"])["t"], m["rss_mb"], m["pss_mb"], m["procs"]))
                k.stop()
        for n, xs in got.items():
            ready, first, rss, pss, procs = zip(*xs)
            print(n, "ready", dist(ready), "first cell", dist(first), "rss", st.median(rss), "pss", st.median(pss), "processes", procs[-1])
        return
    res = []
    for _ in range(a.rounds):
        for n in a.kernels:
            try: r = measure(n, a)
            except Exception as e: r = {"kernel": n, "failed": repr(e)}
            res.append(r)
            print(json.dumps(r), file=sys.stderr, flush=True)
            if a.json: json.dump(res, open(a.json, "w"), indent=1)
    table(res)


if __name__ == "__main__":
    main()
