"""How a picture is brought into its frame: stretched, fitted or filling, aligned, padded."""

from __future__ import annotations

import numpy as np

from wlnet.coders.resampling import resized, weights
from wlnet.core.errors import Fault, brief
from wlnet.core.scalars import as_real
from wlnet.core.spelling import suggestion

ACROSS = ("Left", "Center", "Right")
DOWN = ("Top", "Center", "Bottom")
LEVELS = {"Black": 0.0, "White": 1.0}


def framed(
    pictures: np.ndarray,
    height: int,
    width: int,
    *,
    method: str,
    resampling: str,
    alignment: tuple[str, str],
    padding: float,
) -> np.ndarray:
    """Pictures (..., h, w) brought to (..., height, width) by "Stretch", "Fit" or "Fill".

    "Fit" keeps the proportions and pads, "Fill" keeps them and crops; `alignment` (horizontal,
    vertical) says where the picture lies in the frame, or the frame on the picture.

    >>> options = {"resampling": "Linear", "alignment": ("Center", "Center"), "padding": 0.0}
    >>> framed(np.array([[0.0, 1.0]], np.float32), 1, 4, method="Stretch", **options)
    array([[0.  , 0.25, 0.75, 1.  ]], dtype=float32)
    """
    h, w = pictures.shape[-2:]
    if (h, w) == (height, width):
        return pictures
    if method == "Stretch":
        return resized(pictures, weights(h, height, resampling), weights(w, width, resampling))
    scale = (min if method == "Fit" else max)(height / h, width / w)
    inner_h, inner_w = max(1, round(h * scale)), max(1, round(w * scale))
    top = _offset(height - inner_h, DOWN.index(alignment[1]))
    left = _offset(width - inner_w, ACROSS.index(alignment[0]))
    if method == "Fill":
        # Make only what the frame shows: a long strip would grow without limit.
        down = weights(h, inner_h, resampling, -top, height)
        return resized(pictures, down, weights(w, inner_w, resampling, -left, width))
    frame = np.full((*pictures.shape[:-2], height, width), padding, pictures.dtype)
    frame[..., top : top + inner_h, left : left + inner_w] = resized(
        pictures, weights(h, inner_h, resampling), weights(w, inner_w, resampling)
    )
    return frame


def as_pair(alignment: str | tuple[str, str]) -> tuple[str, str]:
    """An alignment as (horizontal, vertical).

    >>> as_pair("Bottom"), as_pair("Left"), as_pair(("Left", "Top"))
    (('Center', 'Bottom'), ('Left', 'Center'), ('Left', 'Top'))
    """
    if isinstance(alignment, tuple):
        return alignment
    return (alignment, "Center") if alignment in ACROSS else ("Center", alignment)


def as_level(padding: str | float) -> float:
    """A padding as a value of 0..1."""
    return LEVELS[padding] if isinstance(padding, str) else padding


def frame_faults(where: str, alignment: object, padding: object) -> list[Fault]:
    """What is wrong with an alignment and a padding."""
    faults = []
    words = alignment if isinstance(alignment, tuple) else (alignment,)
    good = all(isinstance(word, str) for word in words) and (
        (len(words) == 1 and words[0] in ACROSS + DOWN)
        or (len(words) == 2 and words[0] in ACROSS and words[1] in DOWN)
    )
    if not good:
        known = tuple(dict.fromkeys(ACROSS + DOWN))
        faults.append(
            Fault(
                "alignment has a value it cannot have",
                at=where,
                given=brief(alignment),
                expected=" or ".join(map(repr, known)) + ", or a pair (horizontal, vertical)",
                fix=suggestion(alignment, known) if isinstance(alignment, str) else None,
            )
        )
    number = as_real(padding)
    named = isinstance(padding, str) and padding in LEVELS
    if not named and (number is None or not 0 <= number <= 1):
        faults.append(
            Fault(
                "padding has a value it cannot have",
                at=where,
                given=brief(padding),
                expected='"Black", "White" or a number from 0 to 1',
                fix=suggestion(padding, LEVELS) if isinstance(padding, str) else None,
            )
        )
    return faults


def _offset(room: int, place: int) -> int:
    """Where the picture starts when `room` samples are left over (negative: are too many)."""
    return (0, room // 2, room)[place]
