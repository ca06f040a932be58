"""Encoders and decoders: `NetEncoder[{"Class", labels}]`, or as a saved net has it,
`NetEncoder["Class", <|...|>, type]`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.coders.coder import parameter_fields
from wlnet.core.errors import WlnetError
from wlnet.core.names import field_name, wolfram_name
from wlnet.core.symbols import ALL, ANY, AUTOMATIC, END_OF_STRING, START_OF_STRING
from wlnet.wolfram.expressions import (
    BLANK,
    Call,
    Expression,
    Symbol,
    call,
    is_call,
    listed,
    rule,
    rules_of,
)
from wlnet.wolfram.subwords import SUBWORDS, subword_pairs, subwords_told
from wlnet.wolfram.values import Unreadable, plain, read_plain

DOORS = {"NetEncoder": NetEncoder, "NetDecoder": NetDecoder}
FIRST: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("NetEncoder", "Boolean"): (),
    ("NetEncoder", "Characters"): ("Alphabet", "OutputForm"),
    ("NetEncoder", "Class"): ("Labels", "OutputForm"),
    ("NetEncoder", "Image"): ("ImageSize",),
    ("NetEncoder", "Scalar"): (),
    ("NetEncoder", "SubwordTokens"): ("Vocabulary",),
    ("NetEncoder", "Tokens"): ("Vocabulary", "OutputForm"),
    ("NetEncoder", "UTF8"): ("OutputForm",),
    ("NetEncoder", "UnitVector"): ("Size",),
    ("NetDecoder", "Boolean"): (),
    ("NetDecoder", "Characters"): ("Alphabet",),
    ("NetDecoder", "Class"): ("Labels",),
    ("NetDecoder", "Image"): ("ColorSpace",),
    ("NetDecoder", "Scalar"): (),
    ("NetDecoder", "SubwordTokens"): ("Vocabulary",),
    ("NetDecoder", "Tokens"): ("Vocabulary",),
}
"""Kinds that both have: their parameters that are no options, in order."""
SAVED = {"TokenList": "Vocabulary", "Tokens": "Vocabulary", "Encoding": "Alphabet"}
"""What saved coders call some of them."""
FOLLOW = frozenset({"Dimensions", "ColorChannels", "Interpolation", "Type"})
"""Parameters of saved coders that follow from others, or say how fast they are."""
_SYMBOLS = {"StartOfString": START_OF_STRING, "EndOfString": END_OF_STRING}


def coder_told(coder: Any) -> Expression:
    """A coder as its constructor. Raises Unreadable for a kind that is not there."""
    first = FIRST.get((coder.door, coder.kind))
    if first is None:
        raise Unreadable(f"a coder that the Wolfram Language has too, not {coder.kind!r}")
    if coder.kind in SUBWORDS:
        return subwords_told(coder, _told)
    usual = _usual(coder)
    parts: list[Expression] = [_told(coder.parameters[name]) for name in first]
    while (
        parts and usual.get(first[len(parts) - 1], parts) == coder.parameters[first[len(parts) - 1]]
    ):
        parts.pop()
    for name, value in coder.parameters.items():
        if name not in first and not _same(value, usual.get(name)):
            parts.append(rule(name, _told(value)))
    spec: Expression = listed(coder.kind, *parts) if parts else coder.kind
    return call(coder.door, spec)


def _usual(coder: Any) -> dict[str, Any]:
    """The parameters that a coder has if nobody says."""
    first = FIRST[coder.door, coder.kind]
    needed = [coder.parameters[name] for name in first[:1]]
    try:
        made = DOORS[coder.door](coder.kind, *needed)
    except WlnetError:
        return {}
    return {name: value for name, value in made.parameters.items() if name not in first[:1]}


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.array_equal(a, b)
    return type(a) is type(b) and bool(a == b)


def _told(value: Any) -> Expression:
    if isinstance(value, tuple):
        return listed(*map(_told, value))
    if value is ANY:
        return BLANK
    for name, symbol in _SYMBOLS.items():
        if value is symbol:
            return Symbol(name)
    return value if isinstance(value, np.ndarray) else plain(value)


def coder_read(value: Call) -> Any:
    """The coder of a constructor, or of a saved net. Raises Unreadable, WlnetError."""
    door = value.name
    if not value.args:
        raise Unreadable("a coder with a kind")
    kind, *rest = value.args
    if is_call(kind, *DOORS):
        return DOORS[door](coder_read(kind))
    saved = len(rest) >= 1 and isinstance(kind, str) and isinstance(rest[0], dict)
    if saved:
        pairs, parts = list(rest[0].items()), []
    else:
        several = list(kind.args) if is_call(kind, "List") else [kind]
        kind, *parts = several or [None]
        options = [each for each in parts if is_call(each, "Rule")]
        parts = [each for each in parts if not is_call(each, "Rule")]
        pairs = [pair for each in options for pair in rules_of(each) or []]
    if isinstance(kind, str) and kind in SUBWORDS:
        kind, pairs = "SubwordTokens", subword_pairs(pairs)
    first = FIRST.get((door, kind)) if isinstance(kind, str) else None
    if first is None:
        raise Unreadable(
            f"a coder that wlnet has too, not {kind if isinstance(kind, str) else door}"
        )
    given: dict[str, Any] = {}
    for name, part in zip(first, parts, strict=False):
        given[name] = _read(part)
    known = _parameter_names(door, kind)
    strange = []
    for name, part in pairs:
        title = SAVED.get(str(name), str(name))
        if title in known:
            given[title] = _read(part)
        elif not (title in FOLLOW or title.startswith("$")):
            strange.append(title)
    if given.get("OutputForm") == "IndicatorVector":
        given["OutputForm"] = "UnitVector"
    if strange or len(parts) > len(first):
        raise Unreadable(
            f"parameters {', '.join(sorted(known))}; not {', '.join(strange) or 'more'}"
        )
    return DOORS[door](kind, **{field_name(name): part for name, part in given.items()})


def _parameter_names(door: str, kind: str) -> frozenset[str]:
    return frozenset(map(wolfram_name, parameter_fields(DOORS[door].kinds[kind])))


def _read(value: Expression) -> Any:
    if isinstance(value, Symbol):
        if value.name in _SYMBOLS:
            return _SYMBOLS[value.name]
        if value.name == "All":
            return ALL
        if value.name == "Automatic":
            return AUTOMATIC
    if is_call(value, "List"):
        return tuple(map(_read, value.args))
    if is_call(value, "Blank") and not value.args:
        return ANY
    if is_call(value, "NumericArray", "RawArray") and value.args:
        return np.asarray(value.args[0], np.float32)
    return read_plain(value)
