"""The pages of the reference, each by its file: a page a layer, operator, coder, method, function.

They are made of the names that the package gives to its users, of `wl.__all__`, so that a new one
has its page.
"""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import wlnet as wl
from docs.reference import sentence
from docs.site import layers
from docs.site.docstrings import markdown
from docs.site.pictures import curve, inline
from wlnet.coders.decoder import NetDecoder
from wlnet.coders.encoder import NetEncoder
from wlnet.graph.functions import ALIASES, FUNCTIONS
from wlnet.layers.declaring.layer import Layer
from wlnet.methods.base import Method
from wlnet.nets.container import Container

TABLE = Path(__file__).parents[1] / "from-other-frameworks.md"
Pages = dict[str, str]
"""What is written, by the file it would stand in."""


def public(base: type) -> dict[str, type]:
    """The public classes of a kind."""
    found = {name: getattr(wl, name) for name in wl.__all__}
    return {n: v for n, v in found.items() if isinstance(v, type) and issubclass(v, base)}


def pages() -> Pages:
    """All of them, in the order in which they are listed."""
    others = elsewhere()
    found: Pages = {}
    kinds = public(Layer)
    found |= group("layers", "Layers", LAYERS, {
        name: layers.page(kind, others.get(name, ())) for name, kind in sorted(kinds.items())
    })  # fmt: skip
    found["reference/elementwise.md"] = elementwise()
    nets = public(Container)
    found |= group("nets", "Nets and operators", NETS, described(nets, others))
    for folder, title, door in (("encoders", "Encoders", NetEncoder),
                                ("decoders", "Decoders", NetDecoder)):  # fmt: skip
        told = {f"{door.__name__} {kind}": value for kind, value in sorted(door.kinds.items())}
        found |= group(folder, title, CODERS, described({door.__name__: door, **told}))
    found |= group("methods", "Methods", METHODS, described(public(Method), others))
    functions = {
        name: getattr(wl, name)
        for name in wl.__all__
        if isinstance(getattr(wl, name), types.FunctionType)
    }
    found |= group("functions", "Functions", FUNCTIONS_SAY, described(functions, others))
    found |= group("rooms", "Data and other libraries", ROOMS, described(of_rooms(), others))
    mistakes = {**public(wl.WlnetError), **public(UserWarning)}
    taken = {*kinds, *nets, *public(Method), *mistakes, "NetEncoder", "NetDecoder"}
    values = {n: v for n, v in public(object).items() if n not in taken}
    found |= group("values", "Parts and values", VALUES, described(values, others))
    found["reference/errors.md"] = errors(mistakes)
    return found


def of_rooms() -> dict[str, Any]:
    """What the rooms have that are public by themselves."""
    rooms = {room: getattr(wl, room) for room in ("data", *sorted(wl._EXTRA_ROOMS))}
    return {f"{r}.{n}": getattr(room, n) for r, room in rooms.items() for n in room.__all__}


LAYERS = (
    "A layer is a net of one piece. Its page says how it is made, which arrays it has, what shapes "
    "follow from one another, what it computes as a formula and in NumPy, and how it looks."
)
NETS = "What holds layers, and what applies a net in a special way."
CODERS = "What stands at a port, between things in the world and arrays."
METHODS = "How arrays are updated: `net_train(..., method=...)`."
FUNCTIONS_SAY = "All of them leave what they are given as it is."
ROOMS = "What stands in a room of its own: `wl.data.table`, `wl.onnx.export_net`."
VALUES = "What parts, rules and answers are made of."


def group(folder: str, title: str, says: str, inside: Mapping[str, str]) -> Pages:
    """A page for each of several things, and one that lists them."""
    rows = []
    found: Pages = {}
    for name, text in inside.items():
        file = f"{name.replace(' ', '-')}.md"
        rows.append((f"[`{name}`]({file})", first_sentence(text)))
        found[f"reference/{folder}/{file}"] = text
    listed = layers.table(("name", "what it is"), rows)
    return {f"reference/{folder}/index.md": f"# {title}\n\n{says}\n\n{listed}", **found}


def first_sentence(text: str) -> str:
    """What a page says first, below its heading and its call."""
    for part in text.split("\n\n")[1:]:
        if not part.startswith(("```", "<div")):
            return " ".join(re.sub(r"^\* ", "", part).split("\n* ")[0].split()).replace("|", "\\|")
    return ""


def described(
    things: Mapping[str, Any], others: Mapping[str, Sequence[tuple[str, ...]]] | None = None
) -> dict[str, str]:
    """Pages of things that say themselves what they are."""
    return {name: described_one(name, thing, (others or {}).get(name, ()))
            for name, thing in things.items()}  # fmt: skip


def described_one(name: str, thing: Any, others: Sequence[tuple[str, ...]] = ()) -> str:
    """The page of a thing: how it is called, what it says of itself, its names elsewhere."""
    door, _, kind = name.partition(" ")
    # A kind of coder is made by its door, which takes whatever the kind does.
    called = partial(thing.__init__, None) if kind else thing
    names = list(inspect.signature(called).parameters)
    call = layers.signature(called, door)
    if kind:
        call = re.sub(r"\((\n    )?", rf'(\1"{kind}", ', call, count=1).replace(", )", ")")
    parts = [
        f"# {name}",
        f"```python\n{call}\n```",
        markdown(inspect.getdoc(thing) or "", names),
        layers.section("Options", layers.table(("name", "default"), options(called))),
        layers.others(others),
    ]
    return "\n\n".join(filter(None, parts))


def options(thing: Any) -> list[tuple[str, str]]:
    """The arguments of a thing that have defaults."""
    found = []
    for each in inspect.signature(thing).parameters.values():
        if each.default is not each.empty:
            found.append((f"`{each.name}`", f"`{each.default!r}`".replace("|", "\\|")))
    return found


def elementwise() -> str:
    """Every function of one number, with its curve."""
    names = {name: [a for a, of in ALIASES.items() if of == name] for name in FUNCTIONS}
    parts = [
        "# Functions of a number",
        "What `ElementwiseLayer` knows by name; in a net the name alone is short for the layer. "
        "Any other function is a Python callable: `ElementwiseLayer(lambda x: x / (1 + abs(x)))`.",
    ]
    for name, more in names.items():
        also = f"Also `{'`, `'.join(more)}`." if more else ""
        says = sentence(FUNCTIONS[name].lower) if name in said_of_itself() else ""
        parts += [f"## {name}", " ".join(filter(None, [says, also])), inline(curve(name))]
    return "\n\n".join(filter(None, parts))


def said_of_itself() -> set[str]:
    """The functions that say what they are."""
    return {
        name
        for name, each in FUNCTIONS.items()
        if each.lower.__name__ == name and each.lower.__doc__
    }


def errors(mistakes: Mapping[str, type]) -> str:
    """Errors and warnings."""
    rows = [
        (f"`{name}`", ", ".join(f"`{b.__name__}`" for b in kind.__bases__), sentence(kind))
        for name, kind in mistakes.items()
    ]
    says = (
        "An error says what is wrong, at which part, what was given, what was expected or is "
        "known, and how to repair it. All faults of one call are told at once."
    )
    return "\n\n".join(
        ["# Errors and warnings", says, layers.table(("name", "is a", "when"), rows)]
    )


def elsewhere() -> dict[str, list[tuple[str, ...]]]:
    """The rows of the page on other frameworks, by the public name of wlnet that each tells of."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for line in TABLE.read_text("utf-8").splitlines():
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        own = re.match(r"`wl\.(\w+)", cells[1]) if len(cells) == len(layers.FRAMEWORKS) else None
        if own:
            found.setdefault(own[1], []).append(cells)
    return found
