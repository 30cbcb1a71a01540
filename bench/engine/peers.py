"""peers.py ipyparallel|dask: what the cells in calls.go measure, with two engines or workers of a peer. Prints lines "figure name value"."""
import statistics
import sys
import time

import numpy as np


def figure(name, value):
    print("figure", name, value, flush=True)


def seconds(name, f):
    t = time.perf_counter()
    f()
    figure(name, time.perf_counter() - t)


def round_trips(call, n=100):
    took = []
    for _ in range(n):
        t = time.perf_counter()
        call()
        took.append(time.perf_counter() - t)
    figure("call_median", statistics.median(took))
    figure("call_p99", sorted(took)[int(0.99 * n)])


def plus(x):
    return x + 1


class Thing:
    def __init__(self, n):
        self.n = n

    def get(self):
        return self.n


def ipyparallel():
    import ipyparallel as ipp
    with ipp.Cluster(n=2, log_level=40) as rc:
        rc.wait_for_engines(2, timeout=120)
        rc[:].execute("class Thing:\n    def __init__(self, n): self.n = n\nthing = Thing(1)", block=True)
        round_trips(lambda: rc[0].apply_sync(lambda: thing.n))  # noqa: F821 the engine's
        lv = rc.load_balanced_view()
        seconds("map_10000", lambda: lv.map_sync(plus, range(10000), chunksize=256))
        seconds("tasks_2000", lambda: lv.map_sync(plus, range(2000)))
        big = np.zeros(4 << 20, complex)
        seconds("push_64MB", lambda: rc[:].push({"big": big}, block=True))
        seconds("new_64", lambda: [r.get() for r in [lv.apply_async(lambda n: globals().setdefault("things", {}).update({n: n}), n) for n in range(64)]])


def dask():
    from distributed import Client, LocalCluster
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as c:
        thing = c.submit(Thing, 1, actor=True).result()
        round_trips(lambda: thing.get().result())
        seconds("map_10000", lambda: c.gather(c.map(plus, range(10000), batch_size=256)))
        seconds("tasks_2000", lambda: c.gather(c.map(plus, range(20000, 22000))))
        big = np.zeros(4 << 20, complex)
        seconds("push_64MB", lambda: c.scatter(big, broadcast=True))
        seconds("new_64", lambda: [f.result() for f in [c.submit(Thing, n, actor=True) for n in range(64)]])


if __name__ == "__main__":
    {"ipyparallel": ipyparallel, "dask": dask}[sys.argv[1]]()
