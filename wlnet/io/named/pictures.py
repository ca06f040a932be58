"""Pictures that were put in a row: the order in which their numbers stand is the framework's.

What follows a FlattenLayer has a number for each place and channel. Where channels come first (as
in PyTorch, and here unless a layer is interleaving) they stand channel after channel, where they
come last (Keras) place after place.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.shapes import Partial, is_known
from wlnet.core.walking import node_at
from wlnet.nets.connections import connections, layers_of
from wlnet.nets.inference import inference

INTERLEAVING = "Interleaving"


@dataclass(frozen=True)
class Picture:
    """What was put in a row. channels_last: whether they stand so in the net."""

    shape: tuple[int, ...]
    channels_last: bool

    def matters(self, channels_last: bool) -> bool:
        """Whether the order is another where channels stand as in a file."""
        channels, places = self._sizes()
        return channels_last != self.channels_last and channels > 1 and places > 1

    def _sizes(self) -> tuple[int, int]:
        channels = self.shape[-1 if self.channels_last else 0]
        return channels, math.prod(self.shape) // max(channels, 1)

    def turned(self, array: Array, *, back: bool = False) -> Array:
        """The last level of an array, in the order of the net; it came in the other order. back:
        the other way round."""
        channels, places = self._sizes()
        shape = (places, channels) if self.channels_last is back else (channels, places)
        apart = array.reshape(*array.shape[:-1], *shape)
        return np.ascontiguousarray(np.swapaxes(apart, -1, -2)).reshape(array.shape)


def pictures_of(net: Net) -> dict[Path, Picture]:
    """The layers whose input was a picture, with channels, before it was put in a row."""
    sources: dict[Path, list[Path]] = {}
    for source, target in connections(net):
        sources.setdefault(target, []).append(source)
    known: dict[Path, Picture | None] = {}
    solution = inference(net)

    def shape(path: Path, names: tuple[str, ...]) -> Partial:
        return solution.port_shape(path, names[0]) if names else None

    def channels_last(path: Path) -> bool | None:
        """How the channels stand that come to a layer; None where nothing tells it."""
        for _ in range(len(known) + 1):
            before = sources.get(path, [])
            if len(before) != 1:
                return None
            (path,) = before
            parameters = node_at(net, path).parameters
            if INTERLEAVING in parameters:
                return bool(parameters[INTERLEAVING])
        return None

    # In the order of the net what comes first is known first.
    for path, layer in layers_of(net):
        known[path] = None
        given = shape(path, layer.input_names)
        if given is not None and len(given) > 1 and is_known(given):
            made = shape(path, layer.output_names)
            last = channels_last(path)
            flattens = layer.kind == "LinearLayer" or (made is not None and len(made) == 1)
            if last is not None and flattens and INTERLEAVING not in layer.parameters:
                known[path] = Picture(given, last)
            continue
        before = sources.get(path, [])
        if len(before) == 1 and given is not None and len(given) == 1:
            earlier = before[0]
            if node_at(net, earlier).kind != "LinearLayer":
                known[path] = known.get(earlier)
    return {path: picture for path, picture in known.items() if picture is not None}
