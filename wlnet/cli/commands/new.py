"""Make a net that takes the rows of a table by the names of its columns, and write it untrained.

What has to be known to read a row, means of columns and labels of categories, stands in the net.
LAYERS are numbers (so many outputs), functions such as Ramp or Tanh, and layers such as
SoftmaxLayer, with or without names. LinearLayer has as many outputs as the target needs.

  wlnet new people.csv 16 Ramp LinearLayer --target income -o net.wlnet
  wlnet new people.csv hidden=16 bend=Ramp read=LinearLayer --target income -o net.wlnet
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from wlnet.cli.answer import Answer
from wlnet.cli.outputs import add_force
from wlnet.cli.trainings import net_place
from wlnet.cli.values import value_of
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.spelling import suggestion

WORDS = ("missing", "embeddings")
TYPES = "Numerical, Nominal or Boolean"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("table", metavar="TABLE", help="a file: .csv, .tsv or .parquet")
    parser.add_argument("layers", metavar="LAYERS", nargs="+", help="such as: 16 Ramp LinearLayer")
    parser.add_argument(
        "--target", metavar="COLUMN", action="append", required=True, help="what is to be learned"
    )
    parser.add_argument(
        "--ignore", metavar="COLUMN", action="append", default=[], help="what is left out"
    )
    parser.add_argument(
        "--type", metavar="COLUMN=TYPE", action="append", default=[], help=f"a column is {TYPES}"
    )
    parser.add_argument(
        "--missing", metavar="WHAT", help="missing numbers: Refuse, Mean, Indicator, or {age = ...}"
    )
    parser.add_argument(
        "--embeddings", metavar="N", help="vectors of categories: their length, none, or {city = 3}"
    )
    parser.add_argument("--random-seeding", metavar="SEED", help="where random numbers begin")
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help="the net, .wlnet")
    add_force(parser)


def run(asked: argparse.Namespace) -> Answer:
    """Read the table, make the net."""
    import wlnet  # lazy: --help needs no net

    path = net_place(asked)
    options = {name: value_of(given) for name in WORDS if (given := getattr(asked, name))}
    if asked.type:
        options["feature_types"] = _types(asked.type)
    target = asked.target[0] if len(asked.target) == 1 else asked.target
    table = wlnet.data.table(asked.table, target, ignore=asked.ignore, **options)
    seed = (
        {} if asked.random_seeding is None else {"random_seeding": value_of(asked.random_seeding)}
    )
    net = wlnet.net_initialize(table.net(_layers(asked.layers)), **seed)
    wlnet.save(net, path)
    about = wlnet.information(net)
    value = {"Rows": len(table), "Columns": list(table.inputs), **about, "File": str(path)}
    return Answer(f"{table!r}\n\n{about}\nwrote {path}", value)


def _types(words: list[str]) -> dict[str, str]:
    pairs = [word.rpartition("=") for word in words]
    wrong = [word for word, (name, _, _) in zip(words, pairs, strict=True) if not name]
    if wrong:
        what = "a column and its type stand on both sides of ="
        raise fail(OptionError, [Fault(what, "--type", word, fix="zip=Nominal") for word in wrong])
    return {name: kind for name, _, kind in pairs}


def _layers(words: list[str]) -> list[Any] | dict[str, Any]:
    """Layers as they are written in short, by name where all have one. Raises OptionError for all
    that are none at once."""
    pairs = [word.rpartition("=") for word in words]
    names = [name for name, _, _ in pairs if name]
    found, faults = [], []
    for word, (_, _, short) in zip(words, pairs, strict=True):
        try:
            found.append(_layer(short))
        except OptionError as error:
            faults += [replace(fault, at="LAYERS", given=word) for fault in error.faults]
    if names and (len(names) < len(words) or len(set(names)) < len(names)):
        what = "either all layers have a name, and each another, or none has one"
        faults.append(Fault(what, at="LAYERS", given=brief(words)))
    if faults:
        raise fail(OptionError, faults)
    return dict(zip(names, found, strict=True)) if names else found


def _layer(word: str) -> Any:
    import wlnet  # lazy: as above
    from wlnet.graph.functions import function_names  # lazy: as above

    kinds = [name for name in wlnet.__all__ if name.endswith("Layer")]
    if word in kinds:
        try:
            return getattr(wlnet, word)()
        except (wlnet.WlnetError, TypeError) as error:
            what = "this layer cannot be made by its name alone"
            raise fail(OptionError, Fault(what, expected=str(error))) from None
    if word.isdecimal() or word in function_names():
        return int(word) if word.isdecimal() else word
    fix = suggestion(word, [*function_names(), *kinds])
    expected = "a number, a function such as Ramp, or a layer such as SoftmaxLayer"
    raise fail(OptionError, Fault("this is no layer", expected=expected, fix=fix))
