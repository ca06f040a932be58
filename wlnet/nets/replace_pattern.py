"""net_replace: other layers in place of all that match a pattern.

Wolfram Language: NetReplace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from wlnet.core.errors import Fault, OptionError, RuleWarning, brief, fail, warn
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net, same
from wlnet.core.parts import Path, path_text
from wlnet.core.ports import UNKNOWN
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.layer import Layer
from wlnet.nets.delete import without
from wlnet.nets.edit import Edit
from wlnet.nets.rules_of_parts import Voice, carried
from wlnet.nets.shorthand import as_net

Test = Callable[[Net], bool]


def net_replace(net: Any, replacements: Any) -> Any:
    """A net with other layers in place of all that match, at any depth; outer nets are tried before
    what is in them.

    replacements: {pattern: new, ...} or [(pattern, new), ...]; the first pattern that matches
    decides. A pattern is a layer or net (matching all that agree in what it says:
    `ElementwiseLayer("Tanh")` matches every Tanh, `LinearLayer()` every LinearLayer,
    `DropoutLayer(0.5)` those of 0.5, as the default of a parameter was given too), a class such
    as DropoutLayer, or a function that takes a net and says True or False. New is any layer or
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
    rules = _rules(replacements)
    found = dict(_matches(net, rules, ()))
    if not found:
        patterns = ", ".join(brief(pattern) for pattern, *_ in rules)
        warn(
            RuleWarning,
            Fault(
                "nothing in the net matches",
                at="net_replace",
                given=patterns or "no patterns",
                known=sorted({node.kind for node in _nodes(net)}),
                fix="the net comes back as it is",
            ),
        )
        return net
    if () in found:
        if found[()] is None:
            raise fail(OptionError, Fault("the whole net cannot be deleted", given=net.kind))
        return as_net(found[()], "the net")
    gathered = Gathered()
    made = {
        path: gathered.attempt(partial(as_net, value, path_text(path)))
        for path, value in found.items()
        if value is not None
    }
    gathered.tell()
    new = {path: node for path, node in made.items() if node is not None}
    gone = [path for path, value in found.items() if value is None]
    edit = Edit(net)
    if new:
        edit.nodes(new)
    if not gone:
        return edit.result()
    result = edit.ruled()
    # By keys: as parts they would be read anew, and "Input" would be the port of that name.
    smaller, moves = without(result, gone, ())
    return carried(smaller, [Voice(result, moves)])


def _rules(given: Any) -> list[tuple[Any, Test, Any]]:
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
    tests = [gathered.attempt(partial(_test, pattern)) for pattern, _ in pairs]
    gathered.tell()
    return [
        (pattern, test, value)
        for (pattern, value), test in zip(pairs, tests, strict=True)
        if test is not None
    ]


def _test(pattern: Any) -> Test:
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
        return lambda node: isinstance(node, kind)
    if callable(pattern) and not isinstance(pattern, Net):
        return lambda node: bool(pattern(node))
    literal = as_net(pattern, "of a pattern")
    return lambda node: says(literal, node)


def says(pattern: Net, node: Net) -> bool:
    """Whether a node agrees with everything that was said when a pattern was made."""
    if pattern.kind != node.kind:
        return False
    return _same_options(pattern, node) and _same_inside(pattern, node)


def _same_options(pattern: Net, node: Net) -> bool:
    if any(
        _said(pattern, name) and not same(node.parameters[name], value)
        for name, value in pattern.parameters.items()
    ):
        return False
    if any(
        value is not AUTOMATIC and not same(node.array_values[name], value)
        for name, value in pattern.array_values.items()
    ):
        return False
    if any(
        port != UNKNOWN and node.ports.get(name) != port for name, port in pattern.ports.items()
    ):
        return False
    return (
        not pattern.learning_rate_rules or pattern.learning_rate_rules == node.learning_rate_rules
    )


def _said(pattern: Net, name: str) -> bool:
    """Whether a parameter was given when a pattern was made, also where it is the default."""
    value = pattern.parameters[name]
    if not isinstance(pattern, Layer):
        return True
    if pattern.given_parameters is not None:
        return name in pattern.given_parameters and value is not AUTOMATIC
    default = pattern.declared_parameters[name].default
    return not (value is default or same(value, default))


def _same_inside(pattern: Net, node: Net) -> bool:
    return (
        list(pattern.nodes) == list(node.nodes)
        and getattr(pattern, "edges", ()) == getattr(node, "edges", ())
        and all(says(inner, node.nodes[key]) for key, inner in pattern.nodes.items())
    )


def _matches(net: Net, rules: list[tuple[Any, Test, Any]], at: Path) -> Iterator[tuple[Path, Any]]:
    # The net as a whole is the place of the work, not part of it, unless it is one layer.
    if at or isinstance(net, Layer):
        for _, test, value in rules:
            if test(net):
                yield at, value
                return
    for key, node in net.nodes.items():
        yield from _matches(node, rules, (*at, key))


def _nodes(net: Net) -> Iterator[Net]:
    yield net
    for node in net.nodes.values():
        yield from _nodes(node)


__all__ = ["net_replace", "says"]
