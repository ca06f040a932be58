"""Rows that become pictures: a layer makes them in the order of its framework, as it takes them."""

from __future__ import annotations

from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.shapes import Partial
from wlnet.core.walking import node_at
from wlnet.io.named.pictures import EACH_BY_ITSELF, OPEN, Run
from wlnet.nets.connections import connections, layers_of
from wlnet.nets.inference import inference


def raised_in(net: Net) -> dict[Path, Partial]:
    """The layers out of whose rows a ReshapeLayer makes pictures, with what it makes, where it is
    another picture if channels come last."""
    sources: dict[Path, list[Path]] = {}
    for source, target in connections(net):
        sources.setdefault(target, []).append(source)
    solution = inference(net)
    found: dict[Path, Partial] = {}
    for at, layer in layers_of(net):
        if layer.kind != "ReshapeLayer":
            continue
        given, made = solution.port_shape(at, "Input"), solution.port_shape(at, "Output")
        if given is None or len(given) != 1 or made is None or len(made) < 2:
            continue
        if Run(made, OPEN).has_one_order:
            continue
        waiting, seen = list(sources.get(at, ())), set()
        while waiting:
            path = waiting.pop()
            kind = node_at(net, path).kind
            if path in seen or kind not in {"LinearLayer", "CatenateLayer", *EACH_BY_ITSELF}:
                continue
            seen.add(path)
            found[path] = made
            if kind != "LinearLayer":
                waiting += sources.get(path, ())
    return found
