"""Tell how two nets differ: in which arrays, how far, and in what they are besides.

Of the record of a training the trained net is looked at. Arrays are the same where every bit is.
The status is 0 where nothing differs, 3 where something does.

  wlnet diff before.wlnet after.wlnet
"""

from __future__ import annotations

import argparse

from wlnet.cli.answer import DENIED, DONE, Answer
from wlnet.cli.differences import Difference, array_differences, structure_differences
from wlnet.cli.net_files import add_net, net_in
from wlnet.core.table import Table
from wlnet.core.table_cells import Column
from wlnet.nets.arrays import arrays_of

SHORT = 12
"""Digits of a digest that people are shown."""
ARRAYS = (
    Column("array", "key"),
    Column("what"),
    Column("largest"),
    Column("relative"),
    Column("SHA-256 of A"),
    Column("of B"),
)
REST = Column("at"), Column("what"), Column("A"), Column("B")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    add_net(parser, "a")
    add_net(parser, "b")
    parser.add_argument("--all", action="store_true", help="tell of arrays that are the same, too")


def run(asked: argparse.Namespace) -> Answer:
    """Compare two nets."""
    a, b = net_in(asked.a), net_in(asked.b)
    arrays, rest = array_differences(a, b), structure_differences(a, b)
    differ = [each for each in arrays if not each.is_same]
    count = len({**arrays_of(a), **arrays_of(b)})
    told = arrays if asked.all else differ
    texts = []
    if rest:
        texts.append(str(Table(REST, tuple(rest))))
    if told:
        texts.append(str(Table(ARRAYS, tuple(map(_row, told)), noun="arrays", by=0)))
    texts.append(
        f"{len(differ)} of {count} arrays differ" if differ else f"all {count} arrays are the same"
    )
    if rest:
        texts[-1] += f"; {len(rest)} other {'difference' if len(rest) == 1 else 'differences'}"
    value = {
        "Same": not differ and not rest,
        "Arrays": {each.key: _plain(each) for each in told},
        "Structure": [dict(zip(("At", "What", "A", "B"), row, strict=True)) for row in rest],
    }
    return Answer("\n\n".join(texts), value, DENIED if differ or rest else DONE)


def _row(each: Difference) -> tuple[object, ...]:
    def number(value: float | None) -> str | None:
        return None if value is None else f"{value:.3g}"

    digests = (None if text is None else text[:SHORT] for text in each.digests)
    return (each.key, each.what, number(each.largest), number(each.relative), *digests)


def _plain(each: Difference) -> dict[str, object]:
    return {
        "What": each.what,
        "Same": each.is_same,
        "Largest": each.largest,
        "Relative": each.relative,
        "DigestA": each.digests[0],
        "DigestB": each.digests[1],
    }
