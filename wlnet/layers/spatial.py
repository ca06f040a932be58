"""SpatialTransformationLayer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

import numpy as np

from wlnet.core.shapes import Sizes
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, parameter, port
from wlnet.layers.declaring.layer import Example, Layer, Reals
from wlnet.layers.declaring.windows import height_and_width

IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


class SpatialTransformationLayer(Layer):
    """An image seen through an affine transformation, the six numbers of which are an input.

    What the output has at a place is what lies in the input at another: both are told by how far
    they are to the right, x, and down, y, from -1 at the middle of the first pixel to 1 at that of
    the last; in the only one of its direction both are 0. For the parameters (zh, sh, th, sv, zv,
    tv) the output at (x, y) is the input at (zh x + sh y + th, sv x + zv y + tv): zoom, skewness
    and translation, horizontally and vertically. (1, 0, 0, 0, 1, 0) leaves the image as it is, in
    another size where it is asked for. Between pixels it is bilinear; beyond the last ones it fades
    to 0 within a pixel.

    size: the height and the width of the output.
    Ports: input (channels, height, width); parameters, a vector of six; output (channels, *size).
    Gradients go to both: at a pixel, by the parameters, it is the slope of the side behind it. A
    LinearLayer with biases that feeds the parameters begins with the identity: net_initialize gives
    it weights of 0, and these six as its biases.

    >>> layer = SpatialTransformationLayer((1, 3))
    >>> image = [[[1, 2, 3]]]
    >>> layer({"Input": image, "Parameters": [-1, 0, 0, 0, 1, 0]}).tolist()
    [[[3.0, 2.0, 1.0]]]
    >>> layer({"Input": image, "Parameters": [1, 0, 0.5, 0, 1, 0]}).tolist()
    [[[1.5, 2.5, 1.5]]]

    In PyTorch: grid_sample(input, affine_grid(parameters, size, align_corners=True),
    align_corners=True).
    Wolfram Language: SpatialTransformationLayer, whose page does not say how places are told; here
    they are as in MXNet, which it runs on. Jaderberg et al. 2015, "Spatial transformer networks".
    """

    gives = "Reals"
    feeding_starts: ClassVar[Mapping[str, tuple[float, ...]]] = {"Parameters": IDENTITY}

    size = parameter(check=height_and_width)
    input = port("channels", "height", "width")
    # Of an instance it is what every net has under this name; the port is `ports["Parameters"]`.
    parameters = port(6)
    output = out("channels", "rows", "columns")

    def relate(self, sizes: Sizes) -> None:
        for name, size in zip(("rows", "columns"), self.size, strict=True):
            sizes.set(name, size)

    def lower(self, g: Builder, input: Value, parameters: Value) -> Value:
        (batch, channels, height, width), (rows, columns) = input.shape, self.size
        factors = g.constant(
            self._factors(height, width).reshape(-1).tolist(), (6, 2 * rows * columns)
        )
        moved = g.reshape(g.matmul(parameters, factors), (batch, 2, rows * columns))
        middle = g.constant(((width - 1) / 2, (height - 1) / 2), (2, 1))
        made = g.interpolate(input, g.add(moved, middle))
        return g.reshape(made, (batch, channels, rows, columns))

    def _factors(self, height: int, width: int) -> Reals:
        """What each parameter adds to the column, and to the row, that a place of the output shows;
        both in pixels from the middle, so that the identity is exact."""
        down, right = np.meshgrid(*map(_steps, self.size), indexing="ij")
        each = np.stack([right, down, np.ones_like(down)]).reshape(3, -1)
        nothing = np.zeros_like(each)
        halves = (width - 1) / 2, (height - 1) / 2
        return np.block([[each * halves[0], nothing], [nothing, each * halves[1]]])

    def reference(self, input: Reals, parameters: Reals) -> Reals:
        (batch, channels, height, width), (rows, columns) = input.shape, self.size
        y = np.zeros((batch, channels, rows, columns))
        for at in np.ndindex(batch, rows, columns):
            table = parameters[at[0]].reshape(2, 3)
            place = [
                0.0 if n == 1 else 2 * i / (n - 1) - 1
                for i, n in zip(at[1:], self.size, strict=True)
            ]
            across, down = table @ [place[1], place[0], 1.0]
            column, row = (across + 1) * (width - 1) / 2, (down + 1) * (height - 1) / 2
            for i, j in np.ndindex(height, width):
                near = max(1 - abs(row - i), 0.0) * max(1 - abs(column - j), 0.0)
                y[at[0], :, at[1], at[2]] += near * input[at[0], :, i, j]
        return y

    @staticmethod
    def examples() -> Iterator[Example]:
        make = SpatialTransformationLayer
        yield Example(make((3, 4)), {"Input": (2, 4, 5), "Parameters": (6,)}, (-0.9, 0.9))
        yield Example(make((1, 1)), {"Input": (1, 1, 1), "Parameters": (6,)})
        yield Example(make((5, 2)), {"Input": (1, 3, 3), "Parameters": (6,)}, (-2.0, 2.0))
        yield Example(make((1, 6)), {"Input": (3, 1, 4), "Parameters": (6,)}, (-0.9, 0.9))


def _steps(count: int) -> Reals:
    """From -1 to 1, or 0 alone."""
    return np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
