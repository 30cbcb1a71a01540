"""Widgets against ipywidgets itself: what the kernel says of a model is given to the Python class of that model, which knows its traits.

The notebook of widgets is run by nbclient, as nbconvert and papermill do: the state that it stores in the notebook is complete. Then a user moves
controls: updates are echoed and callbacks run.
"""
import json
import os
import re

import ipywidgets
import nbclient
import nbformat
import pytest
from ipywidgets.widgets.widget import _registry as registry  # the classes by module, version and name, as front ends find theirs
from jupyter_client.manager import start_new_kernel

KERNEL = "gale"
NOTEBOOK = os.path.join(os.path.dirname(__file__), "..", "..", "notebooks", "05-widgets.ipynb")
VIEW, STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"
KINDS = """Layout IntSlider FloatSlider IntRangeSlider FloatRangeSlider IntProgress FloatProgress IntText FloatText Text Textarea Label HTML Button
Checkbox Dropdown Select RadioButtons HBox VBox Tab Accordion Output Image""".split()


@pytest.fixture(scope="module")
def ran():
    nb = nbformat.read(NOTEBOOK, 4)
    nbclient.NotebookClient(nb, kernel_name=KERNEL, timeout=120, raise_on_iopub_timeout=True).execute()
    nbformat.validate(nb)
    return nb


def class_of(state):
    return registry.get(state["_model_module"], state["_model_module_version"], state["_model_name"], state["_view_module"], state["_view_module_version"],
                        state["_view_name"])


def reference(v):
    return isinstance(v, str) and v.startswith("IPY_MODEL_")


def test_the_state_in_the_notebook_is_that_of_ipywidgets(ran):
    states = ran.metadata.widgets[STATE]["state"]
    seen = set()
    for id, m in states.items():
        state = m["state"]
        assert (m["model_name"], m["model_module"], m["model_module_version"]) == tuple(
            state["_model_" + k] for k in ("name", "module", "module_version"))
        cls = class_of(state)
        assert cls.__name__ in KINDS or cls.__name__.endswith("Style"), cls
        seen.add(cls.__name__)
        keys = set(cls.class_traits(sync=True))
        binary = {b["path"][0] for b in m.get("buffers", [])}
        given = set(state) | binary
        assert given <= keys, f"{cls.__name__}: unknown {given - keys}"
        if cls.__name__ != "Layout" and not cls.__name__.endswith("Style"):
            assert keys <= given, f"{cls.__name__}: missing {keys - given}"
        for name, v in state.items():
            if name.startswith(("_model", "_view_m", "_view_n")):
                assert v == cls.class_traits()[name].default_value, (cls, name, v)
        # the class takes the values as they are, all at once, and gives them back
        plain = {k: tuple(v) if isinstance(v, list) else v for k, v in state.items()
                 if not k.startswith("_") and k not in ("layout", "style", "children", "outputs", "msg_id", "index", "selected_index") and v is not None}
        if "_options_labels" in state:
            plain["options"] = state["_options_labels"]
            plain["index"] = state["index"]
        if "children" in state:
            plain["children"] = tuple(ipywidgets.Label() for _ in state["children"])
        widget = cls(**plain)
        for k, v in plain.items():
            if k != "options":
                assert getattr(widget, k) == v, (cls, k)
        for v in [state.get("layout"), state.get("style"), *state.get("children", [])]:
            assert v is None or reference(v) and v[len("IPY_MODEL_"):] in states, (cls, v)
        for name in ("layout", "style"):
            if name in state:
                child = class_of(states[state[name][len("IPY_MODEL_"):]]["state"])
                assert child is type(getattr(widget, name)), (cls, child)
    assert seen >= set(KINDS), set(KINDS) - seen


def test_views_are_shown_and_refer_to_the_state(ran):
    states = ran.metadata.widgets[STATE]["state"]
    views = [o.data[VIEW] for c in ran.cells if c.cell_type == "code" for o in c.outputs if VIEW in o.get("data", {})]
    assert len(views) == 6
    for v in views:
        assert (v["version_major"], v["version_minor"]) == (2, 0) and v["model_id"] in states
    image = next(m for m in states.values() if m["model_name"] == "ImageModel")
    assert image["buffers"][0]["path"] == ["value"] and image["buffers"][0]["data"].startswith("iVBORw0KGgo")
    outputs = [m["state"]["outputs"] for m in states.values() if m["model_name"] == "OutputModel"]
    assert any(o and o[0].get("text") == "not clicked yet\n" for o in outputs), outputs
    assert any(o and "image/svg+xml" in o[0].get("data", {}) or o and "image/png" in o[0].get("data", {}) for o in outputs), outputs
    assert [m["state"]["value"] for m in states.values() if m["model_name"] == "IntProgressModel"] == [20000]


@pytest.fixture
def client():
    manager, client = start_new_kernel(kernel_name=KERNEL)
    yield client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def until_idle(client, id):
    """What a request published."""
    out = []
    while True:
        m = client.get_iopub_msg(timeout=60)
        if m["parent_header"].get("msg_id") == id:
            out.append(m)
            if m["msg_type"] == "status" and m["content"]["execution_state"] == "idle":
                return out


def send(client, comm, data):
    msg = client.session.msg("comm_msg", {"comm_id": comm, "data": data})
    client.shell_channel.send(msg)
    return [m for m in until_idle(client, msg["header"]["msg_id"]) if m["msg_type"] not in ("status",)]


def test_a_user_moves_controls(client):
    cell = '''s := widget.IntSlider(ctx, "s", 0, 10, 5)
out := widget.Output(ctx)
s.OnChange(func(v int) { fmt.Println("loose", v); out.Capture(func() { fmt.Println("caught", v) }) })
b := widget.Button(ctx, "b", func() { panic("pressed") })
fmt.Println(s.ID(), b.ID(), out.ID())'''
    id = client.execute(cell)
    out = until_idle(client, id)
    s, b, area = re.findall(r"\S+", "".join(m["content"]["text"] for m in out if m["msg_type"] == "stream"))
    got = send(client, s, {"method": "update", "state": {"value": 7}, "buffer_paths": []})
    assert [(m["msg_type"], m["content"].get("text") or (m["content"]["comm_id"], m["content"]["data"]["method"], m["content"]["data"]["state"])) for m in got] == [
        ("comm_msg", (s, "echo_update", {"value": 7})),
        ("stream", "loose 7\n"),
        ("comm_msg", (area, "update", {"msg_id": got[0]["parent_header"]["msg_id"]})),
        ("stream", "caught 7\n"),
        ("comm_msg", (area, "update", {"msg_id": ""})),
    ]
    got = send(client, b, {"method": "custom", "content": {"event": "click"}})
    assert [(m["msg_type"], m["content"].get("evalue")) for m in got] == [("error", "pressed")]
    id = client.execute("s.Value()")
    assert [m["content"]["data"]["text/plain"] for m in until_idle(client, id) if m["msg_type"] == "execute_result"] == ["7"]


def test_a_page_that_is_loaded_again_gets_all_by_one_message(client):
    until_idle(client, client.execute('p := widget.Image(ctx, image.NewGray(image.Rect(0, 0, 2, 2)))'))
    msg = client.session.msg("comm_open", {"comm_id": "c1", "target_name": "jupyter.widget.control", "data": {}}, metadata={"version": "1.0.0"})
    client.shell_channel.send(msg)
    assert [m["msg_type"] for m in until_idle(client, msg["header"]["msg_id"])] == ["status", "status"]
    (answer,) = send(client, "c1", {"method": "request_states"})
    data = answer["content"]["data"]
    assert data["method"] == "update_states" and len(data["states"]) == 2
    (path,) = data["buffer_paths"]
    assert data["states"][path[0]]["model_name"] == "ImageModel" and path[1:] == ["state", "value"] and bytes(answer["buffers"][0]).startswith(b"\x89PNG")
    json.dumps(data)
