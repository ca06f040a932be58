"""SGD."""

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
class SGD(Method):
    """Steps against the gradient, with momentum.

    With rho = multiplier x learning rate x schedule and the weight decay d, the L2 term outside the
    clip::

        b <- momentum b - rho (l2 w + clip(g0));  w <- (1 - rho d) w + b    momentum > 0
        w <- (1 - rho d) w - rho (l2 w + clip(g0))                          momentum None or 0

    g0 is the gradient of the mean loss, times min(1, gradient_norm / N) if there is a
    gradient_norm, where N is the norm of the gradients of all arrays that this step moves.

    With a weight decay this is SGDW: b does not know the decay. Without momentum it is what
    l2_regularization is.

    Defaults: learning rate 0.01, momentum 0.93, and the "Polynomial" schedule. Momentum lies in
    [0, 1) or is None; all settings out of range are reported in one `OptionError`.

    The law of multipliers: b remembers steps, rho included. Without momentum every step is
    proportional to the multiplier from any weights; with it, and without L2, for the same gradients
    and a multiplier that never changes, so are every step and the whole way; with both, the first
    step is, and any step from b = 0. All this until the weight clip acts.

    Sources: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964;
    Loshchilov and Hutter, "Decoupled weight decay regularization", 2019;
    https://reference.wolfram.com/language/ref/NetTrain.html ("SGD").

    >>> import numpy as np
    >>> w, method = np.array([1.0, 1.0]), SGD(momentum=None)
    >>> method.step(w, np.array([5.0, -0.5]), (), t=1, rate=0.1, l2=1.0, gradient_clip=2.0)
    >>> w.round(6)
    array([0.7 , 0.95])
    """

    name: ClassVar[str] = "SGD"
    default_learning_rate: ClassVar[float] = 0.01

    learning_rate: LearningRate = AUTOMATIC
    momentum: Momentum = 0.93
    learning_rate_schedule: RateSchedule = "Polynomial"
    l2_regularization: Penalty = None
    gradient_clipping: Clipping = None
    weight_clipping: Clipping = None
    weight_decay: Penalty = None
    gradient_norm: Norm = None

    @property
    def state_names(self) -> tuple[str, ...]:
        """The last move; nothing without momentum."""
        return ("move",) if self.momentum else ()

    @property
    def kernel(self) -> Kernel:
        from wlnet.kernels.updates.flat_updates import sgd, sgd_momentum

        return sgd_momentum if self.momentum else sgd

    @property
    def kernel_settings(self) -> tuple[float, ...]:
        return (self.momentum,) if self.momentum else ()
