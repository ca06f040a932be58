"""What a call leaves behind is its answer: without the garbage collector, its data and all that it
made of them are gone when the last name for them is."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.thoroughness import one_of
from tests.training_cases import perceptron
from wlnet.engine.program import Program
from wlnet.train import generated, loop, preparation, sources

N = 24


class Numbers(np.ndarray[Any, Any]):
    """An array that tells when it is gone, also as a base of another."""


def column(width: int, dtype: Any = np.float32) -> Any:
    return np.ones((N, width), dtype).view(Numbers)


def pair(dtype: Any = np.float32) -> Any:
    return column(3, dtype), column(2, dtype)


def rows() -> Any:
    x, y = pair()
    return [(x[i], y[i]) for i in range(N)]


def function() -> Any:
    x, y = pair()
    return (lambda state: (x, y)), {"RoundLength": 2 * N}


def generator() -> Any:
    x, y = pair()

    def batches(state: Any) -> Iterator[Any]:
        for _ in range(2):
            yield x, y

    return batches, {"RoundLength": 2 * N}


FORMS: dict[str, Callable[[], Any]] = {
    "columns": pair,
    "columns of float64": lambda: pair(np.float64),
    "by port": lambda: dict(zip(("Input", "Output"), pair(), strict=True)),
    "rows": rows,
    "dicts": lambda: [{"Input": x, "Output": y} for x, y in rows()],
    "a function": function,
    "a generator": generator,
}


def arrays_in(given: Any) -> Iterator[Any]:
    """The arrays of a user that data hold."""
    if isinstance(given, np.ndarray):
        yield given
    elif isinstance(given, dict):
        for value in given.values():
            yield from arrays_in(value)
    elif isinstance(given, (list, tuple)):
        for value in given:
            yield from arrays_in(value)
    elif callable(given):
        for cell in given.__closure__:
            yield from arrays_in(cell.cell_contents)


def stopped(state: Any) -> None:
    raise KeyboardInterrupt


def failed(state: Any) -> None:
    raise LookupError("the user's own")


def spoilt(t: int, total: int) -> float:
    return 1e300 if t else 1.0


ENDS: dict[str, dict[str, Any]] = {
    "at the end": {},
    "by a validation": {"validation_set": (np.ones((5, 3)), np.ones((5, 2)))},
    "by an interrupt": {"training_progress_function": stopped},
    "by an error": {"training_progress_function": failed},
    "by divergence": {"method": ("SGD", {"LearningRateSchedule": spoilt})},
    "by the clock": {"time_goal": 1e-9},
}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Weak references to all programs, trainers and sources that are made; nobody collects."""
    found: list[Any] = []

    def watch(kind: Any) -> None:
        start = kind.__init__

        def remembered(self: Any, *args: Any, **options: Any) -> None:
            found.append(weakref.ref(self))
            start(self, *args, **options)

        monkeypatch.setattr(kind, "__init__", remembered)

    for kind in (Program, loop.Trainer, sources.ArraySource, generated.GeneratorSource):
        watch(kind)
    monkeypatch.setattr(preparation, "ArraySource", sources.ArraySource)
    gc.collect()
    gc.disable()
    yield found
    gc.enable()


def left(references: list[Any]) -> list[str]:
    """What is still there, and what holds on to it."""
    alive = [each() for each in references if each() is not None]
    return [f"{type(each).__name__}: {gc.get_referrers(each)!r:.300}" for each in alive]


@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
@pytest.mark.parametrize(("form", "end"), one_of(3, FORMS, ENDS))
def test_a_training_leaves_its_answer_and_nothing_else(
    form: str, end: str, made: list[Any]
) -> None:
    net, data, error = perceptron(), FORMS[form](), None
    users = [weakref.ref(each) for each in arrays_in(data)]
    options = {"batch_size": N, "max_training_rounds": 3, **ENDS[end]}
    try:
        results = wl.net_train(net, data, wl.ALL, **options)
    except LookupError as raised:
        error = raised
    assert (error is not None) == (end == "by an error")
    if error is not None:
        error.__traceback__ = None
    else:
        assert results["TotalBatches"]
    del data
    assert made
    assert left(users) == []
    assert left(made) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_state_that_is_kept_with_all_that_it_told_keeps_nothing_of_the_training(
    form: str, made: list[Any]
) -> None:
    data, kept = FORMS[form](), []
    users = [weakref.ref(each) for each in arrays_in(data)]

    def look(state: Any) -> None:
        kept.append((state, dict(state)))

    options = {"batch_size": N, "max_training_rounds": 3}
    wl.net_train(perceptron(), data, wl.ALL, training_progress_function=look, **options)
    del data
    assert len(kept) == 3
    assert kept[0][1]["Gradients"].keys() == kept[0][1]["Weights"].keys()
    assert left(users) == []
    assert left(made) == []


BAD: dict[str, Callable[[], Any]] = {
    "of other widths": lambda: (column(4), column(2)),
    "of other lengths": lambda: (column(3), column(2)[1:]),
    "not finite": lambda: (column(3) * np.nan, column(2)),
    "a port too few": lambda: {"Input": column(3)},
    "batches of another size": lambda: (lambda x, y: lambda state: (x, y))(*pair()),
}


def fault_of(data: Any) -> str:
    """What an error says of data; here `pytest.raises` would hold on to what it has seen."""
    try:
        wl.net_train(perceptron(), data, batch_size=7)
    except wl.WlnetError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("what", BAD)
def test_an_error_about_data_holds_on_to_none(what: str, made: list[Any]) -> None:
    data = BAD[what]()
    users = [weakref.ref(each) for each in arrays_in(data)]
    assert fault_of(data)
    del data
    assert left(users) == []
    assert left(made) == []


def test_measuring_leaves_nothing_either(made: list[Any]) -> None:
    net, data = perceptron(), pair()
    users = [weakref.ref(each) for each in data]
    assert wl.net_measurements(net, data, "Loss") >= 0
    del data
    assert left(users) == []
    assert left(made) == []


def test_a_net_that_was_made_and_called_leaves_no_cycles() -> None:
    def made_and_called() -> None:
        first = wl.NetChain({"low": [4, "Ramp"], "drop": wl.DropoutLayer(), "high": 2}, input=3)
        net = wl.net_initialize(wl.NetGraph([first, wl.LinearLayer(2)], [(1, 2)]))
        net(column(3))
        wl.net_replace_part(net, {2: wl.LinearLayer(1)})

    made_and_called()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        made_and_called()
        gc.collect()
        ours = [type(each) for each in gc.garbage if type(each).__module__.startswith("wlnet")]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert ours == []


def test_a_net_keeps_no_more_after_many_trainings(made: list[Any]) -> None:
    net, data = perceptron(), pair()
    loss = wl.MeanSquaredLossLayer
    wl.net_train(net, data, loss_function=loss(), max_training_rounds=1)
    before = {name: len(value) for name, value in kept(net) if hasattr(value, "__len__")}
    for _ in range(3):
        wl.net_train(net, data, loss_function=loss(), max_training_rounds=1)
        wl.net_measurements(net, data, "Loss", loss_function=loss())
    assert {name: len(value) for name, value in kept(net) if hasattr(value, "__len__")} == before


def kept(net: Any) -> Any:
    return object.__getattribute__(net, "_cache").items()
