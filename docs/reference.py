"""Writes docs/reference.md from what the package says of itself, and stubs of layers (stubs.py).

python docs/reference.py
"""

import inspect
import types
import warnings
from collections.abc import Iterable
from pathlib import Path

import wlnet as wl
from wlnet.layers.declaring.layer import Layer

HEAD = """# Reference

Every public name in a line; `help(wl.net_train)` and so on say the rest, with examples.
Where no default is shown, the argument has to be given or is `AUTOMATIC`. A layer takes its sizes
first and the rest by name. This page is made by `python docs/reference.py`."""


def sentence(thing: object) -> str:
    """The first paragraph of what a thing says of itself, fit for a cell of a table."""
    first = (inspect.getdoc(thing) or "").split("\n\n")[0]
    return " ".join(first.split()).replace("|", "\\|")


def call(name: str, thing: object) -> str:
    """A name with its arguments: those in order, then `*` before those that go by name."""
    parameters = inspect.signature(thing).parameters.values()  # type: ignore[arg-type]
    words, starred = [], False
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not starred:
            words, starred = [*words, "*"], True
        if each.kind is each.VAR_POSITIONAL:
            starred = True
        mark = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        plain = each.default in (each.empty, wl.AUTOMATIC)
        words.append(f"{mark}{each.name}" + ("" if plain else f"={each.default!r}"))
    return f"`{name}({', '.join(words)})`"


def section(title: str, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """A heading and a table."""
    table = [tuple(columns), tuple("---" for _ in columns), *rows]
    return f"## {title}\n\n" + "\n".join(f"| {' | '.join(row)} |" for row in table)


def page() -> str:
    """The whole page."""
    public = {name: getattr(wl, name) for name in wl.__all__}

    def those(base: type) -> dict[str, type]:
        return {
            name: value
            for name, value in public.items()
            if isinstance(value, type) and issubclass(value, base)
        }

    layers, errors = those(Layer), {**those(wl.WlnetError), **those(UserWarning)}
    functions = {n: f for n, f in public.items() if isinstance(f, types.FunctionType)}
    values = {
        name: value
        for name, value in public.items()
        if isinstance(value, type) and name not in {*layers, *errors}
    }
    words = [
        ("`ALL`", "everything: as a part every node, as a property all that can be asked"),
        ("`ANY`", "any part: in rules, what holds for the rest"),
        ("`AUTOMATIC`", "to be worked out: the default of most options"),
        ("`END_OF_STRING`", "what stands behind a text, in an alphabet or a vocabulary"),
        ("`START_OF_STRING`", "what stands before a text, in an alphabet or a vocabulary"),
    ]
    data = [(f"`data.{name}`", sentence(getattr(wl.data, name))) for name in wl.data.__all__]
    elsewhere = [
        (call(f"{room}.{name}", getattr(getattr(wl, room), name)),
         sentence(getattr(getattr(wl, room), name)))
        for room in sorted(wl._EXTRA_ROOMS) for name in getattr(wl, room).__all__
    ]  # fmt: skip
    some = wl.LinearLayer(1, input=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # one round of nothing, for the names alone
        record = wl.net_train(some, ([[1.0]], [[1.0]]), wl.ALL, max_training_rounds=1)
    names = ("name", "what it is")
    return "\n\n".join(
        [
            HEAD,
            section("Words", names, [*words, *data]),
            section("Functions", names, [(call(n, f), sentence(f)) for n, f in functions.items()]),
            section("With other libraries", names, elsewhere),
            section(
                "Nets, parts and methods",
                names,
                [(call(n, v), sentence(v)) for n, v in values.items()],
            ),
            section(
                "Layers",
                ("name", "arrays", "what it computes"),
                [
                    (
                        call(n, v),
                        ", ".join(f"`{a.wolfram}`" for a in v.declared_arrays.values()),
                        sentence(v),
                    )
                    for n, v in layers.items()
                ],
            ),
            section(
                "Properties",
                ("asked of", "names"),
                [
                    ("a net: `information(net, name)`", listed(wl.information(some, "Properties"))),
                    ("a record: `results[name]`", listed(record["Properties"])),
                ],
            ),
            section(
                "Errors and warnings", names, [(f"`{n}`", sentence(v)) for n, v in errors.items()]
            ),
        ]
    )


def listed(names: Iterable[str]) -> str:
    """Names in a row."""
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    import stubs  # it lies beside this script

    Path(__file__).with_suffix(".md").write_text(f"{page()}\n", "utf-8")
    stubs.FILE.write_text(stubs.stub(), "utf-8")
