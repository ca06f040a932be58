"""The "Image" decoder: arrays of channels become pictures with values in 0..1."""

from __future__ import annotations

from dataclasses import KW_ONLY, field
from typing import Any, Self

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.decoder import NetDecoder, Property
from wlnet.coders.image_encoder import ImageEncoder
from wlnet.coders.normalization import Statistic, read_statistics, restored
from wlnet.coders.parameters import choice_faults, is_automatic
from wlnet.coders.pictures import CHANNELS, as_sides, sides_fault
from wlnet.core.errors import Fault, NotInitializedError, OptionError, fail
from wlnet.core.shapes import Shape, fits
from wlnet.core.symbols import AUTOMATIC, Symbol


@coder
class ImageDecoder(NetDecoder):
    """`NetDecoder("Image")`: reads arrays (channels, height, width), one or three channels.

    The only property, "Image", is the picture as a read-only float32 array (height, width) or
    (height, width, 3): array * sqrt(variance_image) + mean_image, clipped to 0..1. `color_space`
    ("Grayscale" or "RGB") and `image_size` (width, height) are AUTOMATIC until the port is known.
    With interleaving=True it reads arrays (height, width, channels).

    >>> NetDecoder("Image").decode(np.array([[[[0.0, 0.5], [1.0, 2.0]]]]))[0]
    array([[0. , 0.5],
           [1. , 1. ]], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netdecoder/Image.html
    """

    kind = "Image"
    properties = ("Image",)
    color_space: str | Symbol = AUTOMATIC
    _: KW_ONLY
    image_size: tuple[int, int] | Symbol = AUTOMATIC
    mean_image: Statistic = None
    variance_image: Statistic = None
    interleaving: bool = field(default=False, metadata={"later": True})

    def __post_init__(self) -> None:
        faults = choice_faults(
            self.title,
            color_space=(self.color_space, (AUTOMATIC, *CHANNELS)),
            interleaving=(self.interleaving, (False, True)),
        )
        if not is_automatic(self.image_size):
            sides = as_sides(self.image_size)
            if sides is None:
                faults.append(sides_fault(self.title, self.image_size, "or AUTOMATIC"))
            else:
                self._set(image_size=sides)
        self._set(**read_statistics(self, faults))
        if faults:
            raise fail(OptionError, faults)

    @property
    def planes(self) -> tuple[int | None, int | None, int | None]:
        """(channels, height, width), as far as they are known."""
        channels = None if isinstance(self.color_space, Symbol) else CHANNELS[self.color_space]
        if isinstance(self.image_size, Symbol):
            return (channels, None, None)
        return (channels, self.image_size[1], self.image_size[0])

    @property
    def shape(self) -> Shape:
        channels, height, width = self.planes
        return (height, width, channels) if self.interleaving else (channels, height, width)

    def fitted(self, shape: Shape) -> Self:
        self._require(shape, fits(self.shape, shape))
        height, width, channels = shape if self.interleaving else (*shape[1:], shape[0])
        self._require(shape, channels in (None, *CHANNELS.values()))
        changes: dict[str, Any] = {}
        if is_automatic(self.color_space) and channels is not None:
            changes["color_space"] = "Grayscale" if channels == 1 else "RGB"
        if is_automatic(self.image_size) and None not in (height, width):
            changes["image_size"] = (width, height)
        return self._with(**changes) if changes else self

    def decode(
        self,
        array: np.ndarray,
        prop: Property = AUTOMATIC,
        *,
        rng: np.random.Generator | None = None,
    ) -> list[object]:
        self.check_property(prop)
        numbers = self._numbers(array)
        self.fitted(numbers.shape[1:])
        planes = np.moveaxis(numbers, -1, 1) if self.interleaving else numbers
        planes = restored(planes.astype(np.float32), self.mean_image, self.variance_image)
        planes = np.clip(planes, 0, 1)
        pictures = planes[:, 0] if planes.shape[1] == 1 else np.moveaxis(planes, 1, -1)
        pictures = np.ascontiguousarray(pictures)
        pictures.flags.writeable = False
        return list(pictures)

    def target_encoder(self) -> ImageEncoder:
        if isinstance(self.color_space, Symbol) or isinstance(self.image_size, Symbol):
            raise fail(
                NotInitializedError,
                Fault(
                    f"the {self.title} does not know its pictures yet",
                    at=repr(self),
                    expected="a known color_space and image_size",
                    fix='NetDecoder("Image", "RGB", image_size=(64, 64)), or fitted(port shape)',
                ),
            )
        encoder: ImageEncoder = ImageEncoder(
            self.image_size,
            color_space=self.color_space,
            mean_image=self.mean_image,
            variance_image=self.variance_image,
            interleaving=self.interleaving,
        )
        return encoder
