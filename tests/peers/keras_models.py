"""The nets of tests/io/nets_of_peers.py in Keras, with inputs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import layers

from tests.io.nets_of_peers import WIDTH, file_of


class Own(layers.Layer):
    """An array of its own, by which it multiplies, or which it adds."""

    def build(self, shape: Any) -> None:
        self.array = self.add_weight(shape=shape[1:])


class Scale(Own):
    def call(self, x: Any) -> Any:
        return x * self.array


class Shift(Own):
    def call(self, x: Any) -> Any:
        return x + self.array


class Token(Shift):
    pass


def pictures() -> Any:
    return keras.Sequential(
        [
            keras.Input((5, 6, 2)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(2, depth_multiplier=2),
            layers.PReLU(shared_axes=[1, 2]),
            layers.Conv2D(4, 1, groups=2),
            layers.Flatten(),
            layers.BatchNormalization(),
            layers.Dense(5),
            layers.Dense(5, use_bias=False),
            layers.LayerNormalization(),
        ]
    )


def recurrent() -> Any:
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Embedding(7, 3),
            layers.LSTM(WIDTH, return_sequences=True),
            layers.GRU(WIDTH, return_sequences=True),
            layers.SimpleRNN(WIDTH, return_sequences=True),
            layers.Dense(2),
        ]
    )


def own_arrays() -> Any:
    return keras.Sequential([keras.Input((2, 3)), Scale(), Shift(), Token()])


def growing() -> Any:
    return keras.Sequential(
        [
            keras.Input((3, 2, 2)),
            layers.Conv2DTranspose(4, 2, 2),
            layers.Conv2DTranspose(3, (2, 3), (1, 2)),
        ]
    )


def normalizing() -> Any:
    return keras.Sequential(
        [
            keras.Input((3, 5, 4)),
            layers.GroupNormalization(2, epsilon=1e-5),
            layers.Conv2D(6, 1),
            layers.GroupNormalization(-1, epsilon=1e-5),
            layers.RMSNormalization(axis=-1, epsilon=1e-5),
        ]
    )


MODELS = {
    "keras_normalizing": (normalizing, lambda random: random.normal(size=(3, 3, 5, 4))),
    "keras_growing": (growing, lambda random: random.normal(size=(3, 3, 2, 2))),
    "keras_pictures": (pictures, lambda random: random.normal(size=(3, 5, 6, 2))),
    "keras_recurrent": (recurrent, lambda random: random.integers(0, 7, (3, 5))),
    "keras_own_arrays": (own_arrays, lambda random: random.normal(size=(3, 2, 3))),
}


def write(name: str, folder: Path, seed: int) -> tuple[Any, Any]:
    """Write the file of a model with random numbers; inputs, and what it makes of them."""
    random = np.random.default_rng(seed)
    make, inputs = MODELS[name]
    model = make()
    for weight in model.weights:
        low = 0.5 if "variance" in weight.path else -1
        value = random.uniform(low, 1, weight.shape)
        if weight.path.endswith("gru_cell/bias"):
            # The biases that the reset gate acts on: wlnet has none.
            value[1, -WIDTH:] = 0
        weight.assign(value)
    model.save_weights(file_of(name, folder))
    x = inputs(random)
    y = np.asarray(model.predict(x, verbose=0))
    y = np.moveaxis(y, -1, 1) if y.ndim == 4 else y
    # Channels come first in these nets of wlnet, and classes count from 1.
    moved = np.moveaxis(x, -1, 1) if x.ndim == 4 else x
    return moved + 1 if x.dtype.kind == "i" else moved.astype(np.float32), y
