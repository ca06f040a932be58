"""net_replace: other layers in place of all that match a pattern.

Wolfram Language: NetReplace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from wlnet.core.errors import Fault, OptionError, RuleWarning, brief, fail, warn
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net, same
from wlnet.core.parts import Path
from wlnet.core.ports import UNKNOWN, PortType
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import walk
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.container import Record, as_container
from wlnet.nets.inference import inference
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.shorthand import as_net
from wlnet.nets.surgery.delete import without
from wlnet.nets.surgery.edit import Edit

Test = Callable[[Net, Path], bool]
"""Whether a node matches that stands at a path of the net."""


@dataclass(frozen=True)
class Replacement:
    """A pattern as it was given, what it means, and what is to stand there (None: nothing)."""

    pattern: object
    test: Test
    new: Net | None


def net_replace(net: Net, replacements: object) -> Net:
    """A net with other layers in place of all that match, at any depth; outer nets are tried before
    what is in them.

    replacements: {pattern: new, ...} or [(pattern, new), ...]; the first pattern that matches
    decides. A pattern is a layer or net (matching all that agree in what it says:
    `ElementwiseLayer("Tanh")` matches every Tanh, `LinearLayer()` every LinearLayer,
    `DropoutLayer(0.5)` those of 0.5, as the default of a parameter was given too, and
    `LinearLayer(3, input=2)` those that get 2 numbers where they stand), a class such as
    DropoutLayer, or a function that takes a net and says True or False. New is any layer or
    shorthand with as many ports, or None, which deletes. Warns and gives the net back when nothing
    matches. Raises OptionError, ShapeError for what does not fit, RuleError where a rule speaks for
    an array that the new layer does not have.

    >>> from wlnet.nets.chain import NetChain
    >>> net = NetChain([3, "Tanh", [2, "Tanh"]])
    >>> net_replace(net, {"Tanh": "Ramp"}) == NetChain([3, "Ramp", [2, "Ramp"]])
    True

    Wolfram Language: NetReplace.
    """
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_replace takes a net", given=brief(net)))
    rules = _rules(net, replacements)
    found = _matches(net, rules)
    if not found:
        patterns = ", ".join(brief(each.pattern) for each in rules)
        warn(
            RuleWarning,
            Fault(
                "nothing in the net matches",
                at="net_replace",
                given=patterns or "no patterns",
                known=sorted({node.kind for _, node in walk(net)}),
                fix="the net comes back as it is",
            ),
        )
        return net
    if () in found:
        if found[()] is None:
            raise fail(OptionError, Fault("the whole net cannot be deleted", given=net.kind))
        return found[()]
    new = {path: node for path, node in found.items() if node is not None}
    gone = [path for path, value in found.items() if value is None]
    edit = Edit(net)
    if new:
        edit.nodes(new)
    if not gone:
        return edit.result()
    result = edit.ruled()
    # By keys: as parts they would be read anew, and "Input" would be the port of that name.
    smaller, moves = without(as_container(result), gone, ())
    return carried(smaller, [Voice(result, moves)])


def _rules(net: Net, given: object) -> list[Replacement]:
    if isinstance(given, Mapping):
        pairs = list(given.items())
    elif isinstance(given, (list, tuple)) and all(
        isinstance(p, (tuple, list)) and len(p) == 2 for p in given
    ):
        pairs = [(pattern, value) for pattern, value in given]
    else:
        raise fail(
            OptionError,
            Fault(
                "replacements are {pattern: layer, ...} or [(pattern, layer), ...]",
                given=brief(given),
                fix='net_replace(net, {"Tanh": "Ramp"})',
            ),
        )
    gathered = Gathered()
    rules = []
    for pattern, value in pairs:
        test = gathered.attempt(partial(_test, net, pattern))
        new = None
        if value is not None:
            name = pattern.__name__ if isinstance(pattern, type) else brief(pattern)
            new = gathered.attempt(partial(as_net, value, f"of what replaces {name}"))
        if test is not None:
            rules.append(Replacement(pattern, test, new))
    gathered.tell()
    return rules


def _test(net: Net, pattern: object) -> Test:
    if isinstance(pattern, type):
        if not issubclass(pattern, Net):
            raise fail(
                OptionError,
                Fault(
                    "a pattern is a layer, a class of layers, or a function of a net",
                    given=pattern.__name__,
                ),
            )
        kind = pattern
        return lambda node, _: isinstance(node, kind)
    if callable(pattern) and not isinstance(pattern, Net):
        return lambda node, _: _answer(pattern, node)
    literal = as_net(pattern, "of a pattern")
    return lambda node, at: _says(literal, node, net, at)


def _answer(pattern: Callable[..., object], node: Net) -> bool:
    answer = pattern(node)
    try:
        return bool(answer)
    except (TypeError, ValueError):
        what = "a function that is a pattern answers True or False"
        raise fail(OptionError, Fault(what, at=node.kind, given=brief(answer))) from None


def _says(pattern: Net, node: Net, net: Net, at: Path) -> bool:
    """Whether a node at a path of a net agrees with everything that was said when a pattern was
    made.
    """
    return (
        pattern.kind == node.kind
        and _same_options(pattern, node)
        and all(_fits(port, node, net, at, name) for name, port in pattern.ports.items())
        and list(pattern.nodes) == list(node.nodes)
        and (isinstance(pattern, Layer) or same(_structure(pattern), _structure(node)))
        and all(
            _says(inner, node.nodes[key], net, (*at, key)) for key, inner in pattern.nodes.items()
        )
    )


def _structure(net: Net) -> Record:
    return as_container(net).record()


def _fits(port: PortType, node: Net, net: Net, at: Path, name: str) -> bool:
    """Whether a port is what a pattern says of it, by itself or for what is around it."""
    if port == UNKNOWN or port == node.ports.get(name):
        return True
    wire = inference(net).ports.get((at, name))
    return (
        wire is not None
        and port.coder is None
        and port.shape in (None, wire.shape)
        and port.element in (None, wire.element or "Real")
    )


def _same_options(pattern: Net, node: Net) -> bool:
    if any(
        _said(pattern, name) and not same(node.parameters[name], value)
        for name, value in pattern.parameters.items()
    ):
        return False
    if any(
        value is not AUTOMATIC and not _holds(node.array_values[name], value)
        for name, value in pattern.array_values.items()
    ):
        return False
    return (
        not pattern.learning_rate_rules or pattern.learning_rate_rules == node.learning_rate_rules
    )


def _holds(array: object, said: object) -> bool:
    """Whether an array is what a pattern says of it; a number says what fills it."""
    if isinstance(said, float) and isinstance(array, np.ndarray):
        return bool((array == array.dtype.type(said)).all())
    return same(array, said)


def _said(pattern: Net, name: str) -> bool:
    """Whether a parameter was given when a pattern was made, also where it is the default."""
    value = pattern.parameters[name]
    if not isinstance(pattern, Layer):
        return True
    if pattern.given_parameters is not None:
        return name in pattern.given_parameters and value is not AUTOMATIC
    default = pattern.declared_parameters[name].default
    return not (value is default or same(value, default))


def _matches(net: Net, rules: list[Replacement]) -> dict[Path, Net | None]:
    """What is to stand at every place that matches; what is in such a net is not looked at."""
    found: dict[Path, Net | None] = {}
    for path, node in walk(net, (), lambda path, _: path not in found):
        # The net as a whole is the place of the work, not part of it, unless it is one layer.
        if path or isinstance(node, Layer):
            hits = (each for each in rules if each.test(node, path))
            hit = next(hits, None)
            if hit is not None:
                found[path] = hit.new
    return found
