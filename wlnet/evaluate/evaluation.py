"""Evaluating a net on one example or a batch."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from wlnet.coders import NetDecoder
from wlnet.coders.decoder import Property
from wlnet.core.errors import Fault, OptionError, PartError, WlnetError, brief, fail
from wlnet.core.finding import find
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_by
from wlnet.core.net import Net
from wlnet.core.parts import MULTI, NetPort, Path, path_text
from wlnet.core.ports import PortType
from wlnet.core.spelling import suggestion
from wlnet.core.streams import Seed, as_seed, stream
from wlnet.core.symbols import AUTOMATIC
from wlnet.core.walking import node_at
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.arguments import (
    check_choice,
    check_count,
    read_arguments,
    read_columns,
)
from wlnet.evaluate.groups import Rows, check_columns, run_columns
from wlnet.evaluate.quick import short_way
from wlnet.evaluate.runner import Runner
from wlnet.graph.builder import Mode
from wlnet.graph.keys import OutputKey
from wlnet.nets.connections import Port, needed_for
from wlnet.nets.inference import inferred_port

MODES, PRECISIONS, DEVICES = ("Test", "Train"), tuple(DTYPES), ("CPU",)


def evaluate(
    net: Net,
    /,
    *args: Any,
    net_evaluation_mode: Mode = "Test",
    random_seeding: Any = 1234,
    working_precision: Any = "Real32",
    batch_size: Any = AUTOMATIC,
    target_device: str = "CPU",
    workers: Any = AUTOMATIC,
) -> Any:
    """What `net(x)` does; see Net.__call__."""
    precision: Any = "Real32" if working_precision is AUTOMATIC else working_precision
    try:
        check_choice("net_evaluation_mode", net_evaluation_mode, MODES)
        check_choice("working_precision", precision, PRECISIONS)
        check_choice("target_device", target_device, DEVICES)
        count = None if workers is AUTOMATIC else check_count("workers", workers)
        chunk = None if batch_size is AUTOMATIC else check_count("batch_size", batch_size)
        seed = as_seed(random_seeding)
        x, wish = read_arguments(net, args)
        asked, as_dict, prop = _asked(net, wish)
        is_good = True
    except WlnetError:
        is_good = False
    if not is_good:
        _tell_all(Gathered(), locals())
    needed = None if asked is None else needed_for(net, asked).inputs
    columns, single = read_columns(net, x, needed)
    wanted = [((), name) for name in net.output_names] if asked is None else asked
    runner = Runner(net, net_evaluation_mode, precision, seed, asked, count)
    if isinstance(columns, int):
        raw: Mapping[OutputKey, Rows] = runner.run({}, columns, chunk)
    elif columns and next(iter(columns.values())) is None:
        return []
    else:
        raw = run_columns(runner, columns, chunk)
        usual = net_evaluation_mode == "Test" and precision == "Real32" and count is None
        if single and len(args) == 1 and usual:
            net.cached("quick", lambda: short_way(runner))
    answers = [
        _decoded(
            inferred_port(net, name) if not path else PortType(),
            raw[(path, name) if path else name],
            prop,
            single,
            seed,
        )
        for path, name in wanted
    ]
    if not as_dict:
        return answers[0]
    keys = [name if not path else NetPort(*path, name) for path, name in wanted]
    return dict(zip(keys, answers, strict=True))


def _tell_all(gathered: Gathered, given: Mapping[str, Any]) -> None:
    """Raise all that is wrong with a call of a net, of which something is.

    given: its arguments by name; those without names are a tuple, `args`.
    """
    net, precision = given["net"], given["working_precision"]
    precision = "Real32" if precision is AUTOMATIC else precision
    mode, device = given["net_evaluation_mode"], given["target_device"]
    gathered.attempt(lambda: check_choice("net_evaluation_mode", mode, MODES))
    gathered.attempt(lambda: check_choice("working_precision", precision, PRECISIONS))
    gathered.attempt(lambda: check_choice("target_device", device, DEVICES))
    for option in ("workers", "batch_size"):
        if given[option] is not AUTOMATIC:
            gathered.attempt(functools.partial(check_count, option, given[option]))
    gathered.attempt(lambda: as_seed(given["random_seeding"]))
    read = gathered.attempt(lambda: read_arguments(net, given["args"]))
    if read is not None:
        x, prop = read
        asked = gathered.attempt(lambda: _asked(net, prop))
        # What ports that are not there would need, nobody knows.
        if asked is not None or not isinstance(prop, (NetPort, list)):
            gathered.attempt(lambda: _check_data(net, x, asked[0] if asked else None))
    gathered.tell()


checked_by(_tell_all)(evaluate)


def _check_data(net: Net, x: object, asked: list[Port] | None) -> None:
    """Raise what is wrong with data, as far as can be said without running anything."""
    columns, _ = read_columns(net, x, None if asked is None else needed_for(net, asked).inputs)
    if not isinstance(columns, int) and not any(each is None for each in columns.values()):
        check_columns(net, columns)


def _asked(net: Net, prop: Any) -> tuple[list[Port] | None, bool, Property | None]:
    """The ports that are asked for (None: all outputs of the net), whether the results come as a
    dict, and the decoder's property."""
    if isinstance(prop, NetPort):
        return [port_place(net, prop)], False, None
    if isinstance(prop, list) and prop and all(isinstance(each, NetPort) for each in prop):
        gathered = Gathered()
        found = [gathered.attempt(functools.partial(port_place, net, each)) for each in prop]
        gathered.tell()
        return [place for place in found if place is not None], True, None
    if prop is not None and prop is not AUTOMATIC:
        for name in net.output_names:
            _check_property(inferred_port(net, name).coder, prop)
    return None, len(net.output_names) > 1, prop


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


def port_place(net: Net, port: NetPort) -> tuple[Path, str]:
    """The path of the part that an output port belongs to, () for the net, and the port's name.

    Raises PartError for what is no such port, OptionError for a part that has several.
    """
    if not port.path:
        raise fail(PartError, Fault("a port has a name", given=brief(port), known=net.port_names))
    (*steps, name) = port.path
    path = _node(net, port, tuple(steps)) if steps else ()
    part = node_at(net, path)
    if name in part.output_names:
        return path, str(name)
    with suppress(PartError):
        # A part without the name of a port: the port that it has.
        path = _node(net, port, port.path)
        names = node_at(net, path).output_names
        if len(names) == 1:
            return path, names[0]
        what = "a part with several outputs is asked for one by name"
        fix = f"NetPort({', '.join(map(repr, (*port.path, names[0])))})"
        raise fail(OptionError, Fault(what, given=brief(port), known=names, fix=fix))
    raise fail(
        PartError,
        Fault(
            f"there is no output port {brief(name)}",
            at=path_text(path) or net.kind,
            known=[*part.output_names, *part.nodes],
            fix=suggestion(name, part.output_names),
        ),
    )


def _node(net: Net, port: NetPort, steps: Path) -> Path:
    """The one node at the steps of a port."""
    places = find(net, steps)
    if len(places) != 1 or places[0].kind != "node" or any(isinstance(s, MULTI) for s in steps):
        what = "the port of one part is asked for"
        raise fail(PartError, Fault(what, given=brief(port), fix='NetPort(2, "Output")'))
    return places[0].path


def _decoded(
    port: PortType, array: Rows, prop: Property | None, single: bool, seed: Seed
) -> object:
    decoder = port.coder
    if decoder is None or prop is None:
        return array[0] if single else array
    name = prop[0] if isinstance(prop, (tuple, list)) and prop else prop
    is_drawn = isinstance(name, str) and name == "RandomSample"
    extra = {"rng": stream(seed, "decode")} if is_drawn else {}
    decoded = decoder.decode(array, prop, **extra)
    return decoded[0] if single else decoded
