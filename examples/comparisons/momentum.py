"""Does momentum go on moving what is frozen midway, and what becomes of the momentum of the rest?

10 steps with a momentum of 0.9 in which everything learns, then "a" is frozen for 10 more.
"""

import ast
import os
import subprocess
import sys

from setting import (
    FROZEN,
    LABELS,
    MOMENTUM,
    RATE,
    STEPS,
    Table,
    jax_params,
    keras_net,
    keras_steps,
    keras_weights,
    momentum_of_b,
    moved,
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

table = Table("frozen weights", "momentum of the others")


@table.row("wlnet", '`Phases({1: 1, 11: {"a": 0}})`')
def _():
    import wlnet as wl

    net, method = wlnet_net(), sgd(momentum=MOMENTUM)
    half = wlnet_trained(net, method, 1)["TrainedNet"]
    phases = wl.Phases({1: 1, STEPS + 1: {"a": 0, wl.ANY: 1}})
    whole = wlnet_trained(net, method, phases, 2 * STEPS)["TrainedNet"]
    frozen = moved(wlnet_weights(half), wlnet_weights(whole))
    return frozen, momentum_of_b(wlnet_weights(whole, "b"))


@table.row("wlnet", '`net_train(record, ..., {"a": 0})`, going on')
def _():
    method = sgd(momentum=MOMENTUM)
    half = wlnet_trained(wlnet_net(), method, 1)
    whole = wlnet_trained(half, method, {"a": 0})["TrainedNet"]
    frozen = moved(wlnet_weights(half["TrainedNet"]), wlnet_weights(whole))
    return frozen, momentum_of_b(wlnet_weights(whole, "b"))


def in_torch(freeze, change=None, **zeroing):
    """What SGD of PyTorch does."""
    import torch

    net = torch_net()
    parts = [{"params": net[0].parameters()}, {"params": net[2].parameters()}]
    optimizer = torch.optim.SGD(parts, lr=RATE, momentum=MOMENTUM)
    torch_steps(net, optimizer)
    before = torch_weights(net)
    freeze(net, optimizer)
    torch_steps(net, optimizer, change=change and (lambda: change(net)), **zeroing)
    return moved(before, torch_weights(net)), momentum_of_b(torch_weights(net, 2))


def no_gradient(net, optimizer):
    """The usual way to freeze."""
    net[0].requires_grad_(False)


@table.row("PyTorch", "`requires_grad_(False)`, `zero_grad()`")
def _():
    return in_torch(no_gradient)


@table.row("PyTorch", "`requires_grad_(False)`, `zero_grad(set_to_none=False)`")
def _():
    return in_torch(no_gradient, set_to_none=False)


@table.row("PyTorch", "its gradient set to zero at each step")
def _():
    def zeros(net):
        for each in net[0].parameters():
            each.grad.zero_()

    return in_torch(lambda net, optimizer: None, zeros)


@table.row("PyTorch", "`lr = 0` of its parameter group")
def _():
    return in_torch(lambda net, optimizer: optimizer.param_groups[0].update(lr=0.0))


def in_keras(compiled):
    """What SGD of Keras does. compiled: with which method the net is compiled again, if it is."""
    import keras

    def method():
        return keras.optimizers.SGD(RATE, momentum=MOMENTUM)

    net = keras_net()
    net.compile(method(), "mse")
    keras_steps(net)
    before = keras_weights(net)
    net.get_layer("a").trainable = False
    if compiled:
        net.compile(net.optimizer if compiled == "the same" else method(), "mse")
    keras_steps(net)
    return moved(before, keras_weights(net)), momentum_of_b(keras_weights(net, "b"))


@table.row("Keras", "`trainable = False`, then `compile` with a new optimizer")
def _():
    return in_keras("new")


@table.row("Keras", "`trainable = False`, then `compile` with the same optimizer")
def _():
    return in_keras("the same")


@table.row("Keras", "`trainable = False`, without `compile`")
def _():
    return in_keras(None)


@table.row("Keras", "the same where Keras stands on JAX")
def _():
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    command = [sys.executable, __file__, "Keras on JAX"]
    return ast.literal_eval(subprocess.check_output(command, env=environment, text=True))


def on_jax():
    """What that row tells, in a process of its own."""
    kept = []
    says = said(lambda: kept.append(in_keras(None)))
    return kept[0] if kept else (says.partition(":")[0], "—")


def in_optax(then):
    """What optax does, whose transformation is another one for the second half. then: gives it and
    its state, if the old one goes on."""
    import optax

    first = optax.sgd(RATE, MOMENTUM)
    half, state = optax_steps(jax_params(), first)
    tx, state = then(optax, first, state)
    whole, _ = optax_steps(half, tx, state=state)
    return moved(half["a"]["w"], whole["a"]["w"]), momentum_of_b(whole["b"]["w"])


@table.row("optax", "`multi_transform` with `set_to_zero`, a new state")
def _():
    return in_optax(lambda ox, sgd, state: (
        ox.multi_transform({"learns": sgd, "frozen": ox.set_to_zero()}, LABELS), None,
    ))  # fmt: skip


@table.row("optax", "`chain(sgd, masked(set_to_zero(), frozen))`, the state goes on")
def _():
    def then(ox, sgd, state):
        zero = ox.masked(ox.set_to_zero(), FROZEN)
        return ox.chain(sgd, zero), (state, zero.init(jax_params()))

    return in_optax(then)


@table.row("optax", "`chain(masked(set_to_zero(), frozen), sgd)`, the state goes on")
def _():
    def then(ox, sgd, state):
        zero = ox.masked(ox.set_to_zero(), FROZEN)
        return ox.chain(zero, sgd), (zero.init(jax_params()), state)

    return in_optax(then)


if __name__ == "__main__":
    if sys.argv[1:] == ["Keras on JAX"]:
        print(on_jax())
    else:
        table.show()
