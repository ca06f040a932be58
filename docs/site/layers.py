"""The page of a layer, from what the layer declares.

Its sentence, formula and parameters come of its docstring; its arrays, ports and shapes of its
fields and `examples()`; its pictures of the net that an example makes; the code of its plain
version of `reference`. A new layer has its page once it is there.
"""

from __future__ import annotations

import inspect
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import wlnet as wl
from docs.reference import call
from docs.site.docstrings import markdown
from docs.site.pictures import inline
from tests.bench import with_inputs
from wlnet.layers.declaring.fields import REQUIRED, ArrayField, PortField
from wlnet.layers.declaring.layer import Example, Layer
from wlnet.nets.arrays import arrays_of
from wlnet.nets.inference import inference

MOST_EXAMPLES = 6
"""Shapes that a page shows, at most: those that look different."""
FRAMEWORKS = ("Wolfram Language", "wlnet", "PyTorch", "Keras")
"""The columns of docs/from-other-frameworks.md."""
FEW = 4
"""Arrays that a row names, each by itself, at most."""


def page(kind: type[Layer], elsewhere: Sequence[tuple[str, ...]] = ()) -> str:
    """The page of a kind of layer. elsewhere: what it is called in other frameworks."""
    names = [f.name for f in (*kind.declared_parameters.values(), *kind.declared_arrays.values())]
    examples = list(kind.examples())
    return "\n\n".join(
        filter(
            None,
            [
                f"# {kind.kind}",
                f"```python\n{signature(kind)}\n```",
                markdown(inspect.getdoc(kind) or "", names),
                parameters(kind),
                arrays(kind),
                ports(kind),
                shapes(examples),
                picture(examples),
                "" if kind.is_unknown else plain(kind),
                others(elsewhere),
            ],
        )
    )


def signature(thing: object, name: str | None = None) -> str:
    """How a thing is called, a line for each argument where one line is too long."""
    name = name or str(getattr(thing, "__name__", thing))
    words = call(name, thing).strip("`")
    if len(words) <= 88:
        return words
    inside = words.removeprefix(f"{name}(").removesuffix(")")
    lines = [""]
    for word in inside.split(", "):
        if lines[-1] and len(lines[-1]) + len(word) > 82:
            lines.append("")
        lines[-1] += f"{word}, "
    return f"{name}(\n" + "\n".join(f"    {line.rstrip()}" for line in lines) + "\n)"


def table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; nothing where there are no rows."""
    body = [f"| {' | '.join(row)} |" for row in rows]
    head = tuple(columns)
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *body]) if body else ""


def section(title: str, *parts: str) -> str:
    """A heading and what stands below it; nothing where that is nothing."""
    inside = "\n\n".join(filter(None, parts))
    return f"## {title}\n\n{inside}" if inside else ""


def sizes(pattern: Sequence[object]) -> str:
    """A shape in named sizes."""
    words = [f"{str(each).lstrip('*')}…" if str(each).startswith("*") else str(each)
             for each in pattern]  # fmt: skip
    inside = ", ".join(words) + ("," if len(words) == 1 and "…" not in words[0] else "")
    return f"`({inside})`"


def parameters(kind: type[Layer]) -> str:
    """Its parameters and their defaults."""
    rows = [
        (f"`{f.name}`", f"`{name}`", "has to be given" if f.default is REQUIRED else
         f"`{f.default!r}`")
        for name, f in kind.declared_parameters.items()
    ]  # fmt: skip
    return section("Parameters", table(("name", "as a part", "default"), rows))


def arrays(kind: type[Layer]) -> str:
    """Its arrays: what rules can speak of."""
    rows = [
        (f"`{f.name}`", sizes(f.pattern), starts(f), learns(f), f'`("layer", "{name}"): 0`')
        for name, f in kind.declared_arrays.items()
    ]
    return section(
        "Arrays",
        table(("name", "shape", "starts as", "learns", "rule that freezes it"), rows),
    )


def starts(field: ArrayField) -> str:
    """How an array begins."""
    words = {"weights": "drawn", "general": "drawn from rank 2 on, else zeros"}
    return words.get(str(field.start), f"{field.start:g}" if field.start not in words else "")


def learns(field: ArrayField) -> str:
    """Whether an array learns."""
    if field.statistic:
        return "no: a statistic, which moves in training"
    return "yes; may be `None`" if field.optional else "yes"


def ports(kind: type[Layer]) -> str:
    """Its ports, hidden ones too."""
    rows = [
        (f"`{name}`" if not f.variadic else "`1`, `2`, ...", f.direction, sizes(f.pattern),
         carried(f))
        for name, f in kind.declared_ports.items()
    ]  # fmt: skip
    rows += [
        (f"`{name}`", "in and out, hidden", sizes(f.pattern), "a state: numbers")
        for name, f in kind.declared_states.items()
    ]
    return section("Ports", table(("name", "direction", "shape", "carries"), rows))


def carried(field: PortField) -> str:
    """What flows through a port."""
    words = {"Real": "numbers", "Integer": "indices from 1", "Either": "numbers or indices"}
    below = f", at most `{field.below.lstrip('*')}`" if field.below else ""
    return words[field.element] + (below if field.element == "Integer" else "")


def placed(example: Example) -> Any:
    """The layer of an example with the shapes of its inputs."""
    return with_inputs(example.layer, dict(example.shapes))


def shapes(examples: Sequence[Example]) -> str:
    """What shapes come of what shapes."""
    seen: dict[tuple[str, ...], None] = {}
    for example in examples:
        net = placed(example)
        told = inference(net)
        of = {name: told.ports[(), name].shape for name in (*net.input_names, *net.output_names)}
        goes_in = ", ".join(f"{name} {shape_text(of[name])}" for name in net.input_names)
        comes = ", ".join(f"{name} {shape_text(of[name])}" for name in net.output_names)
        holds = held({str(key[-1]): shape_text(told.array_shape(key)) for key in arrays_of(net)})
        said = " ".join(repr(example.layer).split())
        said = said if len(said) <= 90 else f"{said[:88]} …"
        seen[f"`{said}`".replace("|", "\\|"), goes_in or "—", comes, holds or "—"] = None
        if len(seen) == MOST_EXAMPLES:
            break
    return section(
        "Shapes, by example", table(("layer", "what goes in", "what comes out", "arrays"), seen)
    )


def held(arrays: dict[str, str]) -> str:
    """Arrays with their shapes; where there are many, how many have a shape."""
    if len(arrays) <= FEW:
        return ", ".join(f"{name} {shape}" for name, shape in arrays.items())
    return ", ".join(f"{n} of {shape}" for shape, n in Counter(arrays.values()).items())


def shape_text(shape: Sequence[int]) -> str:
    """A shape as it is read: 3 × 4, or a number."""
    return " × ".join(map(str, shape)) if shape else "one number"


def picture(examples: Sequence[Example]) -> str:
    """An example as a net, and what it comes down to."""
    if not examples:
        return ""
    net = placed(examples[0])
    first = inline(wl.information(net, "FullSummaryGraphic"))
    down = inline(wl.information(net, "MXNetNodeGraphPlot"))
    says = "The first of these with its ports and arrays; below, the primitives that run for it."
    return section("As a picture", says, first, down)


def plain(kind: type[Layer]) -> str:
    """The plain version, which the laws hold the layer against."""
    code = textwrap.dedent(inspect.getsource(kind.reference))
    says = (
        "What it computes, slow and plain; the first level of every array that goes in is that of "
        "the examples of a batch. The tests hold the layer against this."
    )
    return section("In NumPy", says, f"```python\n{code}```")


def others(rows: Sequence[tuple[str, ...]]) -> str:
    """What it is called elsewhere: rows of the page on that."""
    return section("Elsewhere", table(FRAMEWORKS, rows))
