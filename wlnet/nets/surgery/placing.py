"""Other nets at some places of a net, put in all at once, and what has to be looked at then."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from wlnet.core.errors import Fault, OptionError, WlnetError, fail
from wlnet.core.multipliers import array_places
from wlnet.core.net import EMPTY, Net
from wlnet.core.parts import Key, Path, path_text
from wlnet.core.walking import node_at
from wlnet.nets.container import (
    as_container,
    hoist,
    rebuilt,
    shared_names,
    without_coders,
)


def worded(error: WlnetError, what: str) -> WlnetError:
    """The same error, saying first what was being done."""
    return fail(
        type(error), [replace(fault, what=f"{what}: {fault.what}") for fault in error.faults]
    )


def located(error: WlnetError, at: str) -> WlnetError:
    """The same error, saying where, unless it does already."""
    return fail(type(error), [replace(fault, at=fault.at or at) for fault in error.faults])


def with_nodes(root: Net, new: Mapping[Path, Net]) -> Net:
    """The root with other nets at some paths, put in all at once; whether they fit is not asked.

    Raises one OptionError for all nets with other ports.
    """
    faults = [
        _other_ports(path, node_at(root, path), node)
        for path, node in new.items()
        if _port_counts(node) != _port_counts(node_at(root, path))
    ]
    if faults:
        raise fail(OptionError, faults)
    bringers: dict[Key, Net] = {
        f"the part at {path_text(path)}": node for path, node in new.items()
    }
    _, table = hoist({"the net": _trimmed_without(root, list(new)), **bringers})
    for path, node in new.items():
        bare = without_coders(node._with(shared=EMPTY) if node.shared else node, node.port_names)
        root = _put(root, path, bare)
    return trimmed(root._with(shared=table))


def _port_counts(net: Net) -> tuple[int | None, int]:
    """How many inputs (None: as many as are connected) and outputs."""
    return None if net.is_variadic else len(net.input_names), len(net.output_names)


def _other_ports(path: Path, old: Net, new: Net) -> Fault:
    inputs = f"inputs {list(old.input_names)}"
    if old.is_variadic:
        inputs = "a layer that takes any number of inputs"
    return Fault(
        "a part is replaced by a net with as many ports",
        at=path_text(path),
        given=f"{new.kind}, inputs {list(new.input_names)}, outputs {list(new.output_names)}"
        + _states(new),
        expected=f"{inputs}, outputs {list(old.output_names)}{_states(old)}",
    )


def _states(net: Net) -> str:
    return f", states {list(net.state_names)}" if net.state_names else ""


def _names(net: Net) -> tuple[tuple[str, ...], ...]:
    return net.input_names, net.output_names, net.state_names


def _put(root: Net, path: Path, new: Net) -> Net:
    """The root with another net at a path. What names its ports follows where they have other
    names, and then what names the ports of that.
    """
    old: Net = node_at(root, path)
    if not path or _names(old) == _names(new):
        return rebuilt(root, {path: new})
    around = as_container(node_at(root, path[:-1])).exchanged(path[-1], new)
    if around is None:
        raise fail(OptionError, _other_ports(path, old, new))
    return _put(root, path[:-1], around)


def _trimmed_without(root: Net, paths: Collection[Path]) -> Net:
    """The root as a bringer of shared arrays: those that occur outside the parts that go."""
    names = names_outside(root, paths)
    return root._with(shared={name: array for name, array in root.shared.items() if name in names})


def names_outside(root: Net, paths: Collection[Path]) -> set[str | None]:
    """The names of shared arrays that occur outside some parts."""
    return {
        place.shared
        for place in array_places(root)
        if not any(place.path[: len(path)] == path for path in paths)
    }


def trimmed(net: Net) -> Net:
    """Without shared arrays that occur nowhere any more."""
    names = shared_names(net)
    if all(name in names for name in net.shared):
        return net
    return net._with(shared={name: array for name, array in net.shared.items() if name in names})
