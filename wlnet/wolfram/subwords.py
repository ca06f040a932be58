"""Coders of subwords: in the Wolfram Language what is said of white space is part of the method."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from wlnet.coders import NetEncoder
from wlnet.wolfram.expressions import (
    NONE,
    Expression,
    Symbol,
    call,
    is_call,
    is_symbol,
    listed,
    rule,
    rules_of,
    same,
)
from wlnet.wolfram.values import Unreadable, plain, unwrapped

SUBWORDS = ("SubwordTokens", "BPESubwordTokens")
"""The kinds of these coders there: the second is what the first was called before."""
SPACES = ("WhitespacePadding", "CombineWhitespace")
NORMAL_FORMS = (None, "NFKC")
USUAL = {"Vocabulary": None, "InputType": "String", "TextPreprocessing": None,
         "OutputProperties": "VocabularyIndex"}  # fmt: skip
"""Parameters that are only there, and the value that is all that wlnet knows of them."""
Pairs = list[tuple[Any, Expression]]


def subwords_told(coder: Any, told: Callable[[Any], Expression]) -> Expression:
    """A coder of subwords as its constructor. Raises Unreadable for what is not there."""
    if coder.door == "NetDecoder":
        return call("NetDecoder", subwords_told(NetEncoder(coder), told))
    known = coder.parameters
    if known["Method"] == "Unigram" or known["OutputForm"] != "Index":
        raise Unreadable("the codes of BPE or WordPiece: there is no Unigram, and no UnitVector")
    if known["UnicodeNormalization"] not in NORMAL_FORMS:
        raise Unreadable("no UnicodeNormalization, or NFKC")
    method: Expression = known["Method"]
    if known["WhitespacePadding"] or known["CombineWhitespace"]:
        side = known["WhitespacePadding"]
        method = listed(
            method,
            rule(SPACES[0], Symbol(side) if side else NONE),
            rule(SPACES[1], plain(known["CombineWhitespace"])),
        )
    named = ("IncludeTerminalTokens", "IgnoreCase", "UnicodeNormalization")
    rest = [rule(name, plain(known[name])) for name in named if known[name]]
    if isinstance(known["TargetLength"], int):
        rest.append(rule("TargetLength", known["TargetLength"]))
    spec = listed("SubwordTokens", told(known["Vocabulary"]), rule("Method", method), *rest)
    return call("NetEncoder", spec)


def subword_pairs(pairs: Iterable[tuple[Any, Expression]]) -> Pairs:
    """Parameters as wlnet calls them, of those of a constructor or of a saved net. Raises
    Unreadable."""
    found: Pairs = []
    for key, value in pairs:
        name, value = key.name if isinstance(key, Symbol) else str(key), unwrapped(value)
        if name == "Method" and is_call(value, "List") and value.args:
            found += [("Method", value.args[0]), *subword_pairs(
                pair for each in value.args[1:] for pair in rules_of(each) or [])]  # fmt: skip
        elif name in USUAL:
            if not same(value, plain(USUAL[name])):
                raise Unreadable(f"{USUAL[name]} for {name}")
        elif name in (SPACES[0], "WhitespaceTrimming"):
            side = value.name if is_symbol(value, "Left", "Right") else value
            found.append((SPACES[0], side))
        elif name not in ("Count", "WhitespaceToken"):
            found.append((name, value))
    return found
