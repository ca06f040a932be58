"""What is saved by freezing: the processor time of a step, beside that in which all learns.

256 numbers, two layers of 512 with Tanh, 10 classes; batches of 128 of 2,048 examples, gradient
descent, one thread. The first two layers are frozen. The shortest of several rounds counts; each
library is set beside itself alone. These are times: they come out a little different every time.
"""

import os
import time
from itertools import pairwise

import numpy as np
from setting import RATE, Table

table = Table("processor time of a step, where all learns: 100 %")

SIZES = 256, 512, 512, 10
COUNT, BATCH, ROUNDS = 2048, 128, 12
_numbers = np.random.default_rng(0)
X = _numbers.normal(size=(COUNT, SIZES[0])).astype(np.float32)
Y = _numbers.integers(0, SIZES[-1], COUNT)
W = [
    _numbers.normal(size=pair).astype(np.float32) / 16
    for pair in zip(SIZES[1:], SIZES, strict=False)
]


def timed(round_of_steps):
    """What runs a round, made to give its time."""

    def call():
        begun = time.process_time()
        round_of_steps()
        return time.process_time() - begun

    call()  # the first one makes ready
    return call


def share(frozen, learning):
    """The shortest round of one as a share of that of another, run by turns."""
    times = [(frozen(), learning()) for _ in range(ROUNDS)]
    shortest = [min(column) for column in zip(*times, strict=True)]
    return (f"{100 * shortest[0] / shortest[1]:.0f} %",)


def wlnet_time(rules, **options):
    """The time of a round in wlnet: of many, without what comes before the first."""
    import wlnet as wl

    layers = [wl.LinearLayer(n, weights=w, biases=0) for n, w in zip(SIZES[1:], W, strict=True)]
    net = wl.NetChain([layers[0], "Tanh", layers[1], "Tanh", layers[2], wl.SoftmaxLayer()],
                      input=SIZES[0])  # fmt: skip

    def call():
        ends = []

        def note(_):
            ends.append(time.process_time())

        wl.net_train(
            net, (X, Y), method=wl.SGD(learning_rate=RATE, momentum=None), batch_size=BATCH,
            learning_rate_multipliers=rules, max_training_rounds=5, workers=1,
            training_progress_reporting=None, **options,
            training_progress_function=(note, {"Interval": 1}),
        )  # fmt: skip
        return min(np.diff(ends))

    return call


@table.row("wlnet", "a rate of 0")
def _():
    return share(wlnet_time({1: 0, 3: 0}), wlnet_time(1))


@table.row("wlnet", "a rate of 0, `frozen_prefix_bytes=0`: nothing is kept from round to round")
def _():
    return share(wlnet_time({1: 0, 3: 0}, frozen_prefix_bytes=0), wlnet_time(1))


def torch_time(frozen, by_hand=False):
    """The time of a round in PyTorch. frozen: None, "requires_grad" or "lr"."""
    import torch

    torch.set_num_threads(1)
    linear = [torch.nn.Linear(a, b) for a, b in pairwise(SIZES)]
    net = torch.nn.Sequential(linear[0], torch.nn.Tanh(), linear[1], torch.nn.Tanh(), linear[2])
    x, y = torch.tensor(X), torch.tensor(Y)
    groups = [{"params": net[:4].parameters()}, {"params": net[4].parameters()}]
    if frozen == "lr":
        groups[0]["lr"] = 0.0
    if frozen == "requires_grad":
        net[:4].requires_grad_(False)
    if by_hand:
        with torch.no_grad():
            x, net = net[:4](x), net[4:]
    optimizer = torch.optim.SGD(groups, lr=RATE)

    def one_round():
        for first in range(0, COUNT, BATCH):
            optimizer.zero_grad()
            part = slice(first, first + BATCH)
            torch.nn.functional.cross_entropy(net(x[part]), y[part]).backward()
            optimizer.step()

    return timed(one_round)


@table.row("PyTorch", "`requires_grad_(False)`")
def _():
    return share(torch_time("requires_grad"), torch_time(None))


@table.row("PyTorch", "`requires_grad_(False)`, what it gives worked out once, by hand")
def _():
    return share(torch_time("requires_grad", by_hand=True), torch_time(None))


@table.row("PyTorch", "a parameter group with `lr=0`")
def _():
    return share(torch_time("lr"), torch_time(None))


def keras_time(is_frozen):
    """The time of a round in Keras."""
    import keras

    net = keras.Sequential([
        keras.Input((SIZES[0],)), keras.layers.Dense(SIZES[1], "tanh"),
        keras.layers.Dense(SIZES[2], "tanh"), keras.layers.Dense(SIZES[3]),
    ])  # fmt: skip
    for layer in net.layers[:2]:
        layer.trainable = not is_frozen
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    net.compile(keras.optimizers.SGD(RATE), loss)
    return timed(lambda: net.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0))


@table.row("Keras", "`trainable = False`, then `compile`")
def _():
    return share(keras_time(True), keras_time(False))


def jax_time(frozen):
    """The time of a round in JAX and optax, each step compiled. frozen: None, "labels" or
    "outside": what is frozen is no argument of the gradient."""
    import jax
    import jax.numpy as jnp
    import optax

    def loss(learned, held, x, y):
        w = [*held, *learned]
        logits = jnp.tanh(jnp.tanh(x @ w[0].T) @ w[1].T) @ w[2].T
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()

    arrays = [jnp.asarray(each) for each in W]
    count = 2 if frozen == "outside" else 0
    held, learned = arrays[:count], arrays[count:]
    tx = optax.sgd(RATE)
    if frozen == "labels":
        parts = {"learns": tx, "frozen": optax.set_to_zero()}
        tx = optax.multi_transform(parts, ["frozen", "frozen", "learns"])

    @jax.jit
    def step(learned, state, x, y):
        updates, state = tx.update(jax.grad(loss)(learned, held, x, y), state, learned)
        return optax.apply_updates(learned, updates), state

    now = [learned, tx.init(learned)]
    x, y = jnp.asarray(X), jnp.asarray(Y)

    def one_round():
        for first in range(0, COUNT, BATCH):
            part = slice(first, first + BATCH)
            now[:] = step(*now, x[part], y[part])
        jax.block_until_ready(now)

    return timed(one_round)


@table.row("optax", "`multi_transform` with `set_to_zero`, in a compiled step")
def _():
    return share(jax_time("labels"), jax_time(None))


@table.row("optax", "`jax.grad` by what learns alone, in a compiled step")
def _():
    return share(jax_time("outside"), jax_time(None))


if __name__ == "__main__":
    one_thread = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["XLA_FLAGS"] = f"{one_thread} {os.environ.get('XLA_FLAGS', '')}"
    table.show()
