"""What recurrent layers mean, in plain NumPy; `reference.py` has the other primitives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def lstm(said: Array, weights: Array, *begun: Array) -> tuple[Array, Array, Array]:
    """Step by step: cell = forget cell + input memory, state = output tanh(cell). begun: the state
    and the cell to begin with, else zeros."""
    state, cell = begun or np.zeros((2, said.shape[1], len(weights)))
    steps = []
    for x in said:
        i, o, f, m = np.split(x + state @ weights, 4, axis=1)
        i, o, f, m = _sigmoid(i), _sigmoid(o), _sigmoid(f), np.tanh(m)
        cell = f * cell + i * m
        state = o * np.tanh(cell)
        steps.append((state, np.hstack([i, o, f, m]), cell))
    states, gates, cells = map(np.stack, zip(*steps, strict=True))
    return states, gates, cells


def lstm_input(
    d: Array, gates: Array, cells: Array, weights: Array, *more: Array
) -> tuple[Array, Array]:
    """From the last step to the first; between steps a gradient flows by the state and the cell.
    more: gradients that reach the gates and the cells from elsewhere; then the cell to begin with,
    else zeros."""
    d_state, d_cell = np.zeros((2, *d[0].shape))
    by_gates, by_cells = more[:2] if len(more) > 1 else (np.zeros_like(gates), np.zeros_like(d))
    first = more[-1] if len(more) % 2 else np.zeros_like(cells[0])
    found = []
    for t in reversed(range(len(d))):
        i, o, f, m = np.split(gates[t], 4, axis=1)
        bent, before = np.tanh(cells[t]), cells[t - 1] if t else first
        d_state = d_state + d[t]
        d_cell = d_cell + d_state * o * (1 - bent**2) + by_cells[t]
        d_i, d_o, d_f, d_m = np.split(by_gates[t], 4, axis=1)
        said = [(d_cell * m + d_i) * i * (1 - i), (d_state * bent + d_o) * o * (1 - o),
                (d_cell * before + d_f) * f * (1 - f), (d_cell * i + d_m) * (1 - m**2)]  # fmt: skip
        found.append(np.hstack(said))
        d_state, d_cell = found[-1] @ weights, d_cell * f
    return np.stack(found[::-1]), d_cell[None]


def gru(said: Array, weights: Array, *begun: Array) -> tuple[Array, Array, Array]:
    """Step by step: state = memory + input (state - memory). begun: the state to begin with, else
    zeros."""
    (state,) = begun or (np.zeros((said.shape[1], len(weights))),)
    steps = []
    for x in said:
        i, r, m = np.split(x, 3, axis=1)
        by_input, by_reset, told = np.split(state @ weights, 3, axis=1)
        i, r = _sigmoid(i + by_input), _sigmoid(r + by_reset)
        m = np.tanh(m + r * told)
        state = m + i * (state - m)
        steps.append((state, np.hstack([i, r, m]), told))
    states, gates, tolds = map(np.stack, zip(*steps, strict=True))
    return states, gates, tolds


def gru_input(
    d: Array, gates: Array, told: Array, states: Array, weights: Array, *more: Array
) -> tuple[Array, Array, Array]:
    """From the last step to the first. more: gradients that reach the gates and what they were told
    from elsewhere; then the state to begin with, else zeros."""
    d_state = np.zeros_like(d[0])
    by_gates, by_told = more[:2] if len(more) > 1 else (np.zeros_like(gates), np.zeros_like(d))
    first = more[-1] if len(more) % 2 else np.zeros_like(d[0])
    found = []
    for t in reversed(range(len(d))):
        i, r, m = np.split(gates[t], 3, axis=1)
        more_i, more_r, more_m = np.split(by_gates[t], 3, axis=1)
        before = states[t - 1] if t else first
        d_state = d_state + d[t]
        d_m = (d_state * (1 - i) + more_m) * (1 - m**2)
        d_i = (d_state * (before - m) + more_i) * i * (1 - i)
        d_r = (d_m * told[t] + more_r) * r * (1 - r)
        d_told = d_m * r + by_told[t]
        found.append((np.hstack([d_i, d_r, d_m]), np.hstack([d_i, d_r, d_told])))
        d_past = d_state * i
        d_state = d_past + found[-1][1] @ weights
    d_said, d_sent = (np.stack(each[::-1]) for each in zip(*found, strict=True))
    return d_said, d_sent, d_past[None]
