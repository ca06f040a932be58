"""RandomArrayLayer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from wlnet.core.scalars import as_real
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers.declaring.fields import out, parameter
from wlnet.layers.declaring.layer import Example, Layer, Reals

USUAL: dict[str, tuple[float, ...]] = {
    "Normal": (0.0, 1.0),
    "Uniform": (0.0, 1.0),
    "Exponential": (1.0,),
    "Bernoulli": (0.5,),
}
"""The numbers of each distribution, where none are told."""
RIGHT: dict[str, Callable[[float, float], bool]] = {
    "Normal": lambda mean, deviation: deviation >= 0,
    "Uniform": lambda least, most: least <= most,
    "Exponential": lambda rate, _: rate > 0,
    "Bernoulli": lambda probability, _: 0 <= probability <= 1,
}
"""Whether its first and its last number can be."""


def distribution(value: object) -> tuple[str | float, ...]:
    """A name, or a name and numbers."""
    expected = (
        '("Normal", mean, deviation), ("Uniform", least, most), ("Exponential", rate), '
        '("Bernoulli", probability), or a name alone'
    )
    name, *given = value if isinstance(value, (tuple, list)) and value else (value,)
    if not isinstance(name, str) or name not in USUAL:
        raise ValueError(expected)
    numbers = [as_real(number) for number in given] if given else [*USUAL[name]]
    if len(numbers) != len(USUAL[name]):
        raise ValueError(expected)
    found = [number for number in numbers if number is not None and math.isfinite(number)]
    if len(found) < len(numbers):
        raise ValueError(expected)
    if not RIGHT[name](found[0], found[-1]):
        raise ValueError(expected)
    return (name, *found)


class RandomArrayLayer(Layer):
    """Random numbers as a source: others for every example and every step, without any input.

    distribution: "Normal", "Uniform", "Exponential" or "Bernoulli", or one of these with its
    numbers: ("Normal", mean, deviation), ("Uniform", least, most), ("Exponential", rate),
    ("Bernoulli", probability). `random_seeding=` of a training or an evaluation decides what is
    drawn; an evaluation with AUTOMATIC draws anew each time. Where mean and deviation are to be
    learned, they are a factor and a summand behind this layer: no gradient goes into it.
    Ports: output, of any shape.

    >>> RandomArrayLayer("Uniform", output=3)().shape
    (3,)

    Wolfram Language: RandomArrayLayer, which has further distributions.
    """

    gives = "Reals"

    distribution = parameter(("Normal", *USUAL["Normal"]), check=distribution)
    output = out("*output")

    def lower(self, g: Builder) -> Value:
        shape = (g.batch, *g.output)
        name, *numbers = self.distribution
        if name == "Bernoulli":
            return g.random_mask(shape, numbers[0])
        if name == "Uniform":
            least, most = numbers
            return g.add(g.multiply(g.random_uniform(shape), most - least), least)
        # How improbable a number is.
        depth = g.negate(g.map("Log", g.random_uniform(shape)))
        if name == "Exponential":
            return g.multiply(depth, 1 / numbers[0])
        mean, deviation = numbers
        # Box and Muller 1958: a radius and an angle.
        angle = g.multiply(g.random_uniform(shape), 2 * math.pi)
        radius = g.multiply(g.map("Sqrt", depth), math.sqrt(2) * deviation)
        return g.add(g.multiply(radius, g.map("Cos", angle)), mean)

    def reference(self) -> Reals:
        """As probable, but others: what is drawn is decided by the seed and the place in a net."""
        draw: Any = np.random.default_rng()
        name, *numbers = self.distribution
        shape: Any = (1000, *(self.ports["Output"].shape or ()))
        found: Reals = {
            "Normal": lambda: draw.normal(*numbers, shape),
            "Uniform": lambda: draw.uniform(*numbers, shape),
            "Exponential": lambda: draw.exponential(1 / numbers[0], shape),
            "Bernoulli": lambda: 1.0 * draw.binomial(1, numbers[0], shape),
        }[name]()
        return found

    @staticmethod
    def examples() -> Iterator[Example]:
        yield Example(RandomArrayLayer(output=(2, 3)), {})
        yield Example(RandomArrayLayer(("Normal", 3, 0.5), output=1), {})
        yield Example(RandomArrayLayer(("Uniform", -1, 2), output=5), {})
        yield Example(RandomArrayLayer("Exponential", output=()), {})
        yield Example(RandomArrayLayer(("Bernoulli", 0.2), output=(4,)), {})
