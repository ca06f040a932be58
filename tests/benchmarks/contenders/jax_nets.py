"""JAX. Variants: step (one jitted step, a loop in Python), scan (a whole round in one call)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp

from tests.benchmarks.data import examples, one_batch
from tests.benchmarks.work import Net, Work

DISTRIBUTIONS = ("jax", "jaxlib")
VERSION = None
RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


def linear(key: Any, inputs: int, outputs: int) -> dict[str, Any]:
    """Weights and biases of a linear layer."""
    weights = jax.random.normal(key, (inputs, outputs)) * (2 / inputs) ** 0.5
    return {"weights": weights, "biases": jnp.zeros(outputs)}


def kernels(key: Any, inputs: int, outputs: int) -> dict[str, Any]:
    """Weights and biases of a 5x5 convolution, channels last."""
    weights = jax.random.normal(key, (5, 5, inputs, outputs)) * (2 / (25 * inputs)) ** 0.5
    return {"weights": weights, "biases": jnp.zeros(outputs)}


def initialize(net: Net) -> list[dict[str, Any]]:
    """The first numbers."""
    keys = iter(jax.random.split(jax.random.PRNGKey(0), 64))
    if net.kind == "mlp":
        return [linear(next(keys), *sizes) for sizes in pairwise(net.sizes)]
    left = ((net.sizes[0] - 4) // 2 - 4) // 2
    return [
        kernels(next(keys), 1, 20),
        kernels(next(keys), 20, 50),
        linear(next(keys), 50 * left * left, 500),
        linear(next(keys), 500, 10),
    ]


def dense(parameters: list[dict[str, Any]], x: Any) -> Any:
    """Linear layers with ReLU between them."""
    for layer in parameters[:-1]:
        x = jax.nn.relu(x @ layer["weights"] + layer["biases"])
    return x @ parameters[-1]["weights"] + parameters[-1]["biases"]


def pooled(x: Any) -> Any:
    """The maximum of 2x2 places; faster on a CPU than reduce_window."""
    count, height, width, channels = x.shape
    return x.reshape(count, height // 2, 2, width // 2, 2, channels).max((2, 4))


def lenet(parameters: list[dict[str, Any]], x: Any) -> Any:
    """LeNet, channels last."""
    for layer in parameters[:2]:
        x = jax.lax.conv_general_dilated(
            x, layer["weights"], (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        x = pooled(jax.nn.relu(x + layer["biases"]))
    return dense(parameters[2:], x.reshape(len(x), -1))


NETS: dict[str, Callable[..., Any]] = {"mlp": dense, "lenet": lenet}


def adam(parameters: Any, gradients: Any, state: Any) -> tuple[Any, Any]:
    """One step."""
    first, second, count = state
    count = count + 1
    first = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, first, gradients)
    second = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, second, gradients)
    of_first, of_second = 1 / (1 - BETA1**count), 1 / (1 - BETA2**count)

    def moved(p: Any, m: Any, v: Any) -> Any:
        return p - RATE * (m * of_first) / (jnp.sqrt(v * of_second) + EPSILON)

    return jax.tree.map(moved, parameters, first, second), (first, second, count)


def prepare(work: Work, variant: str) -> Callable[[int], object]:
    """The work with everything jitted, and memory of the state given on."""
    forward, parameters = NETS[work.net.kind], initialize(work.net)
    channels_last = work.net.kind == "lenet"
    if work.task == "evaluate":
        return evaluation(work, forward, parameters, channels_last)
    inputs, targets = examples(work)
    inputs = inputs.transpose(0, 2, 3, 1) if channels_last else inputs
    batches = (work.batches, work.batch)
    inputs = jnp.array(inputs.reshape(*batches, *inputs.shape[1:]))
    targets = jnp.array(targets.reshape(batches))

    def loss(parameters: Any, x: Any, y: Any) -> Any:
        logs = jax.nn.log_softmax(forward(parameters, x))
        return -jnp.take_along_axis(logs, y[:, None], 1).mean()

    def step(state: Any, batch: Any) -> Any:
        parameters, of_adam = state
        value, gradients = jax.value_and_grad(loss)(parameters, *batch)
        return adam(parameters, gradients, of_adam), value

    zeros = partial(jax.tree.map, jnp.zeros_like)
    held = [(parameters, (zeros(parameters), zeros(parameters), jnp.float32(0)))]
    if variant == "scan":
        whole = jax.jit(lambda state, *data: jax.lax.scan(step, state, data), donate_argnums=0)

        def run(rounds: int) -> None:
            for _ in range(rounds):
                held[0], values = whole(held[0], inputs, targets)
            jax.block_until_ready((held[0], values))

    else:
        one = jax.jit(step, donate_argnums=0)
        cut = list(zip(list(inputs), list(targets), strict=True))

        def run(rounds: int) -> None:
            for _ in range(rounds):
                for batch in cut:
                    held[0], value = one(held[0], batch)
            jax.block_until_ready((held[0], value))

    return run


def evaluation(work: Work, forward: Any, parameters: Any, channels_last: bool) -> Any:
    """The net with probabilities at its end, called again and again."""
    batch = one_batch(work)
    batch = jnp.array(batch.transpose(0, 2, 3, 1) if channels_last else batch)
    call = jax.jit(lambda p, x: jax.nn.softmax(forward(p, x)))
    return lambda rounds: [call(parameters, batch).block_until_ready() for _ in range(rounds)]
