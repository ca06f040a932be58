"""The table: how each primitive is written in nodes of ONNX, and a graph by it.

A row has the name of its primitive, and is entered where it stands; `rows` opens all these files.
Calls that come to a normalization are one node instead (normalizations.py).
Primitives that occur in gradients alone have none, nor has what draws random numbers: a file is
made of what a net answers, and answers do not depend on chance unless a net says so.
"""

from __future__ import annotations

import importlib

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.parts import path_text
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.primitives import PRIMITIVES
from wlnet.graph.table import Table
from wlnet.onnx.exporting.normalizations import normalizations
from wlnet.onnx.exporting.writer import Tensor, Translation, Writer

TRANSLATIONS = Table[Translation]("nodes of ONNX", "wlnet/onnx/exporting/")
FILES = "elementwise", "sums", "places", "tables", "windows", "loops", "recurrences"
GRADIENTS_ALONE = frozenset(
    {
        "attention_weights_input",
        "convolve_weights",
        "gru_input",
        "interpolate_input",
        "interpolate_spots",
        "lstm_input",
        "pool_max_input",
        "pool_sum_input",
        "put",
        "scatter_add",
        "sum_parts",
    }
)
"""Primitives that no layer has on its way forwards to an answer."""
CODE = frozenset({"compiled"})
"""Those that run a function of the user: a file holds no code."""


def translation(function: Translation) -> Translation:
    """Enter a function under its name."""
    TRANSLATIONS[function.__name__.rstrip("_")] = function
    return function


def rows() -> Table[Translation]:
    """The whole table."""
    for file in FILES:
        importlib.import_module(f"wlnet.onnx.exporting.{file}")
    return TRANSLATIONS


def check_calls(graph: Graph) -> None:
    """Raise OptionError for calls that no file can hold, all at once."""
    faults: dict[tuple[str, str], Fault] = {}
    for call in graph.calls:
        if call.primitive not in rows():
            random = PRIMITIVES[call.primitive].random
            at = path_text(call.origin) or "the net"
            what = f"the primitive {call.primitive}"
            what = "code, as of a CompiledLayer" if call.primitive in CODE else what
            what = "what is drawn at random" if random else what
            is_known = random or call.primitive in CODE
            fix = "leave this part out, or put what it is to give in its place"
            fix = fix if is_known else ""
            faults[at, what] = Fault(f"an ONNX file does not hold {what}", at=at, fix=fix)
    if faults:
        raise fail(OptionError, list(faults.values()))


def write_calls(w: Writer, graph: Graph, known: dict[Value, Tensor]) -> None:
    """Write the calls of a graph, in order. known: the tensors of its inputs and arrays, to which
    those of all other values are added."""
    table, wholes = rows(), normalizations(graph, w.real)
    inside = {each for one in wholes.values() for each in one.calls} - set(wholes)
    read = {value for call in graph.calls for value in call.inputs} | set(graph.results())
    for call in graph.calls:
        if id(call) in inside:
            continue
        w.origin = call.origin
        w.wanted = tuple(value in read for value in call.outputs)
        given: tuple[Tensor, ...] = ()
        if id(call) in wholes:
            made = wholes[id(call)].written(w, known)
        else:
            given = tuple(known[value] for value in call.inputs)
            made = table[call.primitive](w, *given, **call.attributes)
        for value, name in zip(call.outputs, _names(made, call), strict=True):
            if name is not None:
                known[value] = Tensor(name, value.shape, value.element)
                w.notice(known[value])
                w.makers[name] = call, given


def _names(made: str | tuple[str | None, ...], call: Call) -> tuple[str | None, ...]:
    return made if isinstance(made, tuple) else (made, *[None] * (len(call.outputs) - 1))
