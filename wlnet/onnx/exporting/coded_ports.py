"""Encoders and decoders in a file: what of them is arithmetic, as nodes; their labels, as metadata.

A file does no more than arithmetic: no words are looked up in it and no pictures are resized. What
an encoder does beyond that has to be done before, and is refused here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wlnet.coders.normalization import broadcastable
from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.symbols import Symbol
from wlnet.graph.graph import Value
from wlnet.onnx.exporting.tables import from_zero, place
from wlnet.onnx.exporting.writer import Tensor, Writer

Coded = tuple[Tensor, str]
"""What a port of the file takes, and the name of what the net is given."""


def _as_it_is(w: Writer, name: str, coder: Any, value: Value) -> Coded:
    return Tensor(name, value.shape, value.element), name


def _class(w: Writer, name: str, coder: Any, value: Value) -> Coded:
    """The number of the class, counted from 1; of several the vector of ones and zeros."""
    if value.element == "Integer" or coder.multilabel:
        return _as_it_is(w, name, coder, value)
    return _unit_vector(w, name, coder, value)


def _unit_vector(w: Writer, name: str, coder: Any, value: Value) -> Coded:
    """A number from 1 on to a vector with a one there; what is no such number is refused."""
    *shape, count = value.shape
    index = Tensor(name, tuple(shape), "Integer")
    every = w.node("ConstantOfShape", w.extents([count]), value=np.ones(1, w.real))
    ones = w.node("Gather", every, from_zero(w, index, w.extents([count])), axis=0)
    return index, place(w, Tensor(ones, index.shape), index, count=count)


def _boolean(w: Writer, name: str, coder: Any, value: Value) -> Coded:
    return Tensor(name, value.shape, "Boolean"), w.truth(name)


def _image(w: Writer, name: str, coder: Any, value: Value) -> Coded:
    """Bytes (batch, height, width) of grey, or (batch, height, width, 3) of red, green, blue."""
    batch, channels, height, width = value.shape
    is_grey = channels == 1
    picture = Tensor(name, (batch, height, width, *([] if is_grey else [channels])), "Byte")
    numbers = w.node("Div", w.cast(name, w.real), w.number(255.0))
    if is_grey:
        numbers = w.node("Unsqueeze", numbers, w.wholes([1]))
    else:
        numbers = w.node("Transpose", numbers, perm=[0, 3, 1, 2])
    shift = broadcastable(coder.mean_image, w.real)
    spread = broadcastable(coder.variance_image, w.real)
    if shift is not None:
        numbers = w.node("Sub", numbers, w.array(np.asarray(shift, w.real)))
    if spread is not None:
        numbers = w.node("Div", numbers, w.array(np.asarray(np.sqrt(spread), w.real)))
    return picture, numbers


ENCODERS: dict[str, Callable[[Writer, str, Any, Value], Coded]] = {
    "Boolean": _boolean,
    "Class": _class,
    "Image": _image,
    "Scalar": _as_it_is,
    "UnitVector": _unit_vector,
}
"""Kinds of encoders that are arithmetic."""


def check_encoders(net: Net) -> None:
    """Raise OptionError for encoders that do more than arithmetic, all at once."""
    coders = {name: net.ports[name].coder for name in net.input_names if name in net.ports}
    faults = [
        Fault(
            f"{a(coder.title)} is more than arithmetic, which is all that a file does",
            at=f"port {name}",
            known=list(ENCODERS),
            fix="encode before the file is run, and write it with encoders=False",
        )
        for name, coder in coders.items()
        if coder is not None and coder.kind not in ENCODERS
    ]
    if faults:
        raise fail(OptionError, faults)


def coded_input(w: Writer, net: Net, name: str, value: Value, tensor: str) -> Coded:
    """An input of the file, with the arithmetic of its encoder, where it has one."""
    coder = net.ports[name].coder if name in net.ports else None
    write = _as_it_is if coder is None else ENCODERS[coder.kind]
    return write(w, tensor, coder, value)


def labels(net: Net) -> Mapping[str, str]:
    """The labels of classes, as JSON: "labels of Output" -> '["cat", "dog"]'. What is no word,
    number or truth value is told as Python writes it."""
    found = {}
    for name, port in net.ports.items():
        told = getattr(port.coder, "labels", None)
        if told is not None and not isinstance(told, Symbol):
            found[f"labels of {name}"] = json.dumps(
                [_plain(each) for each in told], ensure_ascii=False
            )
    return found


def _plain(label: Any) -> Any:
    label = label.item() if isinstance(label, np.generic) else label
    return label if isinstance(label, (str, int, float, bool)) else repr(label)
