"""WXF, the documented binary form of expressions, by wolframclient.

Source: https://reference.wolfram.com/language/tutorial/WXFFormatDescription.html
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from wlnet.core.errors import FormatError
from wlnet.core.extras import needed
from wlnet.core.records import refused, shown
from wlnet.wolfram.expressions import DEEPEST, Call, Expression, Symbol, symbol

LONGEST = 2**32
"""Bytes of a file once it is unpacked."""
MOST = 50_000_000
"""Tokens of a file."""


def wxf(expression: Expression, purpose: str) -> bytes:
    """The bytes of an expression. Raises MissingExtraError."""
    client = needed("wolframclient.serializers", purpose)
    language = needed("wolframclient.language.expression", purpose)
    packed: bytes = client.export(_told(expression, language), target_format="wxf")
    return packed


def _told(value: Expression, language: Any) -> Any:
    """An expression as wolframclient has it."""
    if isinstance(value, Symbol):
        return language.WLSymbol(value.name)
    if isinstance(value, dict):
        return {_told(key, language): _told(part, language) for key, part in value.items()}
    if isinstance(value, Call):
        head = _told(value.head, language)
        return language.WLFunction(head, *(_told(part, language) for part in value.args))
    return value


def read_wxf(data: bytes, purpose: str) -> Expression:
    """The expression of the bytes of a WXF file. Raises FormatError, MissingExtraError."""
    parser = needed("wolframclient.deserializers.wxf.wxfparser", purpose)
    faulty = needed("wolframclient.exception", purpose).WolframParserException
    stream = io.BytesIO(_unpacked(data))
    try:
        tokens = parser.WXFParser(stream).tokens()
        found = _Reader(tokens, len(data)).next(0)
    except (faulty, StopIteration, ValueError, TypeError, OverflowError, EOFError) as error:
        if isinstance(error, FormatError):
            raise
        told = " ".join(str(error).split())[:200]
        raise refused(f"the file is no WXF file, or is damaged: {told}") from None
    if stream.read(1):
        raise refused("bytes behind the end of an expression")
    return found


def _unpacked(data: bytes) -> bytes:
    """The bytes behind the header "8:", or "8C:" where they are packed."""
    if data.startswith(b"8:"):
        return data
    if not data.startswith(b"8C:"):
        raise refused("the file is no WXF file", given=shown(str(data[:4])))
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data[3:], LONGEST)
    except zlib.error as error:
        raise refused(f"a WXF file does not unpack: {error}") from None
    if not unpacker.eof:
        raise refused("a WXF file is cut, or too large", expected=f"at most {LONGEST} bytes")
    return b"8:" + unpacked


class _Reader:
    def __init__(self, tokens: Iterator[Any], size: int) -> None:
        self.tokens, self.left = tokens, min(size, MOST)

    def next(self, depth: int) -> Expression:
        token = next(self.tokens)
        kind = token.wxf_type
        self.left -= 1
        if depth > DEEPEST or self.left < 0:
            raise refused("an expression that is too deep, or too large")
        if kind == b"f":
            count = self._count(token.length)
            head = self.next(depth + 1)
            return Call(head, tuple(self.next(depth + 1) for _ in range(count)))
        if kind == b"A":
            pairs = [self._pair(depth) for _ in range(self._count(token.length))]
            if len({key for key, _ in pairs}) != len(pairs):
                raise refused("a key stands twice in an association")
            return dict(pairs)
        if kind == b"s":
            return symbol(token.data)
        if kind in (b"C", b"j", b"i", b"L", b"I"):
            return int(token.data)
        if kind in (b"r", b"R"):
            return float(str(token.data).partition("`")[0]) if kind == b"R" else float(token.data)
        if kind == b"S":
            return str(token.data)
        if kind == b"B":
            return bytes(token.data)
        if kind in (b"\xc2", b"\xc1"):
            return self._array(token)
        raise refused("a token that is not read", given=shown(str(kind)))

    def _pair(self, depth: int) -> tuple[Expression, Expression]:
        token = next(self.tokens)
        kind = token.wxf_type
        if kind not in (b"-", b":"):
            raise refused("an association without rules")
        key = self.next(depth + 1)
        if not isinstance(key, (str, int, Symbol)):
            raise refused("a key that is no name", given=shown(str(type(key).__name__)))
        return key, self.next(depth + 1)

    def _count(self, length: int) -> int:
        if length > self.left:
            raise refused("an expression is cut", given=f"{length} parts to come")
        return length

    def _array(self, token: Any) -> Any:
        array = np.frombuffer(token.data, _dtype(token)).reshape(token.dimensions)
        if array.dtype.kind == "c":
            raise refused("an array of complex numbers")
        return array


_TYPES = {0: "i1", 1: "<i2", 2: "<i4", 3: "<i8", 16: "u1", 17: "<u2", 18: "<u4", 19: "<u8",
          34: "<f4", 35: "<f8", 51: "<c8", 52: "<c16"}  # fmt: skip


def _dtype(token: Any) -> Any:
    number = token.array_type[0]
    if number not in _TYPES:
        raise refused("an array of a type that is not known", given=shown(str(number)))
    return np.dtype(_TYPES[number])
