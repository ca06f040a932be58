"""net_rename: other names for nodes, and for the ports of a graph.

Wolfram Language: NetRename.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from wlnet.core.answers import answer, takes_one_argument
from wlnet.core.errors import Fault, OptionError, PartError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.parts import Key, NetPort, Path, path_text
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import ALL
from wlnet.nets.chain import warn_of_shadows
from wlnet.nets.container import CONTAINERS, Container, as_container
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.rules_of_parts import Moves, Voice, carried
from wlnet.nets.surgery.positions import needed, whole


def net_rename(net: Net, names: object, level: object = 1) -> Container:
    """A net whose nodes have other names; edges and rules follow.

    names: {old: new, ...} or [(old, new), ...], carried out all at once; a list of names for all
    nodes in order (of a numbered net too, whose nodes then have names); or a function from the old
    name to the new one. {NetPort("old"): NetPort("new")} renames a port of a graph.
    level: how many levels of nets inside nets are gone through; 1 is the outermost only, ALL means
    every one. Raises PartError for names that are not there, OptionError for new ones that occur
    twice or are no strings.

    >>> from wlnet.nets.chain import NetChain
    >>> net = NetChain({"a": 3, "b": "Ramp"}, learning_rate_multipliers={"a": 0})
    >>> net_rename(net, {"a": "first"}).learning_rate_multipliers
    {'first': 0}

    Wolfram Language: NetRename.
    """
    net = needed(net, "net_rename", *CONTAINERS.values())
    depth = as_whole(level)
    if level is not ALL and (depth is None or depth < 1):
        raise fail(
            OptionError,
            Fault("the level of net_rename is a number from 1, or ALL", given=brief(level)),
        )
    naming = _Naming(names)
    naming.read(net, depth, ())
    naming.refuse_unknown(net)
    naming.gathered.tell()
    result, moves = _renamed(net, naming, depth, ())
    return carried(result, [Voice(net, moves)])


class _Naming:
    """What the user wants: new names by old ones, or by a function; new names of ports."""

    def __init__(self, given: object) -> None:
        self.nodes: dict[Key, Any] = {}
        self.ports: dict[str, str] = {}
        self.in_order: list[Any] | None = None
        self.function: Callable[[Any], Any] | None = None
        self.seen: set[Any] = set()
        self.known: list[Key] = []
        self.found: dict[Path, dict[Key, Key]] = {}
        """The new keys by the old ones, in every net that is gone through."""
        self.gathered = Gathered()
        if isinstance(given, Mapping):
            self._pairs(list(given.items()))
        elif (
            isinstance(given, (list, tuple))
            and given
            and all(isinstance(e, tuple) and len(e) == 2 for e in given)
        ):
            self._pairs(list(given))
        elif isinstance(given, (list, tuple)):
            self.in_order = list(given)
        elif callable(given) and takes_one_argument(given) is not False:
            self.function = given
        else:
            raise fail(
                OptionError,
                Fault(
                    "names are {old: new}, a list of names, or a function of one name",
                    given=brief(given),
                    fix='net_rename(net, {"a": "b"})',
                ),
            )

    def _pairs(self, pairs: Iterable[tuple[object, object]]) -> None:
        for old, new in pairs:
            if isinstance(old, NetPort):
                name = new.path[0] if isinstance(new, NetPort) and len(new.path) == 1 else new
                if len(old.path) != 1 or not isinstance(name, str) or not name:
                    raise fail(
                        OptionError,
                        Fault(
                            "a port of the net gets another name",
                            given=f"{brief(old)}: {brief(new)}",
                            fix='{NetPort("old"): NetPort("new")}',
                        ),
                    )
                self.ports[str(old.path[0])] = name
            elif isinstance(old, bool) or not isinstance(old, (str, int)):
                raise fail(
                    OptionError,
                    Fault("what is renamed is a name, a position, or a port", given=brief(old)),
                )
            else:
                self.nodes[old] = new

    def read(self, net: Net, level: int | None, at: Path) -> None:
        """Look at all names before any is used; a function is asked once for each."""
        operator = net.addressing == "operator"
        keys = list(net.nodes)
        new = None if operator else self.gathered.attempt(lambda: self._of(net, at))
        self.found[at] = dict(zip(keys, keys, strict=True)) if new is None else new
        if not at and isinstance(net, NetGraph):
            for name in net.port_names:
                self.port(net, name)
        # An operator has one net and no names to choose: it is no level.
        left = level if operator or level is None else level - 1
        for key, node in net.nodes.items():
            if node.nodes and left != 0:
                self.read(node, left, (*at, key))

    def _of(self, net: Net, at: Path) -> dict[Key, Key]:
        """New keys by old ones. Raises OptionError."""
        keys = list(net.nodes)
        self.known += keys
        if self.in_order is not None:
            if at:
                return dict(zip(keys, keys, strict=True))
            if len(self.in_order) != len(keys):
                raise fail(
                    OptionError,
                    Fault(
                        f"{len(self.in_order)} names for {len(keys)} nodes",
                        given=brief(self.in_order),
                        known=keys,
                    ),
                )
            new = dict(zip(keys, self.in_order, strict=True))
        elif self.function is not None:
            new = {key: answer(self.function, "names", key) for key in keys}
        else:
            new = {key: self._one(net, key) for key in keys}
        _check(net, new, at)
        return new

    def _one(self, net: Net, key: Key) -> object:
        spellings: list[Any] = [key]
        if net.addressing in ("positions", "both"):
            at = list(net.nodes).index(key)
            spellings += [at + 1, at - len(net.nodes)]
        elif net.addressing == "numbers":
            spellings += [str(key), int(key) - len(net.nodes) - 1]
        for word in spellings:
            if word in self.nodes:
                self.seen.add(word)
                return self.nodes[word]
        return key

    def port(self, net: Net, name: str) -> str:
        if name in self.ports:
            self.seen.add(NetPort(name))
        return self.ports.get(name, name)

    def refuse_unknown(self, net: Net) -> None:
        faults = []
        for old in self.nodes:
            if old not in self.seen:
                faults.append(
                    Fault(
                        f"there is no node {brief(old)} to rename",
                        known=list(dict.fromkeys(self.known)),
                        fix=suggestion(old, map(str, self.known)),
                    )
                )
        for name in self.ports:
            if NetPort(name) not in self.seen:
                fixed = name in net.port_names
                faults.append(
                    Fault(
                        f"the ports of {a(net.kind)} have fixed names"
                        if fixed
                        else f"there is no port {brief(name)} to rename",
                        given=repr(NetPort(name)),
                        known=net.port_names,
                        fix="NetGraph(net) has ports that can be renamed"
                        if fixed
                        else suggestion(name, net.port_names),
                    )
                )
        if faults:
            self.gathered.errors.append(fail(PartError, faults))


def _check(net: Net, new: dict[Key, object], at: Path) -> None:
    where = path_text(at) or "the net itself"
    changed = [key for key, name in new.items() if type(name) is not type(key) or name != key]
    faults = []
    wrong = [new[key] for key in changed if not (isinstance(new[key], str) and new[key])]
    if wrong:
        given = ", ".join(map(brief, wrong))
        faults.append(Fault("names of nodes are strings", at=where, given=given))
    numbers = [key for key, name in new.items() if isinstance(name, int)]
    if changed and numbers and not wrong:
        faults.append(
            Fault(
                "a net has names for all of its nodes, or for none",
                at=where,
                given=f"no names for {numbers}",
                fix="a list of names, one a node",
            )
        )
    names = [name for name in new.values() if isinstance(name, (str, int))]
    twice = sorted({str(name) for name in names if names.count(name) > 1})
    if twice:
        what, known = "names of nodes occur once", list(net.nodes)
        faults.append(Fault(what, at=where, given=", ".join(twice), known=known))
    if faults:
        raise fail(OptionError, faults)


def _renamed(
    net: Container, naming: _Naming, level: int | None, at: Path
) -> tuple[Container, Moves]:
    """A net with other names, under no rules yet, and where its nodes went."""
    operator = net.addressing == "operator"
    new = naming.found[at]
    moves: dict[Path, Path] = {}
    nodes: dict[Key, Net] = {}
    left = level if operator or level is None else level - 1
    for key in net.nodes:
        node = whole(net, key)
        inside: Moves = {}
        if node.nodes and left != 0:
            old = node
            node, inside = _renamed(as_container(old), naming, left, (*at, key))
            node = carried(node, [Voice(old, inside)])
        nodes[new[key]] = node
        moves[key,] = (new[key],)
        if any(a != b for a, b in inside.items()):
            del moves[key,]
            moves.update({(key, *a): (new[key], *b) for a, b in inside.items()})
    result = net.renamed(nodes, new, _ports(net, naming if not at else None))
    if list(new) != list(new.values()) or list(net.port_names) != list(result.port_names):
        warn_of_shadows(result)
    return result, moves


def _ports(net: Net, naming: _Naming | None) -> dict[str, str]:
    """The new names of the ports of a net by the old ones. Raises OptionError."""
    ports = {name: naming.port(net, name) if naming else name for name in net.port_names}
    names = list(ports.values())
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise fail(
            OptionError,
            Fault("names of ports occur once", given=", ".join(twice), known=net.port_names),
        )
    return ports
