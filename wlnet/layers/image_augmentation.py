"""ImageAugmentationLayer."""

from __future__ import annotations

from collections.abc import Iterator

from wlnet.core.scalars import as_real
from wlnet.core.shapes import Mismatch, Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.windows import height_and_width

NAMES = "height", "width"


def chances(value: object) -> tuple[float, float]:
    """Two probabilities."""
    found = [as_real(one) for one in value] if isinstance(value, (tuple, list)) else []
    inside = [one for one in found if one is not None and 0 <= one <= 1]
    if len(found) != 2 or len(inside) != 2:
        raise ValueError("two probabilities, (vertical, horizontal), such as (0, 0.5)")
    return inside[0], inside[1]


class ImageAugmentationLayer(Layer):
    """In training, a piece of each image from anywhere in it, reflected by chance; otherwise the
    piece in its middle.

    size: the height and the width of the piece. reflection_probabilities: how probable it is that
    an image is turned upside down, and that its left and right are exchanged. Each example has a
    place and reflections of its own, which are new in every step; `random_seeding=` of the training
    decides them, whatever the number of workers. Where the middle falls between two places, it is
    the upper, or the left one.
    Ports: input (channels, height, width), at least as large as the piece; output (channels,
    *size).

    >>> ImageAugmentationLayer((1, 2))([[[1, 2, 3, 4], [5, 6, 7, 8]]]).tolist()
    [[[2.0, 3.0]]]

    Wolfram Language: ImageAugmentationLayer. Krizhevsky et al. 2012, "ImageNet classification with
    deep convolutional neural networks".
    """

    passes_gain = True
    is_view = True

    size = parameter(check=height_and_width)
    reflection_probabilities = parameter((0.0, 0.0), check=chances)
    input = port("channels", "height", "width")
    output = out("channels", "rows", "columns")

    def relate(self, sizes: Sizes) -> None:
        for name, of_piece, size in zip(NAMES, ("rows", "columns"), self.size, strict=True):
            sizes.set(of_piece, size)
            whole = sizes[name]
            if whole is not None and whole < size:
                raise Mismatch(
                    f"a piece with a {name} of {size} out of an image with one of {whole}"
                )

    def lower(self, g: Builder, input: Value) -> Value:
        moves = [n > size for n, size in zip(input.shape[2:], self.size, strict=True)]
        if not g.training or not any((*moves, *self.reflection_probabilities)):
            for axis, size in enumerate(self.size, 2):
                first = (input.shape[axis] - size) // 2
                if input.shape[axis] > size:
                    input = g.slice(input, axis, first, first + size)
            return input
        batch, channels, *whole = input.shape
        rows, columns = self.size
        row, column = (
            self._entries(g, batch, n, size, chance)
            for n, size, chance in zip(whole, self.size, self.reflection_probabilities, strict=True)
        )
        shape = (batch, 1, rows, columns)
        spots = [
            g.broadcast(g.reshape(column, (batch, 1, 1, columns)), shape),
            g.broadcast(g.reshape(row, (batch, 1, rows, 1)), shape),
        ]
        around = g.reshape(g.concatenate(spots, 1), (batch, 2, rows * columns))
        return g.reshape(g.interpolate(input, around), (batch, channels, rows, columns))

    def _entries(self, g: Builder, batch: int, whole: int, size: int, chance: float) -> Value:
        """Which entries along a direction make the piece of each example, from 0."""
        steps = g.constant(range(size), (1, size))
        if chance:
            mask = g.random_mask((batch, 1), chance)
            turned = g.subtract(float(size - 1), steps)
            steps = g.choose(mask, turned, steps)
        if whole == size:
            return g.broadcast(steps, (batch, size))
        count = float(whole - size)
        first = g.map("Floor", g.multiply(g.random_uniform((batch, 1)), count + 1))
        # In 32 bits the largest number below 1 is told as 1.
        return g.add(g.minimum(first, count), steps)

    def reference(self, input: Reals) -> Reals:
        top, left = ((n - size) // 2 for n, size in zip(input.shape[2:], self.size, strict=True))
        return input[:, :, top : top + self.size[0], left : left + self.size[1]].copy()

    @staticmethod
    def examples() -> Iterator[Example]:
        make = ImageAugmentationLayer
        yield Example(make((2, 3)), {"Input": (2, 4, 4)})
        yield Example(make((1, 1)), {"Input": (1, 1, 1)})
        yield Example(make((2, 2), (0.5, 0.2)), {"Input": (1, 5, 2)})
        yield Example(make((3, 2), (1, 0)), {"Input": (2, 3, 2)})
