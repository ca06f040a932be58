"""Evaluating a net on one example or a batch."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wlnet.core.errors import DataError, Fault, NotInitializedError, OptionError, PartError, fail
from wlnet.core.net import Net
from wlnet.core.parts import NetPort, Path, find, node_at, path_text
from wlnet.core.ports import PortType
from wlnet.core.spelling import suggestion
from wlnet.core.streams import Seed, as_seed, stream
from wlnet.core.symbols import AUTOMATIC
from wlnet.engine.program import Program
from wlnet.evaluate.columns import Array, encode, is_single
from wlnet.graph.builder import Mode
from wlnet.nets.arrays import arrays_of
from wlnet.nets.inference import inference, inferred_port
from wlnet.plan.compile import DTYPES, forward_blueprint

BATCH = 64
KEPT = 6
"""How many programs a net keeps: one a batch size, mode and precision."""
_keeping = threading.Lock()


def evaluate(
    net: Net,
    *args: Any,
    net_evaluation_mode: Mode = "Test",
    random_seeding: Any = 1234,
    working_precision: str = "Real32",
    batch_size: Any = AUTOMATIC,
    workers: Any = AUTOMATIC,
) -> Any:
    """What `net(x)` does; see Net.__call__."""
    check_choice("net_evaluation_mode", net_evaluation_mode, ("Test", "Train"))
    check_choice("working_precision", working_precision, tuple(DTYPES))
    check_workers(workers)
    chunk = BATCH if batch_size is AUTOMATIC else check_count("batch_size", batch_size)
    seed = as_seed(random_seeding)
    x, prop = _arguments(net, args)
    columns, single = _columns(net, x)
    wanted, as_dict, prop = _wanted(net, prop)
    inside = [(path, name) for path, name in wanted if path]
    runner = Runner(net, net_evaluation_mode, working_precision, seed, inside)
    if isinstance(columns, int):
        raw = runner.run({}, columns, chunk)
    elif columns and next(iter(columns.values())) is None:
        return []
    else:
        raw = _by_shape(net, runner, columns, chunk)
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


def _arguments(net: Net, args: Sequence[Any]) -> tuple[Any, Any]:
    most = 2 if net.input_names else 1
    if len(args) > most or (net.input_names and not args):
        raise fail(
            OptionError,
            Fault(
                "a net is called with its input, and perhaps a property",
                at=net.kind,
                given=f"{len(args)} arguments",
                expected=f"net(x) or net(x, prop), where x fits the ports {list(net.input_names)}",
            ),
        )
    if not net.input_names:
        return None, (args[0] if args else AUTOMATIC)
    return args[0], (args[1] if len(args) == 2 else AUTOMATIC)


def _columns(net: Net, x: Any) -> tuple[Any, bool]:
    """Columns by port, not encoded yet, and whether they came from one example. An int: a source, so many."""
    names = net.input_names
    if not names:
        return 1, True
    if isinstance(x, list) and x and all(isinstance(row, Mapping) for row in x):
        return {name: [_get(row, name, names) for row in x] for name in names}, False
    if isinstance(x, Mapping):
        unknown = [name for name in x if name not in names]
        if unknown:
            raise fail(
                DataError,
                Fault(
                    "data for a port that is not there",
                    given=", ".join(map(repr, unknown)),
                    known=list(names),
                    fix=suggestion(str(unknown[0]), names),
                ),
            )
        given = {name: _get(x, name, names) for name in names}
    elif len(names) == 1:
        given = {names[0]: x}
    else:
        raise fail(
            DataError,
            Fault(
                "a net with several inputs takes a dict",
                at=net.kind,
                given=type(x).__name__,
                known=list(names),
                fix=f"net({{{names[0]!r}: ..., {names[1]!r}: ...}})",
            ),
        )
    verdicts = [is_single(inferred_port(net, name), name, value) for name, value in given.items()]
    known = [verdict for verdict in verdicts if verdict is not None]
    single = known[0] if known else True
    if any(verdict != single for verdict in known):
        raise fail(DataError, Fault("some ports got one example and others a batch", at=net.kind))
    if single:
        return {name: _one(value) for name, value in given.items()}, True
    counts = {name: len(value) for name, value in given.items()}
    if len(set(counts.values())) > 1:
        raise fail(DataError, Fault("columns of different length", given=str(counts)))
    if not next(iter(counts.values())):
        return dict.fromkeys(given), False
    return given, False


def _one(value: Any) -> Any:
    return value[None] if isinstance(value, np.ndarray) else [value]


def _get(row: Mapping[Any, Any], name: str, names: Sequence[str]) -> Any:
    if name not in row:
        raise fail(
            DataError,
            Fault(
                f"no data for port {name!r}",
                given=f"ports {list(row)}",
                expected=f"ports {list(names)}",
            ),
        )
    return row[name]


def _wanted(net: Net, prop: Any) -> tuple[list[tuple[Path, str]], bool, Any]:
    """(path, port) of each result, whether they come as a dict, and what is left for the decoder."""
    if isinstance(prop, NetPort):
        return [_port_place(net, prop)], False, None
    if isinstance(prop, list) and prop and all(isinstance(each, NetPort) for each in prop):
        return [_port_place(net, each) for each in prop], True, None
    names = net.output_names
    return [((), name) for name in names], len(names) > 1, prop


def _port_place(net: Net, port: NetPort) -> tuple[Path, str]:
    (*steps, name) = port.path
    path: Path = ()
    if steps:
        (place,) = find(net, tuple(steps))
        path = place.path
    elif name not in net.output_names and name in net.nodes:
        path, name = (name,), str(node_at(net, (name,)).output_names[0])
    part = node_at(net, path)
    if name not in part.output_names:
        raise fail(
            PartError,
            Fault(
                f"there is no output port {name!r}",
                at=path_text(path) or net.kind,
                known=part.output_names,
                fix=suggestion(str(name), part.output_names),
            ),
        )
    return path, str(name)


def _by_shape(net: Net, runner: Runner, columns: Mapping[str, Any], chunk: int) -> dict[Any, Any]:
    """Evaluate columns; examples of different shapes (sequences) run in groups of equal shape."""
    ports = {name: inferred_port(net, name) for name in columns}
    solution = inference(net)
    below = {name: solution.ports[(), name].below for name in columns}
    ragged = [
        name for name, column in columns.items() if ports[name].coder is None and _is_ragged(column)
    ]
    if not ragged:
        arrays = {
            name: encode(ports[name], name, column, below[name]) for name, column in columns.items()
        }
        return runner.run(arrays, len(next(iter(arrays.values()))), chunk)
    count = len(next(iter(columns.values())))
    groups: OrderedDict[Any, list[int]] = OrderedDict()
    for i in range(count):
        groups.setdefault(tuple(np.shape(columns[name][i]) for name in ragged), []).append(i)
    rows: dict[Any, list[Any]] = {}
    for members in groups.values():
        part = {name: [column[i] for i in members] for name, column in columns.items()}
        for key, array in _by_shape(net, runner, part, chunk).items():
            slots = rows.setdefault(key, [None] * count)
            for i, value in zip(members, array, strict=True):
                slots[i] = value
    return dict(rows)


def _is_ragged(column: Any) -> bool:
    return (
        isinstance(column, (list, tuple))
        and len(
            {
                np.shape(item) if not isinstance(item, list) else np.asarray(item).shape
                for item in column
            }
        )
        > 1
    )


class Runner:
    """Runs the programs of one net on encoded columns, a batch at a time."""

    def __init__(
        self,
        net: Net,
        mode: Mode = "Test",
        precision: str = "Real32",
        seed: Seed = 0,
        inside: Sequence[tuple[Path, str]] = (),
    ) -> None:
        self.net, self.mode, self.precision, self.seed, self.inside = (
            net,
            mode,
            precision,
            seed,
            tuple(inside),
        )

    def run(self, columns: Mapping[str, Array], count: int, chunk: int = BATCH) -> dict[Any, Array]:
        """Every output port's array (count, *shape)."""
        results: dict[Any, Array] = {}
        for step, start in enumerate(range(0, count, chunk)):
            size = min(chunk, count - start)
            program, lock = self._program(
                size, {name: tuple(array.shape[1:]) for name, array in columns.items()}
            )
            with lock:
                for name, array in columns.items():
                    _copy(array[start : start + size], program.inputs[name], name, start)
                program.run(seed=self.seed, step=step)
                for key, array in program.outputs.items():
                    if key not in results:
                        results[key] = np.empty((count, *array.shape[1:]), array.dtype)
                    results[key][start : start + size] = array
        return results

    def _program(
        self, batch: int, shapes: Mapping[str, tuple[int, ...]]
    ) -> tuple[Program, threading.Lock]:
        key = (batch, self.mode, self.precision, self.inside, tuple(sorted(shapes.items())))
        with _keeping:
            kept: OrderedDict[Any, Any] = self.net.cached("programs", OrderedDict)
            if key not in kept:
                kept[key] = (self._compiled(batch, shapes), threading.Lock())
            kept.move_to_end(key)
            while len(kept) > KEPT:
                kept.popitem(last=False)
            found: tuple[Program, threading.Lock] = kept[key]
            return found

    def _compiled(self, batch: int, shapes: Mapping[str, tuple[int, ...]]) -> Program:
        arrays = arrays_of(self.net)
        missing = [key for key, value in arrays.items() if not isinstance(value, np.ndarray)]
        if missing:
            raise fail(
                NotInitializedError,
                Fault(
                    "arrays without numbers",
                    at=self.net.kind,
                    given=", ".join(_key_text(key) for key in missing[:8]),
                    fix="net_initialize(net) draws them",
                ),
            )
        blueprint = forward_blueprint(
            self.net,
            batch,
            mode=self.mode,
            shapes=shapes,
            precision=self.precision,
            inside=self.inside,
        )
        dtype = DTYPES[self.precision]
        return Program(
            blueprint, {key: value.astype(dtype, copy=False) for key, value in arrays.items()}
        )


def _copy(numbers: Array, memory: Array, name: str, start: int) -> None:
    """Numbers into the memory of an input, in its precision; DataError for what it cannot hold."""
    try:
        with np.errstate(over="raise"):
            np.copyto(memory, numbers, casting="same_kind")
    except FloatingPointError:
        most = np.abs(numbers.reshape(len(numbers), -1)).max(axis=1)
        example = start + int(np.argmax(most)) + 1
        raise fail(
            DataError,
            Fault(
                "a number too large for Real32",
                at=f"port {name}, example {example}",
                given=f"{most.max():g}",
                fix='working_precision="Real64", or smaller numbers',
            ),
        ) from None


def _key_text(key: Any) -> str:
    return path_text(key) if isinstance(key, tuple) else repr(key)


def _decoded(port: PortType, array: Any, prop: Any, single: bool, seed: Seed) -> Any:
    decoder = port.coder
    if decoder is None or prop is None:
        if prop is not None and prop is not AUTOMATIC:
            raise fail(
                OptionError,
                Fault(
                    "a property needs a decoder at the output",
                    given=repr(prop),
                    fix='NetChain([...], output=NetDecoder("Class", labels))',
                ),
            )
        return array[0] if single else array
    name = prop[0] if isinstance(prop, (tuple, list)) and prop else prop
    extra = {"rng": stream(seed, "decode")} if name == "RandomSample" else {}
    decoded = decoder.decode(array, prop, **extra)
    return decoded[0] if single else decoded


def check_choice(option: str, given: Any, known: Sequence[str]) -> None:
    if given not in known:
        raise fail(
            OptionError,
            Fault(
                f"{option} cannot be this",
                given=repr(given),
                known=list(known),
                fix=suggestion(str(given), known),
            ),
        )


def check_count(option: str, given: Any) -> int:
    if isinstance(given, bool) or not hasattr(given, "__index__") or int(given) < 1:
        raise fail(OptionError, Fault(f"{option} is a positive integer", given=repr(given)))
    return int(given)


def check_workers(given: Any) -> None:
    """The number of workers changes no bit of a result; this engine leaves threads to the matrix library."""
    if given is not AUTOMATIC:
        check_count("workers", given)
