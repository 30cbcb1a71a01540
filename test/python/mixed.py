"""mixed.py: a Python and a Go client on one cluster of two Go engines and one of Python. Exits with 1 if one of them sees what it should not."""
import json
import os
import subprocess
import sys

import ipyparallel as ipp

from client import LIMIT, fails, same

CELLS = [
    'rc := must(client.Dial(ctx))\nmust(0, rc.WaitForEngines(ctx, 3))',
    'fmt.Println("pids", len(must(client.Apply(ctx, rc.Kind("go"), func() (int, error) { return os.Getpid(), nil }))))',
    'fmt.Println("squares", must(client.Map(ctx, client.Over(rc.Balanced(), []int{1, 2, 3, 4}), func(x int) (int, error) { return x * x, nil })))',
    'fmt.Println("counts", must(client.Pull[int](ctx, rc.Kind("go"), "count")))',
    'must(0, rc.Kind("python").Execute(ctx, "x = 41 + 1"))',
    'fmt.Println("refused", rc.All().Push(ctx, "y", 1))\n_, err := client.Apply(ctx, rc.All(), func() (int, error) { return 1, nil })\nfmt.Println("refused", err)',
    'must(0, rc.Kind("go").Push(ctx, "fromGo", []float64{1, 2.5}))',
]


def notebook(path):
    cells = [{"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": c, "execution_count": None, "outputs": []} for i, c in enumerate(CELLS)]
    with open(path, "w") as f:
        json.dump({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, f)


def run(folder):
    """The text that the Go client's notebook prints."""
    path, out = os.path.join(folder, "mixed.ipynb"), os.path.join(folder, "out.ipynb")
    notebook(path)
    subprocess.run(["bin/gale", "run", path, "-o", out], check=True, timeout=2 * LIMIT)
    with open(out) as f:
        cells = json.load(f)["cells"]
    return "".join("".join(o["text"]) for c in cells for o in c["outputs"] if o["output_type"] == "stream")


def main():
    rc = ipp.Client(timeout=LIMIT)
    rc.wait_for_engines(3, timeout=LIMIT)
    python = []
    for i in rc.ids:
        try:
            same(rc[i].apply_sync(lambda: 6 * 7), 42)
            python.append(i)
        except ipp.error.RemoteError as e:
            assert "cannot run on a Go engine" in str(e), e
    go = [i for i in rc.ids if i not in python]
    assert len(python) == 1 and len(go) == 2, f"Python engines {python}, Go engines {go}"
    rc[go].execute("count := 3\nfunc Double(x int) int { return 2 * x }", block=True)
    same(list(rc.load_balanced_view(targets=go).map_sync(ipp.Reference("Double"), range(6))), [2 * x for x in range(6)])
    same(list(rc.load_balanced_view(targets=python).map_sync(lambda x: x + 1, range(6))), [x + 1 for x in range(6)])
    text = run(sys.argv[1])
    for want in ("pids 2", "squares [1 4 9 16]", "counts [3 3]", f"refused client: engine {python[0]} is one of Python"):
        assert want in text, f"{want!r} is not in what the Go client printed:\n{text}"
    same(rc[python[0]]["x"], 42)
    same([list(x) for x in rc[go].pull("fromGo", block=True)], [[1.0, 2.5], [1.0, 2.5]])
    fails(lambda: rc[python].apply_sync(ipp.Reference("Double"), 1), "Double")
    rc.close()
    print("two clients and two kinds of engines: ok")


if __name__ == "__main__":
    main()
