"""What a thing says of itself, as Markdown.

A docstring of the house is a sentence, paragraphs in which "name: ..." tells of a parameter,
sessions of Python that are run as tests, and a last word on where it comes from.

>>> print(markdown("Adds.\\n\\nsize: of it, n * 2. rate: how fast.\\n\\nWolfram Language: Plus.",
...                ["size", "rate"]))
Adds.
<BLANKLINE>
* **size**: of it, n \\* 2.
* **rate**: how fast.
<BLANKLINE>
*Wolfram Language:* [Plus](https://reference.wolfram.com/language/ref/Plus.html).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

from docs.site.formulas import mathml

HEADS = (
    "Ports", "Port", "Arrays", "Array", "Hidden ports", "Hidden port", "Errors", "Defaults",
    "Kinds", "Raises", "Gives",
)  # fmt: skip
"""Words that begin a new item, beside the names of parameters."""
WOLFRAM = "https://reference.wolfram.com/language/ref/{}.html"
CODE = re.compile(r"(``.+?``|`[^`\n]+`)")


def markdown(text: str, names: Iterable[str] = ()) -> str:
    """A docstring as Markdown. names: those of its parameters."""
    found = [block(each, tuple(names)) for each in re.split(r"\n\s*\n", text.strip())]
    return "\n\n".join(filter(None, found))


def block(text: str, names: tuple[str, ...]) -> str:
    """A paragraph, whatever it is."""
    if text.lstrip().startswith(">>>"):
        return f"```pycon\n{textwrap.dedent(text)}\n```"
    if text.startswith("Formula:"):
        return f'<div class="wl-formula">{mathml(" ".join(text.split())[8:].strip())}</div>'
    if text.startswith("    "):
        return f"```text\n{textwrap.dedent(text)}\n```"
    if re.match(r"(Wolfram Language|Sources?):", text):
        return source(text)
    if text.startswith(("* ", "- ")):
        items = re.split(r"\n(?=[*-] )", text)
        return "\n".join(f"* {escaped(' '.join(each[2:].split()))}" for each in items)
    lines = text.split("\n")
    for first, line in enumerate(lines[1:], 1):
        is_code = line.startswith("    ")
        if is_code or line.startswith(("* ", "- ", ">>>")):
            above, below = "\n".join(lines[:first]), "\n".join(lines[first:])
            return f"{block(above, names)}\n\n{block(below, names)}"
    return items_of(" ".join(text.removesuffix("::").split()), names)


def items_of(text: str, names: tuple[str, ...]) -> str:
    """A paragraph as the items that it is made of, if its sentences begin with names."""
    known = "|".join(map(re.escape, sorted({*names, *HEADS}, key=len, reverse=True)))
    begins = rf"(?:^|(?<=[.;] ))`?((?:{known})(?:(?:, | and )(?:{known}))*)`?( \([^)]*\))?: "
    parts = re.split(begins, text)
    if len(parts) == 1:
        return escaped(text)
    items = []
    for name, more, said in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        items.append(f"* **{escaped(name)}**{escaped(more or '')}: {escaped(said.strip())}")
    before = [escaped(parts[0].strip())] if parts[0].strip() else []
    return "\n\n".join([*before, "\n".join(items)])


def escaped(text: str) -> str:
    """Plain words that mean in Markdown what they say; what stands in backticks stays."""
    found = []
    for part in CODE.split(text):
        if CODE.fullmatch(part):
            found.append(part)
            continue
        part = re.sub(r"([\\*_\[\]#])", r"\\\1", part).replace("<", "&lt;").replace("|", "&#124;")
        found.append(re.sub(r"https?://[^\s,;)]+[^\s,;).]", _link, part))
    return "".join(found)


def _link(found: re.Match[str]) -> str:
    plain = re.sub(r"\\(.)", r"\1", found[0])
    return f"<{plain}>"


def source(text: str) -> str:
    """The last word: where a thing comes from, with links to the pages of the Wolfram Language."""
    head, _, said = " ".join(text.split()).partition(": ")
    said = escaped(said)
    if head == "Wolfram Language":
        said = re.sub(r"\b([A-Z][a-z]+(?:[A-Z][A-Za-z]*)|Dot)\b", _page, said, count=1)
        said = said if "](" in said else _plain(said)
    return f"*{head}:* {said}"


def _page(found: re.Match[str]) -> str:
    return f"[{found[0]}]({WOLFRAM.format(found[0])})"


def _plain(said: str) -> str:
    """A name of one word."""
    return re.sub(r"^([A-Z][a-z]+)(?=[.,;]|$)", _page, said)
