"""Evaluating a net on one example or a batch."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from typing import Any

from wlnet.coders.decoder import Property
from wlnet.core.errors import WlnetError
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_by
from wlnet.core.net import Net
from wlnet.core.parts import NetPort, NetPortGradient
from wlnet.core.streams import Seed, as_seed, stream
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.blueprint import DTYPES
from wlnet.evaluate.arguments import (
    check_choice,
    check_count,
    read_arguments,
    read_columns,
)
from wlnet.evaluate.asked import Question, question
from wlnet.evaluate.groups import Rows, check_columns, run_columns
from wlnet.evaluate.quick import Quick, way_for
from wlnet.evaluate.ragged import in_order, ragged
from wlnet.evaluate.runner import Runner
from wlnet.graph.array_tracing import current
from wlnet.graph.builder import Mode
from wlnet.graph.keys import GradientKey, OutputKey
from wlnet.nets.inference import inferred_port
from wlnet.nets.surgery.connect import apply, is_called_in

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
    arrays, given = current(), locals()
    if arrays is not None and is_called_in(arrays, net, args):
        defaults = (evaluate.__kwdefaults__ or {}).items()
        return apply(arrays, net, args, [name for name, it in defaults if given[name] is not it])
    precision: Any = "Real32" if working_precision is AUTOMATIC else working_precision
    try:
        check_choice("net_evaluation_mode", net_evaluation_mode, MODES)
        check_choice("working_precision", precision, PRECISIONS)
        check_choice("target_device", target_device, DEVICES)
        count = None if workers is AUTOMATIC else check_count("workers", workers)
        chunk = None if batch_size is AUTOMATIC else check_count("batch_size", batch_size)
        seed = as_seed(random_seeding)
        x, wish = read_arguments(net, args)
        wanted = question(net, wish)
        is_good = True
    except WlnetError:
        is_good = False
    if not is_good:
        _tell_all(Gathered(), locals())
    columns, single = read_columns(net, x, _inputs_for(net, wanted))
    runner = Runner(net, net_evaluation_mode, precision, seed, wanted.asked, count)
    if isinstance(columns, int):
        raw: Mapping[OutputKey, Rows] = runner.run({}, columns, chunk)
    elif columns and next(iter(columns.values())) is None:
        return []
    else:
        raw = run_columns(runner, columns, chunk)
        usual = net_evaluation_mode == "Test" and precision == "Real32"
        if usual and count is None and chunk is None and len(args) == 1:
            quick = net.cached("quick", lambda: Quick(net, runner.kept.ways))
            quick.learn(args[0], lambda: way_for(runner, wanted, columns, single))
    answers = {
        name: told(net, key, raw[key], wanted.prop, single, seed) for name, key in wanted.answers
    }
    return answers if wanted.is_dict else next(iter(answers.values()))


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
        wanted = gathered.attempt(lambda: question(net, prop))
        # What parts that are not there would need, nobody knows.
        if wanted is not None or not isinstance(prop, (NetPort, NetPortGradient, list)):
            gathered.attempt(lambda: _check_data(net, x, wanted))
    gathered.tell()


checked_by(_tell_all)(evaluate)


def _inputs_for(net: Net, wanted: Question | None) -> Collection[str] | None:
    """The inputs that are needed; None: all."""
    asked = None if wanted is None else wanted.asked
    return None if asked is None else asked.needed(net).inputs


def _check_data(net: Net, x: object, wanted: Question | None) -> None:
    """Raise what is wrong with data, as far as can be said without running anything."""
    columns, _ = read_columns(net, x, _inputs_for(net, wanted))
    if not isinstance(columns, int) and not any(each is None for each in columns.values()):
        check_columns(net, columns)


def told(
    net: Net, key: OutputKey, array: Rows, prop: Property | None, single: bool, seed: Seed
) -> object:
    """What is told of the numbers of an answer: outputs of the net are decoded."""
    if isinstance(key, GradientKey):
        return array
    decoder = inferred_port(net, key).coder if isinstance(key, str) else None
    if decoder is None or prop is None:
        return array[0] if single else array
    name = prop[0] if isinstance(prop, (tuple, list)) and prop else prop
    is_drawn = isinstance(name, str) and name == "RandomSample"
    extra = {"rng": stream(seed, "decode")} if is_drawn else {}
    if not isinstance(array, list):
        decoded = decoder.decode(array, prop, **extra)
    else:
        # Decoded as they were computed: those of one shape together.
        parts = ragged(array).parts
        decoded = in_order((rows, decoder.decode(each, prop, **extra)) for rows, each in parts)
    return decoded[0] if single else decoded
