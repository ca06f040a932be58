"""A rollback to where a training began, and what its record holds of its method: nothing is copied
before it is asked for, and all is to the bit as if it had been."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.parallel.pretended import together
from tests.saved_records import back, plain
from tests.thoroughness import one_of
from tests.training_cases import METHODS, numbers, watched_training
from wlnet.nets.arrays import arrays_of
from wlnet.results.moment import LateStates
from wlnet.train import loop, pace, snapshots

SIZE, BATCHES = 16, 6
HUGE = {"Real32": 3e38, "Real64": 1e300}
LAYOUTS: dict[str, tuple[int, int]] = {"plain": (5, 1), "packed": (40, 1), "in parts": (40, 4)}
"""How the weights lie -> the width of the layer, and how many parts a batch has."""


def net(width: int) -> Any:
    layers = [width, wl.BatchNormalizationLayer(), "Tanh", 2]
    return wl.net_initialize(wl.NetChain(layers, input=3))


def options_of(parts: int, precision: str = "Real32", method: str = "ADAM") -> dict[str, Any]:
    return {
        "batch_size": SIZE,
        "batch_parts": parts,
        "working_precision": precision,
        "method": method,
        "max_training_rounds": 1,
    }


def spoilt(start: Any, good: int, precision: str, options: Any) -> Any:
    """Data whose batch after so many leaves the finite numbers, in a training from a start."""
    x, y = (column.astype(np.float64) for column in numbers(SIZE * BATCHES))
    order = wl.net_train(start, (x, y), "BatchPermutation", **options)
    y[order[good][0] - 1] = HUGE[precision]
    return x, y


def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Single steps from here on, and a copy before each: none is done twice."""
    monkeypatch.setattr(snapshots.Snapshot, "is_old", True)
    monkeypatch.setattr(pace.Pace, "next", lambda self, most, choices: (1, choices[0]))


def facts(trainer: Any) -> Any:
    """All numbers of a training, as it stands."""
    memory = trainer.memory
    return plain((memory.plain_arrays(), memory.plain_states(), memory.updates))


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize(
    ("layout", "precision", "goes_on", "good"), one_of(3, LAYOUTS, HUGE, (False, True), (0, 1, 4))
)
def test_the_first_steps_are_taken_back_to_the_numbers_that_were_given(
    layout: str, precision: str, goes_on: bool, good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    width, parts = LAYOUTS[layout]
    start, options = net(width), options_of(parts, precision)
    if goes_on:
        start = wl.net_train(start, numbers(SIZE), wl.ALL, **options)
    data = spoilt(start, good, precision, options)
    copies: list[int] = []
    take = snapshots.Snapshot.take

    def taken(self: Any, step: int) -> None:
        copies.append(step)
        take(self, step)

    monkeypatch.setattr(snapshots.Snapshot, "take", taken)
    monkeypatch.setattr(snapshots.Snapshot, "is_old", False)
    results, trainer = watched_training(monkeypatch, start, data, **options)
    before = len(start["BatchLossList"]) if goes_on else 0
    assert results["ReasonTrainingStopped"] == "WeightsDiverged"
    assert results["TotalBatches"] == before + good
    assert not copies, "nothing was copied before it had to be"
    assert bool(trainer.memory.packed) == (layout == "packed")
    one_by_one(monkeypatch)
    again, reference = watched_training(monkeypatch, start, data, **options)
    assert copies == [*range(before, before + good + 1)]
    assert facts(trainer) == facts(reference)
    assert plain(results["BatchLossList"]) == plain(again["BatchLossList"])
    if not good and goes_on:
        moment = start.record.moment
        assert plain(results.record.moment.arrays) == plain(moment.arrays)
        assert plain(results.record.moment.states) == plain(moment.states)
    elif not good:
        dtype = precision.replace("Real", "float")
        given = {key: each.astype(dtype) for key, each in arrays_of(start).items()}
        assert plain(results["FinalWeights"]) == plain(given)
        for states in results.record.moment.states.values():
            assert not any(map(np.any, states.values()))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_first_copy_is_due_when_it_has_earned_its_time(
    layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many steps pass: what has to be done once more stays little beside them."""
    width, parts = LAYOUTS[layout]
    memories: list[Any] = []
    begun = snapshots.Snapshot.__init__

    def watched(self: Any, memory: Any, *args: Any) -> None:
        begun(self, memory, *args)
        memories.append((self, memory))

    monkeypatch.setattr(snapshots.Snapshot, "__init__", watched)
    clock = [0.0]
    monkeypatch.setattr(snapshots, "time", SimpleNamespace(perf_counter=lambda: clock[0]))
    wl.net_train(net(width), numbers(SIZE), **options_of(parts))
    ((snapshot, memory),) = memories
    held = sum(array.nbytes for array in memory.arrays.values())
    held += sum(state.nbytes for states in memory.states.values() for state in states)
    due = snapshots.SHARE * held / snapshots.BYTES
    clock[0] = 0.99 * due
    assert not snapshot.is_old
    clock[0] = 1.01 * due
    assert snapshot.is_old


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("good", [0, 2])
def test_a_later_phase_goes_back_to_where_it_began(
    layout: str, good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The numbers that were given are those of the first phase alone."""
    width, parts = LAYOUTS[layout]
    start, options = net(width), options_of(parts)

    def schedule(step: int, total: int) -> float:
        return 1e300 if step == BATCHES + good else 1.0

    options |= {
        "max_training_rounds": 2,
        "method": ("ADAM", {"LearningRateSchedule": schedule}),
        "learning_rate_multipliers": wl.Phases({1: {1: None}, 2: 1}),
    }
    monkeypatch.setattr(snapshots.Snapshot, "is_old", False)
    data = numbers(SIZE * BATCHES)
    results, trainer = watched_training(monkeypatch, start, data, **options)
    assert results["TotalBatches"] == BATCHES + good
    one_by_one(monkeypatch)
    _, reference = watched_training(monkeypatch, start, data, **options)
    assert facts(trainer) == facts(reference)


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize(("ranks", "good"), [(2, 0), (4, 1)])
def test_every_rank_goes_back_and_has_all_that_the_method_keeps(
    ranks: int, good: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    width, parts = LAYOUTS["in parts"]
    options = options_of(parts)
    start = wl.net_train(net(width), numbers(SIZE), wl.ALL, **options)
    data = spoilt(start, good, "Real32", options)
    monkeypatch.setattr(snapshots.Snapshot, "is_old", False)
    alone = wl.net_train(start, data, wl.ALL, **options).record.moment
    assert alone.batch == start.record.moment.batch + good
    for found in together(
        ranks, lambda each: wl.net_train(start, data, wl.ALL, communicator=each, **options)
    ):
        moment = found.record.moment
        assert plain(moment.arrays) == plain(alone.arrays)
        assert plain(moment.states) == plain(alone.states)


# What the record holds of the method


def late(results: Any) -> Any:
    return results.record.moment.states


@pytest.mark.parametrize(("method", "layout"), one_of(2, METHODS, ("plain", "packed")))
def test_states_are_made_when_they_are_asked_for(
    method: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    width, parts = LAYOUTS[layout]
    results, trainer = watched_training(
        monkeypatch, net(width), numbers(SIZE * BATCHES), **options_of(parts, method=method)
    )
    found, told = late(results), trainer.memory.plain_states()
    assert isinstance(found, LateStates)
    assert not list(found.made()), "nobody has asked yet"
    held = {id(array) for array in results.record.all_arrays()}
    assert list(found) == list(told) and len(found) == len(told)
    assert not list(found.made()), "nor for any numbers"
    one = next(iter(found))
    assert found[one] is found[one], "made once"
    assert len(list(found.made())) == 1
    assert plain(found) == plain(told)
    for states in found.values():
        for array in states.values():
            assert id(array) not in held
            assert id(array) in {id(each) for each in results.record.all_arrays()}
            with pytest.raises(ValueError, match="WRITEABLE"):
                array.flags.writeable = True
    assert repr(found) == repr(told)
    with pytest.raises(KeyError):
        found["no such array"]


@pytest.mark.parametrize("how", [pickle.dumps, copy.deepcopy, copy.copy])
def test_a_copy_of_states_that_nobody_asked_for_is_a_plain_dict(how: Any) -> None:
    width, parts = LAYOUTS["packed"]
    results = wl.net_train(net(width), numbers(SIZE), wl.ALL, **options_of(parts))
    found = how(late(results))
    found = pickle.loads(found) if isinstance(found, bytes) else found
    assert type(found) is dict
    assert plain(found) == plain(late(results))
    again = pickle.loads(pickle.dumps(results))
    assert plain(late(again)) == plain(late(results))
    assert not any(each.flags.writeable for each in again.record.all_arrays())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_training_that_goes_on_from_states_that_nobody_asked_for_has_the_same_bits(
    layout: str, tmp_path: Path
) -> None:
    width, parts = LAYOUTS[layout]
    data, options = numbers(SIZE * BATCHES), options_of(parts)
    first = wl.net_train(net(width), data, wl.ALL, **options)
    second = wl.net_train(first, data, wl.ALL, **options)
    saved = back(first, tmp_path)
    again = wl.net_train(saved, data, wl.ALL, **options)
    for name in ("arrays", "states", "updates"):
        one, other = (plain(getattr(each.record.moment, name)) for each in (second, again))
        assert one == other
    kept = plain(late(first))
    assert kept == plain(late(saved))


def test_a_record_that_is_kept_keeps_the_states_and_no_memory_of_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[Any] = []
    start = loop.Trainer.__init__

    def remembered(self: Any, *args: Any) -> None:
        start(self, *args)
        found.append(weakref.ref(self.memory))

    monkeypatch.setattr(loop.Trainer, "__init__", remembered)
    gc.collect()
    gc.disable()
    try:
        width, parts = LAYOUTS["packed"]
        results = wl.net_train(net(width), numbers(SIZE), wl.ALL, **options_of(parts))
        (memory,) = found
        assert memory() is None
    finally:
        gc.enable()
    assert isinstance(late(results), Mapping)
    assert late(results)


def test_a_memory_copies_what_moves_before_a_step_may_write_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = net(5)
    before = plain(arrays_of(start))
    _, trainer = watched_training(monkeypatch, start, numbers(SIZE), **options_of(1))
    for key, array in trainer.memory.arrays.items():
        assert not np.may_share_memory(array, arrays_of(start)[key])
    assert plain(arrays_of(start)) == before
