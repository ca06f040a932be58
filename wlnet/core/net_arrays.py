"""NetArray: what a shared array is called, and the numbers it begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import numpy as np

from wlnet.core.arrays import Array, as_array
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.parts import NetSharedArray
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC

PROPERTIES = "Name", "Array", "Dimensions"


@dataclass(frozen=True, repr=False)
class BegunArray(NetSharedArray):
    """A shared array with the numbers it begins with, on the way into a net, which keeps the name
    at its place and the numbers in its table."""

    numbers: Any = field(compare=False)

    @property
    def bare(self) -> NetSharedArray:
        return NetSharedArray(self.name)


def NetArray(given: Any = AUTOMATIC) -> NetSharedArray:
    """An array under a name, to be given to layers: all that have it under one name share it.

    given: the name: then it is NetSharedArray(name). Or a dict: "Name"; "Array", the numbers that
    it begins with, or one number that fills "Dimensions"; "Dimensions", its sizes, which must be
    those of the numbers. Or numbers alone. Without a name it has one of its own, "NetArray" and
    twelve letters and digits drawn from the system, other ones each time: nothing is shared by
    chance, with no net out of a file either. So nets of two runs of a program differ by these
    names; one that is to be the same says its name.

    >>> NetArray("w")
    NetSharedArray('w')
    >>> from wlnet.layers import LinearLayer
    >>> begun = NetArray({"Name": "w", "Array": [[1, 2], [3, 4]]})
    >>> layer = LinearLayer(weights=begun)
    >>> layer.weights, layer["Weights"].tolist()
    (NetSharedArray('w'), [[1.0, 2.0], [3.0, 4.0]])

    Raises OptionError for other properties, for numbers that are no array, and for dimensions
    without numbers, which are told by the sizes of the layer. Methods of initialization are those
    of net_initialize.
    Wolfram Language: NetArray.
    """
    if isinstance(given, str):
        return NetSharedArray(given)
    said: Mapping[Any, Any] = {} if given is AUTOMATIC else {"Array": given}
    if isinstance(given, Mapping):
        said = given
    strange = [key for key in said if key not in PROPERTIES]
    if strange:
        raise fail(OptionError, Fault(
            "a NetArray has no such property", given=brief(strange[0]), known=list(PROPERTIES),
            fix=suggestion(strange[0], PROPERTIES) if isinstance(strange[0], str) else None,
        ))  # fmt: skip
    name, array = said.get("Name", AUTOMATIC), said.get("Array", AUTOMATIC)
    numbers = _begun(array, said.get("Dimensions", AUTOMATIC))
    name = f"NetArray{token_hex(6)}" if name is AUTOMATIC else NetSharedArray(name).name
    return NetSharedArray(name) if numbers is None else BegunArray(name, numbers)


def _begun(array: Any, dimensions: Any) -> Array | None:
    """The numbers, of the dimensions that are told; None for none."""
    sizes = None
    if dimensions is not AUTOMATIC:
        listed = dimensions if isinstance(dimensions, (tuple, list)) else (dimensions,)
        found = [as_whole(size) for size in listed]
        if any(size is None or size < 1 for size in found):
            raise fail(OptionError, Fault(
                "Dimensions of a NetArray are sizes", given=brief(dimensions),
                expected="a size, or a tuple of sizes, such as (2, 3)",
            ))  # fmt: skip
        sizes = tuple(int(size or 0) for size in found)
    if array is AUTOMATIC or array is None or isinstance(array, str):
        if sizes is None and array is AUTOMATIC:
            return None
        raise fail(OptionError, Fault(
            "a NetArray has numbers, or nothing is said of what it begins with",
            given=f"Array {brief(array)}, Dimensions {brief(dimensions)}",
            fix="leave both out: sizes are those of the layer, as in LinearLayer(2, input=3), and "
                "net_initialize(net, method) draws the numbers",
        ))  # fmt: skip
    numbers = as_array(array, "Array", "NetArray")
    if not isinstance(numbers, np.ndarray):
        raise fail(OptionError, Fault("Array of a NetArray is numbers", given=brief(array)))
    if sizes is None or numbers.shape == sizes:
        return numbers
    if numbers.ndim:
        raise fail(OptionError, Fault(
            "Array and Dimensions of a NetArray do not fit one another",
            given=f"an array of shape {numbers.shape}", expected=str(sizes),
        ))  # fmt: skip
    filled = as_array(np.broadcast_to(numbers, sizes), "Array", "NetArray")
    assert isinstance(filled, np.ndarray)
    return filled
