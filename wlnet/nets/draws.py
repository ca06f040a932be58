"""First numbers: the methods of initialization, and the distributions they draw from.

He et al., "Delving deep into rectifiers", 2015 (Kaiming); Glorot & Bengio, 2010 (Xavier); Saxe et
al., 2013 (orthogonal).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.scalars import as_real
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC

RAMPS = frozenset({"Ramp", "ReLU", "RectifiedLinearUnit"})
"""Functions that let half of the variance through: weights before them have twice as much."""
WORDS = ("Normal", "Uniform")
"""Distributions that may be given by name alone: Kaiming and Xavier know how wide they are."""
Draw = Array
"""Numbers that were drawn, before they are an array of a layer."""
Options = Mapping[str, Any]
"""The options of a method, by name."""

METHODS: dict[str, dict[str, Any]] = {
    "Kaiming": {"Distribution": "Normal"},
    "Xavier": {"Distribution": "Normal", "FactorType": "Mean"},
    "Orthogonal": {},
    "Identity": {"Distribution": 0.01},
    "Random": {"Weights": 1.0, "Biases": None},
}
"""The options of each method, with their defaults."""
FACTORS: dict[str, Callable[[int, int], float]] = {
    "In": lambda fan_in, fan_out: fan_in / 2,
    "Out": lambda fan_in, fan_out: fan_out / 2,
    "Mean": lambda fan_in, fan_out: (fan_in + fan_out) / 2,
}
"""Xavier divides the gain by this, which gives the variance: by half of all that goes in, of all
that comes out, or of both together."""


def read_method(given: object) -> tuple[str, Options]:
    """The name and all options of a method that was asked for. Raises OptionError."""
    name, options = given if isinstance(given, (tuple, list)) and len(given) == 2 else (given, {})
    if name is AUTOMATIC:
        name = "Kaiming"
    if not isinstance(name, str) or name not in METHODS:
        raise fail(
            OptionError,
            Fault(
                "an unknown method of initialization",
                given=brief(name),
                known=list(METHODS),
                fix=suggestion(name, METHODS),
            ),
        )
    if not isinstance(options, Mapping):
        known = list(METHODS[name])
        raise fail(
            OptionError,
            Fault(
                f"the options of method {brief(name)} are a dict",
                given=brief(options),
                expected=f"{{option: value}} of {', '.join(known)}" if known else "no options",
                fix=f"({name!r}, {{{known[0]!r}: ...}})" if known else repr(name),
            ),
        )
    unknown = [option for option in options if option not in METHODS[name]]
    if unknown:
        raise fail(
            OptionError,
            Fault(
                f"method {brief(name)} has no such options",
                given=", ".join(map(repr, unknown)),
                known=list(METHODS[name]),
                fix=suggestion(unknown[0], METHODS[name]),
            ),
        )
    chosen = {**METHODS[name], **options}
    for option, value in chosen.items():
        _check_option(name, option, value)
    return name, chosen


def _check_option(method: str, option: str, value: object) -> None:
    if option == "FactorType":
        if not isinstance(value, str) or value not in FACTORS:
            raise fail(
                OptionError,
                Fault(
                    "an unknown FactorType",
                    given=brief(value),
                    known=list(FACTORS),
                    fix=suggestion(value, FACTORS),
                ),
            )
    elif method in ("Kaiming", "Xavier"):
        if not (isinstance(value, str) and value in WORDS):
            _spelled(value, WORDS)
    elif not (option == "Biases" and value is None):
        _spelled(value)


def draw_weights(
    shape: tuple[int, ...],
    follower: str | None,
    method: str,
    options: Options,
    rng: np.random.Generator,
) -> Draw:
    """Weights of a shape (outputs, inputs, ...), drawn by a method.

    Each output reads fan_in numbers: the product of all sizes but the first. follower: the name of
    the function that the layer feeds, which decides the gain; None where none is known.
    """
    fan_out, fan_in = shape[0], max(math.prod(shape[1:]), 1)
    gain = 2.0 if follower in RAMPS else 1.0
    if method == "Random":
        return draw(options["Weights"], shape, rng)
    if method == "Orthogonal":
        return _orthogonal(shape, rng) * math.sqrt(gain)
    if method == "Identity":
        return _identity(shape) + draw(options["Distribution"], shape, rng)
    # What SELU needs, whatever Kaiming or Xavier and their options say.
    if follower in ("SELU", "ScaledExponentialLinearUnit"):
        return rng.standard_normal(shape) * math.sqrt(1 / fan_in)
    variance = gain / fan_in
    if method == "Xavier":
        variance = gain / FACTORS[options["FactorType"]](fan_in, fan_out)
    deviation = math.sqrt(variance)
    if options["Distribution"] == "Normal":
        numbers = rng.standard_normal(shape)
        numbers *= deviation
        return numbers
    if options["Distribution"] == "Uniform":
        numbers = rng.uniform(-1, 1, shape)
        numbers *= math.sqrt(3) * deviation
        return numbers
    return draw(options["Distribution"], shape, rng)


def draw(given: object, shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
    """Numbers of a distribution, given as the user writes it."""
    name, a, b = _spelled(given)
    return rng.normal(a, b, shape) if name == "Normal" else rng.uniform(a, b, shape)


def _spelled(given: object, words: tuple[str, ...] = ()) -> tuple[str, float, float]:
    """A distribution as ("Normal", mean, deviation) or ("Uniform", low, high).

    A number alone is the deviation of a normal distribution around 0. Raises OptionError for
    anything else. words: names that the caller takes alone, for the message.
    """
    spelled = given if isinstance(given, (tuple, list)) else ("Normal", 0.0, given)
    found = [as_real(x) for x in spelled[1:]]
    numbers = [x for x in found if x is not None and math.isfinite(x)]
    # An array is not compared with a word: it would answer element by element.
    if len(spelled) == 3 and len(numbers) == 2 and isinstance(spelled[0], str):
        name, a, b = spelled[0], numbers[0], numbers[1]
        if (name == "Normal" and b >= 0) or (name == "Uniform" and a <= b):
            return name, a, b
    raise fail(
        OptionError,
        Fault(
            "a distribution that is not known",
            given=brief(given),
            expected="".join(f'"{word}", ' for word in words)
            + 'a standard deviation, ("Normal", mean, deviation), ("Uniform", low, high)',
            fix=suggestion(given, words) if isinstance(given, str) else None,
        ),
    )


def _orthogonal(shape: tuple[int, ...], rng: np.random.Generator) -> Draw:
    """Rows that are orthonormal, or columns where there are fewer of these."""
    rows, columns = shape[0], max(math.prod(shape[1:]), 1)
    u, _, v = np.linalg.svd(rng.standard_normal((rows, columns)), full_matrices=False)
    return (u if u.shape == (rows, columns) else v).reshape(shape)


def _identity(shape: tuple[int, ...]) -> Draw:
    """A rectangular identity; for the kernels of a convolution, the identity at the middle tap."""
    eye = np.zeros(shape)
    middle = tuple(n // 2 for n in shape[2:])
    for i in range(min(shape[:2]) if len(shape) > 1 else shape[0]):
        eye[(i, i, *middle) if len(shape) > 1 else (i,)] = 1
    return eye
