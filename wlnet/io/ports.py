"""Ports as JSON, and back: shape, element, coder."""

from __future__ import annotations

from typing import Any

from wlnet.coders import from_record, to_record
from wlnet.core.ports import ELEMENTS, UNKNOWN, PortType
from wlnet.core.records import refused, shown
from wlnet.core.shapes import merge
from wlnet.io.plain import LARGEST

HIGHEST_RANK = 64
"""Levels of an array, as in NumPy."""


def written(port: PortType) -> dict[str, Any] | None:
    """A port as JSON holds it; one of which nothing is known is None.

    >>> written(PortType((3, None)))
    {'Coder': None, 'Element': None, 'Shape': [3, None]}
    """
    if port == UNKNOWN:
        return None
    return {
        "Coder": None if port.coder is None else to_record(port.coder),
        "Element": port.element,
        "Shape": None if port.shape is None else list(port.shape),
    }


def read(record: Any, at: str) -> PortType:
    """The port of a record. Raises FormatError; Mismatch where the coder has another shape."""
    if record is None:
        return UNKNOWN
    if type(record) is not dict or set(record) != {"Coder", "Element", "Shape"}:
        raise refused("this is no port", at=at, given=shown(record))
    shape, element = record["Shape"], record["Element"]
    if shape is element is record["Coder"] is None:
        raise refused("nothing is said of a port in many words", at=at, expected="null")
    if element is not None and element not in ELEMENTS:
        raise refused("a port of no known element", at=at, given=shown(element), known=ELEMENTS)
    if shape is not None:
        if type(shape) is not list or len(shape) > HIGHEST_RANK:
            raise refused("this is no shape", at=at, given=shown(shape))
        if not all(s is None or (type(s) is int and 0 < s <= LARGEST) for s in shape):
            raise refused("a shape is made of positive sizes", at=at, given=shown(shape))
        shape = tuple(shape)
    if record["Coder"] is None:
        return PortType(shape, element)
    coder = from_record(record["Coder"])
    merge(shape, coder.shape)
    if element not in (None, coder.element):
        raise refused(
            "a coder of another element", at=at, given=shown(element), expected=coder.element
        )
    return PortType(shape, element, coder)
