"""Calls held against the words of a plan: operands by role, and where a graph breaks a row."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.core.errors import Fault, WlnetError, fail
from wlnet.core.parts import path_text
from wlnet.graph.bodies import elements_of
from wlnet.graph.elements import MOVES
from wlnet.graph.graph import Call, Graph, Value
from wlnet.plan.words import SPECS
from wlnet.plan.words.specs import fits

INDICES = frozenset({"index", "where", "places"})
"""Operands and results that are indices."""
DOUBLES = frozenset({"sums", "before", "total", "running", "scale"})
"""Those that are Doubles; all others are Reals."""
OF_ANY_ENTRIES = MOVES | {"fetch", "keep", "copy", "scan"}
"""Words that take numbers as they are."""


def roles(call: Call) -> dict[str, Value]:
    """The operands and the results of a call by name; those that it has not are not among them."""
    row = SPECS[call.primitive]
    found = dict(zip(row.operands_of(call), call.inputs, strict=not row.has_more))
    results = row.results_of(call)
    return found | {name: call.outputs[i] for i, (_, name) in enumerate(results)}


def check(stage: str, graph: Graph) -> None:
    """Raise WlnetError for the first call, after a stage, that breaks its row: which stage, which
    call, what is wrong. Values are made before they are read, and once."""
    known = {*graph.inputs.values(), *graph.arrays.values()}
    for number, call in enumerate(graph.calls, 1):
        if call.primitive == "scan":
            check(f"{stage}, in the body of a scan", call.attributes["body"])
        for wrong in _faults(call, known):
            where = f"call {number} of {len(graph.calls)}: {call.primitive}"
            layer = f", of {path_text(call.origin)}" if call.origin else ""
            raise fail(WlnetError, Fault(f"after {stage}: {wrong}", at=where + layer))
        known.update(call.outputs)
    if not known.issuperset(graph.results()):
        raise fail(WlnetError, Fault(f"after {stage}: a result of the graph is not made"))


def _faults(call: Call, known: set[Value]) -> Iterator[str]:
    row, given = SPECS[call.primitive], set(call.attributes)
    if missing := sorted(row.needed - given):
        yield f"it lacks {', '.join(missing)}"
    if strange := sorted(given - row.known):
        yield f"it has no {', '.join(strange)}"
    names = row.operands_of(call)
    count = len(call.inputs)
    if count < len(names) or (count > len(names) and not row.has_more):
        yield f"its operands are {', '.join(names)}, and it has {count}"
    results = row.results_of(call)
    if len(results) != len(call.outputs):
        yield f"its results are {', '.join(name for _, name in results)}"
    if not known.issuperset(call.inputs):
        yield "an operand is not made before it"
    if call.primitive not in OF_ANY_ENTRIES:
        for name, value in roles(call).items():
            fits_name = {"Real": name not in INDICES | DOUBLES, "Double": name in DOUBLES}
            if not fits_name.get(value.element, name in INDICES):
                yield f"{name} is of {value.element}s"
    if call.primitive == "scan":
        # What is kept of each step for the way back too: indices have another size than numbers.
        made = elements_of(call.attributes["body"])
        for i, (value, element) in enumerate(zip(call.outputs, made, strict=False), 1):
            if value.element != element:
                yield f"y{i} is of {value.element}s, and its body gives {element}s"
    if not known.isdisjoint(call.outputs):
        yield "a result is made already"
    yield from _misshapen(call, names)


def _misshapen(call: Call, names: list[str]) -> Iterator[str]:
    row = SPECS[call.primitive]
    shapes = [value.shape for value in call.inputs]
    flags = {*row.asked, *(name[:-1] for name in row.results if name.endswith("?"))}
    at = {name: value for name, value in call.attributes.items() if name not in flags}
    operands = dict(zip(names, shapes, strict=False))
    asked = [operands.get(name) for name in row.asked]
    fixed = len(row.given)
    try:
        found = row.rule(*shapes[:fixed], *(asked or shapes[fixed:]), **at)
    except (AssertionError, ValueError, IndexError) as error:
        yield f"its operands do not fit: {error or shapes}"
        return
    for value, (number, name) in zip(call.outputs, row.results_of(call), strict=True):
        # A row with one shape for several results has it for all of them.
        if not fits(value.shape, found[number]):
            yield f"{name} is {value.shape}, and should be {found[number]}"
