"""The update formulas as they are written on paper, in plain NumPy and float64.

Slow and obvious: each function is one row of the table of methods. Nothing is shared with the
methods themselves. State is a dict that starts empty; what is not in it yet is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float64]]
Reference = Callable[..., Array]


def clip(x: Array, c: float | None) -> Array:
    return x if c is None else np.clip(x, -c, c)


def adam(
    w: Array, g0: Array, s: dict[str, Array], t: int, rho: float, l2: float, c: float | None
) -> Array:
    beta1, beta2, epsilon = 0.9, 0.999, 1e-5
    g = clip(g0 + l2 * w, c)
    s["m"] = beta1 * s.get("m", 0.0) + (1 - beta1) * g
    s["v"] = beta2 * s.get("v", 0.0) + (1 - beta2) * g**2
    correction = np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return w - rho * correction * s["m"] / (np.sqrt(s["v"]) + epsilon)


def rmsprop(momentum: float) -> Reference:
    def step(
        w: Array, g0: Array, s: dict[str, Array], t: int, rho: float, l2: float, c: float | None
    ) -> Array:
        beta, epsilon = 0.95, 1e-6
        g = clip(g0 + l2 * w, c)
        s["n"] = beta * s.get("n", 0.0) + (1 - beta) * g**2
        s["mean"] = beta * s.get("mean", 0.0) + (1 - beta) * g
        deviation = np.sqrt(s["n"] - s["mean"] ** 2 + epsilon)
        s["delta"] = momentum * s.get("delta", 0.0) - rho * g / deviation
        return w + s["delta"]

    return step


def sgd_momentum(
    w: Array, g0: Array, s: dict[str, Array], t: int, rho: float, l2: float, c: float | None
) -> Array:
    s["b"] = 0.93 * s.get("b", 0.0) - rho * l2 * w - rho * clip(g0, c)
    return w + s["b"]


def sgd_plain(
    w: Array, g0: Array, s: dict[str, Array], t: int, rho: float, l2: float, c: float | None
) -> Array:
    return (1 - rho * l2) * w - rho * clip(g0, c)


def signum(
    w: Array, g0: Array, s: dict[str, Array], t: int, rho: float, l2: float, c: float | None
) -> Array:
    mu = 0.93
    s["b"] = mu * s.get("b", 0.0) - (1 - mu) * l2 * w - (1 - mu) * clip(g0, c)
    return w + rho * np.sign(s["b"])


def sign_sgd_plain(
    w: Array, g0: Array, s: dict[str, Array], t: int, rho: float, l2: float, c: float | None
) -> Array:
    return (1 - rho * l2) * w - rho * np.sign(g0)


def trajectory(
    step: Reference,
    start: Array,
    gradients: Array,
    rates: list[float],
    l2: float = 0.0,
    gradient_clip: float | None = None,
    weight_clip: float | None = None,
    weight_decay: float = 0.0,
) -> list[Array]:
    """The weights after every step; row t of the gradients is the gradient of step t + 1.

    rates: rho of each step, without the bias correction. weight_decay: what is lost apart from the
    gradient, as published for AdamW and SGDW: rho x weight_decay of the weights before the step.
    """
    w, state, places = np.array(start, np.float64), {}, []
    for t, (g0, rho) in enumerate(zip(np.asarray(gradients, np.float64), rates, strict=True), 1):
        lost = rho * weight_decay * w
        w = clip(step(w, g0, state, t, rho, l2, gradient_clip) - lost, weight_clip)
        places.append(w)
    return places


def norm_of(gradients: dict[Any, Array]) -> float:
    """The norm of all gradients taken together."""
    return float(np.sqrt(sum(float(np.sum(np.square(g))) for g in gradients.values())))


def norm_clipped(gradients: dict[Any, Array], most: float) -> dict[Any, Array]:
    """The gradients times min(1, most / their norm)."""
    norm = norm_of(gradients)
    scale = 1.0 if norm <= most else most / norm
    return {key: scale * g for key, g in gradients.items()}
