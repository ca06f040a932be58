"""Which arrays of a file are parameters: they learn, and nothing else does.

A file has no word for it, but exporters tell it in their ways. export_net calls what it makes up
"~constant/..." and lists what rests; torch.export writes down which inputs of the traced program
were parameters and which buffers. Elsewhere the names tell: a parameter has that of its module.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from wlnet.io.keys import is_beside, steps_of
from wlnet.nets.information import information
from wlnet.nets.surgery.replace import net_replace_part
from wlnet.onnx.exporting.resting import RESTING
from wlnet.onnx.importing.names import Path, is_made_up
from wlnet.onnx.importing.values import Array, Fixed
from wlnet.onnx.importing.writing import Vertex

OWN = "wlnet"
"""The producer of files of export_net."""
SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature"
TOLD = re.compile(r": (PARAMETER|BUFFER) target='([^']*)'")
"""A line of a signature: p_fc_weight: PARAMETER target='fc.weight'."""
BUFFERS = re.compile(r"(.*[./])?(running_(mean|var)|moving_(mean|variance))$")
"""How statistics are called, which a layer moves by itself."""
CAST = re.compile(r".*_cast(_\d+)?$")
"""How the exporter of torch.export calls a number that it gives a function, such as beta_cast."""


def initializers(model: Any) -> Callable[[str, Array], Fixed]:
    """What makes the value of an initializer, of its name and its array."""
    if model.producer_name == OWN:
        return _own(model)
    told: dict[str, str] = {}
    is_told = False
    for item in model.graph.metadata_props:
        if item.key == SIGNATURE:
            is_told = True
            told |= {target: kind for kind, target in TOLD.findall(item.value)}

    def found(name: str, array: Array) -> Fixed:
        is_real = array.dtype.kind == "f"
        # What masks hold is no array to learn.
        is_mask = is_real and bool((np.abs(array) >= np.finfo(np.float32).max).any())
        if not is_real or is_mask or told.get(name) == "BUFFER" or BUFFERS.match(name):
            return Fixed(array, name)
        if told.get(name) == "PARAMETER" or array.size > 1:
            return Fixed(array, name, True)
        # A number alone is a constant that was written so, unless it has a name of its own.
        is_named = not is_told and not is_made_up(name) and not CAST.match(name)
        learns = is_named and model.producer_name != "skl2onnx"
        return Fixed(array, name, learns, not learns)

    return found


def _own(model: Any) -> Callable[[str, Array], Fixed]:
    """The same, for a file of export_net."""
    resting = resting_names(model)

    def found(name: str, array: Array) -> Fixed:
        if is_beside(name) or array.dtype.kind != "f":
            return Fixed(array)
        return Fixed(array, name, name not in resting)

    return found


def resting_names(model: Any) -> set[str]:
    """What the metadata of a file of export_net list."""
    found: set[str] = set()
    for item in model.metadata_props:
        if item.key == RESTING and model.producer_name == OWN:
            try:
                found |= {name for name in json.loads(item.value) if isinstance(name, str)}
            except (ValueError, TypeError, RecursionError):
                continue
    return found


def at_rest(net: Any, vertices: Mapping[int, Vertex], places: Mapping[int, Path],
            names: Collection[str]) -> Any:  # fmt: skip
    """The net with what does not learn frozen in it. names: keys of arrays that rest."""
    found = [
        key for token, place in places.items() if (resting := vertices[token].resting)
        for key in information(net, "Arrays")
        if isinstance(key, tuple) and key[: len(place)] == place and key[-1] in resting
    ]  # fmt: skip
    # The arrays of a recurrent layer, which nodes put together and rows take apart.
    found += [
        key for *module, array in map(steps_of, names) if not array.startswith("Moving")
        for key in information(net, "Arrays")
        if isinstance(key, tuple) and key[-1] == array and list(key[: len(module)]) == module
    ]  # fmt: skip
    rules = dict.fromkeys(found)
    return net_replace_part(net, {"LearningRateMultipliers": rules}) if rules else net
