"""Words as HTML: names that are read from right to left stand by themselves, and long words may be
broken; style sheets that hold in pages with one of their own."""

from __future__ import annotations

import re
from html import escape

from wlnet.plot.paint.colors import style

LONG = 24
"""Letters of a word from which on it may be broken."""
PIECE = re.compile(r".{1,8}[\u0300-\u036f\u200d]*", re.DOTALL)
LONG_WORD = re.compile(rf"(\S{{{LONG + 1},}})")
_LETTER = "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
RIGHT_TO_LEFT = re.compile(rf"({_LETTER}(?:[\w .-]*{_LETTER})?)")
"""Letters that are read from right to left, with what stands between them."""
STRONG = 4
"""How often a class is named: more than in the rules for tables of JupyterLab, which would win."""
SUMMARY = "{display:list-item;cursor:pointer}"
"""Of a `<summary>`: some pages make it a block, which has no triangle."""


def markup(text: str) -> str:
    """A text as HTML, in which nothing of it is a tag.

    >>> markup("<a>"), markup("rule 5: 'ש ע' -> -0.1")
    ('&lt;a&gt;', 'rule 5: &#x27;<bdi>ש ע</bdi>&#x27; -&gt; -0.1')
    """
    pieces = map(_breakable, RIGHT_TO_LEFT.split(text))
    # Every second one is what was split at.
    return "".join(f"<bdi>{piece}</bdi>" if i % 2 else piece for i, piece in enumerate(pieces))


def _breakable(text: str) -> str:
    words = LONG_WORD.split(text)
    return "".join(
        "<wbr>".join(map(escape, PIECE.findall(word))) if i % 2 else escape(word)
        for i, word in enumerate(words)
    )


def strong(scope: str, sheet: str) -> str:
    """A style sheet for what is in a class, so that it wins against that of the page.

    >>> strong(".wl-x", ".wl-x td{color:red}")
    '.wl-x.wl-x.wl-x.wl-x td{color:red}'
    """
    return re.sub(rf"{re.escape(scope)}(?=[ .>{{])", scope * STRONG, sheet)


def page(name: str, colors: tuple[str, ...], rules: str, body: str) -> str:
    """What a notebook shows of something: in a class of that name, with its colours, light or
    dark, and with rules that win against those of the page."""
    scope = f".{name}"
    sheet = style(scope, colors) + strong(scope, rules)
    return f'<div class="{name}"><style>{sheet}</style>{body}</div>'
