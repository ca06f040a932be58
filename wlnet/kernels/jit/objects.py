"""Object files: whether some bytes are one, whole, and of this kind of machine.

>>> is_object(b"machine code", "x86_64-unknown-linux-gnu")
False
"""

from __future__ import annotations

import struct
from typing import Final

_ELF: Final = struct.Struct("<HHIQQQIHHHHHH")
"""The header of an ELF file after its first 16 bytes."""
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_EMPTY: Final = 8
"""The kind of section that takes no room in the file."""
_NUMBERS: Final = {"x86_64": (62, 0x01000007, 0x8664), "aarch64": (183, 0x0100000C, 0xAA64)}
"""What each format calls a machine: ELF, Mach-O, COFF."""


def is_object(code: bytes, triple: str) -> bool:
    """Whether code begins as an object file of a machine does, and what it lists lies in it.

    A machine that has no number here is trusted.
    """
    name = triple.partition("-")[0].replace("arm64", "aarch64").replace("amd64", "x86_64")
    numbers = _NUMBERS.get(name)
    if numbers is None:
        return bool(code)
    elf, mach, coff = numbers
    if "darwin" in triple or "macos" in triple:
        return len(code) > 32 and code[:8] == struct.pack("<II", 0xFEEDFACF, mach)
    if "windows" in triple and not code.startswith(b"\x7fELF"):
        return len(code) > 20 and code[:2] == struct.pack("<H", coff)
    return code[:6] == b"\x7fELF\2\1" and _is_whole(code, elf)


def _is_whole(code: bytes, machine: int) -> bool:
    try:
        kind, made_for, _, _, _, start, _, _, _, _, size, count, names = _ELF.unpack_from(code, 16)
        if (kind, made_for, size) != (1, machine, _SECTION.size) or not 0 < names < count:
            return False
        sections = [_SECTION.unpack_from(code, start + i * size) for i in range(count)]
    except struct.error:
        return False
    return all(it[1] == _EMPTY or it[4] + it[5] <= len(code) for it in sections)
