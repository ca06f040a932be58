"""What the comparisons have in common: one small net in several libraries, with the same numbers.

The net is 4 numbers, "a": 3 numbers and Tanh, "b": 1 number; it learns from 32 examples, all of
them at each step, at a learning rate of 0.1. A library that is not installed is left out.
"""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

RATE, MOMENTUM, DECAY, STEPS = 0.1, 0.9, 0.1, 10
_numbers = np.random.default_rng(0)
X = _numbers.normal(size=(32, 4)).astype(np.float32)
Y = np.sin(X.sum(1, keepdims=True)).astype(np.float32)
A = _numbers.normal(size=(3, 4)).astype(np.float32) / 2
B = _numbers.normal(size=(1, 3)).astype(np.float32) / 2
"""The weights of "a" and of "b"; biases begin with zeros."""

Net = Any
MODULES = {"wlnet": "wlnet", "PyTorch": "torch", "Keras": "keras", "optax": "optax"}


def is_there(library: str) -> bool:
    """Whether a library is installed."""
    return importlib.util.find_spec(MODULES[library]) is not None


# One table a script


class Table:
    """Rows that are measured: a library, a way of doing something in it, and what came of it."""

    def __init__(self, *columns: str) -> None:
        self.columns = ("library", "way", *columns)
        self.ways: list[tuple[str, str, Callable[[], tuple[str, ...]]]] = []

    def row(self, library: str, way: str) -> Callable[[Any], Any]:
        """Enter the function that measures a row: it gives a text for each column."""

        def enter(measure: Callable[[], tuple[str, ...]]) -> Any:
            self.ways.append((library, way, measure))
            return measure

        return enter

    def measured(self, *libraries: str) -> list[tuple[str, ...]]:
        """The rows of some libraries, or of all that are installed."""
        asked = libraries or tuple(filter(is_there, MODULES))
        return [(lib, way, *measure()) for lib, way, measure in self.ways if lib in asked]

    def show(self) -> None:
        """Print the table."""
        print(shown([self.columns, *self.measured()]))


def shown(rows: list[tuple[str, ...]]) -> str:
    """Rows as a table of Markdown; the first is its head."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    head, *body = (
        f"| {' | '.join(word.ljust(w) for word, w in zip(row, widths, strict=True))} |"
        for row in rows
    )
    return "\n".join([head, f"|{'|'.join('-' * (w + 2) for w in widths)}|", *body])


def moved(before: Any, after: Any) -> str:
    """How far an array went."""
    before, after = np.asarray(before), np.asarray(after)
    if before.tobytes() == after.tobytes():
        return "same bits"
    return f"moved by {np.abs(after - before).max():.2g}"


def said(call: Callable[[], Any]) -> str:
    """What a library says of a call: the first warning, the error, or nothing."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            call()
        except Exception as error:
            return told("error", error)
    return told("warning", heard[0].message) if heard else "nothing"


def told(kind: str, message: object) -> str:
    """The kind and the first line of a message."""
    text = " ".join(str(message).strip().split("\n")[0].split()).replace("|", "/")
    return f"{kind}: {text[:76]}{' …' if len(text) > 76 else ''}"


# The net in each library


def wlnet_net() -> Net:
    """The net in wlnet."""
    import wlnet as wl

    layers = {
        "a": wl.LinearLayer(3, weights=A, biases=0),
        "tanh": "Tanh",
        "b": wl.LinearLayer(1, weights=B, biases=0),
    }
    return wl.NetChain(layers, input=4)


def wlnet_weights(net: Net, part: str = "a") -> np.ndarray:
    """The weights of a part."""
    import wlnet as wl

    return np.asarray(wl.net_extract(net, (part, "Weights")))


def wlnet_trained(net: Net, method: Any, rules: Any, steps: int = STEPS, **options: Any) -> Any:
    """The record of a training. net: a net, or a record to go on from."""
    import wlnet as wl

    return wl.net_train(
        net, (X, Y), wl.ALL, method=method, learning_rate_multipliers=rules, batch_size=32,
        max_training_rounds=steps, training_progress_reporting=None, **options,
    )  # fmt: skip


def sgd(**options: Any) -> Any:
    """Gradient descent in wlnet at the rate of all others, without a schedule."""
    import wlnet as wl

    options = {"momentum": None, "learning_rate_schedule": None, **options}
    return wl.SGD(learning_rate=RATE, **options)


def torch_net(*more: Any) -> Net:
    """The net in PyTorch. more: layers between "a" and its Tanh."""
    import torch

    net = torch.nn.Sequential(torch.nn.Linear(4, 3), *more, torch.nn.Tanh(), torch.nn.Linear(3, 1))
    with torch.no_grad():
        for layer, weights in ((net[0], A), (net[-1], B)):
            layer.weight.copy_(torch.tensor(weights))
            layer.bias.zero_()
    return net


def torch_steps(
    net: Net, optimizer: Any, steps: int = STEPS, change: Any = None, **zeroing: Any
) -> None:
    """Steps of a training. change: is called between gradients and step."""
    import torch

    x, y = torch.tensor(X), torch.tensor(Y)
    for _ in range(steps):
        optimizer.zero_grad(**zeroing)
        torch.nn.functional.mse_loss(net(x), y).backward()
        if change is not None:
            change()
        optimizer.step()


def torch_array(tensor: Any) -> np.ndarray:
    """A tensor as an array, copied."""
    return np.array(tensor.detach().numpy())


def torch_weights(net: Net, layer: int = 0) -> np.ndarray:
    """The weights of a layer."""
    return torch_array(net[layer].weight)


def keras_net(*more: Any) -> Net:
    """The net in Keras. more: layers between "a" and its Tanh."""
    import keras

    parts = [
        keras.Input((4,)), keras.layers.Dense(3, name="a"), *more,
        keras.layers.Activation("tanh", name="tanh"), keras.layers.Dense(1, name="b"),
    ]  # fmt: skip
    net = keras.Sequential(parts)
    for name, weights in (("a", A), ("b", B)):
        net.get_layer(name).set_weights([weights.T, np.zeros(len(weights), np.float32)])
    return net


def keras_steps(net: Net, steps: int = STEPS) -> None:
    """Steps of a training."""
    net.fit(X, Y, batch_size=32, epochs=steps, shuffle=False, verbose=0)


def keras_array(tensor: Any) -> np.ndarray:
    """A tensor as an array, copied."""
    import keras

    return np.array(keras.ops.convert_to_numpy(tensor))


def keras_weights(net: Net, name: str = "a") -> np.ndarray:
    """The weights of a layer, as PyTorch has them."""
    return keras_array(net.get_layer(name).kernel).T


def jax_params() -> Any:
    """The arrays of the net, as they go through JAX."""
    import jax.numpy as jnp

    zeros = jnp.zeros
    return {
        "a": {"w": jnp.asarray(A), "b": zeros(3)},
        "b": {"w": jnp.asarray(B), "b": zeros(1)},
    }


def jax_loss(params: Any) -> Any:
    """The loss of the net in JAX."""
    import jax.numpy as jnp

    hidden = jnp.tanh(X @ params["a"]["w"].T + params["a"]["b"])
    return ((hidden @ params["b"]["w"].T + params["b"]["b"] - Y) ** 2).mean()


def optax_steps(params: Any, tx: Any, steps: int = STEPS, state: Any = None) -> tuple[Any, Any]:
    """Steps of a training: the arrays, and the state of the method, after them."""
    import jax
    import optax

    state = tx.init(params) if state is None else state
    for _ in range(steps):
        updates, state = tx.update(jax.grad(jax_loss)(params), state, params)
        params = optax.apply_updates(params, updates)
    return params, state


FROZEN = {"a": True, "b": False}
"""What is frozen, as masks of optax have it."""
LABELS = {"a": "frozen", "b": "learns"}


# The same in NumPy, to compare with


def numpy_b(is_kept: bool) -> np.ndarray:
    """The weights of "b" where "a" learns for STEPS steps and is frozen for as many: by hand.

    is_kept: whether the momentum of "b" goes on, or begins anew.
    """
    w = [A.astype(np.float64), np.zeros(3), B.astype(np.float64), np.zeros(1)]
    v = [np.zeros_like(each) for each in w]
    for step in range(2 * STEPS):
        if step == STEPS and not is_kept:
            v = [np.zeros_like(each) for each in w]
        hidden = np.tanh(X @ w[0].T + w[1])
        error = 2 * (hidden @ w[2].T + w[3] - Y) / len(X)
        back = error @ w[2] * (1 - hidden**2)
        slopes = [back.T @ X, back.sum(0), error.T @ hidden, error.sum(0)]
        for i in range(4) if step < STEPS else (2, 3):
            v[i] = MOMENTUM * v[i] - RATE * slopes[i]
            w[i] = w[i] + v[i]
    return w[2]


def momentum_of_b(b: np.ndarray) -> str:
    """What became of the momentum of "b", as its weights tell."""
    for is_kept, words in ((True, "kept"), (False, "begins anew")):
        if np.abs(b - numpy_b(is_kept)).max() < 1e-5:
            return words
    return "—"
