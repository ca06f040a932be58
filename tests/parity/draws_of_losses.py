"""Random configurations of losses: of numbers, and of probabilities, drawn or made of scores."""

from __future__ import annotations

from typing import Any

import wlnet as wl
from tests.parity.draws import Drawn, Random, draw, sizes
from wlnet import NetPort

CHANCES = 0.05, 0.95


def _alike(rng: Random, loss: Any, **words: Any) -> Drawn:
    """A loss of an input and a target of one shape."""
    shape = sizes(rng, int(rng.integers(0, 4)))
    return Drawn(loss(input=shape, target=shape), words)


@draw
def MeanSquaredLossLayer(rng: Random) -> Drawn:
    return _alike(rng, wl.MeanSquaredLossLayer)


@draw
def MeanAbsoluteLossLayer(rng: Random) -> Drawn:
    return _alike(rng, wl.MeanAbsoluteLossLayer)


@draw
def HuberLossLayer(rng: Random) -> Drawn:
    delta = float(rng.uniform(0.1, 3))
    return _alike(rng, lambda **ports: wl.HuberLossLayer(delta, **ports), delta=delta)


@draw
def ContrastiveLossLayer(rng: Random) -> Drawn:
    margin = float(rng.uniform(0.1, 2))
    net = wl.ContrastiveLossLayer(margin, input=(), target=())
    return Drawn(net, {"margin": margin}, (0.0, 1.0))


def _behind(loss: Any, before: Any, others: list[str], ports: dict[str, Any]) -> Any:
    """A loss behind the layer that makes its probabilities of scores."""
    edges = [(NetPort("Input"), "chances", NetPort("loss", "Input")), ("loss", NetPort("Loss"))]
    edges += [(NetPort(name), NetPort("loss", name)) for name in others]
    return wl.NetGraph({"chances": before, "loss": loss}, edges, ports=ports)


def _cross_entropy(rng: Random, kind: Any, is_weighted: bool) -> Drawn:
    form = str(rng.choice(["Index", "Probabilities", "Binary"]))
    count = int(rng.integers(2, 6))
    places = sizes(rng, int(rng.integers(0, 3)), 1, 4)
    smoothing = float(rng.choice([0.0, rng.uniform(0.05, 0.6)]))
    weights = [float(w) for w in rng.uniform(0.2, 3, 2 if form == "Binary" else count)]
    given = tuple(weights) if rng.random() < 0.5 else None
    is_scored = bool(rng.random() < 0.5)
    shape = places if form == "Binary" else (*places, count)
    target: Any = shape if form != "Index" else (*places, "Integer") if places else "Integer"
    ports = {"Input": shape, "Target": target, **({"Weight": places} if is_weighted else {})}
    words = {"form": form, "smoothing": smoothing, "weights": given, "is_scored": is_scored}
    if not is_scored:
        return Drawn(kind(form, smoothing, given, ports=ports), words, CHANCES)
    before = wl.ElementwiseLayer("LogisticSigmoid") if form == "Binary" else wl.SoftmaxLayer()
    net = _behind(kind(form, smoothing, given), before, [*ports][1:], ports)
    return Drawn(net, words, (-2.0, 2.0))


@draw
def CrossEntropyLossLayer(rng: Random) -> Drawn:
    return _cross_entropy(rng, wl.CrossEntropyLossLayer, is_weighted=False)


@draw
def WeightedLossLayer(rng: Random) -> Drawn:
    return _cross_entropy(rng, wl.WeightedLossLayer, is_weighted=True)


@draw
def CTCLossLayer(rng: Random) -> Drawn:
    """With steps for any target."""
    classes, length = int(rng.integers(1, 6)), int(rng.integers(1, 8))
    steps = 2 * length - 1 + int(rng.integers(0, 10))
    ports = {"Input": (steps, classes + 1), "Target": (length, "Integer")}
    return Drawn(_behind(wl.CTCLossLayer(), wl.SoftmaxLayer(), ["Target"], ports), {})
