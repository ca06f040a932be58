"""Pictures as arrays: what counts as one, how its numbers become 0..1, grey and colour.

uint8 means 0..255, floats mean 0..1, booleans black and white. An alpha channel is dropped, what
lies under it stays. A picture that says how its camera was held is turned upright.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, TypeGuard

import numpy as np

from wlnet.coders.encoder import refuse
from wlnet.core.arrays import Dtype
from wlnet.core.errors import NAMES, Fault, brief
from wlnet.core.extras import needed
from wlnet.core.scalars import as_whole

if TYPE_CHECKING:
    from PIL import Image

CHANNELS = {"Grayscale": 1, "RGB": 3}
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the grey value (ITU-R BT.601)."""
EXPECTED = "a picture: (height, width) or (height, width, 3 or 4), uint8 0..255 or float 0..1"
SLACK = 1e-6
LARGEST = 16384
"""Of the sides of an encoded picture."""
ORIENTATION = 0x0112
"""The number of the EXIF field that says how a camera was held."""


def is_pillow(item: object) -> TypeGuard[Image.Image]:
    """Whether this is a picture of Pillow; never imports Pillow itself."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(item, module.Image)


def is_file_name(item: object) -> TypeGuard[str | os.PathLike[str]]:
    """Whether this names a file: a string or a path."""
    return isinstance(item, (str, os.PathLike))


def as_sides(given: object) -> tuple[int, int] | None:
    """(width, height), given so or as one number for both; None for what cannot be.

    >>> as_sides(28), as_sides([4, 3]), as_sides((0, 1))
    ((28, 28), (4, 3), None)
    """
    pair = given if isinstance(given, (tuple, list)) else (given, given)
    sides = [side for side in map(as_whole, pair) if side is not None and 1 <= side <= LARGEST]
    return (sides[0], sides[1]) if len(sides) == len(pair) == 2 else None


def sides_fault(where: str, given: object, rest: str) -> Fault:
    """The fault of what `as_sides` does not take; rest: what else it could be, or has to be."""
    return Fault(
        "this is not a size of pictures",
        at=where,
        given=brief(given),
        expected=f"(width, height), or one number for both, {rest}",
    )


def as_array(item: object, where: str, index: int) -> np.ndarray:
    """One item as an array (h, w) or (h, w, channels), its numbers untouched; else DataError."""
    if is_file_name(item):
        item = _opened(item, where, index)
    if is_pillow(item):
        item = _pillow_array(item, where, index)
    try:
        array = np.asarray(item)
    except (TypeError, ValueError):
        array = np.asarray(None)
    if array.dtype.kind in "OUSV" or not _has_picture_shape(array.shape):
        fix = None
        if array.ndim == 3 and array.shape[0] in (1, 3, 4):
            fix = "put the channels last: numpy.moveaxis(picture, 0, -1)"
        raise refuse(
            where,
            index,
            "this is not a picture",
            given=brief(item if array.dtype.kind == "O" else array),
            expected=EXPECTED,
            fix=fix,
        )
    return array


def unit_numbers(pictures: np.ndarray, where: str, first: int, dtype: Dtype) -> np.ndarray:
    """A batch of pictures in 0..1; `first` is the index of its first example."""
    kind = pictures.dtype
    if kind == np.uint8:
        return np.asarray(np.divide(pictures, np.float32(255), dtype=dtype))
    if kind == np.bool_:
        return pictures.astype(dtype)
    if kind.kind != "f":
        raise refuse(
            where,
            first,
            "pictures are not made of such numbers",
            given=f"dtype {kind}",
            expected="uint8 (0..255), float (0..1) or bool",
            fix=".astype(numpy.uint8) for whole numbers 0..255",
        )
    # A comparison with NaN is False: not-a-numbers are found here too.
    good = (pictures >= -SLACK) & (pictures <= 1 + SLACK)
    if not good.all():
        bad = int(np.argmin(good.reshape(len(good), -1).all(axis=1)))
        value = pictures[bad][~good[bad]][0]
        finite = bool(np.isfinite(value))
        raise refuse(
            where,
            first + bad,
            "the picture is not within 0..1" if finite else "the picture has no finite number",
            given=str(value),
            expected="floats from 0 (black) to 1 (white)",
            fix="divide by 255, or give uint8" if finite else "remove or repair the example",
        )
    return pictures.astype(dtype)


def channels_first(pictures: np.ndarray, color_space: str) -> np.ndarray:
    """Pictures (n, h, w) or (n, h, w, channels) in 0..1 as (n, 1 or 3, h, w).

    >>> white = np.ones((1, 2, 2, 4), np.float32)
    >>> channels_first(white, "RGB").shape, channels_first(white, "Grayscale").shape
    ((1, 3, 2, 2), (1, 1, 2, 2))
    """
    if pictures.ndim == 3:
        planes = [pictures]
    else:
        planes = [pictures[..., k] for k in range(3 if pictures.shape[-1] > 2 else 1)]
    if color_space == "Grayscale" and len(planes) == 3:
        red, green, blue = (planes[0].dtype.type(part) for part in LUMA)
        planes = [planes[0] * red + planes[1] * green + planes[2] * blue]
    if color_space == "RGB" and len(planes) == 1:
        planes = planes * 3
    return np.stack(planes, axis=1) if len(planes) > 1 else planes[0][:, np.newaxis]


def _has_picture_shape(shape: tuple[int, ...]) -> bool:
    return 0 not in shape and (len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3, 4)))


def _opened(name: str | os.PathLike[str], where: str, index: int) -> Image.Image:
    needed("PIL.Image", "reading a picture file")
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(name) as picture:
            picture.load()
            return picture
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, MemoryError) as error:
        there = os.path.exists(name)
        raise refuse(
            where,
            index,
            "the picture file cannot be read" if there else "there is no such picture file",
            given=brief(name, NAMES),
            expected="a file that Pillow reads: PNG, JPEG, ...",
        ) from error
    except Image.DecompressionBombError as error:
        raise refuse(where, index, "the picture is too large", given=brief(name, NAMES)) from error


def upright(picture: Image.Image) -> Image.Image:
    """A Pillow picture turned as its EXIF data say it was held."""
    if _orientation(picture) == 1:
        return picture
    from PIL import ImageOps

    return ImageOps.exif_transpose(picture)


def upright_size(picture: Image.Image) -> tuple[int, int]:
    """Width and height of a Pillow picture once it is upright."""
    width, height = picture.size
    return (height, width) if _orientation(picture) > 4 else (width, height)


def _orientation(picture: Image.Image) -> int:
    held: int = picture.getexif().get(ORIENTATION, 1)
    return held if held in range(1, 9) else 1


def _pillow_array(picture: Image.Image, where: str, index: int) -> np.ndarray:
    picture = upright(picture)
    mode = picture.mode
    if mode in ("I", "F") or mode.startswith("I;"):
        raise refuse(
            where,
            index,
            "the range of this picture is not known",
            given=f"a Pillow picture of mode {brief(mode)}",
            expected="8 bits a channel",
            fix='picture.convert("L"), or an array of floats 0..1',
        )
    if mode == "LA":
        picture = picture.convert("L")
    elif mode not in ("1", "L", "RGB", "RGBA"):
        picture = picture.convert("RGB")
    return np.asarray(picture)
