"""net_initialize: arrays that are still AUTOMATIC get their first numbers.

How they are drawn stands in draws.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from wlnet.core.arrays import full, locked
from wlnet.core.errors import Fault, NotInitializedError, OptionError, brief, fail
from wlnet.core.machine import check_memory
from wlnet.core.nesting import is_endless
from wlnet.core.net import Net
from wlnet.core.parts import NetSharedArray, Path, key_text, path_text
from wlnet.core.rules import ArrayKey
from wlnet.core.scalars import as_truth
from wlnet.core.shapes import is_known, shape_text
from wlnet.core.streams import as_seed, stream
from wlnet.core.symbols import AUTOMATIC, Symbol
from wlnet.core.walking import node_at
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.arrays import array_keys, array_value, replace_arrays
from wlnet.nets.connections import connections, feeding, layers_of
from wlnet.nets.draws import Draw, Options, draw, draw_weights, read_method
from wlnet.nets.inference import inference, open_sizes
from wlnet.nets.kept_rates import N

BYTES = 4
"""Of a number of an array."""
DRAWN = {"Kaiming": 8, "Xavier": 8, "Random": 8, "Identity": 24, "Orthogonal": 48}
"""Bytes more of a number while its array is drawn: in float64, and all that this takes."""


@overload
def net_initialize(
    net: N,
    method: object = "Kaiming",
    random_seeding: int | str | Symbol = 1234,
    all: bool | None = False,
) -> N: ...
@overload
def net_initialize(
    net: Sequence[Net],
    method: object = "Kaiming",
    random_seeding: int | str | Symbol = 1234,
    all: bool | None = False,
) -> list[Net]: ...
def net_initialize(
    net: Net | Sequence[Net],
    method: object = "Kaiming",
    random_seeding: int | str | Symbol = 1234,
    all: bool | None = False,
) -> Net | list[Net]:
    """A net whose arrays all hold numbers.

    method: "Kaiming" (variance kept: standard deviation sqrt(2 / fan_in) before a Ramp, else sqrt(1
    / fan_in)), "Xavier", "Orthogonal", "Identity", "Random", or (name, {option: value}). A
    LinearLayer that feeds the parameters of a SpatialTransformationLayer begins with the identity.
    random_seeding: an int or str, or AUTOMATIC for fresh entropy. all: True draws every array anew,
    running statistics included; None takes all numbers away. A list of nets gives a list.
    Raises NotInitializedError for arrays whose shapes are not known.

    >>> from wlnet.layers import LinearLayer
    >>> net_initialize(LinearLayer(2, input=3)).biases.tolist()
    [0.0, 0.0]

    Wolfram Language: NetInitialize.
    """
    if isinstance(net, (list, tuple)) and not is_endless(net):
        return [net_initialize(each, method, random_seeding, all) for each in net]
    if not isinstance(net, Net):
        raise fail(OptionError, Fault("net_initialize takes a net", given=brief(net)))
    every = as_truth(all)
    if all is not None and every is None:
        raise fail(OptionError, Fault("`all` is True, False, or None", given=brief(all)))
    name, options = read_method(method)
    seed = as_seed(random_seeding)
    if all is None:
        return replace_arrays(net, dict.fromkeys(array_keys(net), AUTOMATIC))
    wanted = [
        role
        for role in array_roles(net)
        if every or not isinstance(array_value(net, role.key), np.ndarray)
    ]
    shapes = inference(net).arrays
    missing = [role.path for role in wanted if not is_known(shapes[role.path].shape)]
    if missing:
        raise fail(
            NotInitializedError,
            Fault(
                "shapes are not known",
                given=", ".join(f"{path_text(p)} {shape_text(shapes[p].shape)}" for p in missing),
                fix=open_sizes(net),
            ),
        )
    sizes = {role.key: math.prod(n or 0 for n in shapes[role.path].shape or ()) for role in wanted}
    if sizes:
        largest = key_text(max(sizes, key=sizes.__getitem__))
        drawn = DRAWN[name] * max(sizes.values())
        check_memory(
            BYTES * sum(sizes.values()) + drawn, f"the arrays of the net, such as {largest}"
        )
    following, told = next_functions(net), _told_starts(net)
    arrays: dict[ArrayKey, Draw] = {}
    for role in wanted:
        shape = shapes[role.path].shape
        assert shape is not None
        known = tuple(int(n or 0) for n in shape)
        key = role.key
        number = array_value(net, key)
        if isinstance(number, float) and not every:
            arrays[key] = full(number, known)
            continue
        if role.path in told:
            arrays[key] = locked(np.broadcast_to(told[role.path], known).astype(np.float32))
            continue
        arrays[key] = _start(
            role.layer,
            role.field,
            known,
            following.get(role.path[:-1]),
            name,
            options,
            stream(seed, "net_initialize", key if isinstance(key, tuple) else key.name),
        )
    return replace_arrays(net, arrays)


def _told_starts(net: Net) -> dict[Path, float | tuple[float, ...]]:
    """The first numbers of layers that feed an input which says what it is to be at first: biases
    are that, and weights 0."""
    told: dict[Path, float | tuple[float, ...]] = {}
    for path, layer in layers_of(net):
        for port, numbers in layer.feeding_starts.items():
            for source in feeding(net, path, port):
                before = node_at(net, source)
                if before.kind == "LinearLayer" and before.array_values["Biases"] is not None:
                    told[*source, "Weights"], told[*source, "Biases"] = 0.0, numbers
    return told


@dataclass(frozen=True)
class Role:
    """An array as a layer has it: its key, the layer, its field there, and its path."""

    key: ArrayKey
    layer: Layer
    field: str
    path: Path


def array_roles(net: Net) -> list[Role]:
    """The role of every array; of a shared one where it first occurs."""
    roles: dict[ArrayKey, Role] = {}
    for at, layer in layers_of(net):
        for name, value in layer.array_values.items():
            path = (*at, name)
            key = value if isinstance(value, NetSharedArray) else path
            if value is not None:
                roles.setdefault(key, Role(key, layer, name, path))
    return list(roles.values())


def next_functions(net: Net) -> dict[Path, str]:
    """For every layer the name of the elementwise function that follows it, where one does.

    It is looked for along the connections between layers, at all levels, and past layers that let
    numbers pass, such as dropout, pooling, flattening and normalization. Where ways part, all must
    come to the same function. The net of an operator is taken as applied once: what follows its
    last layer is what follows the operator.
    """
    layers = dict(layers_of(net))
    following: dict[Path, list[Path]] = {path: [] for path in layers}
    for source, target in connections(net):
        following[source].append(target)
    behind: dict[Path, str | None] = {}
    # From the end, so that what is behind a layer is mostly known already.
    for path in reversed(layers):
        _look_behind(path, layers, following, behind)
    return {path: name for path in reversed(layers) if (name := behind[path]) is not None}


def _look_behind(
    path: Path,
    layers: Mapping[Path, Layer],
    following: Mapping[Path, list[Path]],
    behind: dict[Path, str | None],
) -> str | None:
    """The function behind a layer, written down where it was not known."""
    if path not in behind:
        met: set[str | None] = set()
        for target in following[path]:
            layer = layers[target]
            if layer.gain_function is not None:
                met.add(layer.gain_function)
            else:
                passes = layer.passes_gain
                met.add(_look_behind(target, layers, following, behind) if passes else None)
        behind[path] = met.pop() if len(met) == 1 else None
    return behind[path]


def _start(
    layer: Layer,
    name: str,
    shape: tuple[int, ...],
    follower: str | None,
    method: str,
    options: Options,
    rng: np.random.Generator,
) -> Draw:
    start = layer.declared_arrays[name].start
    is_weight = start == "weights" or (start == "general" and len(shape) >= 2)
    if not is_weight:
        if name == "Biases" and method == "Random" and options["Biases"] is not None:
            return _kept(draw(options["Biases"], shape, rng), method, options)
        return full(0.0 if isinstance(start, str) else start, shape)
    return _kept(draw_weights(shape, follower, method, options, rng), method, options)


def _kept(drawn: Draw, method: str, options: Options) -> Draw:
    """What was drawn, as arrays of nets are kept. Raises OptionError for what they cannot hold."""
    with np.errstate(all="ignore"):
        array = drawn.astype(np.float32)
    if not np.isfinite(array).all():
        raise fail(
            OptionError,
            Fault(
                "a distribution with numbers that float32 cannot hold",
                at=f"method {method}",
                given=brief(dict(options)),
                expected=f"numbers up to {np.finfo(np.float32).max:.4g}",
            ),
        )
    return locked(array)
