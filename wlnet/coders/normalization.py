"""Mean and variance of pictures: as numbers, one per channel, or as a whole picture."""

from __future__ import annotations

from typing import Any, Protocol, cast

import numpy as np

from wlnet.core.arrays import Dtype
from wlnet.core.errors import Fault, brief

Statistic = None | float | tuple[float, ...] | np.ndarray


def as_statistic(given: object) -> Statistic:
    """A number, a tuple with one per channel, or a read-only float32 picture (h, w[, c]).

    uint8 pictures are read as 0..255, like the pictures themselves. ValueError for other things.

    >>> as_statistic(1), as_statistic([0.5, 0.25, 0.5])
    (1.0, (0.5, 0.25, 0.5))
    """
    if given is None:
        return None
    array = np.asarray(given)
    scale = 255.0 if array.dtype == np.uint8 and array.ndim >= 2 else 1.0
    if array.dtype.kind not in "iuf" or array.ndim > 3 or array.size == 0:
        raise ValueError("neither number nor picture")
    if not np.isfinite(array).all():
        raise ValueError("not finite")
    if array.ndim == 0:
        return float(array)
    if array.ndim == 1:
        return tuple(map(float, array.tolist()))
    picture = (array / scale).astype(np.float32)
    picture.flags.writeable = False
    return picture


def statistic_faults(
    name: str, value: Statistic, where: str, channels: int | None, size: tuple[int, int] | None
) -> list[Fault]:
    """What is wrong with a statistic for pictures of so many channels and this (height, width)."""
    faults = []
    if isinstance(value, tuple) and channels is not None and len(value) != channels:
        faults.append(_misfit(name, f"{len(value)} numbers", f"{channels}, one a channel", where))
    if isinstance(value, np.ndarray):
        wrong_size = size is not None and value.shape[:2] != size
        depth = value.shape[2] if value.ndim == 3 else 1
        if wrong_size or (channels is not None and depth not in (1, channels)):
            rest = "" if channels in (None, 1) else f" or with {channels} channels"
            faults.append(_misfit(name, brief(value), f"shape {size}{rest}", where))
    if name == "variance_image" and value is not None and np.min(value) <= 0:
        faults.append(_misfit(name, f"a variance of {np.min(value):g}", "more than 0", where))
    return faults


class OfPictures(Protocol):
    """What a coder of pictures says of itself."""

    @property
    def title(self) -> str: ...
    @property
    def planes(self) -> tuple[int | None, int | None, int | None]: ...


def read_statistics(coder: OfPictures, faults: list[Fault]) -> dict[str, Statistic]:
    """The mean and the variance of a coder of pictures, by name; what is wrong joins the faults.

    The planes of the coder is asked for only where there are no faults yet.
    """
    found: dict[str, Statistic] = {}
    for name in ("mean_image", "variance_image"):
        given = getattr(coder, name)
        try:
            found[name] = as_statistic(given)
        except (TypeError, ValueError):
            what, expected = (
                f"{name} cannot be used",
                "a finite number, one number a channel, or a picture",
            )
            faults.append(Fault(what, at=coder.title, given=brief(given), expected=expected))
            continue
        if not faults:
            channels, height, width = coder.planes
            size = None if height is None or width is None else (height, width)
            faults += statistic_faults(name, found[name], coder.title, channels, size)
    return found


def _misfit(name: str, given: str, expected: str, where: str) -> Fault:
    return Fault(f"{name} does not fit", at=where, given=given, expected=expected)


def broadcastable(
    value: Statistic, dtype: Dtype = np.float32
) -> np.ndarray | np.floating[Any] | None:
    """The statistic as numbers that broadcast with pictures (n, channels, height, width)."""
    if value is None:
        return None
    array = np.asarray(value, dtype)
    if array.ndim == 0:
        return cast("np.floating[Any]", array[()])
    if array.ndim == 1:
        return array[:, np.newaxis, np.newaxis]
    return array if array.ndim == 2 else np.moveaxis(array, -1, 0)


def normalized(pictures: np.ndarray, mean: Statistic, variance: Statistic) -> np.ndarray:
    """(pictures - mean) / sqrt(variance), for pictures (n, channels, h, w), in their
    precision."""
    shift, spread = (broadcastable(each, pictures.dtype) for each in (mean, variance))
    if shift is not None:
        pictures = pictures - shift
    return pictures if spread is None else np.asarray(pictures / np.sqrt(spread))


def restored(pictures: np.ndarray, mean: Statistic, variance: Statistic) -> np.ndarray:
    """The inverse of `normalized`."""
    shift, spread = broadcastable(mean), broadcastable(variance)
    if spread is not None:
        pictures = pictures * np.sqrt(spread)
    return pictures if shift is None else np.asarray(pictures + shift)
