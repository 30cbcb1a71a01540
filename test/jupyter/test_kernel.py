"""jupyter_kernel_test for gale.

    pytest test_kernel.py               every test against gale
    KERNEL=python3 pytest test_kernel.py    the same against ipykernel: a test that fails there is looked at twice

A test of the suite that gets no answer waits for ever, so each has an alarm here. Every sample is set: a suite that skips a test says so and fails.
"""
import os
import signal
import unittest

import jupyter_kernel_test as jkt
from jupyter_client.kernelspec import KernelSpecManager

KERNEL = os.environ.get("KERNEL", "gale")
ALARM = int(os.environ.get("KERNEL_TEST_ALARM", "60"))  # seconds a test


class Alarm:
    def setUp(self):
        signal.signal(signal.SIGALRM, self.ring)
        signal.alarm(ALARM)

    def tearDown(self):
        signal.alarm(0)

    def skipTest(self, reason):
        raise AssertionError(f"skipped: {reason}")

    @staticmethod
    def ring(*_):
        raise AssertionError(f"no answer in {ALARM} s")


class Go:
    language_name, file_extension = "go", ".go"
    code_hello_world = 'import "fmt"\nfmt.Println("hello, world")'
    code_stderr = 'import ("fmt"; "os")\nfmt.Fprintln(os.Stderr, "oops")'
    # compared as a set, exactly; they are what replaces the identifier before the cursor
    completion_samples = [
        {"text": 'import "strings"\nstrings.HasPre', "matches": ["HasPrefix"]},
        {"text": 'import "math"\nmath.Sqrt', "matches": ["Sqrt", "Sqrt2", "SqrtE", "SqrtPhi", "SqrtPi"]},
        {"text": "%%writef", "matches": ["%%writefile"]},
    ]
    complete_code_samples = [
        "x := 1", "1 + 2", 'import "fmt"\nfmt.Println("a")', "for i := range 3 {\n\t_ = i\n}", "type T struct {\n\tA int\n}", "// only a comment", "",
        "%time 1 + 2", "!ls", "%%time\nx := 1\n",
    ]
    incomplete_code_samples = [
        "for i := 0; i < 3; i++ {", "func f(a int,", "x := 1 +", "s := `raw", "type T struct {\n\tA int\n", "/* comment", "%%time\nx := 1",
    ]
    invalid_code_samples = ["1 = = 2", "x := )", "func 3() {}", 's := "unterminated\n']
    code_generate_error = 'panic("boom")'
    # text/plain of a last value is what fmt.Sprint gives
    code_execute_result = [
        {"code": "1+2+3", "result": "6"},
        {"code": "2*21", "result": "42"},
        {"code": '[]string{"a", "b"}', "result": "[a b]"},
    ]
    code_history_pattern = "2?21"  # one of the codes above: search with unique=True gives one row
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = 'import "strings"\nstrings.HasPrefix'  # the cursor is at the end
    code_page_something = "%help"
    code_display_data = [
        {"code": 'import "github.com/galeproject/gale/display"\nshow(display.HTML("<b>hi</b>"))', "mime": "text/html"},
        {"code": 'import "image"\nshow(image.NewRGBA(image.Rect(0, 0, 4, 4)))', "mime": "image/png"},
    ]
    code_clear_output = "%clear"


class Python:  # the reference
    language_name, file_extension = "python", ".py"
    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('oops', file=sys.stderr)"
    completion_samples = [{"text": "zi", "matches": ["zip"]}]
    complete_code_samples = ["x = 1", "print('a')", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples = ["for i in range(3):", "def f(x):\n  x*2"]
    invalid_code_samples = ["1 = = 2", "import = 7q"]
    code_generate_error = "raise RuntimeError('boom')"
    code_execute_result = [{"code": "1+2+3", "result": "6"}, {"code": "2*21", "result": "42"}]
    code_history_pattern = "2?21"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "zip"
    code_page_something = "zip?"
    code_display_data = [{"code": "from IPython.display import HTML, display; display(HTML('<b>hi</b>'))", "mime": "text/html"}]
    code_clear_output = "from IPython.display import clear_output; clear_output()"


def samples():
    return Python if KernelSpecManager().get_kernel_spec(KERNEL).language.lower() == "python" else Go


class KernelTest(samples(), Alarm, jkt.KernelTests):
    kernel_name = KERNEL


if hasattr(jkt, "IopubWelcomeTests"):  # since 0.6
    class WelcomeTest(Alarm, jkt.IopubWelcomeTests):
        """The first message of a fresh kernel's iopub is iopub_welcome with subscription ""."""
        kernel_name = KERNEL
        support_iopub_welcome = True


if __name__ == "__main__":
    print("jupyter_kernel_test", jkt.__version__, "kernel", KERNEL)
    unittest.main()
