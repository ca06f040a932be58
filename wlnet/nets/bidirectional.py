"""NetBidirectionalOperator."""

from __future__ import annotations

from collections.abc import Mapping

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import NetPort
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers import CatenateLayer, SequenceReverseLayer
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.shorthand import as_net

SIDES = "Forward", "Backward"


def NetBidirectionalOperator(
    net: object,
    aggregation: object = AUTOMATIC,
    *,
    ports: Mapping[str, object] | None = None,
    learning_rate_multipliers: object = AUTOMATIC,
    **port_options: object,
) -> NetGraph:
    """A graph that goes through a sequence from both ends: a net reads it as it is, another one
    turned round, and what both give is put together, element by element.

    net: one net for both ways, each with arrays of its own; or a pair of them, or a dict with
    "Forward" and "Backward". Each takes a sequence and gives one. aggregation: what puts both
    together, a layer of two inputs or more; AUTOMATIC: side by side along the second level.
    Options: those of NetGraph. The parts are "Forward", "Backward", "Aggregation", and the two
    layers that turn round. Raises OptionError for what is no net, or has several ports.

    >>> from wlnet.layers import GatedRecurrentLayer
    >>> from wlnet.nets.initialize import net_initialize
    >>> both = net_initialize(NetBidirectionalOperator(GatedRecurrentLayer(3), input=(5, 2)))
    >>> both([[1, 2]] * 5).shape
    (5, 6)

    Wolfram Language: NetBidirectionalOperator. Schuster and Paliwal 1997.
    """
    gathered = Gathered()
    given = _both(net, gathered)
    sides: dict[str, Net] = {}
    for name, one in given.items():
        found = gathered.attempt(lambda one=one, name=name: as_net(one, name))  # type: ignore[misc]
        if found is not None:
            sides[name] = found
    join = CatenateLayer(2) if aggregation is AUTOMATIC else aggregation
    joined = gathered.attempt(lambda: as_net(join, "aggregation"))
    for name, side in sides.items():
        if not len(side.input_names) == len(side.output_names) == 1:
            told = f"inputs {list(side.input_names)}, outputs {list(side.output_names)}"
            gathered.add(
                Fault("a net that goes one way takes a sequence and gives one", name, told)
            )
    gathered.tell()
    nodes = {
        "Forward": sides["Forward"],
        "Turned": SequenceReverseLayer(),
        "Backward": sides["Backward"],
        "TurnedBack": SequenceReverseLayer(),
        "Aggregation": joined,
    }
    edges = [
        (NetPort("Input"), "Forward"),
        (NetPort("Input"), "Turned", "Backward", "TurnedBack"),
        (["Forward", "TurnedBack"], "Aggregation"),
    ]
    return NetGraph(
        nodes,
        edges,
        ports=ports,
        learning_rate_multipliers=learning_rate_multipliers,
        **port_options,
    )


def _both(net: object, gathered: Gathered) -> dict[str, object]:
    """The nets of the two ways."""
    if isinstance(net, Mapping):
        if set(net) != set(SIDES):
            what = "the nets of the two ways have these names"
            raise fail(OptionError, Fault(what, given=brief(dict(net)), known=list(SIDES)))
        return {name: net[name] for name in SIDES}
    if isinstance(net, tuple):
        if len(net) != 2:
            what = "one net for both ways, or a pair"
            raise fail(OptionError, Fault(what, given=f"{len(net)} of them", fix="(there, back)"))
        return dict(zip(SIDES, net, strict=True))
    return dict.fromkeys(SIDES, net)
