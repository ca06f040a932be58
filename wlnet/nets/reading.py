"""What a user gave as the nodes and ports of a chain or graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import unknown_option
from wlnet.core.names import a, field_name
from wlnet.core.net import Net
from wlnet.core.parts import Key
from wlnet.core.ports import PortType, as_port
from wlnet.nets.shorthand import as_net


def read_nodes(given: object, gathered: Gathered) -> dict[Key, Net | None]:
    """The nodes of a chain or graph; None for what is no net: its faults are noted."""
    items = gathered.attempt(lambda: chain_items(given)) or {}
    make = {key: partial(as_net, value, repr(key)) for key, value in items.items()}
    return {key: gathered.attempt(made) for key, made in make.items()}


def read_ports(
    kind: str,
    given: Iterable[tuple[str, object]],
    names: tuple[tuple[str, ...], tuple[str, ...]] | None,
    gathered: Gathered,
) -> dict[str, PortType]:
    """Ports by name, from words that are their names or snake_case; faults are noted.

    names: of the inputs and outputs; None where something else is at fault already.
    """
    known = [*names[0], *names[1]] if names else []
    by_field = {field_name(name): name for name in known}
    ports: dict[str, PortType] = {}
    for word, spec in given:
        name = word if word in known else by_field.get(word)
        if names and name is None:
            fields = [field for field in by_field if not field.isdecimal()]
            fault = unknown_option(a(kind), str(word), spec, [*fields, "learning_rate_multipliers"])
            numbered = [name for name in known if name.isdecimal()]
            if numbered and word == "input":
                fault = replace(fault, fix=f"ports={{{numbered[0]!r}: ...}}")
            if numbered and str(word).isdecimal():
                fault = replace(fault, fix="inputs of a layer that takes any number count from 1")
            gathered.add(fault)
            continue
        if name in ports:
            gathered.add(Fault(f"port {name} of {a(kind)} is given twice", given=brief(spec)))
        port = gathered.attempt(partial(as_port, spec, name or str(word)))
        if port is not None and name is not None:
            ports[name] = port
    return ports


def chain_items(layers: object) -> dict[Key, object]:
    """The keys and values a user gave for the nodes of a chain or graph."""
    if isinstance(layers, Net):
        raise fail(
            OptionError,
            Fault(
                "a chain takes a list of layers",
                given=f"one {layers.kind}",
                fix="NetChain([layer])",
            ),
        )
    pairs: list[tuple[Any, Any]]
    if isinstance(layers, Mapping):
        pairs, named = list(layers.items()), True
    elif isinstance(layers, (list, tuple)):
        entries = list(layers)
        named = bool(entries) and all(
            isinstance(e, tuple) and len(e) == 2 and isinstance(e[0], str) for e in entries
        )
        pairs = entries if named else list(enumerate(entries, 1))
    else:
        raise fail(OptionError, Fault("nodes are a list or a dict of layers", given=brief(layers)))
    if not pairs:
        raise fail(
            OptionError,
            Fault(
                "a net needs at least one layer",
                given=brief(layers),
                fix="NetChain([LinearLayer(1)])",
            ),
        )
    names = [name for name, _ in pairs]
    if named and not all(isinstance(name, str) and name for name in names):
        raise fail(
            OptionError,
            Fault(
                "names of nodes are strings, and not empty",
                given=", ".join(brief(n) for n in names if not isinstance(n, str) or not n),
                fix='{"encode": LinearLayer(3)}',
            ),
        )
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        raise fail(OptionError, Fault("names of nodes occur once", given=", ".join(twice)))
    return dict(pairs)
