"""Values of parameters and parts of rules as JSON, and back: a closed set, nothing else comes in.

Beside what every record may hold (core/records.py): {"Symbol": "ALL"}, {"Span": [1, -1]},
{"Alternatives": [...]}, {"NetPort": [...]}, {"NetSharedArray": "w"}, {"List": [...]},
{"Expression": [...]}, {"ArrayFormula": [...]}.

>>> written((1, Span(2)), "a part")
[1, {'Span': [2, {'Symbol': 'AUTOMATIC'}]}]
>>> read({"NetSharedArray": "w"}, "a part")
NetSharedArray('w')
"""

from __future__ import annotations

from collections.abc import Callable

from wlnet.core.parts import Alternatives, Key, NetPort, NetSharedArray, Span
from wlnet.core.records import Codec, Form, form, refused, shown, symbols
from wlnet.core.symbols import ALL, ANY, AUTOMATIC, Symbol
from wlnet.graph.array_formula import ArrayFormula
from wlnet.graph.expression import Expression

LARGEST = 2**63 - 1
LONGEST = 200
"""Letters of a name: what looks for a misspelt one takes its time with long ones."""


def _of_several(made: Callable[..., object]) -> Callable[[object], object]:
    """What is made of the entries of a list."""

    def of(value: object) -> object:
        if not isinstance(value, tuple):
            raise refused("a list was expected", given=shown(value))
        return made(*value)

    return of


def _list(*values: object) -> list[object]:
    return list(values)


def _span(start: Key | Symbol, end: Key | Symbol) -> Span:
    return Span(start, end)


VALUES = Codec(
    (
        symbols(ALL, ANY, AUTOMATIC),
        form("List", list, tuple, _of_several(_list)),
        form("Span", Span, lambda span: (span.start, span.end), _of_several(_span)),
        form("Alternatives", Alternatives, lambda each: each.steps, _of_several(Alternatives)),
        form("NetPort", NetPort, lambda port: port.path, _of_several(NetPort)),
        form("NetSharedArray", NetSharedArray, lambda array: array.name, NetSharedArray),
        # A formula counts as one value: it has a limit of its own.
        Form(
            frozenset({"Expression"}),
            Expression,
            lambda formula, _: {"Expression": formula.to_record()},
            lambda table, _: Expression.from_record(table["Expression"]),
        ),
        Form(
            frozenset({"ArrayFormula"}),
            ArrayFormula,
            lambda formula, _: {"ArrayFormula": formula.to_record()},
            lambda table, _: ArrayFormula.from_record(table["ArrayFormula"]),
        ),
    ),
    deepest=40,
    expected="numbers, strings, truth values, parts, formulas, and tuples of these",
    without_code="save it with a PlaceholderLayer in this place, and put the layer back when it is "
    "loaded: net_replace_part(net, {path: layer})",
    largest=LARGEST,
    longest=LONGEST,
)
written, read = VALUES.written, VALUES.read
