"""The formula of each method on a vector of numbers: the one place where they stand.

The update rules of the optimizers (ADAM, RMSProp, SGD, SignSGD); states are their moments.

A formula is given the numbers of an array, their gradients, and what the method keeps beside them;
it gives all of that anew, but the gradients. flat_updates.py and packed_updates.py make kernels of
it.

Source: https://reference.wolfram.com/language/ref/NetTrain.html (Method).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from wlnet.kernels.emit.lanes import Lanes
from wlnet.kernels.emit.vectors import Kit
from wlnet.kernels.language import Address, Routine, Vector, routine

INFINITY: Final = float("inf")
SETTINGS: Final = 9
"""The numbers of a step: the step size, the L2 factor, the two clips, the decay, four of a
method."""
OWN: Final = SETTINGS - 4
"""Where those of the method begin."""


class Settings:
    """What a method knows besides, each number in all lanes.

    step_size: that of this step: multiplier x learning rate x schedule x bias correction. plain:
    there is no penalty, no decay and no clip, and means change slowly: that takes fewer operations.
    See `plain_test`.
    """

    def __init__(self, kit: Kit, numbers: tuple[Any, ...], plain: bool) -> None:
        assert len(numbers) == SETTINGS
        self._kit, self._numbers, self._plain = kit, numbers, plain
        self.step_size, self._decay, self._most, self._bound, self._shrink = map(
            self._lanes, numbers[:OWN]
        )

    def _lanes(self, number: Any) -> Lanes:
        kit = self._kit
        return Lanes(kit, kit.splat(kit.narrowed(number)))

    def __getitem__(self, i: int) -> Lanes:
        return self._lanes(self._numbers[OWN + i])

    def rest(self, i: int) -> Lanes:
        """1 - the i-th number, rounded once."""
        one = self._kit.double(1.0)
        return self._lanes(self._kit.builder.fsub(one, self._numbers[OWN + i]))

    def _limited(self, x: Lanes, limit: Lanes) -> Lanes:
        return x if self._plain else x.at_most(limit).at_least(-limit)

    def penalized(self, gradient: Lanes, w: Lanes) -> Lanes:
        """A gradient with that of the L2 penalty."""
        return gradient if self._plain else w.times(self._decay, gradient)

    def decayed(self, w: Lanes) -> Lanes:
        """Numbers without the share that they lose: decoupled weight decay."""
        return w if self._plain else w.times(self._shrink, w)

    def toward(self, mean: Lanes, x: Lanes, i: int) -> Lanes:
        """A running mean: b mean + (1 - b) x, where b is the i-th number."""
        if self._plain:
            return (x - mean).times(self.rest(i), mean)
        # While b is small, the difference would hide a small x behind a large mean.
        return mean.times(self[i], self.rest(i) * x)

    def toward_square(self, mean: Lanes, x: Lanes, i: int) -> Lanes:
        """A running mean of squares: b mean + (1 - b) x^2."""
        if self._plain:
            return x.times(x, -mean).times(self.rest(i), mean)
        return mean.times(self[i], self.rest(i) * (x * x))

    def clipped(self, gradient: Lanes) -> Lanes:
        """A gradient within the clip of gradients."""
        return self._limited(gradient, self._most)

    def bounded(self, new: Lanes) -> Lanes:
        """A new number within the clip of weights."""
        return self._limited(new, self._bound)


Move = Callable[..., tuple[Lanes, ...]]


@dataclass(frozen=True)
class Formula:
    """A method: `move(settings, numbers, gradients, *states)` gives new numbers and states.

    means: how many of its first settings say how slowly a mean changes.
    """

    name: str
    words: str
    states: int
    means: int
    move: Move


def _adam(s: Settings, w: Lanes, g: Lanes, m: Lanes, v: Lanes) -> tuple[Lanes, ...]:
    slope = s.clipped(s.penalized(g, w))
    mean, square = s.toward(m, slope, 0), s.toward_square(v, slope, 1)
    new = s.bounded(s.decayed(w) - s.step_size * mean / (square.by("sqrt") + s[2]))
    return new, mean, square


def _rmsprop(s: Settings, w: Lanes, g: Lanes, n: Lanes, m: Lanes, d: Lanes) -> tuple[Lanes, ...]:
    slope = s.clipped(s.penalized(g, w))
    mean, square = s.toward(m, slope, 0), s.toward_square(n, slope, 0)
    # Below zero by rounding only; a steady gradient exceeds epsilon: sqrt -> NaN.
    variance = (square - mean * mean).at_least(0.0)
    move = d.times(s[1], -(s.step_size * slope / (variance + s[2]).by("sqrt")))
    return s.bounded(s.decayed(w) + move), square, mean, move


def _sgd(s: Settings, w: Lanes, g: Lanes) -> tuple[Lanes, ...]:
    return (s.bounded(s.decayed(w) - s.step_size * s.penalized(s.clipped(g), w)),)


def _sgd_momentum(s: Settings, w: Lanes, g: Lanes, d: Lanes) -> tuple[Lanes, ...]:
    move = d.times(s[0], -(s.step_size * s.penalized(s.clipped(g), w)))
    return s.bounded(s.decayed(w) + move), move


def _signed(size: Lanes, x: Lanes) -> Lanes:
    """size x sign(x); no step for zero, NaN for NaN."""
    return (x > 0.0).choose(size, (x < 0.0).choose(-size, x.is_nan().choose(x, 0.0)))


def _sign_sgd(s: Settings, w: Lanes, g: Lanes) -> tuple[Lanes, ...]:
    one = Lanes(w.kit, w.kit.number(1.0))
    return (s.bounded(s.decayed(w) - s.step_size * s.penalized(_signed(one, g), w)),)


def _sign_sgd_momentum(s: Settings, w: Lanes, g: Lanes, d: Lanes) -> tuple[Lanes, ...]:
    mean = d.times(s[0], -(s.rest(0) * s.penalized(s.clipped(g), w)))
    return s.bounded(s.decayed(w) + _signed(s.step_size, mean)), mean


ADAM = Formula(
    "adam",
    """ADAM. States: mean, mean square. Settings: beta1, beta2, epsilon.

    The step size brings the correction sqrt(1 - beta2^t) / (1 - beta1^t) along.""",
    2,
    2,
    _adam,
)
RMSPROP = Formula(
    "rmsprop",
    """RMSProp, centred. States: mean square, mean, move. Settings: beta, momentum, epsilon.""",
    3,
    1,
    _rmsprop,
)
SGD = Formula(
    "sgd",
    """SGD without momentum. The L2 term is added after the gradient is clipped.""",
    0,
    0,
    _sgd,
)
SGD_MOMENTUM = Formula(
    "sgd_momentum",
    """SGD. State: move, which remembers the step size. Setting: momentum.""",
    1,
    0,
    _sgd_momentum,
)
SIGN_SGD = Formula(
    "sign_sgd",
    """SignSGD without momentum. Clipping would leave the sign as it is, so there is none.""",
    0,
    0,
    _sign_sgd,
)
SIGN_SGD_MOMENTUM = Formula(
    "sign_sgd_momentum",
    """Signum: a step of one size, along the sign of the running mean, which is kept turned.

    State: that mean. Setting: momentum.""",
    1,
    0,
    _sign_sgd_momentum,
)


def plain_test(formula: Formula) -> Routine:
    """Whether the numbers of a record are plain ones: see Settings."""
    means = formula.means

    @routine
    def is_plain(decay, most, bound, shrink, s0, s1):  # type: ignore[no-untyped-def]
        free = decay == 0.0 and most == INFINITY and bound == INFINITY and shrink == 0.0
        return free and (means < 1 or s0 >= 0.5) and (means < 2 or s1 >= 0.5)

    return is_plain


def moved(
    formula: Formula,
    settings: Settings,
    load: Callable[[Address], Vector],
    store: Callable[[Vector, Address], None],
    raw: Vector,
    addresses: tuple[Address, ...],
) -> Lanes:
    """Move a vector of numbers: those at addresses[0], the states of the method at the others.

    Gives a vector that is NaN where a gradient or a new number is not finite, else 0.
    """
    kit = settings.step_size.kit
    used = addresses[: 1 + formula.states]
    gradient = Lanes(kit, raw)
    found = formula.move(settings, Lanes(kit, load(used[0])), gradient, *(
        Lanes(kit, load(each)) for each in used[1:]
    ))  # fmt: skip
    for address, value in zip(used, found, strict=True):
        store(value.value, address)
    sum_ = gradient + found[0]
    return sum_ - sum_
