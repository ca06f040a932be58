"""The 1797 small handwritten digits of the UCI repository, shipped with the package."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files

import numpy as np

from wlnet.data.split import Split, read_only

TRAINING = 1437


@lru_cache(maxsize=1)
def digits() -> Split:
    """1797 real handwritten digits of 8 x 8 pixels: ((x_train, y_train), (x_test, y_test)).

    Images are uint8 (n, 8, 8), black 0 to white 255: the 17 levels of the original, 0..16, times
    255/16 and rounded. Labels are int64 (n,), 0..9. The first 1437 examples are for training, the
    last 360 for testing, always. The arrays are read-only, and the same at every call.

    >>> (x_train, y_train), (x_test, y_test) = digits()
    >>> x_train.shape, x_test.shape, y_test[:5]
    ((1437, 8, 8), (360, 8, 8), array([2, 3, 4, 5, 6]))

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine
    Learning Repository 1998, https://doi.org/10.24432/C50P49, licence CC BY 4.0.
    """
    with (files("wlnet.data") / "digits.npz").open("rb") as file, np.load(file) as arrays:
        levels, labels = arrays["images"].astype(np.uint16), arrays["labels"]
    images = (levels * 255 + 8) // 16
    return (
        read_only(images[:TRAINING], labels[:TRAINING]),
        read_only(images[TRAINING:], labels[TRAINING:]),
    )
