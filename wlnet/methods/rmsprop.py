"""RMSProp, centred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wlnet.core.symbols import AUTOMATIC
from wlnet.kernels.language import Kernel
from wlnet.methods.base import Method
from wlnet.methods.settings import (
    Clipping,
    Fraction,
    LearningRate,
    Momentum,
    Norm,
    Penalty,
    Positive,
    RateSchedule,
)


@dataclass(frozen=True, repr=False)
class RMSProp(Method):
    """Steps along the gradient, measured by its running standard deviation, with momentum.

    With g = clip(g0 + l2 w), rho = multiplier x learning rate x schedule and the weight decay e::

        n <- beta n + (1 - beta) g^2
        a <- beta a + (1 - beta) g
        d <- momentum d - rho g / sqrt(n - a^2 + epsilon)
        w <- (1 - rho e) w + d

    g0 is the gradient of the mean loss, times min(1, gradient_norm / N) if there is a
    gradient_norm, where N is the norm of the gradients of all arrays that this step moves.

    n - a^2 is never below zero but for rounding, and is then taken as zero. Defaults: learning rate
    0.001. Beta and momentum lie in [0, 1), epsilon is positive, momentum None is 0; all settings
    out of range are reported in one `OptionError`.

    The law of multipliers: d remembers steps, rho included. Without L2, for the same gradients and
    a multiplier that never changes, every step and the whole way are proportional to it, until the
    weight clip acts; with L2 the first step is, and any step from d = 0.

    Sources: Graves, "Generating sequences with recurrent neural networks", 2013, equations 38-45;
    https://reference.wolfram.com/language/ref/NetTrain.html ("RMSProp").

    >>> RMSProp(momentum=None).options()["Beta"]
    0.95
    """

    name: ClassVar[str] = "RMSProp"
    default_learning_rate: ClassVar[float] = 0.001

    learning_rate: LearningRate = AUTOMATIC
    beta: Fraction = 0.95
    momentum: Momentum = 0.9
    epsilon: Positive = 1e-6
    learning_rate_schedule: RateSchedule = None
    l2_regularization: Penalty = None
    gradient_clipping: Clipping = None
    weight_clipping: Clipping = None
    weight_decay: Penalty = None
    gradient_norm: Norm = None

    @property
    def state_names(self) -> tuple[str, ...]:
        """The running means of the squared gradient and of the gradient, and the last move."""
        return "mean square", "mean", "move"

    @property
    def kernel(self) -> Kernel:
        from wlnet.kernels.updates.flat_updates import rmsprop

        return rmsprop

    @property
    def kernel_settings(self) -> tuple[float, ...]:
        return self.beta, self.momentum or 0.0, self.epsilon
