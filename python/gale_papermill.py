"""papermill for notebooks of Go: with this package installed, `papermill -p freqMax 8 in.ipynb out.ipynb` runs a notebook of gale with its parameters set.

Parameters are assigned, not defined: the notebook's cell with the tag "parameters" gives their types, so that 8 is a number for a float64 too, and a
name that is misspelt is an error.
"""
import math
import re

from papermill.engines import NBClientEngine
from papermill.models import Parameter
from papermill.translators import Translator, papermill_translators

NAME = re.compile(r"[^\W\d]\w*")
DEFINITION = re.compile(r"^\s*(?:var\s+)?(?P<name>[^\W\d]\w*)\s*(?P<type>[\w\[\].*]+)?\s*(?::=|=)\s*(?P<value>.*?)\s*(?://\s*(?P<help>.*))?$")


class GoTranslator(Translator):
    """Values as Go writes them."""

    @classmethod
    def translate_escaped_str(cls, val):
        out = []
        for c in str(val):
            if c in '"\\':
                out.append("\\" + c)
            elif c.isprintable():
                out.append(c)
            elif 0xD800 <= ord(c) < 0xE000:
                out.append("\\ufffd")
            else:
                out.append(f"\\U{ord(c):08x}")
        return '"' + "".join(out) + '"'

    @classmethod
    def translate_none(cls, val):
        return "nil"

    @classmethod
    def translate_float(cls, val):
        if math.isnan(val):
            return "math.NaN()"
        if math.isinf(val):
            return f"math.Inf({1 if val > 0 else -1})"
        return repr(val)

    @classmethod
    def translate_list(cls, val):
        return "[]" + element(val) + "{" + ", ".join(map(cls.translate, val)) + "}"

    @classmethod
    def translate_dict(cls, val):
        items = (f"{cls.translate_escaped_str(k)}: {cls.translate(v)}" for k, v in val.items())
        return "map[string]" + element(val.values()) + "{" + ", ".join(items) + "}"

    @classmethod
    def comment(cls, cmt_str):
        return "\n".join("// " + line for line in str(cmt_str).splitlines())

    @classmethod
    def assign(cls, name, str_val):
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name in Go")
        return f"{name} = {str_val}"

    @classmethod
    def inspect(cls, parameters_cell):
        found = []
        for line in parameters_cell["source"].splitlines():
            m = DEFINITION.match(line)
            if m and not line.lstrip().startswith("//"):
                found.append(Parameter(name=m["name"], inferred_type_name=m["type"] or "None", default=m["value"], help=m["help"] or ""))
        return found


def element(values):
    """The type of elements that all have one, else any."""
    kinds = {type(v) for v in values}
    if kinds == {int, float}:
        return "float64"
    go = {int: "int", float: "float64", str: "string", bool: "bool"}
    return go.get(kinds.pop(), "any") if len(kinds) == 1 else "any"


class Engine(NBClientEngine):
    """papermill's own, under the name by which it finds this module."""


for name in ("go", "gale"):
    papermill_translators.register(name, GoTranslator)
