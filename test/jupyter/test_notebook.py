"""The notebook path: nbclient runs cells as nbconvert --execute and papermill do; what the cells give is compared, the notebook is validated.

KERNEL names the kernel, by default gale.
"""
import os

import nbclient
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import samples

KERNEL = os.environ.get("KERNEL", "gale")
P = samples.of(KERNEL)


def run(*sources, **options):
    nb = new_notebook(cells=[new_code_cell(s) for s in sources], metadata={"kernelspec": {"name": KERNEL, "display_name": KERNEL}})
    client = nbclient.NotebookClient(nb, kernel_name=KERNEL, timeout=120, raise_on_iopub_timeout=True, **options)
    client.execute()
    nbformat.validate(nb)
    return nb


def test_outputs_counts_and_language():
    nb = run(P["setvar"], P["usevar"], P["hello"], P["stderr"], P["html"], P["picture"])
    none, value, out, err, html, picture = (c.outputs for c in nb.cells)
    assert none == []
    assert [o.output_type for o in value] == ["execute_result"] and value[0].data["text/plain"] == P["usevar_result"]
    assert [(o.name, o.text) for o in out] == [("stdout", "hello, world\n")]
    assert [(o.name, o.text) for o in err] == [("stderr", "oops\n")]
    assert "text/html" in html[0].data
    assert "image/png" in picture[0].data and "\n" not in picture[0].data["image/png"].strip()
    assert [c.execution_count for c in nb.cells] == [1, 2, 3, 4, 5, 6]
    assert nb.metadata.language_info["name"] == samples.language(KERNEL)


def test_an_error_stops_the_run():
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="boom"):
        run(P["panic"], P["hello"])


def test_errors_can_be_allowed_and_state_is_kept():
    nb = run(P["setvar"], P["panic"], P["usevar"], allow_errors=True)
    assert [o.output_type for o in nb.cells[1].outputs] == ["error"]
    assert "boom" in nb.cells[1].outputs[0].evalue and nb.cells[1].outputs[0].traceback
    assert nb.cells[2].outputs[0].data["text/plain"] == P["usevar_result"]


def test_a_cell_that_takes_too_long_is_interrupted():
    nb = new_notebook(cells=[new_code_cell(P["sleeploop"].format()), new_code_cell(P["hello"])])
    client = nbclient.NotebookClient(nb, kernel_name=KERNEL, timeout=3, interrupt_on_timeout=True, allow_errors=True)
    client.execute()
    assert [o.output_type for o in nb.cells[0].outputs] == ["error"]
    assert nb.cells[1].outputs[0].text == "hello, world\n"


if P["update"]:  # a cell of Go has no display that it can update yet
    def test_updates_reach_the_first_display():
        nb = run(P["update"])
        assert [o.data["text/plain"] for o in nb.cells[0].outputs] == [P["update_result"]]


def test_much_output_arrives_whole_and_in_few_messages():
    nb = run(P["lines"].format(n=20000))
    text = "".join(o.text for o in nb.cells[0].outputs)
    assert text.splitlines() == [f"line {i:07d} abcdefghijklmnopqrstuvwxyz" for i in range(20000)]
