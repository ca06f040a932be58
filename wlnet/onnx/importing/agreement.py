"""A net has the inputs and outputs of its file, under their names and of their shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.ports import ELEMENTS
from wlnet.nets.information import information
from wlnet.onnx.importing.misfits import Misfit
from wlnet.onnx.importing.values import Flow, Sizes


def agree(net: Any, inputs: set[str], outputs: Mapping[str, Flow]) -> None:
    """Raise Misfit for a net with other ports than its file has. inputs: which there may be, as one
    that nobody reads is none; outputs: what each of them is.
    """
    if not set(net.input_names) <= inputs:
        raise Misfit("the net would have other inputs than its file",
                     given=_words(net.input_names), expected=_words(inputs))  # fmt: skip
    if set(net.output_names) != set(outputs):
        raise Misfit("the net would have other outputs than its file",
                     given=_words(net.output_names), expected=_words(outputs))  # fmt: skip
    for name, port in information(net, "OutputPorts").items():
        made, told = _sizes(port), outputs[name].shape
        if made is not None and outputs[name].kind != "Label" and differ(made, told):
            raise Misfit(f"the net would have the output {name!r} of another shape",
                         given=str(made), expected=str(told))  # fmt: skip


def _sizes(port: Any) -> Sizes | None:
    """The sizes of a port as `information` tells it; None for one with a decoder."""
    if isinstance(port, str):
        return ()
    if not isinstance(port, tuple):
        return None
    sizes = port[:-1] if port and port[-1] in ELEMENTS else port
    return tuple(size if type(size) is int else None for size in sizes)


def differ(one: Sizes, other: Sizes) -> bool:
    """Whether two shapes are not of as many axes, or of other sizes where both are known."""
    pairs = zip(one, other, strict=False)
    return len(one) != len(other) or any(a != b for a, b in pairs if None not in (a, b))


def agree_on_output(info: Any, value: Flow) -> None:
    """Raise Misfit where a file says another shape of an output than it has, beside the batch."""
    is_array = info.type.HasField("tensor_type") and value.kind != "Label"
    if not is_array or not info.type.tensor_type.HasField("shape"):
        return
    axes = info.type.tensor_type.shape.dim
    said = [int(d.dim_value) if d.HasField("dim_value") else None for d in axes]
    known = [None if i == value.batch else size for i, size in enumerate(value.sizes)]
    if differ(tuple(said), tuple(known)):
        raise Misfit("the file says another shape of it than it has", given=_shown(said),
                     expected=_shown(known))  # fmt: skip


def _shown(sizes: list[int | None]) -> str:
    return f"({', '.join('?' if size is None else str(size) for size in sizes)})"


def _words(names: Any) -> str:
    return ", ".join(map(repr, sorted(names)))
