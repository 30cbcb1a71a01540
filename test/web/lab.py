"""lab.py DIR: opens DIR/nb/*.ipynb in JupyterLab, runs them, types a cell, interrupts one, and keeps screenshots in DIR.

Waits are for states of the page, never for a time to pass.
"""
import os
import secrets
import socket
import subprocess
import sys

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

out = sys.argv[1]
token = secrets.token_hex(8)
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
log = open(os.path.join(out, "lab.log"), "w")
lab = subprocess.Popen(
    [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
     "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--notebook-dir={out}/nb"],
    stdout=log, stderr=log, start_new_session=True)

options = webdriver.ChromeOptions()
for a in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1300,1000"]:
    options.add_argument(a)
options.binary_location = os.environ.get("CHROMIUM", "/usr/bin/chromium")
driver = webdriver.Chrome(options=options, service=Service(os.environ.get("CHROMEDRIVER", "/usr/bin/chromedriver")))


def wait(what, condition, seconds=120):
    WebDriverWait(driver, seconds, poll_frequency=0.1).until(lambda d: condition(), what)


def js(text, *args):
    return driver.execute_script(text, *args)


def command(name, args=None):
    driver.execute_async_script("const done = arguments[2]; window.jupyterapp.commands.execute(arguments[0], arguments[1]).then(() => done(), e => done(String(e)))", name, args or {})


KERNEL = "return window.jupyterapp.shell.currentWidget?.context?.sessionContext?.session?.kernel?.status"
CELLS = "return window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(c => c.toJSON())"


def open_page():
    try:
        driver.get(f"http://127.0.0.1:{port}/lab?reset&token={token}")
        return js("return !!(window.jupyterapp && document.body.dataset.restored)")
    except Exception:
        return False


def open_notebook(name):
    command("docmanager:open", {"path": name, "factory": "Notebook"})
    wait(f"{name} open and its kernel idle", lambda: js(KERNEL) == "idle")


def run_all(name):
    command("notebook:run-all-cells")
    wait(f"{name} run", lambda: js(KERNEL) == "idle" and all(
        c["cell_type"] != "code" or c["execution_count"] for c in js(CELLS)), 600)
    bad = [o for c in js(CELLS) if c["cell_type"] == "code" and "raises-exception" not in c["metadata"].get("tags", [])
           for o in c["outputs"] if o["output_type"] == "error"]
    assert not bad, bad


def shot(name):
    driver.save_screenshot(os.path.join(out, name + ".png"))


def text_of_outputs():
    return js("return Array.from(document.querySelectorAll('.jp-OutputArea-output')).map(e => e.innerText).join('\\n')")


try:
    wait("JupyterLab restored", open_page)
    open_notebook("00-hello.ipynb")
    run_all("00-hello.ipynb")
    wait("hello shown", lambda: "hello, world" in text_of_outputs())
    shot("hello")

    # A cell typed by hand, completed, then one interrupted.
    command("notebook:insert-cell-below")
    command("notebook:enter-edit-mode")
    driver.switch_to.active_element.send_keys('fmt.Println("typed", 6*7)')
    command("notebook:run-cell-and-insert-below")
    wait("typed cell ran", lambda: "typed 42" in text_of_outputs())
    command("notebook:enter-edit-mode")
    driver.switch_to.active_element.send_keys("for {}")
    driver.switch_to.active_element.send_keys(Keys.ESCAPE)
    command("notebook:run-cell")
    wait("cell busy", lambda: js(KERNEL) == "busy")
    command("notebook:interrupt-kernel")
    wait("interrupt shown", lambda: "KeyboardInterrupt" in text_of_outputs())
    wait("kernel idle after interrupt", lambda: js(KERNEL) == "idle")
    shot("interrupt")

    open_notebook("01-survey.ipynb")
    run_all("01-survey.ipynb")
    pictures = sum("image/png" in o.get("data", {}) for c in js(CELLS) if c["cell_type"] == "code" for o in c["outputs"])
    assert pictures >= 4, f"{pictures} pictures"
    for i, c in enumerate(js(CELLS)):
        if c["cell_type"] == "code" and any("image/png" in o.get("data", {}) for o in c["outputs"]):
            js("window.jupyterapp.shell.currentWidget.content.scrollToItem(arguments[0], 'start')", i)
            wait("picture in sight", lambda: js("return Array.from(document.querySelectorAll('.jp-OutputArea-output img')).some(e => e.complete && e.naturalWidth > 0)"))
            shot(f"survey-{i}")
    print("JupyterLab ran 00-hello and 01-survey:", pictures, "pictures")
except BaseException:
    shot("failure")
    raise
finally:
    driver.quit()
    lab.terminate()
    lab.wait(20)
