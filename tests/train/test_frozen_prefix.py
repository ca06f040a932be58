"""What frozen arrays make of the examples, kept from round to round: it changes no bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import watched_training
from wlnet import NetChain
from wlnet.core.net import same
from wlnet.graph.keys import PrefixKey
from wlnet.nets.arrays import arrays_of

EXAMPLES = 13
RNG = np.random.default_rng(6)
VECTORS = RNG.normal(size=(EXAMPLES, 4)).astype(np.float32)
IMAGES = RNG.normal(size=(EXAMPLES, 2, 6, 6)).astype(np.float32)
# As long as a batch: which axis is that of the examples is not told by sizes.
SEQUENCES = RNG.normal(size=(EXAMPLES, 5, 2)).astype(np.float32)
WORDS = RNG.integers(1, 6, (EXAMPLES, 3))
CLASSES = RNG.integers(1, 4, EXAMPLES)
HEAD: list[Any] = [wl.LinearLayer(3), wl.SoftmaxLayer()]
LAST: dict[Any, Any] = {"head": 1, wl.ANY: None}


def head(*layers: Any, **options: Any) -> Any:
    return NetChain({"body": NetChain(list(layers)), "head": NetChain(HEAD)}, **options)


def twice() -> Any:
    shared = wl.LinearLayer(
        4, weights=wl.NetSharedArray("w"), biases=wl.NetSharedArray("b"), input=4
    )
    return head(shared, "Tanh", shared, input=4)


CASES: dict[str, tuple[Any, Any, Any, bool]] = {
    # net, inputs, rules, whether something is kept
    "a perceptron": (head(6, "Ramp", 5, "Tanh", input=4), VECTORS, LAST, True),
    "images": (
        head(
            wl.ConvolutionLayer(3, 3), "Ramp", wl.PoolingLayer(2, 2), wl.FlattenLayer(),
            input=(2, 6, 6),
        ),
        IMAGES,
        LAST,
        True,
    ),
    "a normalization that is frozen": (
        head(wl.ConvolutionLayer(3, 3), wl.BatchNormalizationLayer(), "Ramp", input=(2, 6, 6)),
        IMAGES,
        LAST,
        True,
    ),
    "a normalization that learns": (
        head(wl.ConvolutionLayer(3, 3), wl.BatchNormalizationLayer(), "Ramp", input=(2, 6, 6)),
        IMAGES,
        [("head", 1), (("body", 2), 1), (wl.ANY, None)],
        True,
    ),
    "what is drawn at random": (
        head(wl.DropoutLayer(0.5), 6, "Ramp", input=4), VECTORS, LAST, False,
    ),
    "random behind a frozen layer": (
        head(6, "Ramp", wl.DropoutLayer(0.5), 5, "Tanh", input=4), VECTORS, LAST, True,
    ),
    "words": (
        head(wl.EmbeddingLayer(4, 5), wl.FlattenLayer(), 6, "Tanh", input=3), WORDS, LAST, True,
    ),
    "a layer for each element": (
        head(wl.NetMapOperator(NetChain([3, "Ramp"])), wl.FlattenLayer(), input=(2, 6, 6)),
        IMAGES,
        LAST,
        True,
    ),
    "a recurrent layer": (
        head(wl.LongShortTermMemoryLayer(4), input=(5, 2)), SEQUENCES, LAST, True,
    ),
    "arrays that are shared": (twice(), VECTORS, LAST, True),
    "biases that learn alone": (
        head(6, "Ramp", input=4), VECTORS, [(("body", 1, "Biases"), 1), (wl.ANY, None)], False,
    ),
    "nothing that is frozen": (head(6, "Ramp", input=4), VECTORS, wl.AUTOMATIC, False),
}  # fmt: skip
every_case = pytest.mark.parametrize("case", CASES)


def trained(case: str, monkeypatch: Any, **options: Any) -> tuple[Any, Any]:
    net, inputs, rules, _ = CASES[case]
    return watched_training(
        monkeypatch,
        wl.net_initialize(net, random_seeding=2),
        (inputs, CLASSES),
        learning_rate_multipliers=rules,
        **{"batch_size": 5, "max_training_rounds": 4, **options},
    )


@pytest.mark.parametrize("precision", ["Real32", "Real64"])
@every_case
def test_what_is_kept_of_the_examples_changes_no_bit(
    case: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {}
    for limit in (wl.AUTOMATIC, 1, 0):
        options = {"working_precision": precision, "frozen_prefix_bytes": limit}
        results, trainer = trained(case, monkeypatch, **options)
        found[limit] = arrays_of(results["TrainedNet"]), results["BatchLossList"]
        assert ("Train" in trainer.phase.programs.kept) == (
            CASES[case][3] and limit is wl.AUTOMATIC
        )
    assert same(found[wl.AUTOMATIC], found[0])
    assert same(found[1], found[0])


@every_case
def test_nor_does_it_with_several_workers_or_another_size_of_batch(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for options in (
        {"workers": 2},
        {"batch_size": 2},
        {"batch_size": 10},
        {"batch_size": 13},
        {"batch_size": 64},
    ):
        kept, computed = (
            trained(case, monkeypatch, frozen_prefix_bytes=limit, **options)[0]
            for limit in (wl.AUTOMATIC, 0)
        )
        assert same(*(arrays_of(each["TrainedNet"]) for each in (kept, computed)))
        assert kept["BatchLossList"] == computed["BatchLossList"]


def test_a_validation_looks_at_the_whole_net(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"validation_set": (VECTORS[::2], CLASSES[::2])}
    kept, computed = (
        trained("a perceptron", monkeypatch, frozen_prefix_bytes=limit, **options)[0]
        for limit in (wl.AUTOMATIC, 0)
    )
    assert kept["ValidationLossList"] == computed["ValidationLossList"]
    net = kept["TrainedNet"]
    chances = np.asarray(net(VECTORS[::2], None))
    loss = -np.log(chances[np.arange(7), CLASSES[::2] - 1]).mean()
    assert min(kept["ValidationLossList"]) == pytest.approx(loss, rel=1e-5)


JUDGED: dict[str, Any] = {
    "training_progress_measurements": ["ErrorRate", "Perplexity"],
    "batch_size": 5,
}


@every_case
def test_what_is_kept_of_the_examples_of_a_validation_changes_no_bit(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, keeps = CASES[case][1], CASES[case][3]
    found = []
    for limit in (wl.AUTOMATIC, 0):
        results, trainer = trained(
            case,
            monkeypatch,
            frozen_prefix_bytes=limit,
            validation_set=(inputs[1:], CLASSES[1:]),
            **JUDGED,
        )
        validates = limit is wl.AUTOMATIC and (keeps or case == "what is drawn at random")
        assert ("Test" in trainer.phase.programs.kept) == validates
        found.append(results)
    kept, computed = found
    for told in ("ValidationLossList", "ValidationMeasurementsLists", "BatchLossList"):
        assert kept[told] == computed[told]
    assert same(*(arrays_of(each["TrainedNet"]) for each in found))


def test_training_and_validation_share_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    _, trainer = trained("a perceptron", monkeypatch)
    one = sum(
        column.nbytes
        for name, column in trainer.phase.source.columns.items()
        if isinstance(name, PrefixKey)
    )
    both = {"validation_set": (VECTORS, CLASSES)}
    for limit, wanted in ((2 * one, {"Train", "Test"}), (2 * one - 1, {"Train"}), (one - 1, set())):
        _, trainer = trained("a perceptron", monkeypatch, frozen_prefix_bytes=limit, **both)
        assert trainer.phase.programs.kept == wanted


def test_a_validation_beside_a_generator_is_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    net, inputs, rules, _ = CASES["a perceptron"]
    results, trainer = watched_training(
        monkeypatch,
        wl.net_initialize(net, random_seeding=2),
        lambda state: {"Input": inputs[:5], "Output": CLASSES[:5]},
        learning_rate_multipliers=rules,
        batch_size=5,
        max_training_rounds=3,
        validation_set=(inputs, CLASSES),
    )
    assert trainer.phase.programs.kept == {"Test"}
    assert len(results["ValidationLossList"]) == 3
