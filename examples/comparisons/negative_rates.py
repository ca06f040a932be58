"""May a part climb, that is, learn the wrong way round on purpose?

"a" is to go up the slope, "b" down it, in the same training. One step of plain gradient descent:
does each go against the other's direction, by the learning rate times the slope?
"""

import numpy as np
from setting import (
    RATE,
    A,
    B,
    Table,
    X,
    Y,
    jax_params,
    keras_net,
    keras_steps,
    keras_weights,
    optax_steps,
    said,
    sgd,
    torch_net,
    torch_steps,
    torch_weights,
    wlnet_net,
    wlnet_trained,
    wlnet_weights,
)  # fmt: skip

table = Table('"a"', '"b"', "what it says")

HIDDEN = np.tanh(X @ A.T)
ERROR = 2 * (HIDDEN @ B.T - Y) / len(X)
SLOPES = (ERROR @ B * (1 - HIDDEN**2)).T @ X, ERROR.T @ HIDDEN
"""Of the loss, by "a" and by "b"."""


def ways(a, b):
    """Which way the weights went in a step."""
    words = []
    for before, after, slope in ((A, a, SLOPES[0]), (B, b, SLOPES[1])):
        step = (np.asarray(after, np.float64) - before) / RATE
        up, down = np.abs(step - slope).max() < 1e-5, np.abs(step + slope).max() < 1e-5
        words.append("climbs" if up else "descends" if down else "?")
    return tuple(words)


@table.row("wlnet", 'the rule `"a": -1`')
def _():
    kept = []
    says = said(lambda: kept.append(wlnet_trained(wlnet_net(), sgd(), {"a": -1}, steps=1)))
    trained = kept[0]["TrainedNet"]
    rate = kept[0]["ArraysLearningRateMultipliers"]["a", "Weights"]
    if says == "nothing":
        says = f"in the record: rate {rate:g}"
    return (*ways(wlnet_weights(trained), wlnet_weights(trained, "b")), says)


@table.row("PyTorch", "a parameter group with `lr=-0.1`")
def _():
    import torch

    net = torch_net()
    groups = [{"params": net[0].parameters(), "lr": -RATE}, {"params": net[2].parameters()}]
    kept = []
    says = said(lambda: kept.append(torch.optim.SGD(groups, lr=RATE)))
    if not kept:
        return "—", "—", says
    torch_steps(net, kept[0], 1)
    return (*ways(torch_weights(net), torch_weights(net, 2)), says)


@table.row("PyTorch", "`SGD(lr=-0.1)` of everything")
def _():
    import torch

    return "—", "—", said(lambda: torch.optim.SGD(torch_net().parameters(), lr=-RATE))


@table.row("PyTorch", "a parameter group with `maximize=True`")
def _():
    import torch

    net = torch_net()
    groups = [{"params": net[0].parameters(), "maximize": True}, {"params": net[2].parameters()}]
    kept = []
    says = said(lambda: kept.append(torch.optim.SGD(groups, lr=RATE)))
    torch_steps(net, kept[0], 1)
    return (*ways(torch_weights(net), torch_weights(net, 2)), says)


@table.row("Keras", "`SGD(-0.1)`, the one rate of everything")
def _():
    import keras

    net = keras_net()
    says = said(lambda: net.compile(keras.optimizers.SGD(-RATE), "mse"))
    keras_steps(net, 1)
    return (*ways(keras_weights(net), keras_weights(net, "b")), says)


@table.row("optax", '`multi_transform` with `sgd(-0.1)` for "a"')
def _():
    import optax

    kept = []
    parts = {"a": "up", "b": "down"}
    says = said(lambda: kept.append(
        optax.multi_transform({"up": optax.sgd(-RATE), "down": optax.sgd(RATE)}, parts)
    ))  # fmt: skip
    after, _ = optax_steps(jax_params(), kept[0], 1)
    return (*ways(after["a"]["w"], after["b"]["w"]), says)


if __name__ == "__main__":
    table.show()
