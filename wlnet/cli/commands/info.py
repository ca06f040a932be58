"""Print what a net or a training is: its summary, or properties of it.

A property is one of information(net, "Properties"), or of results["Properties"] where the file
is the record of a training; what both have is the record's.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial
from typing import Any

from wlnet.cli.answer import Answer
from wlnet.cli.net_files import FILE, found_in
from wlnet.cli.plain import name_of
from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.properties import PropertyTable
from wlnet.results.results import NetTrainResults


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("file", metavar="FILE", help=FILE)
    parser.add_argument(
        "property", metavar="PROPERTY", nargs="*", help='properties; "Properties" lists them'
    )
    parser.add_argument(
        "--measured",
        action="store_true",
        help="run the Program that evaluates the net, and tell how long its calls take",
    )


def run(asked: argparse.Namespace) -> Answer:
    """Tell of the file."""
    import wlnet  # lazy: --help needs no net

    found = found_in(asked.file)
    record = None if isinstance(found, Net) else found
    net: Net = found if isinstance(found, Net) else found["TrainedNet"]
    if asked.measured:
        return _measured(net, asked.property)
    if not asked.property:
        about = wlnet.information(net)
        told = {"Net": repr(net), **about}
        if record is None:
            return Answer(f"{net!r}\n\n{about}", told)
        return Answer(f"{record!r}\n\n{net!r}\n\n{about}", {"Training": repr(record), **told})
    values = _values(net, record, asked.property)
    if len(values) == 1:
        (value,) = values.values()
        return Answer(text_of(value), value)
    parts = (f"{name}\n{text_of(value)}" for name, value in values.items())
    return Answer("\n\n".join(parts), values)


def _measured(net: Net, names: list[str]) -> Answer:
    """The program with times. Raises OptionError where something else is asked for."""
    import wlnet  # lazy: as above

    if any(name != "Program" for name in names):
        raise fail(OptionError, Fault("only a Program is measured", "--measured", " ".join(names)))
    found = wlnet.net_program(net, measured=True)
    assert found.timing is not None
    step = {name.strip(): value for name, value in found.timing.figures(found.batch_size).items()}
    told = {"Step": step, "Calls": found.table, "Layers": found.timing.layer_table}
    return Answer(str(found), told)


def _values(net: Net, record: NetTrainResults | None, names: list[str]) -> dict[str, Any]:
    """Properties by name. Raises one PartError for all that neither of the two has."""
    from wlnet.nets.information import PROPERTIES as OF_NETS  # lazy: --help needs no net
    from wlnet.results.results import PROPERTIES as OF_RECORDS  # lazy: as above

    known = PropertyTable("a net" if record is None else "a training, or its net,")
    sources: list[tuple[PropertyTable, object]] = [(OF_NETS, net)]
    if record is not None:
        sources.append((OF_RECORDS, record.record))
    for table, thing in sources:
        known.aliases.update(table.aliases)
        known.rows.update({name: partial(_told, table, thing, name) for name in table.rows})
    known.rows["Properties"] = lambda _: known.names()
    return dict(zip(names, known.ask_all(None, names), strict=True))


def _told(table: PropertyTable, thing: object, name: str, _: object) -> Any:
    return table.ask(thing, name)


def text_of(value: object) -> str:
    """A value for people: a dict is a table, a list has a line for each."""
    from wlnet.core.table import Figures  # lazy: as above

    if isinstance(value, Mapping) and value:
        texts = {name_of(key): each for key, each in value.items()}
        short = {name: each for name, each in texts.items() if "\n" not in str(each)}
        long = (f"{name}\n{each}" for name, each in texts.items() if name not in short)
        return "\n\n".join([*([str(Figures(short))] if short else []), *long])
    if isinstance(value, list) and value:
        return "\n".join(map(str, value))
    picture = getattr(value, "to_svg", None)
    return str(picture()) if callable(picture) else str(value)
