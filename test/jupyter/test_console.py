"""A session of jupyter console, typed: input over lines, completion, a question, an error, an interrupt, history, the end."""
import os
import re
import sys

import pexpect
import pytest

KERNEL = os.environ.get("KERNEL", "gale")
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
PATIENCE = 60


@pytest.fixture
def console(tmp_path):
    env = dict(os.environ, TERM="dumb", JUPYTER_CONFIG_DIR=str(tmp_path), PROMPT_TOOLKIT_NO_CPR="1")
    c = pexpect.spawn(sys.executable, ["-m", "jupyter_console", "--kernel", KERNEL, "--simple-prompt", "--ZMQTerminalInteractiveShell.highlighting_style=bw"],
                      env=env, encoding="utf-8", timeout=PATIENCE, dimensions=(50, 200))
    c.expect(r"In \[1\]: ")
    yield c
    if c.isalive():
        c.close(force=True)


def plain(c):
    """What came before the last match, without colours."""
    return ANSI.sub("", c.before).replace("\r", "")


def cell(c, n, text, shows=None):
    """Types a cell and waits for the prompt after it."""
    c.sendline(text)
    c.expect(rf"In \[{n + 1}\]: ")
    said = plain(c)
    if shows is not None:
        assert shows in said, said
    return said


def test_session(console):
    cell(console, 1, "x := 41")
    cell(console, 2, "x + 1", "42")
    cell(console, 3, 'fmt.Println("hello, world")', "hello, world")
    said = cell(console, 4, 'panic("boom")')
    assert "boom" in said and said.count("boom\n") <= 2, said
    cell(console, 5, "1 = = 2", "cell[5]:1")
    cell(console, 6, "%who", "x")
    cell(console, 7, "strings.HasPrefix?", "HasPrefix")
    console.sendline('fmt.Println("it " + "runs"); for { }')
    console.expect("it runs")
    console.sendintr()  # Ctrl-C reaches the console, which asks the kernel
    console.expect(r"In \[9\]: ")
    assert "KeyboardInterrupt" in plain(console)
    cell(console, 9, "x", "41")
    console.sendline("%exit")
    console.expect(pexpect.EOF)
