"""The inputs of a file as ports of a net: their shapes without the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wlnet.core.errors import brief
from wlnet.onnx.importing.misfits import SIZES, Misfit
from wlnet.onnx.importing.values import Flow

KINDS = {
    1: "Real", 11: "Real", 10: "Real", 9: "Boolean",
    **dict.fromkeys((2, 3, 4, 5, 6, 7, 12, 13), "Whole"),
}  # fmt: skip
"""What the numbers of a type are in a net; integers are indices or numbers, as they are used."""
SOME = 50
"""Stands in a hint for a size that the user knows."""
LARGEST = 2**31
"""Entries of one example."""


def hint(infos: Sequence[Any], batch_axis: int | None) -> str:
    """How sizes of these inputs are told that a file leaves open: by their names, with the sizes
    that it does say; where all are known but the batch, as one example that is a batch of one.
    """
    told: list[str] = []
    for info in infos:
        tensor = info.type.tensor_type
        if not tensor.HasField("shape"):
            told.append(f"{info.name!r}: (...)")
            continue
        axes = enumerate(tensor.shape.dim)
        sizes = [d.dim_value if d.HasField("dim_value") else None for i, d in axes
                 if i != batch_axis]  # fmt: skip
        if None in sizes:
            told.append(f"{info.name!r}: {tuple(SOME if n is None else n for n in sizes)}")
    if told:
        some = f"; {SOME} stands for a size that you know" if f"{SOME}" in "".join(told) else ""
        return f"import_net(file, shapes={{{', '.join(told)}}}), of one example{some}"
    if batch_axis is None:
        return "export the model with sizes that are known"
    for info in infos:
        sizes = [d.dim_value for d in info.type.tensor_type.shape.dim]
        sizes[batch_axis : batch_axis + 1] = [1] if batch_axis < len(sizes) else []
        told.append(f"{info.name!r}: {tuple(sizes)}")
    return (
        f"import_net(file, batch_axis=None, shapes={{{', '.join(told)}}}): a net of a batch of one"
    )


class Inputs:
    """Reads what a file says of its inputs. shapes: of one example, where the user told them."""

    def __init__(self, shapes: dict[str, Any], batch_axis: int | None) -> None:
        self.shapes, self.batch_axis = shapes, batch_axis
        self.seen: list[str] = []
        self.fixed: int | None = None
        self.open: str | None = None

    def flow(self, info: Any, port: str) -> Flow:
        """What an input is, which the net has under a name of its own. Raises Misfit."""
        name = info.name
        self.seen.append(name)
        if not info.type.HasField("tensor_type"):
            raise Misfit(f"the input {name!r} is no array")
        tensor = info.type.tensor_type
        if tensor.elem_type not in KINDS:
            what = f"the input {name!r} has entries of the type {tensor.elem_type}"
            raise Misfit(what, expected="floats, integers, Booleans")
        sizes = self._sizes(name, tensor)
        batch = self.batch_axis if sizes else None
        if batch is not None:
            if batch >= len(sizes):
                raise Misfit(f"the input {name!r} has {len(sizes)} axes, no axis {batch}")
            self._batch(name, sizes[batch])
            sizes[batch] = 1
        self._open(name, tensor, sizes)
        total = 1
        for size in sizes:
            total *= size or 1
        if total > LARGEST or 0 in sizes:
            raise Misfit(f"the input {name!r} has a shape that cannot be: {tuple(sizes)}")
        told = tuple(size for i, size in enumerate(sizes) if i != batch)
        return Flow((None, port), told, tuple(sizes), batch, kind=KINDS[tensor.elem_type])

    def _open(self, name: str, tensor: Any, sizes: list[int | None]) -> None:
        """One size may stay open, in all inputs that call it the same."""
        for i in (i for i, size in enumerate(sizes) if size is None):
            called = tensor.shape.dim[i].dim_param or f"{name} {i}"
            if self.open not in (None, called):
                told = f"{self.open}, {called}"
                raise Misfit("several sizes that the file leaves open", given=told, fix=SIZES)
            self.open = called

    def _batch(self, name: str, size: int | None) -> None:
        if size is None:
            return
        if size < 1:
            raise Misfit(f"the input {name!r} has {size} examples")
        if self.fixed not in (None, size):
            raise Misfit(f"the input {name!r} has {size} examples, another one {self.fixed}")
        self.fixed = size

    def _sizes(self, name: str, tensor: Any) -> list[int | None]:
        said: list[int | None] | None = None
        if tensor.HasField("shape"):
            said = [int(d.dim_value) if d.HasField("dim_value") else None for d in tensor.shape.dim]
            if any(size is not None and size < 0 for size in said):
                raise Misfit(f"the input {name!r} has a size below 0")
        if name not in self.shapes:
            if said is None:
                what = f"the file does not say the shape of its input {name!r}"
                raise Misfit(what, fix=SIZES)
            return said
        told = self.shapes[name]
        told = list(told) if isinstance(told, (tuple, list)) else [told]
        if any(type(size) is not int or size < 1 for size in told):
            raise Misfit(f"the shape that was told for {name!r} is none", given=brief(told))
        batch = self.batch_axis
        if batch is not None:
            known = None if said is None or batch >= len(said) else said[batch]
            told = [*told[:batch], known, *told[batch:]]
        if said is not None and (
            len(said) != len(told)
            or any(a != b for a, b in zip(said, told, strict=True) if None not in (a, b))
        ):
            raise Misfit(f"the file says another shape of {name!r}", given=str(told),
                         expected=str(said))  # fmt: skip
        return told

    def left(self) -> list[str]:
        """Names of which the user told a shape, and which are no inputs."""
        return [name for name in self.shapes if name not in self.seen]
