"""The model of a file: what was given, parsed, and checked before anything is read of it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from wlnet.core.errors import Fault, FormatError, OptionError, brief, fail
from wlnet.core.extras import needed
from wlnet.core.machine import check_memory
from wlnet.core.paths import as_path

MOST = 2**31 - 1
"""Bytes of a file: what protobuf can read. Larger models keep their arrays beside it."""
COPIES = 3
"""The bytes of a file while it is read: as they are, parsed, and as arrays."""


def model_of(given: object) -> tuple[Any, str]:
    """The ModelProto of a path, of bytes, or of itself, and what errors call it.

    Raises OptionError for what is none of these, FormatError, OSError.
    """
    onnx = needed("onnx", "reading an ONNX file")
    if isinstance(given, onnx.ModelProto):
        return given, "the model"
    if isinstance(given, (bytes, bytearray, memoryview)):
        return _parsed(onnx, bytes(given), "the bytes"), "the bytes"
    if not isinstance(given, (str, os.PathLike)):
        what = "an ONNX file is given by its path, its bytes, or an onnx.ModelProto"
        raise fail(OptionError, Fault(what, given=brief(given), fix='import_net("net.onnx")'))
    path = as_path(given, "file", "net.onnx")
    return _parsed(onnx, _content(path), str(path)), str(path)


def _content(path: Path) -> bytes:
    # Asked before opening: opening a pipe would wait for a writer.
    if not stat.S_ISREG(path.stat().st_mode):
        raise fail(FormatError, Fault("this is not a file", at=str(path)))
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > MOST:
            what = "a file that is too large for ONNX, which keeps large arrays in files beside it"
            raise fail(FormatError, Fault(what, at=str(path), given=f"{size:,} bytes"))
        check_memory(COPIES * size, f"the bytes of {path}", FormatError)
        return file.read()


def _parsed(onnx: Any, content: bytes, called: str) -> Any:
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except Exception as error:  # protobuf has errors of its own, which the extra brings
        if isinstance(error, (MemoryError, KeyboardInterrupt)):
            raise
        what = "this is no ONNX file, or one that was cut or changed"
        raise fail(FormatError, Fault(what, at=called, given=brief(str(error)))) from None
    if not model.HasField("graph"):
        raise fail(FormatError, Fault("this is no ONNX file: it has no graph", at=called))
    if not _is_text(model):
        what = "this is no ONNX file, or one that was changed: a name in it is no text"
        raise fail(FormatError, Fault(what, at=called))
    return model


def _is_text(message: Any) -> bool:
    """Whether all strings are text: protobuf hands out bytes for those that are not UTF-8."""
    for field, value in message.ListFields():
        is_message = field.type == field.TYPE_MESSAGE
        if not is_message and field.type != field.TYPE_STRING:
            continue
        is_one = isinstance(value, (str, bytes)) or hasattr(value, "ListFields")
        items = [value] if is_one else value
        if not all(_is_text(item) if is_message else isinstance(item, str) for item in items):
            return False
    return True
