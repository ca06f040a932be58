"""What every data set is: training and test columns that nobody can write to."""

from __future__ import annotations

import numpy as np

Columns = tuple[np.ndarray, np.ndarray]
Split = tuple[Columns, Columns]


def read_only(images: np.ndarray, labels: np.ndarray) -> Columns:
    """One part of a data set: uint8 images and int64 labels, sealed."""
    images = np.ascontiguousarray(images, np.uint8)
    labels = np.ascontiguousarray(labels, np.int64)
    images.flags.writeable = False
    labels.flags.writeable = False
    return images, labels
