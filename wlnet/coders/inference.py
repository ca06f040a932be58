"""Which encoder a column of training data asks for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from wlnet.coders.boolean_encoder import BooleanEncoder
from wlnet.coders.class_encoder import ClassEncoder
from wlnet.coders.encoder import NetEncoder
from wlnet.coders.image_encoder import ImageEncoder
from wlnet.coders.pictures import is_pillow, upright_size
from wlnet.coders.worth import plain, worth

GREY_MODES = ("1", "L", "LA")


def infer_encoder(column: object) -> NetEncoder | None:
    """The encoder a column of raw examples asks for, or None where nothing is certain.

    * truth values: "Boolean"
    * strings with few distinct values (at most N^0.55, rounded up to an even number, for N
      examples): "Class" with the sorted labels
    * Pillow images of one size: "Image" of that size, grey when all are grey

    Plain arrays of numbers are never taken for pictures, and integers not for classes: what they
    mean depends on the net.

    >>> infer_encoder(["cat", "dog", "cat", "cat"])
    NetEncoder('Class', ['cat', 'dog'])
    >>> infer_encoder([True, False])
    NetEncoder('Boolean')
    >>> infer_encoder([1.5, 2.5]) is None
    True

    Source: the inference of ports from data in the Wolfram Language's NetTrain.
    """
    if isinstance(column, np.ndarray):
        if column.ndim != 1 or column.dtype.kind not in "bUO":
            return None
        column = column.tolist()
    if not isinstance(column, Sequence) or isinstance(column, (str, bytes)) or not len(column):
        return None
    encoder: NetEncoder | None = None
    if all(isinstance(item, (bool, np.bool_)) for item in column):
        encoder = BooleanEncoder()
    elif all(isinstance(worth(item), str) for item in column):
        found = {worth(item): plain(item) for item in reversed(column)}
        if len(found) <= most_labels(len(column)):
            encoder = ClassEncoder(tuple(found[word] for word in sorted(found)))
    elif all(map(is_pillow, column)) and len(set(map(upright_size, column))) == 1:
        grey = all(item.mode in GREY_MODES for item in column)
        encoder = ImageEncoder(upright_size(column[0]), color_space="Grayscale" if grey else "RGB")
    return encoder


def most_labels(examples: int) -> int:
    """How many distinct strings still count as few: examples^0.55 up to an even number.

    >>> most_labels(4), most_labels(100)
    (4, 14)
    """
    return 2 * math.ceil(float(examples**0.55) / 2)
