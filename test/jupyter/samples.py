"""Cells by language, for bench.py and test_notebook.py.

of(kernel) picks by the kernelspec's language. Samples with {n} or {s} go through str.format. None: there is no such sample, and what needs it is left out.
"""
from jupyter_client.kernelspec import KernelSpecManager

PYTHON = dict(
    empty="", noop="pass", expr="1+1", expr_result="2",
    setvar="x = 41", usevar="x + 1", usevar_result="42",
    hello="print('hello, world')", stderr="import sys; print('oops', file=sys.stderr)",
    lines="for i in range({n}): print(f'line {{i:07d}} abcdefghijklmnopqrstuvwxyz')",
    bigout="print('x' * {n})",
    sleep="import time; time.sleep({s})",
    loop="while True: pass",
    sleeploop="import time\nwhile True: time.sleep(0.01)",
    longsleep="import time; time.sleep(60)",
    wait="import threading; threading.Event().wait()",
    slowcompile=None,
    panic="raise RuntimeError('boom')",
    bg_panic="import threading; threading.Thread(target=lambda: 1/0).start(); import time; time.sleep(0.3)",
    complete=("import os; os.getc", "getcwd"), inspect=("print", 5),
    html="from IPython.display import HTML, display; display(HTML('<b>hi</b>'))",
    update="from IPython.display import display\nh = display('one', display_id=True)\nh.update('two')", update_result="'two'",
    picture="from IPython.display import Image, display; import zlib,struct\n"
            "def png():\n  c=lambda t,d: struct.pack('>I',len(d))+t+d+struct.pack('>I',zlib.crc32(t+d))\n"
            "  return b'\\x89PNG\\r\\n\\x1a\\n'+c(b'IHDR',struct.pack('>IIBBBBB',1,1,8,0,0,0,0))+c(b'IDAT',zlib.compress(b'\\0\\0'))+c(b'IEND',b'')\n"
            "display(Image(png()))",
)


def slow_go(functions=400):
    """A cell that takes the compiler a while: many generic functions, all used."""
    fs = "\n".join(f"func slow{i}[T ~int | ~float64](a, b T) T {{ for i := 0; i < {i % 7 + 2}; i++ {{ a = a*b + T({i}) }}; return a }}" for i in range(functions))
    return fs + "\nslowsum := 0\n" + "\n".join(f"slowsum += slow{i}(slowsum, {i})" for i in range(functions)) + "\nfor { slowsum++ }"


GO = dict(
    empty="", noop="_ = 1", expr="1+1", expr_result="2",
    setvar="x := 41", usevar="x + 1", usevar_result="42",
    hello='import "fmt"\nfmt.Println("hello, world")',
    stderr='import ("fmt"; "os")\nfmt.Fprintln(os.Stderr, "oops")',
    lines='import "fmt"\nfor i := 0; i < {n}; i++ {{ fmt.Printf("line %07d abcdefghijklmnopqrstuvwxyz\\n", i) }}',
    bigout='import ("fmt"; "strings")\nfmt.Println(strings.Repeat("x", {n}))',
    sleep='import "time"\ntime.Sleep(time.Duration({s} * 1e9))',
    loop="for {{ }}",
    sleeploop='import "time"\nfor {{ time.Sleep(10 * time.Millisecond) }}',
    longsleep='import "time"\ntime.Sleep(time.Minute)',
    wait="<-make(chan int)",
    slowcompile=slow_go(),
    panic='panic("boom")',
    bg_panic='import "time"\ngo func() { panic("bg boom") }()\ntime.Sleep(300 * time.Millisecond)',
    complete=('import "strings"\nstrings.HasPre', "HasPrefix"), inspect=('import "strings"\nstrings.HasPrefix', 32),
    html='import "github.com/galeproject/gale/display"\nshow(display.HTML("<b>hi</b>"))',
    update=None, update_result=None,
    picture='import "image"\nimage.NewRGBA(image.Rect(0, 0, 4, 4))',
)


def language(kernel):
    return KernelSpecManager().get_kernel_spec(kernel).language.lower()


def of(kernel):
    return {"python": PYTHON, "go": GO}[language(kernel)]
