"""lab.py KERNEL DIR: JupyterLab serves DIR/nb to a headless Chromium, which uses it as a person does; screenshots are DIR/*.png.

Waits are for states of the page or of the kernel that the page shows, never for a time to pass.
"""
import dataclasses
import glob
import json
import os
import subprocess
import sys

import nbformat
from selenium import webdriver
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

import parts


@dataclasses.dataclass
class Session:
    """What is typed, and what must be seen."""
    notebooks: dict  # of the project: name → least number of pictures
    hello: str  # shown by the first of them
    typed: str  # prints "typed 42"
    stem: str  # is completed
    completions: list  # must be among those offered
    known: str  # the cursor stands at its end when documentation is asked for
    documentation: str  # must be in it
    endless: str
    interrupted: str  # is in the error of an interrupted cell
    picture: str  # displays one
    broken: str  # raises
    raised: str  # is in its error


SESSIONS = {
    "gale": Session(
        notebooks={"00-hello.ipynb": 0, "01-survey.ipynb": 4}, hello="hello, world",
        typed='fmt.Println("typed", 6*7)', stem="strings.Has", completions=["HasPrefix", "HasSuffix"],
        known="strings.HasPrefix", documentation="func HasPrefix", endless="for {}", interrupted="KeyboardInterrupt",
        picture="image.NewRGBA(image.Rect(0, 0, 64, 64))", broken='panic("on purpose")', raised="on purpose"),
    "python3": Session(
        notebooks={}, hello="", typed='print("typed", 6*7)', stem="str.isd", completions=["isdecimal", "isdigit"],
        known="str.isdigit", documentation="digit string", endless="while True: pass", interrupted="KeyboardInterrupt",
        picture="import base64; from IPython.display import Image; Image(base64.b64decode("
        "'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='), width=64)",
        broken='raise ValueError("on purpose")', raised="on purpose"),
}


LIMIT = 120  # seconds that a state may take to come, on a busy machine


class Page:
    """JupyterLab in the browser: commands by their names in its palette, and what it shows."""

    def __init__(self, driver, out):
        self.driver, self.out = driver, out
        driver.set_script_timeout(60)

    def js(self, text, *args):
        return self.driver.execute_script(text, *args)

    def wait(self, what, condition, seconds=LIMIT):
        """Until condition() is true; a page that changes under it is looked at again."""
        def holds(_):
            try:
                return condition()
            except WebDriverException:
                return False
        try:
            WebDriverWait(self.driver, seconds, poll_frequency=0.1).until(holds)
        except TimeoutException:
            raise AssertionError(f"not within {seconds} s: {what}") from None

    def command(self, name, args=None, finish=True):
        """Runs a command of JupyterLab and, with finish, waits for its end."""
        error = self.driver.execute_async_script(
            "const [name, args, finish, done] = arguments;"
            "const end = window.jupyterapp.commands.execute(name, args);"
            "if (!finish) { end.catch(console.error); done(); } else end.then(() => done(), e => done(String(e)));",
            name, args or {}, finish)
        assert not error, f"{name}: {error}"

    def open(self, url):
        self.driver.get(url)
        self.wait("JupyterLab is there", lambda: self.js("return !!window.jupyterapp"))
        self.driver.execute_async_script("const done = arguments[0]; window.jupyterapp.restored.then(() => done())")

    # The notebook in front.

    def kernel(self):
        return self.js("return window.jupyterapp.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status")

    def kernel_is(self, status, seconds=LIMIT):
        self.wait(f"the kernel is {status}", lambda: self.kernel() == status, seconds)

    def cells(self):
        return self.js("return window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(c => c.toJSON())")

    def code(self):
        return [c for c in self.cells() if c["cell_type"] == "code"]

    def active(self):
        return self.js("return window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.toJSON()")

    def open_notebook(self, name):
        self.command("docmanager:open", {"path": name, "factory": "Notebook"})
        self.wait(f"{name} is in front", lambda: self.js(
            "const w = window.jupyterapp.shell.currentWidget; return w?.context?.path === arguments[0] && w.context.isReady && w.isVisible", name))
        self.kernel_is("idle")

    def run_all(self, name):
        self.command("notebook:run-all-cells", finish=False)

        def ran():
            bad = [(i, o) for i, c in enumerate(self.cells()) if c["cell_type"] == "code"
                   and "raises-exception" not in c["metadata"].get("tags", [])
                   for o in c["outputs"] if o["output_type"] == "error"]
            assert not bad, f"{name}: cells failed: {bad}"
            return self.kernel() == "idle" and all(c["execution_count"] for c in self.code() if "".join(c["source"]).strip())
        self.wait(f"{name} has run", ran, 600)

    def type_cell(self, text):
        """Types text into a new cell below, key by key."""
        self.command("notebook:insert-cell-below")
        self.command("notebook:enter-edit-mode")
        self.wait("an editor has the cursor", lambda: "cm-content" in self.driver.switch_to.active_element.get_attribute("class"))
        self.driver.switch_to.active_element.send_keys(text)
        self.wait(f"{text!r} stands in the cell", lambda: "".join(self.active()["source"]) == text)

    def key(self, *keys):
        """Presses keys together where the cursor is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def run(self):
        self.command("notebook:run-cell", finish=False)

    def type_and_run(self, text, *wants):
        self.type_cell(text)
        self.run()
        self.wait(f"{text!r} has run and shows {wants}", lambda: self.active()["execution_count"] and all(w in text_of(self.active()) for w in wants))
        for w in wants:
            self.wait(f"{w!r} is on the page", lambda: w in self.shown())

    def shown(self):
        return self.js("return Array.from(document.querySelectorAll('.jp-OutputArea-output')).map(e => e.innerText).join('\\n')")

    def scroll_to(self, i):
        self.driver.execute_async_script(
            "const [i, done] = arguments; const c = window.jupyterapp.shell.currentWidget.content;"
            "c.activeCellIndex = i; c.scrollToItem(i, 'start').then(() => done(), () => done())", i)

    def picture_in_sight(self, i):
        self.wait(f"the picture of cell {i} is drawn", lambda: self.js(
            "const c = window.jupyterapp.shell.currentWidget.content.widgets[arguments[0]].node;"
            "return Array.from(c.querySelectorAll('.jp-OutputArea-output img')).some("
            "e => e.complete && e.naturalWidth > 0 && e.getBoundingClientRect().top < innerHeight)", i))

    def shot(self, name):
        self.driver.save_screenshot(os.path.join(self.out, name + ".png"))


def text_of(cell):
    """The text of all outputs of a cell."""
    parts = []
    for o in cell["outputs"]:
        parts += [o.get("text", ""), o.get("evalue", ""), o.get("data", {}).get("text/plain", ""), o.get("traceback", "")]
    return "\n".join("".join(p) for p in parts)


def has_picture(cell):
    return any("image/png" in o.get("data", {}) for o in cell.get("outputs", []))


def by_hand(page, s, out, kernel):
    """A session in an empty notebook: everything that a person's hands do."""
    page.open_notebook("by-hand.ipynb")
    page.type_and_run(s.typed, "typed 42")

    page.type_cell(s.stem)
    page.wait("Tab completes", lambda: page.js("return !!document.activeElement.closest('.jp-mod-completer-enabled')"))
    page.key(Keys.TAB)
    page.wait("completions are offered", lambda: all(
        any(c in e.text for e in page.driver.find_elements(By.CSS_SELECTOR, ".jp-Completer-item")) for c in s.completions))
    page.shot("completion")
    page.key(Keys.ESCAPE)

    page.type_cell(s.known)
    page.key(Keys.SHIFT, Keys.TAB)
    page.wait("documentation is shown", lambda: s.documentation in page.driver.find_element(By.CSS_SELECTOR, ".jp-Tooltip").text)
    page.shot("documentation")
    page.key(Keys.ESCAPE)

    page.type_and_run(s.broken, s.raised)
    page.shot("error")
    page.type_cell(s.endless)
    page.run()
    page.kernel_is("busy")
    page.wait("its cell says so", lambda: "*" in page.driver.find_element(By.CSS_SELECTOR, ".jp-Cell.jp-mod-active .jp-InputPrompt").text)
    page.command("notebook:interrupt-kernel")
    page.wait("the interrupt is shown", lambda: s.interrupted in text_of(page.active()))
    page.kernel_is("idle")
    page.shot("interrupt")
    page.type_and_run(s.typed, "typed 42")

    page.type_and_run(s.picture)
    page.wait("a picture came", lambda: has_picture(page.active()))
    page.picture_in_sight(len(page.cells()) - 1)

    parts.run(page, kernel)

    page.command("notebook:restart-kernel", finish=False)
    page.wait("a restart is asked for", lambda: page.driver.find_element(By.CSS_SELECTOR, ".jp-Dialog button.jp-mod-accept").is_displayed())
    page.driver.find_element(By.CSS_SELECTOR, ".jp-Dialog button.jp-mod-accept").click()
    page.wait("the dialog is gone", lambda: not page.driver.find_elements(By.CSS_SELECTOR, ".jp-Dialog"))
    page.kernel_is("idle")
    page.type_and_run(s.typed, "typed 42")
    assert page.active()["execution_count"] == 1, "after a restart cells count from 1"
    page.command("docmanager:save")
    saved = nbformat.read(os.path.join(out, "nb", "by-hand.ipynb"), 4)
    assert any(has_picture(c) for c in saved.cells), "the saved notebook has no picture"
    page.shot("by-hand")


def project_notebook(page, name, least, s):
    page.open_notebook(name)
    page.run_all(name)
    cells = page.cells()
    if name == "00-hello.ipynb":
        assert any(s.hello in text_of(c) for c in cells if c["cell_type"] == "code"), f"{name} does not show {s.hello!r}"
    page.scroll_to(0)
    stem = name.removesuffix(".ipynb")
    page.shot(stem)
    with_pictures = [i for i, c in enumerate(cells) if has_picture(c)]
    assert len(with_pictures) >= least, f"{name}: {len(with_pictures)} cells with pictures"
    for i in with_pictures:
        page.scroll_to(i)
        page.picture_in_sight(i)
        page.shot(f"{stem}-{i:02}")
    return len(with_pictures)


def start_server(out, log):
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--expose-app-in-browser", "--ip=127.0.0.1",
         "--port=0", f"--notebook-dir={out}/nb"], stdout=log, stderr=log, start_new_session=True)
    return server


def address(server, out, wait):
    """Where the server listens: it says so in its runtime folder when it does."""
    found = []

    def listening():
        assert server.poll() is None, f"jupyter lab ended with {server.returncode}; see {out}/lab.log"
        for f in glob.glob(os.path.join(os.environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{server.pid}.json")):
            try:
                with open(f) as file:
                    found.append(json.load(file))
            except ValueError:  # being written
                return False
        return bool(found)
    wait("jupyter lab listens", listening)
    return f"{found[-1]['url']}lab?reset&token={found[-1]['token']}"


def start_browser():
    options = webdriver.ChromeOptions()
    for a in ["--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-sync",
              "--disable-background-networking", "--disable-component-update", "--disable-renderer-backgrounding",
              "--disable-backgrounding-occluded-windows", "--window-size=1300,1000", "--lang=en"]:
        options.add_argument(a)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's sandbox refuses root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return webdriver.Chrome(options=options, service=Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")))


def main(kernel, out):
    s = SESSIONS[kernel]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# By hand")])
    notebook.metadata["kernelspec"] = {"name": kernel, "display_name": kernel, "language": ""}
    nbformat.write(notebook, os.path.join(out, "nb", "by-hand.ipynb"))
    with open(os.path.join(out, "lab.log"), "w") as log:
        server = start_server(out, log)
        page = None
        try:
            page = Page(start_browser(), out)
            page.open(address(server, out, page.wait))
            by_hand(page, s, out, kernel)
            pictures = sum(project_notebook(page, name, least, s) for name, least in s.notebooks.items())
            print(f"JupyterLab, {kernel}: typed, completed, documented, interrupted, asked, table, slider, variables, 100,000 lines, restarted; {len(s.notebooks)} notebooks with {pictures} pictures")
        except BaseException:
            if page:
                page.shot("failure")
                with open(os.path.join(out, "console.log"), "w") as console:
                    console.writelines(f"{e['level']} {e['message']}\n" for e in page.driver.get_log("browser"))
            raise
        finally:
            if page:
                page.driver.quit()
            server.terminate()
            server.wait(30)


if __name__ == "__main__":
    main(*sys.argv[1:])
