"""ADAM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from wlnet.core.symbols import AUTOMATIC
from wlnet.kernels.language import Kernel
from wlnet.methods.base import Method
from wlnet.methods.settings import (
    Clipping,
    Fraction,
    LearningRate,
    Norm,
    Penalty,
    RateSchedule,
    SmallPositive,
)


@dataclass(frozen=True, repr=False)
class Adam(Method):
    """Steps along the running mean of the gradient, measured by its running root mean square.

    With g = clip(g0 + l2 w), t = 1, 2, ..., rho = multiplier x learning rate x schedule and the
    weight decay d::

        m <- beta1 m + (1 - beta1) g
        v <- beta2 v + (1 - beta2) g^2
        w <- (1 - rho d) w - rho sqrt(1 - beta2^t) / (1 - beta1^t) m / (sqrt(v) + epsilon)

    g0 is the gradient of the mean loss, times min(1, gradient_norm / N) if there is a
    gradient_norm, where N is the norm of the gradients of all arrays that this step moves.

    With a weight decay this is AdamW: the decay goes by rho, without the correction of the means,
    and neither m nor v knows it. With l2_regularization it is ADAM with a penalty.

    Defaults: learning rate 0.001. Both betas lie in [0, 1), epsilon in (0, 0.01]; all settings
    out of range are reported in one `OptionError`.

    The law of multipliers: m and v do not know rho, so from any weights and state the step is
    proportional to the multiplier, until the weight clip acts; without L2, and for the same
    gradients, so is the whole way.

    Sources: Kingma and Ba, "Adam: a method for stochastic optimization", 2015; Loshchilov and
    Hutter, "Decoupled weight decay regularization", 2019; Pascanu et al., "On the difficulty of
    training recurrent neural networks", 2013 (gradient_norm);
    https://reference.wolfram.com/language/ref/NetTrain.html ("ADAM").

    >>> import numpy as np
    >>> method = Adam(beta1=0.95)
    >>> method
    Adam(beta1=0.95)
    >>> w, state = np.zeros(2), method.start(2, "float64")
    >>> method.step(w, np.array([3.0, -0.5]), state, t=1, rate=0.001)
    >>> w.round(5)
    array([-0.001,  0.001])
    """

    name: ClassVar[str] = "ADAM"
    default_learning_rate: ClassVar[float] = 0.001

    learning_rate: LearningRate = AUTOMATIC
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    epsilon: SmallPositive = 1e-5
    learning_rate_schedule: RateSchedule = None
    l2_regularization: Penalty = None
    gradient_clipping: Clipping = None
    weight_clipping: Clipping = None
    weight_decay: Penalty = None
    gradient_norm: Norm = None

    @property
    def state_names(self) -> tuple[str, ...]:
        """The running means of the gradient and of its square."""
        return "mean", "mean square"

    @property
    def kernel(self) -> Kernel:
        from wlnet.kernels.updates.flat_updates import adam

        return adam

    @property
    def kernel_settings(self) -> tuple[float, ...]:
        return self.beta1, self.beta2, self.epsilon

    def corrections(self, updates: NDArray[np.int64]) -> NDArray[np.float64]:
        """The correction of means that began at zero."""
        t = updates.astype(np.float64)
        corrected: NDArray[np.float64] = np.sqrt(1.0 - self.beta2**t) / (1.0 - self.beta1**t)
        return corrected
