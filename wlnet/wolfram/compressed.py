"""Strings that Compress writes: "1:", and in base64 a zlib stream of tokens behind "!boR".

A token is a letter and what follows it: `f`, how many arguments, the head and the arguments; `s`
symbol, `S` string, `I` a large integer and `R` a number of many digits, all by length and bytes;
`i` an integer of 32 bits; `r` a double; `e` a packed array of doubles, its rank, its sizes, its
numbers. All numbers are little-endian. The format is not documented by its makers; this is the
public description: https://mathematica.stackexchange.com/questions/104660, and
https://github.com/xndc/uncompress.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import zlib
from collections.abc import Callable

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.records import refused, shown
from wlnet.wolfram.expressions import DEEPEST, Call, Expression, Symbol, is_symbol, symbol

MARK, START = b"1:", b"!boR"
LONGEST = 256 * 2**20
"""Bytes of the tokens: arrays stand elsewhere, but a vocabulary may be long."""
MOST_TOKENS = 5_000_000
_ESCAPED = re.compile(rb"\\:([0-9a-fA-F]{4})|\\\.([0-9a-fA-F]{2})")


def uncompressed(text: bytes) -> Expression:
    """The expression of a string that Compress wrote. Raises FormatError.

    >>> uncompressed(b"1:eJxTTMoPSmNiYGAo5gESnnklqelFiSWpTvkVmYwgURYgEVJUmgoAvmMJeQ==")
    Call(head=Symbol(name='IntegrateBox'), args=(1, Symbol(name='True')))
    """
    if not text.startswith(MARK):
        raise refused("this is no string of Compress", given=shown(text[:20].decode("latin1")))
    try:
        packed = base64.b64decode(b"".join(text[len(MARK) :].split()), validate=True)
    except (binascii.Error, ValueError):
        raise refused("a string of Compress is not in base64") from None
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, LONGEST + 1)
    except zlib.error as error:
        raise refused(f"a string of Compress does not unpack: {error}") from None
    if len(data) > LONGEST or not unpacker.eof:
        raise refused(
            "a string of Compress is cut, or larger than a net can be",
            expected=f"at most {LONGEST} bytes",
        )
    if not data.startswith(START):
        raise refused("what Compress packed is no expression", given=shown(str(data[:8])))
    return _Tokens(data).whole()


class _Tokens:
    def __init__(self, data: bytes) -> None:
        self.data, self.at, self.count = data, len(START), 0

    def whole(self) -> Expression:
        found = self.next(0)
        if self.at != len(self.data):
            raise refused("bytes behind the end of an expression", at=f"byte {self.at}")
        return found

    def next(self, depth: int) -> Expression:
        self.count += 1
        if depth > DEEPEST or self.count > MOST_TOKENS:
            raise refused("an expression that is too deep, or too large", at=f"byte {self.at}")
        letter = self.take(1)
        if letter == b"f":
            size = self.size(1)
            head = self.next(depth + 1)
            return _call(head, tuple(self.next(depth + 1) for _ in range(size)))
        if letter not in _READ:
            raise refused(
                "a token that is not known", at=f"byte {self.at - 1}",
                given=shown(letter.decode("latin1")), known=["f", *map(bytes.decode, _READ)],
            )  # fmt: skip
        return _READ[letter](self)

    def take(self, count: int) -> bytes:
        if not 0 <= count <= len(self.data) - self.at:
            raise refused("an expression is cut", at=f"byte {self.at}")
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self) -> int:
        return int.from_bytes(self.take(4), "little", signed=True)

    def size(self, least: int) -> int:
        """A count of what follows, each of so many bytes at least."""
        count = self.number()
        if not 0 <= count * least <= len(self.data) - self.at:
            raise refused("an expression is cut", at=f"byte {self.at}", given=f"{count} to come")
        return count

    def text(self) -> str:
        return _unescaped(self.take(self.size(1)))

    def real(self) -> float:
        return float(np.frombuffer(self.take(8), "<f8")[0])

    def integer(self) -> int:
        digits = self.text()
        if not re.fullmatch(r"-?[0-9]{1,4000}", digits, re.ASCII):
            raise refused("a large integer that is none", at=f"byte {self.at}", given=shown(digits))
        return int(digits)

    def long_real(self) -> float:
        digits = self.text()
        # "1.25`20.*^-3": the digits, their number, and the power of ten.
        match = re.fullmatch(r"(-?[0-9.]{1,2000})(?:`+[0-9.]*)?(?:\*\^(-?[0-9]{1,5}))?", digits)
        try:
            return float(f"{match[1]}e{match[2] or 0}") if match else float("nan")
        except ValueError:
            raise refused("a number that is none", given=shown(digits)) from None

    def packed(self) -> Array:
        shape = tuple(self.size(0) for _ in range(self.size(4)))
        numbers = np.frombuffer(self.take(8 * math.prod(shape)), "<f8")
        return numbers.reshape(shape) if len(shape) <= 64 else numbers


_READ: dict[bytes, Callable[[_Tokens], Expression]] = {
    b"s": lambda tokens: symbol(tokens.text()),
    b"S": _Tokens.text,
    b"i": _Tokens.number,
    b"I": _Tokens.integer,
    b"r": _Tokens.real,
    b"R": _Tokens.long_real,
    b"e": _Tokens.packed,
}


def _unescaped(data: bytes) -> str:
    """A text of ASCII, in which other letters are \\:03b1 or \\.e9; or of UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin1")
    if "\\" not in text:
        return text
    pattern = _ESCAPED.pattern.decode()
    return re.sub(pattern, lambda match: chr(int(match[1] or match[2], 16)), text)


def _call(head: Expression, args: tuple[Expression, ...]) -> Expression:
    """A call; a dict where it is an association."""
    if is_symbol(head, "Association"):
        pairs = [each.args for each in args if isinstance(each, Call) and each.name == "Rule"]
        if len(pairs) == len(args) and all(len(pair) == 2 for pair in pairs):
            keys = [key for key, _ in pairs if isinstance(key, (str, int, Symbol))]
            if len(set(keys)) == len(pairs):
                return dict(pairs)
    return Call(head, args)
