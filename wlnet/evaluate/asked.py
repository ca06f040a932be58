"""What a net is asked for: its outputs, ports inside it, gradients, or a property of a decoder."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from wlnet.coders import NetDecoder
from wlnet.coders.decoder import Property
from wlnet.core.errors import Fault, OptionError, PartError, brief, fail
from wlnet.core.finding import find
from wlnet.core.gathered import Gathered
from wlnet.core.net import Net
from wlnet.core.parts import MULTI, NetPort, NetPortGradient, NetSharedArray, Path, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import node_at
from wlnet.graph.keys import GradientKey, KeptStateKey, PortGradientKey, SourceKey
from wlnet.nets.connections import Needed, Port, needed_for
from wlnet.nets.container import shared_names
from wlnet.nets.inference import inference, inferred_port

AnswerKey = str | Port | SourceKey
"""An output of the net, one of a part, or a gradient."""


class Asked(NamedTuple):
    """What a call asks for, apart from properties: ports, () for the path of the net, gradients,
    and states that are kept from call to call."""

    ports: tuple[Port, ...]
    by: tuple[SourceKey, ...] = ()
    kept: tuple[KeptStateKey, ...] = ()

    def needed(self, net: Net) -> Needed:
        """The inputs and the layers that it takes."""
        states = [(key.path, key.name) for key in self.kept]
        return needed_for(net, [*self.ports, *states], self.by)


class Question(NamedTuple):
    """A call's second argument, read. asked: None for all outputs of the net, decoded by `prop`.
    answers: the keys of the answers, and what each is; is_dict: whether they are told by them."""

    asked: Asked | None
    answers: Sequence[tuple[object, AnswerKey]]
    is_dict: bool
    prop: Property | None = None


def question(net: Net, prop: Any) -> Question:
    """What is asked for. Raises PartError for what is not there, OptionError for what cannot be
    asked."""
    if isinstance(prop, (NetPort, NetPortGradient)):
        return _of_parts([_answer(net, prop)], False)
    if is_of_parts(prop):
        gathered = Gathered()
        found = [gathered.attempt(functools.partial(_answer, net, each)) for each in prop]
        gathered.tell()
        return _of_parts([each for each in found if each is not None], True)
    names = net.output_names
    if prop is not None and prop is not AUTOMATIC:
        for name in names:
            _check_property(inferred_port(net, name).coder, prop)
    return Question(None, [(name, name) for name in names], len(names) > 1, prop)


def is_of_parts(prop: object) -> bool:
    """Whether parts of a net are asked for: a port or a gradient, or a list of these."""
    several = prop if isinstance(prop, list) and prop else [prop]
    return all(isinstance(each, (NetPort, NetPortGradient)) for each in several)


def _of_parts(answers: Sequence[tuple[object, AnswerKey]], is_dict: bool) -> Question:
    ports: dict[Port, None] = {}
    by: dict[SourceKey, None] = {}
    for _, key in dict.fromkeys(answers):
        if isinstance(key, (GradientKey, PortGradientKey)):
            by[key] = None
        else:
            ports[((), key) if isinstance(key, str) else key] = None
    return Question(Asked(tuple(ports), tuple(by)), answers, is_dict, None)


def _answer(net: Net, part: NetPort | NetPortGradient) -> tuple[object, AnswerKey]:
    """What the answer is called, and what it is."""
    if isinstance(part, NetPortGradient):
        return _gradient(net, part)
    path, name = port_place(net, part)
    return (NetPort(*path, name), (path, name)) if path else (name, name)


def _check_property(decoder: NetDecoder | None, prop: Property) -> None:
    if decoder is not None:
        decoder.check_property(prop)
        return
    raise fail(
        OptionError,
        Fault(
            "a property needs a decoder at the output",
            given=brief(prop),
            fix='NetChain([...], output=NetDecoder("Class", labels))',
        ),
    )


def port_place(net: Net, port: NetPort) -> Port:
    """The path of the part that an output port belongs to, () for the net, and the port's name.

    Raises PartError for what is no such port, OptionError for a part that has several.
    """
    path, part, name = _owner(net, port)
    if name in part.output_names or name in part.state_names:
        return path, str(name)
    found = _only_output(net, port)
    if found is not None:
        return found
    raise fail(
        PartError,
        Fault(
            f"there is no output port {brief(name)}",
            at=path_text(path) or net.kind,
            known=[*part.output_names, *part.state_names, *part.nodes],
            fix=suggestion(name, (*part.output_names, *part.state_names)),
        ),
    )


def _gradient(net: Net, part: NetPortGradient) -> tuple[NetPortGradient, SourceKey]:
    """The name of a gradient that is asked for, and its key."""
    if all(inferred_port(net, name).element == "Integer" for name in net.output_names):
        what = "indices have no gradient, and nothing else comes out of the net"
        raise fail(OptionError, Fault(what, given=brief(part)))
    if part.path and isinstance(part.path[0], NetSharedArray):
        return part, GradientKey(_shared(net, part.path[0]))
    path, owner, name = _owner(net, part)
    ports = {port for (at, port) in inference(net).ports if at == path}
    if name in ports:
        return _by_port(net, path, str(name), part)
    if name in owner.array_values:
        value = owner.array_values[str(name)]
        if value is None:
            what = f"it has no {name}, so there is no gradient by them"
            raise fail(PartError, Fault(what, at=path_text(path) or net.kind, given=brief(part)))
        key: ArrayKey = value if isinstance(value, NetSharedArray) else (*path, str(name))
        return NetPortGradient(*path, name), GradientKey(key)
    found = _only_output(net, part)
    if found is not None:
        return _by_port(net, *found, part)
    find(net, part.path)
    raise fail(
        PartError,
        Fault(
            f"{brief(name)} is neither a port nor an array",
            at=path_text(path) or net.kind,
            given=brief(part),
            known=[*ports, *owner.array_values, *owner.nodes],
        ),
    )


def _by_port(
    net: Net, path: Path, name: str, part: NetPortGradient
) -> tuple[NetPortGradient, SourceKey]:
    if inference(net).ports[path, name].element == "Integer":
        what = "indices have no gradient"
        fix = "ask by what is made of them, such as the output or the weights of an EmbeddingLayer"
        at = f"port {path_text((*path, name))}"
        raise fail(OptionError, Fault(what, at=at, given=brief(part), fix=fix))
    return NetPortGradient(*path, name), PortGradientKey(path, name)


def _shared(net: Net, array: NetSharedArray) -> NetSharedArray:
    names = shared_names(net)
    if array.name not in names:
        raise fail(
            PartError,
            Fault(
                "there is no such shared array",
                at=net.kind,
                given=brief(array),
                known=names,
                fix=suggestion(array.name, names),
            ),
        )
    return array


def _owner(net: Net, part: NetPort | NetPortGradient) -> tuple[Path, Net, object]:
    """The part that a port or an array belongs to, with its path, and the name that is asked."""
    if not part.path:
        what = "a port has a name" if isinstance(part, NetPort) else "a port or an array has a name"
        raise fail(PartError, Fault(what, given=brief(part), known=net.port_names))
    (*steps, name) = part.path
    path = _node(net, part, tuple(steps)) if steps else ()
    return path, node_at(net, path), name


def _only_output(net: Net, part: NetPort | NetPortGradient) -> Port | None:
    """The output of a part that is asked for without the name of a port; None where it is none."""
    with suppress(PartError):
        path = _node(net, part, part.path)
        names = node_at(net, path).output_names
        if len(names) == 1:
            return path, names[0]
        what = "a part with several outputs is asked for one by name"
        kind = type(part).__name__
        fix = f"{kind}({', '.join(map(repr, (*part.path, names[0])))})"
        raise fail(OptionError, Fault(what, given=brief(part), known=names, fix=fix))
    return None


def _node(net: Net, part: NetPort | NetPortGradient, steps: Path) -> Path:
    """The one node at the steps of a port or an array."""
    places = find(net, steps)
    if len(places) != 1 or places[0].kind != "node" or any(isinstance(s, MULTI) for s in steps):
        is_port = isinstance(part, NetPort)
        what = "the port of one part is asked for" if is_port else "one port or array is asked by"
        fix = 'NetPort(2, "Output")' if is_port else 'NetPortGradient(2, "Weights")'
        raise fail(PartError, Fault(what, given=brief(part), fix=fix))
    return places[0].path
