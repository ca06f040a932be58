"""wlnet, through its public functions alone. Variants: "" (all cores), "1 worker"."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import wlnet as wl
from tests.benchmarks.data import examples, input_shape, one_batch
from tests.benchmarks.work import Net, Work, rate

DISTRIBUTIONS = ("numpy", "numba", "llvmlite")
VERSION = wl.__version__


def mlp(*sizes: int) -> list[Any]:
    """Layers of a chain: linear ones with Ramp between them."""
    hidden = [layer for size in sizes[1:-1] for layer in (size, "Ramp")]
    return [*hidden, sizes[-1], wl.SoftmaxLayer()]


def lenet(size: int) -> list[Any]:
    """Layers of a chain: LeNet as Wolfram's repository has it."""
    return [
        *(wl.ConvolutionLayer(20, 5), "Ramp", wl.PoolingLayer(2, 2)),
        *(wl.ConvolutionLayer(50, 5), "Ramp", wl.PoolingLayer(2, 2)),
        *(wl.FlattenLayer(), 500, "Ramp", 10, wl.SoftmaxLayer()),
    ]


def residual(channels: int, size: int) -> Any:
    """A first convolution and one block with a way around it."""

    def normal() -> list[Any]:
        convolution = wl.ConvolutionLayer(channels, 3, padding_size=1, biases=None)
        return [convolution, wl.BatchNormalizationLayer()]

    nodes = {
        "first": wl.NetChain([*normal(), "Ramp"]),
        "block": wl.NetChain([*normal(), "Ramp", *normal()]),
        "sum": wl.TotalLayer(),
        "read": wl.NetChain(
            ["Ramp", wl.PoolingLayer(size, size, "Mean"), wl.FlattenLayer(), 10, wl.SoftmaxLayer()]
        ),
    }
    edges = [("first", "block", "sum", "read"), ("first", "sum")]
    return wl.NetGraph(nodes, edges, input=(3, size, size))


def attention(length: int, width: int) -> Any:
    """One head over a sequence, with a way around it."""

    def everywhere() -> Any:
        return wl.NetMapOperator(wl.LinearLayer(width))

    factor = width**-0.5
    nodes = {
        **{name: everywhere() for name in ("query", "key", "value", "mix")},
        "turn": wl.TransposeLayer(),
        "scores": wl.DotLayer(),
        "scale": wl.ElementwiseLayer(lambda x: x * factor),
        "weights": wl.SoftmaxLayer(),
        "chosen": wl.DotLayer(),
        "sum": wl.TotalLayer(),
    }
    start = wl.NetPort("Input")
    edges = [
        (start, "query"),
        (start, "key", "turn"),
        (start, "value"),
        (["query", "turn"], "scores"),
        ("scores", "scale", "weights"),
        (["weights", "value"], "chosen"),
        ("chosen", "mix"),
        (["mix", start], "sum"),
    ]
    return wl.NetGraph(nodes, edges, input=(length, width))


def heads(length: int, width: int, count: int, mask: str | None = None) -> Any:
    """Several heads over a sequence, with a way around them."""
    start = wl.NetPort("Input")
    sides = ("key", "value", "query")
    nodes = {
        **{name: wl.NetMapOperator((count, width // count)) for name in sides},
        "attend": wl.AttentionLayer(
            "Dot", mask=mask, multi_head=True, score_rescaling="DimensionSqrt"
        ),
        "mix": wl.NetMapOperator(width),
        "sum": "Plus",
    }
    edges = [
        *((start, name, wl.NetPort("attend", name.title())) for name in sides),
        ("attend", "mix"),
        (["mix", start], "sum"),
    ]
    return wl.NetGraph(nodes, edges, input=(length, width))


def causal(length: int, width: int, count: int) -> Any:
    """The same, each place with what is before it."""
    return heads(length, width, count, "Causal")


def gru(length: int, width: int, size: int) -> Any:
    """A recurrent layer with two gates; its states are the output."""
    return wl.NetGraph([wl.GatedRecurrentLayer(size)], [], input=(length, width))


def lstm(length: int, width: int, size: int) -> Any:
    """A long short-term memory; its states are the output."""
    return wl.NetGraph([wl.LongShortTermMemoryLayer(size)], [], input=(length, width))


def beside(arrays: int, outputs: int, inputs: int) -> Any:
    """Linear layers beside one another, their outputs added."""
    names = [f"array{number}" for number in range(arrays)]
    nodes = {name: wl.LinearLayer(outputs, biases=None) for name in names}
    edges = [(wl.NetPort("Input"), name) for name in names]
    return wl.NetGraph({**nodes, "sum": wl.TotalLayer()}, [*edges, (names, "sum")], input=inputs)


CHAINS: dict[str, Callable[..., list[Any]]] = {"mlp": mlp, "lenet": lenet}
GRAPHS: dict[str, Callable[..., Any]] = {
    "residual": residual,
    "attention": attention,
    "heads": heads,
    "causal": causal,
    "lstm": lstm,
    "gru": gru,
    "beside": beside,
}


def build(net: Net) -> tuple[Any, list[Any]]:
    """The net with its first numbers, and the parts that have arrays, in order."""
    if net.kind in GRAPHS:
        made = GRAPHS[net.kind](*net.sizes)
        parts = [part for part in made.nodes if str(part).startswith("array")]
        return wl.net_initialize(made), parts
    layers = CHAINS[net.kind](*net.sizes)
    parts = [
        part
        for part, layer in enumerate(layers, 1)
        if isinstance(layer, (int, wl.ConvolutionLayer))
    ]
    return wl.net_initialize(wl.NetChain(layers, input=input_shape(net))), parts


def rules(work: Work, parts: list[Any]) -> Any:
    """The rule list of net_train."""
    if work.last is not None:
        return {**dict.fromkeys(parts[-work.last :], 1), wl.ANY: None}
    own = {part: rate(number) for number, part in enumerate(parts[: work.rates])}
    return own or wl.AUTOMATIC


def prepare(work: Work, variant: str) -> Callable[[int], object]:
    """The work as one call of net_train, or as calls of the net."""
    net, parts = build(work.net)
    if work.task == "evaluate":
        batch = one_batch(work)
        given = batch[0] if work.batch == 1 else batch
        return lambda rounds: [net(given) for _ in range(rounds)]
    data, chosen = examples(work), rules(work, parts)
    workers = 1 if variant == "1 worker" else int(os.environ["THREADS"])
    return lambda rounds: wl.net_train(
        net,
        data,
        batch_size=work.batch,
        max_training_rounds=rounds,
        learning_rate_multipliers=chosen,
        training_progress_reporting=None,
        workers=workers,
    )
