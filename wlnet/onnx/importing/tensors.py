"""Arrays of a file: their sizes are compared with the bytes that are there before anything is made.

What does not lie in the file itself is read from the folder that was given, and from nowhere else.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from wlnet.core.errors import FormatError
from wlnet.core.machine import check_memory
from wlnet.onnx.importing.misfits import Misfit

Array = np.ndarray[Any, Any]

TYPES: dict[int, Any] = {
    1: np.dtype("<f4"), 2: np.dtype("u1"), 3: np.dtype("i1"), 4: np.dtype("<u2"),
    5: np.dtype("<i2"), 6: np.dtype("<i4"), 7: np.dtype("<i8"), 9: np.dtype("?"),
    10: np.dtype("<f2"), 11: np.dtype("<f8"), 12: np.dtype("<u4"), 13: np.dtype("<u8"),
}  # fmt: skip
"""The numbers of TensorProto.DataType and NumPy's types. Strings are read by themselves."""
STRING, BFLOAT16 = 8, 16
TYPED = {1: "float_data", 11: "double_data", 7: "int64_data", 12: "uint64_data", 13: "uint64_data"}
"""The fields that hold the numbers of a type one by one; all others have "int32_data"."""
DEEPEST = 16
"""Axes of an array."""


class Tensors:
    """Reads arrays. folder: where those lie that are not in the file; None refuses them."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def array(self, proto: Any, called: str) -> Array:
        """The array of a TensorProto. Raises Misfit.

        What a mask has at infinity is the least or largest number that a float32 has: nets hold
        finite numbers alone.
        """
        made = self._array(proto, called)
        if made.dtype.kind == "f" and np.isinf(made).any():
            most = np.finfo(np.float32).max
            return np.clip(made, -most, most)
        return made

    def _array(self, proto: Any, called: str) -> Array:
        sizes = [int(size) for size in proto.dims]
        if any(size < 0 for size in sizes) or len(sizes) > DEEPEST:
            raise Misfit(f"{called} has a shape that cannot be: {tuple(sizes)}")
        if proto.HasField("segment"):
            raise Misfit(f"{called} lies in segments")
        count = math.prod(sizes)
        if proto.data_location == 1 or proto.external_data:
            return self._outside(proto, called, sizes, count)
        if proto.data_type == STRING:
            self._compare(called, sizes, count, len(proto.string_data), "strings")
            words = [word.decode("utf-8", "replace") for word in proto.string_data]
            told = np.empty(count, dtype=object)
            told[:] = words
            return told.reshape(sizes)
        dtype = self._dtype(proto, called)
        if proto.raw_data or not self._listed(proto):
            self._compare(called, sizes, count * dtype.itemsize, len(proto.raw_data), "bytes")
            return self._made(proto, np.frombuffer(proto.raw_data, dtype), sizes)
        held = self._listed(proto)
        self._compare(called, sizes, count, len(held), "numbers")
        try:
            array = np.array(held)
            if proto.data_type in (10, BFLOAT16):  # bits in integers
                array = array.astype("<u2").view(dtype)
            return self._made(proto, array.astype(dtype), sizes)
        except (ValueError, OverflowError):
            raise Misfit(f"{called} holds numbers that its type has not") from None

    def _listed(self, proto: Any) -> Any:
        return getattr(proto, TYPED.get(proto.data_type, "int32_data"))

    def _dtype(self, proto: Any, called: str) -> Any:
        if proto.data_type == BFLOAT16:
            return np.dtype("<u2")
        if proto.data_type not in TYPES:
            what = f"{called} is of the type {proto.data_type}, which NumPy has not"
            raise Misfit(what, expected="floats, integers or Booleans")
        return TYPES[proto.data_type]

    def _made(self, proto: Any, array: Array, sizes: list[int]) -> Array:
        if proto.data_type == BFLOAT16:  # the upper half of a float32
            array = (array.astype(np.uint32) << 16).view(np.float32)
        return array.reshape(sizes)

    def _compare(self, called: str, sizes: list[int], said: int, there: int, what: str) -> None:
        if said != there:
            raise Misfit(
                f"{called} says of itself that it is larger or smaller than it is",
                given=f"shape {tuple(sizes)}, {said} {what}",
                expected=f"{there} {what}, which are there",
            )

    def _outside(self, proto: Any, called: str, sizes: list[int], count: int) -> Array:
        told = {item.key: item.value for item in proto.external_data}
        location = told.get("location", "")
        if self.folder is None:
            raise Misfit(
                f"{called} lies in another file",
                given=repr(location),
                fix="import_net(file, external_data=folder): the folder that this file lies in",
            )
        dtype = self._dtype(proto, called)
        path = self._inside(location, called)
        try:
            offset = int(told.get("offset", 0))
            length = int(told.get("length", count * dtype.itemsize))
            size = path.stat().st_size
        except (ValueError, OSError):
            raise Misfit(f"{called} lies in a file that cannot be read", given=location) from None
        self._compare(called, sizes, count * dtype.itemsize, length, "bytes")
        if offset < 0 or offset + length > size:
            what = f"{called} lies behind the end of its file"
            raise Misfit(what, given=f"{length} bytes at {offset}", expected=f"{size} bytes")
        check_memory(2 * length, f"the array {called}", FormatError)
        with path.open("rb") as file:
            file.seek(offset)
            content = file.read(length)
        self._compare(called, sizes, length, len(content), "bytes")
        return self._made(proto, np.frombuffer(content, dtype), sizes)

    def _inside(self, location: str, called: str) -> Path:
        """A file of the folder: no name leads out of it, nor does a link."""
        assert self.folder is not None
        folder = os.path.realpath(self.folder)
        try:
            path = os.path.realpath(os.path.join(folder, location))
        except ValueError:  # a zero byte
            path = ""
        if not location or not path.startswith(folder + os.sep) or not os.path.isfile(path):
            raise Misfit(
                f"{called} lies in a file that is not in the folder that was given",
                given=repr(location),
                expected="the name of a file in that folder",
            )
        return Path(path)
