"""A rule as it is written on a command line: `hidden/Weights=0.1`.

A part is steps with / between them. A step is a name, a position (from 1, or from -1), a span 1:3,
3: or :3, alternatives a|b, and * (or ANY) for everything, ALL for every part. ~shared/w is a shared
array. So every name that `info`, `diff` and receipts tell is one that a rule takes. In double
quotes everything is a name: "*", "1", "a/b"; \\ before a sign takes it as it is.

A rate is a number, or none (frozen) for what shall not learn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from wlnet.core.errors import Fault, RuleError, brief, fail
from wlnet.core.parts import Alternatives, NetSharedArray, Span
from wlnet.core.symbols import ALL, ANY, AUTOMATIC, Symbol

FROZEN = ("none", "frozen", "None")
SYMBOLS = {"*": ANY, "ANY": ANY, "ALL": ALL}
SHARED = "~shared/"
FORM = "hidden/Weights=0.1, 1:3=none, '*'=1, or the name of a TOML file"

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|"|[/|:]|(?:[^"/|:\\]|\\.)+|\\', re.DOTALL)
_CODE = re.compile("~([0-9a-f]{1,6});")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_MARKS = re.compile(r'[/|:="\\]')


def rule_of(text: str, at: str = "rule") -> tuple[Any, Any]:
    """A rule. Raises RuleError.

    >>> rule_of("-1=1"), rule_of("~shared/w=none"), rule_of('"a=b"|2=-0.1')
    ((-1, 1), (NetSharedArray('w'), None), (Alternatives('a=b', 2), -0.1))
    """
    split = divided(text)
    if split is None:
        raise fail(RuleError, Fault("this is no rule", at=at, given=brief(text), fix=FORM))
    part, rate = split
    return part_of(part, at), rate_of(rate)


def rate_of(text: str) -> Any:
    """A rate; what is none stays as it is, for whoever knows the net tells all faults at once.

    >>> rate_of("1"), rate_of("-1e-3"), rate_of("frozen"), rate_of("slow")
    (1, -0.001, None, 'slow')
    """
    word = text.strip()
    if word in FROZEN:
        return None
    for read in (int, float):
        try:
            return read(word)
        except ValueError:
            continue
    return word


def part_of(text: str, at: str = "part") -> Any:
    """A part of a net. Raises RuleError.

    >>> part_of("block/1/Weights"), part_of("3:"), part_of('"*"')
    (('block', 1, 'Weights'), Span(3), '*')
    """
    word = text.strip()
    if word.startswith(SHARED):
        name = word.removeprefix(SHARED)
        return NetSharedArray(ALL if name in ("*", "ALL") else _name(name, text, at))
    steps = [_step(each, text, at) for each in _apart(_tokens(text, at), "/")]
    return steps[0] if len(steps) == 1 else tuple(steps)


def part_text(part: object) -> str:
    """How a part is written: `part_of` gives it back.

    >>> part_text(("a/b", 1)), part_text(Span("encode", -2)), part_text("2"), part_text(ANY)
    ('"a/b"/1', 'encode:-2', '"2"', '*')
    """
    if isinstance(part, NetSharedArray):
        return SHARED + ("*" if part.name is ALL else _quoted(str(part.name)))
    steps = part if isinstance(part, (tuple, list)) else (part,)
    return "/".join(map(_step_text, steps))


def rule_text(part: object, rate: object) -> str:
    """How a rule is written.

    >>> rule_text(("hidden", "Weights"), 0.0)
    'hidden/Weights=0.0'
    """
    return f"{part_text(part)}={'none' if rate is None else repr(rate)}"


# Words


def divided(text: str) -> tuple[str, str] | None:
    """The part and the rate of a rule: it is divided at its last = that no quotes hold."""
    at = None
    is_quoted = is_escaped = False
    for i, sign in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif sign == "\\":
            is_escaped = True
        elif sign == '"':
            is_quoted = not is_quoted
        elif sign == "=" and not is_quoted:
            at = i
    return None if at is None else (text[:at], text[at + 1 :])


def _tokens(text: str, at: str) -> list[str]:
    found = [each[0] for each in _TOKEN.finditer(text)]
    if '"' in found or "\\" in found:
        what = "a quote is not closed, or a \\ stands at the end"
        raise fail(RuleError, Fault(what, at=at, given=brief(text), fix='"a name"'))
    return found


def _apart(tokens: Iterable[str], mark: str) -> Iterator[list[str]]:
    """The tokens between marks."""
    found: list[str] = []
    for token in tokens:
        if token == mark:
            yield found
            found = []
        else:
            found.append(token)
    yield found


def _step(tokens: list[str], text: str, at: str) -> Any:
    several = [_one(each, text, at) for each in _apart(tokens, "|")]
    return several[0] if len(several) == 1 else Alternatives(*several)


def _one(tokens: list[str], text: str, at: str) -> Any:
    ends = list(_apart(tokens, ":"))
    if len(ends) == 1:
        return _key("".join(ends[0]), text, at)
    if len(ends) > 2:
        what = "a span has two ends"
        raise fail(RuleError, Fault(what, at=at, given=brief(text), fix="1:3, 3: or :3"))
    first, last = ("".join(each).strip() for each in ends)
    start = _key(first, text, at) if first else 1
    return Span(start, _key(last, text, at)) if last else Span(start)


def _key(word: str, text: str, at: str) -> Any:
    word = word.strip()
    if word in SYMBOLS:
        return SYMBOLS[word]
    if _WHOLE.fullmatch(word):
        return int(word)
    return _name(word, text, at)


def _name(word: str, text: str, at: str) -> str:
    if len(word) > 1 and word[0] == word[-1] == '"':
        return _unescaped(word[1:-1])
    if not word or '"' in word:
        what = "a part has an empty step" if not word else "quotes hold a whole step"
        raise fail(RuleError, Fault(what, at=at, given=brief(text), fix="hidden/Weights"))
    return _CODE.sub(_sign, _unescaped(word))


def _unescaped(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL)


def _sign(code: re.Match[str]) -> str:
    number = int(code[1], 16)
    return chr(number) if number < 0x110000 else code[0]


def _quoted(name: str) -> str:
    is_plain = not (
        _MARKS.search(name)
        or _CODE.search(name)
        or _WHOLE.fullmatch(name)
        or name in SYMBOLS
        or name.startswith(SHARED[:-1])
        or name != name.strip()
        or not name
    )
    if is_plain:
        return name
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _step_text(step: object) -> str:
    if isinstance(step, Span):
        ends = (step.start, step.end)
        return ":".join("" if end is AUTOMATIC else _step_text(end) for end in ends)
    if isinstance(step, Alternatives):
        return "|".join(map(_step_text, step.steps))
    if isinstance(step, Symbol):
        return "*" if step is ANY else step.name
    return str(step) if isinstance(step, int) else _quoted(str(step))
