"""A batch in parts: the same training to rounding, and the same bits for any number of ranks."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.parallel.nets import COUNT, NETS, arrays, bits, data_of, net_of
from tests.parallel.pretended import together
from wlnet.graph.keys import PrefixKey
from wlnet.train import feeding

OPTIONS: dict[str, Any] = {
    "max_training_rounds": 3,
    "batch_size": 24,
    "training_progress_reporting": None,
}
METHODS = ("ADAM", "RMSProp", "SGD", "SignSGD", ("SGD", {"Momentum": 0.9}),
           ("SGD", {"L2Regularization": 0.01}),
           ("ADAM", {"WeightDecay": 0.1}), ("ADAM", {"GradientNorm": 0.05}),
           ("SGD", {"GradientClipping": 0.01}))  # fmt: skip


def train(name: str, **more: Any) -> Any:
    return wl.net_train(net_of(name), data_of(name), wl.ALL, **{**OPTIONS, **more})


def same_for_all_ranks(name: str, parts: int, **more: Any) -> Any:
    """Train with any number of ranks; what came of it."""
    alone = train(name, batch_parts=parts, **more)
    ranks = 2
    while ranks <= parts:
        for found in together(
            ranks, lambda each: train(name, batch_parts=parts, communicator=each, **more)
        ):
            assert bits(found) == bits(alone), ranks
        ranks *= 2
    return alone


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("parts", [2, 8])
def test_a_batch_in_parts_is_the_same_training_to_rounding(name: str, parts: int) -> None:
    """In 64 bits; also where the last batch has parts of several sizes."""
    more: dict[str, Any] = {
        "working_precision": "Real64",
        "method": ("SGD", {"LearningRate": 0.05}),
    }
    whole, parted = train(name, **more), train(name, batch_parts=parts, **more)
    expected, found = arrays(whole["TrainedNet"]), arrays(parted["TrainedNet"])
    assert expected.keys() == found.keys()
    for key, array in expected.items():
        np.testing.assert_allclose(found[key], array, rtol=1e-6, atol=1e-9, err_msg=str(key))
    np.testing.assert_allclose(parted["BatchLossList"], whole["BatchLossList"], rtol=1e-6)


@pytest.mark.parametrize("name", NETS)
def test_the_bits_are_the_same_for_any_number_of_ranks(name: str) -> None:
    same_for_all_ranks(name, 8)


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_with_every_method(method: Any) -> None:
    same_for_all_ranks("normalized", 4, method=method)


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_every_method_does_what_it_does_with_a_whole_batch(method: Any) -> None:
    """To rounding, in 64 bits."""
    more: dict[str, Any] = {"working_precision": "Real64", "method": method}
    whole, parted = train("dropout", **more), train("dropout", batch_parts=8, **more)
    expected, start = arrays(whole["TrainedNet"]), arrays(net_of("dropout"))
    for key, array in arrays(parted["TrainedNet"]).items():
        np.testing.assert_allclose(array, expected[key], rtol=1e-6, atol=1e-9, err_msg=str(key))
        assert not np.allclose(array, start[key], rtol=1e-7, atol=1e-12)


def test_the_number_of_workers_decides_nothing() -> None:
    alone = train("images", batch_parts=4, workers=1)
    for workers in (2, 3):
        options = {"batch_parts": 4, "workers": workers}
        run = partial(train, "images", **options)
        found = together(2, lambda each, run=run: run(communicator=each))  # type: ignore[misc]
        assert [bits(each) for each in found] == [bits(alone)] * 2


def test_phases_move_other_arrays_and_keep_what_the_method_knows() -> None:
    first, last = {1: 0, wl.ANY: 1}, {wl.ANY: 1}
    rules = wl.Phases({1: first, 2: last, 3: {4: 2, wl.ANY: 0}})
    same_for_all_ranks("normalized", 4, learning_rate_multipliers=rules)


def test_what_is_frozen_is_not_divided_and_a_kept_prefix_changes_no_bit() -> None:
    rules = {1: 0, 2: 0, wl.ANY: 1}
    found = same_for_all_ranks("images", 4, learning_rate_multipliers=rules)
    again = train("images", batch_parts=4, learning_rate_multipliers=rules, frozen_prefix_bytes=0)
    assert bits(again) == bits(found)
    before, after = arrays(net_of("images")), arrays(found["TrainedNet"])
    assert all(before[key].tobytes() == after[key].tobytes() for key in before if key[0] in (1, 2))


def test_measurements_and_validation_are_the_same() -> None:
    held: dict[str, Any] = {
        "validation_set": wl.Scaled(0.2),
        "training_progress_measurements": ["GradientsRMS", "MeanDeviation"],
    }
    found = same_for_all_ranks("dropout", 4, **held)
    whole = train("dropout", **held)
    for name in ("GradientsRMS", "RoundMeasurementsLists", "ValidationMeasurementsLists"):
        ours, theirs = found[name], whole[name]
        assert ours.keys() == theirs.keys()
        for key in theirs:
            np.testing.assert_allclose(ours[key], theirs[key], rtol=1e-4, err_msg=str(key))


def test_numbers_that_leave_the_finite_ones_end_all_ranks_at_the_same_step() -> None:
    with pytest.warns(wl.TrainingWarning):
        found = same_for_all_ranks("linear", 4, method=("SGD", {"LearningRate": 1e12}))
    assert found["ReasonTrainingStopped"] == "WeightsDiverged"
    assert all(np.isfinite(array).all() for array in arrays(found["TrainedNet"]).values())


@pytest.mark.parametrize("key", [(1, "Weights"), (1, "Biases"), (3, "Weights"), (3, "Biases")])
def test_a_single_array_that_leaves_them_is_told_to_all_ranks(key: Any) -> None:
    """It lies with one of them: the update of that step is taken back by all."""
    rules = {key: 1e30, wl.ANY: 1e-12}
    more: dict[str, Any] = {
        "learning_rate_multipliers": rules, "method": ("SGD", {"LearningRate": 1e10}),
    }  # fmt: skip
    with pytest.warns(wl.TrainingWarning):
        found = same_for_all_ranks("linear", 8, **more)
    assert found["ReasonTrainingStopped"] == "WeightsDiverged"
    assert len(found["BatchLossList"]) == 0
    before = arrays(net_of("linear"))
    assert all(array.tobytes() == before[k].tobytes()
               for k, array in arrays(found["TrainedNet"]).items())  # fmt: skip


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_the_frozen_prefix_is_computed_once_divided_by_examples(
    ranks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed: dict[int, int] = {}
    usual = feeding.feed

    def feed(program: Any, batches: Any) -> Any:
        if any(isinstance(name, PrefixKey) for name in program.blueprint.tables):
            thread = threading.get_ident()
            fed[thread] = fed.get(thread, 0) + batches.count
        return usual(program, batches)

    monkeypatch.setattr(feeding, "feed", feed)
    rules = {1: 0, 2: 0, wl.ANY: 1}
    more: dict[str, Any] = {"batch_parts": 4, "learning_rate_multipliers": rules}
    found = together(ranks, lambda each: train("images", communicator=each, **more))
    monkeypatch.undo()
    # Parts of six examples.
    assert len(fed) == ranks and set(fed.values()) <= {-(-COUNT // ranks // 6) + i for i in (0, 1)}
    assert [bits(each) for each in found] == [bits(train("images", **more))] * ranks
