"""SignSGD, with momentum known as Signum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from wlnet.core.symbols import AUTOMATIC
from wlnet.kernels.language import Kernel
from wlnet.methods.base import Method
from wlnet.methods.settings import (
    Clipping,
    LearningRate,
    Momentum,
    Norm,
    Penalty,
    RateSchedule,
)


@dataclass(frozen=True, repr=False)
class SignSGD(Method):
    """Steps of one size, against the sign of the gradient or of its running mean.

    With mu the momentum, rho = multiplier x learning rate x schedule and the weight decay d::

        b <- mu b - (1 - mu) (l2 w + clip(g0));  w <- (1 - rho d) w + rho sign(b)    mu > 0
        w <- (1 - rho d) w - rho (l2 w + sign(g0))                        mu None or 0

    g0 is the gradient of the mean loss, times min(1, gradient_norm / N) if there is a
    gradient_norm, where N is the norm of the gradients of all arrays that this step moves.

    Without momentum the weight decay is what l2_regularization is, as there the penalty stands
    outside the sign; with momentum the penalty has a say in the sign, and the decay has not.

    Defaults: learning rate 0.01, momentum 0.93. Momentum lies in [0, 1) or is None; all settings
    out of range are reported in one `OptionError`.

    The law of multipliers: b does not know rho, so from any weights and state the step is
    proportional to the multiplier, with and without momentum, until the weight clip acts; without
    L2, and for the same gradients, so is the whole way.

    Sources: Bernstein et al., "signSGD: compressed optimisation for non-convex problems", 2018;
    https://reference.wolfram.com/language/ref/NetTrain.html ("SignSGD").

    >>> import numpy as np
    >>> w, method = np.zeros(3), SignSGD()
    >>> method.step(w, np.array([5.0, 0.0, -0.001]), method.start(3, "float64"), t=1, rate=0.1)
    >>> w
    array([-0.1,  0. ,  0.1])
    """

    name: ClassVar[str] = "SignSGD"
    default_learning_rate: ClassVar[float] = 0.01

    learning_rate: LearningRate = AUTOMATIC
    momentum: Momentum = 0.93
    learning_rate_schedule: RateSchedule = None
    l2_regularization: Penalty = None
    gradient_clipping: Clipping = None
    weight_clipping: Clipping = None
    weight_decay: Penalty = None
    gradient_norm: Norm = None

    @property
    def state_names(self) -> tuple[str, ...]:
        """The running mean, its sign turned; nothing without momentum."""
        return ("mean",) if self.momentum else ()

    @property
    def kernel(self) -> Kernel:
        from wlnet.kernels.updates.flat_updates import sign_sgd, sign_sgd_momentum

        return sign_sgd_momentum if self.momentum else sign_sgd

    @property
    def kernel_settings(self) -> tuple[float, ...]:
        return (self.momentum,) if self.momentum else ()
