"""Where a layer may stand and go: `python -m tests.parity.places`.

Of every example of every layer and operator: whether something of it is computed once and kept,
where it is frozen at the bottom of a net; whether an ONNX file and the Wolfram Language can be told
of it, and whether it comes back from there. Of coders: whether the Wolfram Language can be told of
them. Kept in places.json, of which docs/catalogue.md tells.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import BATCH, EXAMPLES, OPERATORS, Case, OperatorCase
from tests.coders.test_every_coder import EVERY
from tests.exported import answers, assert_same
from wlnet.core.net import Net
from wlnet.graph.primitives import PRIMITIVES
from wlnet.kernels.language import PerTarget
from wlnet.lowering.lower import lower
from wlnet.wolfram.coders import coder_read, coder_told
from wlnet.wolfram.reading import net_of
from wlnet.wolfram.values import Unreadable
from wlnet.wolfram.writing import constructors
from wlnet.wolfram.wxf import read_wxf, wxf

KEPT = Path(__file__).parent / "places.json"
WAYS = "prefix", "onnx out", "onnx in", "wolfram out", "wolfram in"


GRAPH = wl.NetGraph({"a": 3, "b": 3, "sum": "Plus"}, [(["a", "b"], "sum")], input=2)
BESIDE: dict[str, Any] = {
    "NetBidirectionalOperator": wl.NetBidirectionalOperator(
        wl.GatedRecurrentLayer(2), input=(4, 2)),
    "NetChain": wl.NetChain([3, "Tanh"], input=2),
    "NetGANOperator": wl.NetGANOperator(
        (wl.NetChain([2]), wl.NetChain([wl.LinearLayer(()), "Sigmoid"])), sample=2, latent=3),
    "NetGraph": GRAPH,
    "PlaceholderLayer": wl.PlaceholderLayer(input=2, output=3),
}  # fmt: skip
"""An example of what is not among the cases of the laws, by name."""


class NoWay(Exception):
    """Why a case does not get somewhere."""


def prefix(case: Case) -> None:
    """Whether something is kept of a frozen layer that stands at the inputs of a net: of itself, or
    if a frozen product stands above it."""
    if isinstance(case.layer, wl.PlaceholderLayer):
        raise NoWay("computes nothing")
    if len(case.layer.output_names) > 1:
        raise NoWay("has several outputs")
    if not case.shapes:
        raise NoWay("has no input")
    if any(PRIMITIVES[call.primitive].random for call in lower(case.net, BATCH, "Train").calls):
        raise NoWay("draws anew")
    for above, found in ([], None), ([3], "with more"):
        program = wl.net_program(
            _at_the_bottom(case, above), batch_size=3,
            learning_rate_multipliers={"head": 1, wl.ANY: None},
        )  # fmt: skip
        if any(row.layer[:1] == ("layer",) for row in program.prefix):
            if found:
                raise NoWay(found)
            return
    raise NoWay("computes nothing")


def _at_the_bottom(case: Case, above: list[Any]) -> Any:
    """The layer at the inputs of a net, frozen layers above it, and what learns at the end."""
    (shape,) = wl.information(case.net, "OutputPorts").values()
    gives_indices = "Integer" in shape if isinstance(shape, tuple) else shape == "Integer"
    read = [*([wl.EmbeddingLayer(2, 9)] if gives_indices else []), wl.ReshapeLayer((wl.AUTOMATIC,))]
    chains = ([*read, *above], [2]) if above else ([*read, 2],)
    nodes = {"layer": case.net, "above": chains[0], "head": chains[-1]}
    nodes = nodes if above else {"layer": case.net, "head": chains[0]}
    edges: list[Any] = [(wl.NetPort("layer", case.net.output_names[0]), *[*nodes][1:])]
    edges += [(wl.NetPort(f"P{name}"), wl.NetPort("layer", name)) for name in case.net.input_names]
    return wl.NetGraph(nodes, edges)


def onnx_out(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wl.onnx.export_net(case.net, Path(folder) / "net.onnx")


def onnx_in(case: Case) -> None:
    net, columns = case.net, case.data()
    with tempfile.TemporaryDirectory() as folder:
        again = wl.onnx.import_net(wl.onnx.export_net(net, Path(folder) / "net.onnx"))
    some = dict(zip(again.input_names, columns.values(), strict=True))
    given, expected = answers(again, some), answers(net, columns)
    # What a file computes as integers is a number without a point here.
    kinds = [np.asarray(x).dtype for x in expected.values()]
    same = [np.asarray(x, kind) for x, kind in zip(given.values(), kinds, strict=True)]
    assert_same(dict(zip(expected, same, strict=True)), expected)


def _told(net: Net) -> bytes:
    return wxf(constructors(net), "the catalogue")


def wolfram_out(case: Case) -> None:
    _told(case.net)


def wolfram_in(case: Case) -> None:
    read = net_of(read_wxf(_told(case.net), "the catalogue"))
    assert read == case.net


TRIALS: dict[str, Callable[[Case], None]] = dict(
    zip(WAYS, (prefix, onnx_out, onnx_in, wolfram_out, wolfram_in), strict=True)
)


def reason(case: Case, trial: Callable[[Case], None]) -> str | None:
    """Why a case does not get there; None where it does."""
    try:
        trial(case)
    except NoWay as no:
        return str(no)
    except wl.WlnetError as error:
        return error.faults[0].what
    return None


def every() -> Iterator[tuple[str, Case]]:
    """All cases, with their names."""
    for case in [*EXAMPLES, *OPERATORS]:
        yield case.layer.kind, case
    for kind, net in BESIDE.items():
        yield kind, OperatorCase(net, dict.fromkeys(net.input_names, ()), (-2.0, 2.0), 1)


def coder_ways(coder: Any) -> dict[str, str]:
    """How far a coder gets."""
    try:
        told = read_wxf(wxf(coder_told(coder), "the catalogue"), "the catalogue")
    except Unreadable as error:
        return dict.fromkeys(WAYS[3:], str(error))
    assert coder_read(told) == coder
    return dict.fromkeys(WAYS[3:], "yes")


def main() -> None:
    kinds: dict[str, dict[str, Counter[str]]] = {}
    with pytest.MonkeyPatch.context() as patch:
        # A chain of steps is told under the layer of its first one.
        patch.setattr("wlnet.plan.memory.assemble.FEWEST", PerTarget(lambda target: 2**62))
        for kind, case in every():
            row = kinds.setdefault(kind, {way: Counter() for way in WAYS})
            for way, trial in TRIALS.items():
                row[way][reason(case, trial) or "yes"] += 1
    coders: dict[str, dict[str, Counter[str]]] = {}
    for coder in EVERY:
        row = coders.setdefault(f"{coder.door} {coder.kind}", {way: Counter() for way in WAYS[3:]})
        for way, told in coder_ways(coder).items():
            row[way][told] += 1
    kept = {"layers": dict(sorted(kinds.items())), "coders": dict(sorted(coders.items()))}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    for kind, row in {**kinds, **coders}.items():
        print(kind, {way: dict(counts) for way, counts in row.items()})


if __name__ == "__main__":
    main()
