"""The "Image" encoder: pictures of any size become arrays of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import NetEncoder, batch_items, reals, zeros
from wlnet.coders.framing import as_level, as_pair, frame_faults, framed
from wlnet.coders.normalization import Statistic, normalized, read_statistics
from wlnet.coders.parameters import choice_faults
from wlnet.coders.pictures import (
    CHANNELS,
    LARGEST,
    as_array,
    as_sides,
    channels_first,
    is_file_name,
    is_pillow,
    sides_fault,
    unit_numbers,
)
from wlnet.core.arrays import Dtype
from wlnet.core.errors import DataError, OptionError, fail
from wlnet.core.gate import Column
from wlnet.core.machine import check_memory
from wlnet.core.scalars import as_real
from wlnet.core.symbols import AUTOMATIC, Symbol

CHUNK = 2048  # pictures worked on at once: bounds the memory besides the result


@coder
class ImageEncoder(NetEncoder):
    """`NetEncoder("Image", (width, height))`: pictures to arrays of shape (channels, h, w).

    `image_size` is (width, height), or one number for both; default 128. Values are in 0..1 before
    mean and variance: (picture - mean_image) / sqrt(variance_image); these are numbers, one number
    a channel, or pictures of the encoded size.

    * `color_space`: "RGB" or "Grayscale"; grey = 0.299 red + 0.587 green + 0.114 blue. An alpha
      channel is dropped.
    * `method`: "Stretch", "Fit" (keeps proportions, pads) or "Fill" (keeps proportions, crops)
    * `resampling`: "Linear" (AUTOMATIC; averages when shrinking) or "Nearest"
    * `alignment`: "Center", "Left", "Right", "Top", "Bottom", or a pair (horizontal, vertical)
    * `padding`: "Black", "White" or a number in 0..1
    * `interleaving`: whether channels stand last, (h, w, channels), as layers with that option have
      them
    * `data_transposed`: only False

    A picture is a uint8 array (0..255), a float array (0..1) or a bool array of shape
    (height, width) or (height, width, 3 or 4), a Pillow image, or a file name (needs Pillow). A
    float array of the encoded shape (channels, h, w) passes through unchanged; so a float array
    (1, h, w) given to a grey encoder of that size is one encoded example, not a batch of one
    picture. With channels last nothing passes through: it could be a picture, and is one. Other
    arrays of rank 3 whose last axis is not 3 or 4, arrays of rank 4, lists and tuples are batches.

    Errors: OptionError for options; DataError for other arrays, numbers out of range, files that
    cannot be read.

    >>> encoder = NetEncoder("Image", (4, 2), color_space="Grayscale")
    >>> encoder.shape
    (1, 2, 4)
    >>> encoder(np.array([[0, 255]], np.uint8))[0, 0]
    array([0.  , 0.25, 0.75, 1.  ], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netencoder/Image.html
    """

    kind = "Image"
    image_size: tuple[int, int] = (128, 128)
    _: KW_ONLY
    color_space: str = "RGB"
    mean_image: Statistic = None
    variance_image: Statistic = None
    method: str = "Stretch"
    resampling: str | Symbol = AUTOMATIC
    alignment: str | tuple[str, str] = "Center"
    padding: str | float = "Black"
    data_transposed: bool = False
    interleaving: bool = False

    def __post_init__(self) -> None:
        faults = choice_faults(
            self.title,
            color_space=(self.color_space, tuple(CHANNELS)),
            method=(self.method, ("Stretch", "Fit", "Fill")),
            resampling=(self.resampling, (AUTOMATIC, "Linear", "Nearest")),
            data_transposed=(self.data_transposed, (False,)),
            interleaving=(self.interleaving, (False, True)),
        )
        sides = as_sides(self.image_size)
        if sides is None:
            faults.append(sides_fault(self.title, self.image_size, f"from 1 to {LARGEST}"))
        else:
            self._set(image_size=sides)
        if isinstance(self.alignment, list):
            self._set(alignment=tuple(self.alignment))
        padding = as_real(self.padding)
        if padding is not None:
            self._set(padding=padding)
        faults += frame_faults(self.title, self.alignment, self.padding)
        self._set(**read_statistics(self, faults))
        if faults:
            raise fail(OptionError, faults)

    @property
    def planes(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return (CHANNELS[self.color_space], self.image_size[1], self.image_size[0])

    @property
    def shape(self) -> tuple[int, int, int]:
        channels, height, width = self.planes
        return (height, width, channels) if self.interleaving else (channels, height, width)

    def is_single(self, x: object) -> bool:
        if is_file_name(x) or is_pillow(x):
            return True
        if isinstance(x, (list, tuple, range)) or not hasattr(type(x), "__array__"):
            return not isinstance(x, Sequence)
        array = np.asarray(x)
        if array.ndim == 3:
            return self._is_encoded(array, 3) or array.shape[-1] in (3, 4)
        return array.ndim == 0 or (array.ndim == 2 and array.dtype.kind not in "OUS")

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> np.ndarray:
        batch = batch_items(items, where)
        if self._is_encoded(batch, 4):
            return reals(np.asarray(batch), where, dtype)
        out = zeros((len(batch), *self.shape), dtype, where)
        for first in range(0, len(batch), CHUNK):
            chunk = batch[first : first + CHUNK]
            self._fill(out[first : first + CHUNK], chunk, where, first)
        return out

    def _fill(self, out: np.ndarray, chunk: Column, where: str, first: int) -> None:
        """Encode a few items into `out`; together where they are alike, else one by one."""
        if isinstance(chunk, np.ndarray) and chunk.dtype.kind in "biuf" and chunk.ndim in (3, 4):
            as_array(chunk[0], where, first)
            self._encode(out, chunk, where, first)
            return
        arrays = []
        for index, item in enumerate(chunk):
            encoded = self._is_encoded(item, 3)
            arrays.append(item if encoded else as_array(item, where, first + index))
        alike = {(array.shape, array.dtype) for array in arrays}
        if len(alike) == 1 and not self._is_encoded(arrays[0], 3):
            _check_size(sum(array.size for array in arrays), out, where)
            self._encode(out, np.stack(arrays), where, first)
            return
        for index, array in enumerate(arrays):
            self._encode(out[index : index + 1], array[np.newaxis], where, first + index)

    def _encode(self, out: np.ndarray, pictures: np.ndarray, where: str, first: int) -> None:
        if self._is_encoded(pictures, 4):
            out[:] = reals(pictures, where, out.dtype, first=first)
            return
        # The matrices that resample an axis have a row for each new sample.
        _, height, width = self.planes
        matrices = height * pictures.shape[1] + width * pictures.shape[2]
        _check_size(pictures.size + 4 * matrices, out, where)
        planes = channels_first(unit_numbers(pictures, where, first, out.dtype), self.color_space)
        framed_planes = framed(
            planes,
            height,
            width,
            method=self.method,
            resampling="Linear" if isinstance(self.resampling, Symbol) else self.resampling,
            alignment=as_pair(self.alignment),
            padding=as_level(self.padding),
        )
        made = normalized(framed_planes, self.mean_image, self.variance_image)
        out[:] = np.moveaxis(made, 1, -1) if self.interleaving else made

    def _is_encoded(self, x: object, rank: int) -> bool:
        # With channels last it may be a picture, and is taken for one.
        return (
            not self.interleaving
            and isinstance(x, np.ndarray)
            and x.ndim == rank
            and x.dtype.kind == "f"
            and x.shape[-3:] == self.shape
        )


def _check_size(numbers: int, out: np.ndarray, where: str) -> None:
    """Raise DataError for pictures that are larger, spelt out, than the memory there is."""
    check_memory(numbers * out.itemsize, where, DataError)
