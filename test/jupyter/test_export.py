"""What leaves a notebook and what comes from elsewhere: papermill's parameters, nbconvert's HTML, jupytext's percent format."""
import os
import subprocess
import sys

import jupytext
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from papermill.translators import papermill_translators

OUT = os.path.join(os.path.dirname(__file__), "..", "out", "export")
KERNELSPEC = {"kernelspec": {"name": "gale", "display_name": "Go (gale)", "language": "go"}}


def python(*args):
    p = subprocess.run([sys.executable, *args], capture_output=True, text=True, timeout=300)
    assert p.returncode == 0, p.stderr
    return p.stderr


def text(cell):
    return "".join(o.get("text", "") or o.get("data", {}).get("text/plain", "") for o in cell.outputs)


PARAMETERS = """freqMax := 10.0  // Hz
stations := []string{"a"}
smooth := false
title := ""
layers := map[string]int{}"""


def test_papermill_sets_parameters(tmp_path):
    cells = [new_code_cell(PARAMETERS), new_code_cell('fmt.Printf("%T %v %q %v %q %v", freqMax, freqMax, stations, smooth, title, layers)')]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(new_notebook(cells=cells, metadata=KERNELSPEC), tmp_path / "in.ipynb")
    said = python("-m", "papermill", "-k", "gale", "-y", 'freqMax: 8\nstations: ["n", "s\\"\\u00e9\\n"]\nsmooth: true\ntitle: "a\\\\b $x"\nlayers: {top: 3}',
                  str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"))
    assert "unknown parameter" not in said
    nb = nbformat.read(tmp_path / "out.ipynb", 4)
    assert text(nb.cells[2]) == r'float64 8 ["n" "s\"é\n"] true "a\\b $x" map[top:3]'
    assert nb.cells[1].metadata.tags == ["injected-parameters"] and nb.cells[1].source.startswith("// Parameters\n")
    assert "freqMax" in python("-m", "papermill", "--help-notebook", str(tmp_path / "in.ipynb")) + subprocess.run(
        [sys.executable, "-m", "papermill", "--help-notebook", str(tmp_path / "in.ipynb")], capture_output=True, text=True, timeout=60).stdout


@pytest.mark.parametrize("value, want", [
    (3, "3"), (2.5, "2.5"), (float("inf"), "math.Inf(1)"), (float("nan"), "math.NaN()"), ([], "[]any{}"), ([1, 2.5], "[]float64{1, 2.5}"),
    ([1, "a"], '[]any{1, "a"}'), ({"a": [True]}, 'map[string]any{"a": []bool{true}}'), (None, "nil"), ("\x00\u2028", '"\\U00000000\\U00002028"'),
])
def test_values_in_go(value, want):
    assert papermill_translators.find_translator("gale", "go").translate(value) == want


def test_html_is_complete(tmp_path):
    os.makedirs(OUT, exist_ok=True)
    here = os.path.dirname(__file__)
    python("-m", "jupyter", "nbconvert", "--execute", "--to", "html", "--output-dir", OUT, os.path.join(here, "..", "..", "notebooks", "00-hello.ipynb"))
    with open(os.path.join(OUT, "00-hello.html"), encoding="utf-8") as f:
        page = f.read()
    for part in ["hello, world", "data:image/png;base64,", "<caption>3×3 mat.Dense</caption>", '<span class="kd">func</span>']:
        assert part in page, part


def test_percent_format_there_and_back(tmp_path):
    cells = [new_markdown_cell("# A title"), new_code_cell("%time\nx := 41"), new_code_cell("//gale:%who\nx + 1")]
    nb = new_notebook(cells=cells, metadata=KERNELSPEC)
    source = jupytext.writes(nb, fmt="go:percent")
    assert "// %% [markdown]\n// # A title" in source, source
    back = jupytext.reads(source, fmt="go:percent")
    assert [(c.cell_type, c.source) for c in back.cells] == [(c.cell_type, c.source) for c in nb.cells]
    assert back.metadata.kernelspec["name"] == "gale"
    nbformat.write(back, tmp_path / "back.ipynb")
    python("-m", "jupyter", "nbconvert", "--execute", "--to", "notebook", "--inplace", str(tmp_path / "back.ipynb"))
    assert "42" in text(nbformat.read(tmp_path / "back.ipynb", 4).cells[2])
