"""Encoders and decoders: from things in the world to arrays and back, one file a kind.

A new coder is a new file and one row in the table of its door.
"""

from __future__ import annotations

from typing import Any

from wlnet.coders.boolean_decoder import BooleanDecoder
from wlnet.coders.boolean_encoder import BooleanEncoder
from wlnet.coders.class_decoder import ClassDecoder
from wlnet.coders.class_encoder import ClassEncoder
from wlnet.coders.coder import Coder
from wlnet.coders.decoder import NetDecoder
from wlnet.coders.encoder import NetEncoder
from wlnet.coders.function_encoder import FunctionEncoder
from wlnet.coders.image_decoder import ImageDecoder
from wlnet.coders.image_encoder import ImageEncoder
from wlnet.coders.inference import infer_encoder
from wlnet.coders.record import read
from wlnet.coders.scalar_encoder import ScalarEncoder
from wlnet.coders.unit_vector_encoder import UnitVectorEncoder

NetEncoder.kinds = {
    "Boolean": BooleanEncoder,
    "Class": ClassEncoder,
    "Function": FunctionEncoder,
    "Image": ImageEncoder,
    "Scalar": ScalarEncoder,
    "UnitVector": UnitVectorEncoder,
}
NetDecoder.kinds = {
    "Boolean": BooleanDecoder,
    "Class": ClassDecoder,
    "Image": ImageDecoder,
}


def from_record(record: object) -> Any:
    """The coder that `to_record` wrote; kinds are looked up in the tables above and nowhere else.

    Raises FormatError for anything that `to_record` would not have written.

    >>> from_record(NetEncoder("Class", ["x", 1, False]).to_record())
    NetEncoder('Class', ['x', 1, False])
    """
    return read(record, {"NetEncoder": NetEncoder.kinds, "NetDecoder": NetDecoder.kinds})


__all__ = ["Coder", "NetDecoder", "NetEncoder", "from_record", "infer_encoder"]
