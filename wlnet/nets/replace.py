"""net_replace_part: a net with another value at a part.

Wolfram Language: NetReplacePart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wlnet.core.arrays import as_array, read_only
from wlnet.core.errors import Fault, OptionError, PartError, RuleError, ShapeError, brief, fail
from wlnet.core.finding import find, node_at
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, Path, path_text
from wlnet.core.ports import Coder, PortType, as_port
from wlnet.core.rule_lists import NOTHING_SAID, parse_rules
from wlnet.core.shapes import shape_text
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.layer import Layer
from wlnet.nets.arrays import array_value
from wlnet.nets.container import shared_names
from wlnet.nets.inference import inference
from wlnet.nets.placing import checked, rebuilt, trimmed, with_nodes, worded
from wlnet.nets.shorthand import as_net


def net_replace_part(net: Any, replacements: Any) -> Any:
    """A net with other values at some parts; the net given stays as it is.

    replacements: {part: value, ...} or [(part, value), ...], carried out from left to right.
    At an array: numbers of the same shape, AUTOMATIC to take the numbers away, None where it may be
    absent, or NetSharedArray(name), which ties it to that name. At NetSharedArray(name): numbers
    for all its places. At a port: a shape, a coder, None to remove the coder. At a layer or subnet:
    any net or shorthand that fits. At "LearningRateMultipliers": AUTOMATIC, a rate, None, or rules.
    Raises PartError for parts that are not there, ShapeError for what does not fit, RuleError,
    OptionError.

    >>> from wlnet.nets.chain import NetChain
    >>> net = net_replace_part(NetChain([3, 1], input=2), {(1, "LearningRateMultipliers"): 0})
    >>> net.nodes[1].learning_rate_multipliers
    0

    Wolfram Language: NetReplacePart.
    """
    if not isinstance(net, Net) and isinstance(net, Coder):
        for part, new in _pairs(replacements):
            net = net.replace(part, new)  # type: ignore[attr-defined]
        return net
    if not isinstance(net, Net):
        raise fail(PartError, Fault("net_replace_part takes a net", given=brief(net)))
    for part, new in _pairs(replacements):
        net = _replaced(net, part, new)
    return net


def _pairs(given: Any) -> list[tuple[Any, Any]]:
    if isinstance(given, Mapping):
        return list(given.items())
    if isinstance(given, (list, tuple)) and all(
        isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in given
    ):
        return [(part, value) for part, value in given]
    raise fail(
        OptionError,
        Fault("replacements are {part: value, ...} or [(part, value), ...]", given=brief(given)),
    )


def _replaced(net: Net, part: Any, value: Any) -> Net:
    if isinstance(part, NetSharedArray):
        return _with_shared(net, part, value)
    places = find(net, part)
    whole = [place.path for place in places if place.kind == "node"]
    if () in whole:
        return as_net(value, "the net")
    if whole:
        net = with_nodes(net, {path: as_net(value, path_text(path)) for path in whole})
    for place in places:
        if place.kind == "node":
            continue
        if place.kind == "array":
            net = _with_array(net, place.path, value)
        elif place.kind == "multipliers":
            net = _with_rules(net, place.path[:-1], value)
        elif place.kind == "port":
            net = _with_port(net, place.path, value)
        elif place.kind == "coder":
            net = _with_coder(net, place.path, value)
        else:
            net = _with_parameter(net, place.path, value)
    return net


def _precision(old: Any) -> Any:
    """A net trained in float64 keeps that precision where its arrays are replaced."""
    return old.dtype if isinstance(old, np.ndarray) else np.float32


def _with_array(root: Net, path: Path, value: Any) -> Net:
    layer: Layer = node_at(root, path[:-1])
    name = str(path[-1])
    field = layer.declared_arrays[name]
    if value is None and not field.optional:
        raise fail(
            OptionError, Fault(f"{name} of a {layer.kind} may not be absent", at=path_text(path))
        )
    old = layer.array_values[name]
    if isinstance(value, NetSharedArray) and field.statistic:
        raise fail(
            OptionError,
            Fault(f"{name} is a running statistic: it cannot be shared", at=path_text(path)),
        )
    new = as_array(
        value, name, layer.kind, _precision(array_value(root, path) if old is not None else None)
    )
    if isinstance(new, np.ndarray):
        known = inference(root).array_shape(path) if old is not None else None
        if known is not None and (
            len(known) != new.ndim
            or any(
                size is not None and size != got for size, got in zip(known, new.shape, strict=True)
            )
        ):
            raise fail(
                ShapeError,
                Fault(
                    "an array of another shape",
                    at=path_text(path),
                    given=shape_text(new.shape),
                    expected=shape_text(known),
                ),
            )
    net = rebuilt(root, path[:-1], layer._with(arrays={**layer.array_values, name: new}))
    if isinstance(new, NetSharedArray) and new.name not in root.shared:
        start = array_value(root, path) if old is not None else AUTOMATIC
        if isinstance(start, np.ndarray):
            net = net._with(shared={**net.shared, new.name: start})
    return checked(trimmed(net), path)


def _with_shared(net: Net, part: NetSharedArray, value: Any) -> Net:
    names = shared_names(net)
    if part.name not in names:
        raise fail(
            PartError,
            Fault(
                f"there is no shared array {part.name!r}",
                known=[NetSharedArray(n) for n in names],
                fix=suggestion(str(part.name), names),
            ),
        )
    new = as_array(value, repr(part), net.kind, _precision(net.shared.get(part.name)))
    if new is None or isinstance(new, NetSharedArray):
        raise fail(
            OptionError,
            Fault("a shared array holds numbers, or AUTOMATIC", at=repr(part), given=repr(value)),
        )
    table = {name: array for name, array in net.shared.items() if name != part.name}
    if isinstance(new, np.ndarray):
        table[part.name] = read_only(new)
    return checked(net._with(shared=table), ())


def _with_rules(root: Net, path: Path, value: Any) -> Net:
    node: Any = node_at(root, path)
    if not node.has_multipliers and value is not AUTOMATIC:
        what = f"{a(node.kind)} has no arrays that could learn, so no rates"
        fault = Fault(
            what, at=path_text(path) or node.kind, given=brief(value), expected="AUTOMATIC"
        )
        raise fail(OptionError, fault)
    rules = parse_rules(value) if value is not AUTOMATIC else NOTHING_SAID
    new = node._with(rules=rules)
    try:
        new.check_rules()
    except RuleError as error:
        raise worded(error, f"rules for {path_text(path) or 'the net'}") from None
    return rebuilt(root, path, new)


def _with_port(root: Net, path: Path, value: Any) -> Net:
    node: Net = node_at(root, path[:-1])
    name = str(path[-1])
    old = node.ports[name]
    port = PortType(old.shape, old.element) if value is None else as_port(value, name)
    if path[:-1] and port.coder is not None:
        raise fail(
            OptionError,
            Fault(
                "coders stand at the ports of the whole net", at=path_text(path), given=repr(value)
            ),
        )
    return checked(rebuilt(root, path[:-1], node._with(ports={**node.ports, name: port})), path)


def _with_coder(root: Net, path: Path, value: Any) -> Net:
    *at, name, parameter = path
    node: Net = node_at(root, tuple(at))
    coder = node.ports[str(name)].coder
    if coder is None:
        raise fail(PartError, Fault(f"port {name!r} has no coder, so no parts", at=path_text(path)))
    return _with_port(root, (*at, name), coder.replace(parameter, value))


def _with_parameter(root: Net, path: Path, value: Any) -> Net:
    """Another parameter of a layer; the arrays stay, so their shapes must still fit."""
    node: Any = node_at(root, path[:-1])
    name = str(path[-1])
    if not isinstance(node, Layer):
        raise fail(
            OptionError,
            Fault(f"{name} of a {node.kind} cannot be set: make a new one", at=path_text(path)),
        )
    field = node.declared_parameters[name]
    try:
        setting = field.check(value)
    except (ValueError, TypeError) as error:
        raise fail(
            OptionError,
            Fault(
                f"{name} of a {node.kind} cannot be this",
                at=path_text(path),
                given=brief(value),
                expected=str(error),
            ),
        ) from None
    new = node._with(parameters={**node.parameters, name: setting})
    new.check()
    return checked(rebuilt(root, path[:-1], new), path)


__all__ = ["net_replace_part"]
