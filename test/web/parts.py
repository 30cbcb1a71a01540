"""parts.py: what a front end and a kernel do together beside running cells: questions, tables, widgets, the variables panel, much output."""
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

GALE = {
    "ask": ('var name string; fmt.Scan(&name); fmt.Println("hello,", name)', "hello, Ada"),
    "table": '[]struct{ Name string; Depth int }{{"north", 120}, {"south", 80}}',
    "slider": 's := widget.IntSlider(ctx, "n", 0, 10, 5); l := widget.Label(ctx, "still"); '
              's.OnChange(func(v int) { l.Set(fmt.Sprint("squared ", v*v)) }); widget.VBox(ctx, s, l)',
    "interact": 'must(widget.Interact(ctx, func(n int) image.Image { return image.NewGray(image.Rect(0, 0, 20*n, 20)) }, 4))',
    "variables": ("depths := []float64{120, 80, 60}; station := \"north\"", ["depths", "[]float64", "station", "string"]),
    "lines": 'for i := range 100000 { fmt.Println("line", i) }',
}
PYTHON = {
    "ask": ('print("hello,", input())', "hello, Ada"),
    "table": None,
    "slider": "import ipywidgets as w; s = w.IntSlider(5, 0, 10); l = w.Label('still'); "
              "s.observe(lambda c: setattr(l, 'value', 'squared %d' % c['new']**2), 'value'); w.VBox([s, l])",
    "interact": None,
    "variables": ("depths = [120, 80, 60]; station = 'north'", ["depths", "list", "station"]),
    "lines": "for i in range(100000): print('line', i)",
}


def output(page, selector):
    """What a selector finds in the output of the cell in front."""
    return page.driver.find_elements(By.CSS_SELECTOR, ".jp-Cell.jp-mod-active .jp-Cell-outputWrapper " + selector)


def ask(page, code, answer):
    page.type_cell(code)
    page.run()
    page.wait("the cell asks", lambda: output(page, "input.jp-Stdin-input"))
    page.shot("question")
    output(page, "input.jp-Stdin-input")[0].send_keys("Ada" + Keys.ENTER)
    page.wait("the answer is used", lambda: answer in page.shown())
    page.kernel_is("idle")


def table(page, code):
    page.type_and_run(code)
    page.wait("a table is drawn", lambda: output(page, "table td"))
    cells = [e.text for e in output(page, "table td")]
    assert "south" in cells and "80" in cells, cells
    page.shot("table")


def slider(page, code):
    page.type_and_run(code)
    page.wait("a slider is drawn", lambda: output(page, ".noUi-handle"))
    page.wait("a label is drawn", lambda: "still" in page.shown())
    handle = output(page, ".noUi-handle")[0]
    handle.send_keys(Keys.ARROW_RIGHT)
    page.wait("the callback ran", lambda: "squared 36" in page.shown())
    handle.send_keys(Keys.ARROW_RIGHT)
    page.wait("the callback ran again", lambda: "squared 49" in page.shown())
    page.shot("slider")


def interact(page, code):
    page.type_and_run(code)

    def width():
        return [page.js("return arguments[0].naturalWidth", e) for e in output(page, ".jp-OutputArea-output img")]
    page.wait("the function's picture is drawn", lambda: width() == [80])
    output(page, ".noUi-handle")[0].send_keys(Keys.ARROW_RIGHT)
    page.wait("it is drawn again", lambda: width() == [100])
    page.shot("interact")


def variables(page, code, texts):
    page.type_and_run(code)
    button = page.driver.find_element(By.CSS_SELECTOR, ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-DebuggerBugButton")
    page.wait("the variables can be looked at", lambda: button.is_enabled() and not button.get_attribute("aria-disabled") == "true")
    button.click()
    page.command("debugger:show-panel")
    page.wait("the panel is there", lambda: page.driver.find_element(By.CSS_SELECTOR, ".jp-DebuggerVariables").is_displayed())

    def panel():
        return page.driver.find_element(By.CSS_SELECTOR, ".jp-DebuggerVariables").text
    page.wait("the panel lists them", lambda: all(t in panel() for t in texts))
    page.shot("variables")
    button.click()
    page.command("application:toggle-right-area")


def lines(page, code):
    page.type_cell(code)
    page.run()
    count = ("const o = window.jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.toJSON().outputs;"
             "const t = o.map(x => [x.text].flat().join('')).join('').split('\\n');"
             "return t.pop() === '' && t.every((l, i) => l === 'line ' + i) ? t.length : -t.length")
    page.wait("100,000 lines have come, whole and in order", lambda: page.js(count) == 100000)
    page.kernel_is("idle")
    page.shot("lines")
    page.command("notebook:clear-cell-output")


def run(page, kernel):
    """All parts, in the notebook in front."""
    p = GALE if kernel == "gale" else PYTHON
    ask(page, *p["ask"])
    if p["table"]:
        table(page, p["table"])
    slider(page, p["slider"])
    if p["interact"]:
        interact(page, p["interact"])
    variables(page, *p["variables"])
    lines(page, p["lines"])
