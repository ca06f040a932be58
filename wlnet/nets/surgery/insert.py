"""net_insert: new nodes in the middle of a chain.

Wolfram Language: NetInsert.
"""

from __future__ import annotations

from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.ports import as_port
from wlnet.core.scalars import as_whole
from wlnet.core.symbols import AUTOMATIC
from wlnet.nets.chain import NetChain
from wlnet.nets.surgery.items import new_items
from wlnet.nets.surgery.join import with_items
from wlnet.nets.surgery.positions import needed, position


def net_insert(
    chain: Net,
    layer: object,
    before: object,
    *,
    input: object = AUTOMATIC,
    output: object = AUTOMATIC,
) -> NetChain:
    """A chain with a new node before a position or name; later numbers move up.

    layer: a layer or shorthand, ("name", layer) for a chain with names, or a list or dict of
    several. before: a position (from 1, or from -1), a name, or one more than the number of nodes,
    which is the end. Coders at an end where the new node stands go, unless `input` or `output` says
    what comes. Rules of the chain speak for the nodes they were given for.
    Raises PartError for a position that is not there, OptionError for names that do not fit and for
    what is no layer or no chain, ShapeError for what does not fit between its neighbours.

    >>> net_insert(NetChain([3, 1], input=2), "Ramp", 2) == NetChain([3, "Ramp", 1], input=2)
    True

    Wolfram Language: NetInsert.
    """
    chain = needed(chain, "net_insert", NetChain)
    gathered = Gathered()
    items = gathered.attempt(lambda: new_items(chain, (layer,), "net_insert"))
    behind = len(chain.nodes) + 1
    at = gathered.attempt(
        lambda: behind if as_whole(before) == behind else position(chain, before, before)
    )
    gathered.tell()
    assert items is not None
    assert at is not None
    return with_items(chain, items, at, as_port(input), as_port(output, "Output"))
