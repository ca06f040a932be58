"""The net in front of a net of the user: a port for each column of a table, and one vector out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from wlnet.coders import NetEncoder
from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.parts import NetPort
from wlnet.core.scalars import as_whole
from wlnet.layers import CatenateLayer, EmbeddingLayer
from wlnet.nets.netgraph import NetGraph

FRONT, NET = "columns", "net"


def embedding_size(count: int) -> int | None:
    """How long the vectors of a category with so many labels are; None for unit vectors.

    >>> embedding_size(12), embedding_size(13), embedding_size(1000), embedding_size(10**6)
    (None, 7, 77, 300)

    Source: the rule of fastai's tabular models, min(600, round(1.6 n^0.56)), with 300 at most.
    """
    return None if count <= 12 else min(300, round(1.6 * math.pow(count, 0.56)))


def columns_net(encoders: Mapping[str, Any], embeddings: Mapping[str, int] = {}) -> NetGraph:
    """A net with a port for each column, which makes one vector of their codes.

    encoders: by column, as `column_encoders` gives them: each gives a vector, or the place of a
    label. embeddings: how long the vectors are that stand for the labels of a column, learned by
    the layer `"<column> embedding"`; for those whose encoder gives places. Raises OptionError.

    >>> from wlnet import NetEncoder
    >>> net = columns_net(
    ...     {"age": NetEncoder("Number", 40, 10), "city": NetEncoder("Class", ["Oslo", "Rome"])},
    ...     {"city": 3})
    >>> net.input_names, list(net.nodes)
    (('age', 'city'), ['city embedding', 'vector'])
    """
    _check_encoders(encoders, embeddings)
    taken = set(encoders)
    together = _free("vector", taken)
    vertices: dict[str, Any] = {}
    edges: list[Any] = []
    for name, encoder in encoders.items():
        step: list[Any] = [NetPort(name)]
        if encoder.element == "Integer":
            vertex = _free(f"{name} embedding", taken)
            vertices[vertex] = EmbeddingLayer(embeddings[name])
            step.append(vertex)
        edges.append((*step, together))
    vertices[together] = CatenateLayer()
    if "Output" in encoders:  # what the vector would be called
        edges.append((together, NetPort(_free("Output", encoders))))
    return NetGraph(vertices, edges, ports=dict(encoders))


def _check_encoders(encoders: object, embeddings: object) -> None:
    """Raise OptionError for what is no encoder of a column, and for places without a length."""
    for what, given in (("encoders", encoders), ("embeddings", embeddings)):
        if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
            fault = f"{what} is a dict by the names of columns"
            fix = "columns_net(column_encoders(frame))"
            raise fail(OptionError, Fault(fault, at="columns_net", given=brief(given), fix=fix))
    assert isinstance(encoders, Mapping) and isinstance(embeddings, Mapping)
    faults = []
    for name, each in encoders.items():
        if not isinstance(each, NetEncoder):
            what, fix = "this is no encoder", 'NetEncoder("Number", 40, 10)'
            faults.append(Fault(what, at=f"column {name}", given=brief(each), fix=fix))
        elif each.element == "Integer" and as_whole(embeddings.get(name)) is None:
            what = "places of labels need vectors of some length"
            fix = f"embeddings={{{name!r}: 3}}, or an encoder of unit vectors"
            faults.append(Fault(what, at=f"column {name}", given=brief(embeddings), fix=fix))
    if not encoders:
        faults.append(Fault("a net of no columns", at="columns_net"))
    if faults:
        raise fail(OptionError, faults)


def joined(front: NetGraph, net: Net, targets: Mapping[str, Any]) -> NetGraph:
    """A net behind the front: its outputs are the targets, which have these decoders.

    Raises DataError for a net whose ports do not tell which of them is which.
    """
    encoders = {name: front.ports[name].coder for name in front.input_names}
    outputs = _outputs(net, list(targets))
    _check_names(encoders, list(outputs))
    first, second = (_free(word, {*encoders, *targets}) for word in (FRONT, NET))
    if len(net.input_names) != 1:
        raise fail(
            DataError,
            Fault(
                "the net behind the columns takes one vector",
                given=f"a net with the inputs {list(net.input_names)}",
                fix="a NetGraph of table.front and your layers, with table.encoders at its ports",
            ),
        )
    edges: list[Any] = [(NetPort(name), NetPort(first, name)) for name in encoders]
    edges.append((first, NetPort(second, net.input_names[0])))
    edges += [(NetPort(second, port), NetPort(name)) for name, port in outputs.items()]
    return NetGraph({first: front, second: net}, edges, ports={**encoders, **targets})


def _check_names(columns: Iterable[str], outputs: list[str]) -> None:
    faults = [
        Fault(
            "a column is called like an output of the net",
            at=f"column {name}",
            known=outputs,
            fix=f"frame.rename(columns={{{name!r}: {name.lower() + '_'!r}}}), or name a target",
        )
        for name in columns
        if name in outputs
    ]
    if faults:
        raise fail(DataError, faults)


def _outputs(net: Net, targets: list[str]) -> dict[str, str]:
    """The output port of each target, or all outputs under their names where there is none."""
    names = list(net.output_names)
    if not targets:
        return {name: name for name in names}
    if len(targets) == len(names) == 1:
        return {targets[0]: names[0]}
    if set(targets) <= set(names):
        return {name: name for name in names}
    raise fail(
        DataError,
        Fault(
            "the outputs of the net are not called like the targets",
            given=f"outputs {names}",
            expected=f"outputs {targets}",
            fix="a NetGraph with NetPort(target) behind the layers that it comes from",
        ),
    )


def _free(name: str, taken: Iterable[str]) -> str:
    """The name, or the first of its kind that nothing else has."""
    found = name
    while found in taken:
        found += "'"
    return found
