"""Examples of several lengths train in batches of equal length, and no number depends on others."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import ALL, ANY, NetChain, NetPort
from wlnet.core.errors import DataError, ShapeError, TrainingWarning
from wlnet.evaluate.ragged import ragged
from wlnet.train.class_weights import balanced
from wlnet.train.digests import column_digests
from wlnet.train.sources import ArraySource

LABELS = wl.NetDecoder("Class", list("abc"))
TAGS = ("Varying", wl.NetDecoder("Class", ["down", "up"]))
QUIET: dict[str, Any] = {"training_progress_reporting": None}


def examples(count: int = 60, seed: int = 0, longest: int = 6) -> tuple[list[Any], np.ndarray]:
    """Sequences of vectors of several lengths, each with a class."""
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(length, 3)).astype(np.float32)
         for length in rng.integers(2, longest, count)]  # fmt: skip
    return x, np.array(["abc"[int(np.argmax(each.sum(0)))] for each in x])


def classifier(*layers: Any, **more: Any) -> NetChain:
    body = layers or (wl.GatedRecurrentLayer(5), wl.SequenceLastLayer())
    return wl.net_initialize(NetChain([*body, 3, wl.SoftmaxLayer()], input=("Varying", 3), **more))


def same(a: wl.NetTrainResults, b: wl.NetTrainResults) -> bool:
    first, second = (wl.information(each["TrainedNet"], "Arrays") for each in (a, b))
    return a["BatchLossList"] == b["BatchLossList"] and all(
        np.array_equal(first[key], second[key]) for key in first
    )


def train(net: Any, data: Any, rounds: int = 3, **options: Any) -> wl.NetTrainResults:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)
        return wl.net_train(net, data, ALL, max_training_rounds=rounds, **QUIET, **options)  # type: ignore[no-any-return]


X, Y = examples()

# The law: each example alone


@pytest.mark.parametrize("layer", ["recurrent", "lstm", "mapped", "text"])
def test_a_step_is_the_mean_of_what_its_examples_say_alone(layer: str) -> None:
    bodies: dict[str, tuple[Any, ...]] = {
        "recurrent": (wl.GatedRecurrentLayer(5), wl.SequenceLastLayer()),
        "lstm": (wl.LongShortTermMemoryLayer(4), wl.AggregationLayer("Mean", 1)),
        "mapped": (wl.NetMapOperator(4), "Tanh", wl.AggregationLayer("Max", 1)),
        "text": (wl.NetFoldOperator(wl.NetGraph(
            {"join": wl.CatenateLayer(), "out": 4, "act": "Tanh"},
            [([NetPort("Input"), NetPort("State")], "join", "out", "act")])),
            wl.SequenceLastLayer()),
    }  # fmt: skip
    net = classifier(*bodies[layer], output=LABELS)
    method = ("SGD", {"Momentum": 0, "LearningRateSchedule": None})
    step = {"method": method, "learning_rate": 1.0, "working_precision": "Real64"}
    before = wl.information(net, "Arrays")
    found = train(net, (X[:12], Y[:12]), 1, batch_size=64, **step)
    # All batches of a round, one after the other, each as if its examples were the only ones.
    stands = net
    for batch in found["BatchPermutation"]:
        moved: dict[Any, Any] = {}
        arrays = wl.information(stands, "Arrays")
        for number in batch:
            one = train(stands, ([X[number - 1]], [Y[number - 1]]), 1, **step)
            after = wl.information(one["TrainedNet"], "Arrays")
            for key, array in arrays.items():
                moved[key] = moved.get(key, 0) + (after[key] - array) / len(batch)
        stands = wl.net_replace_part(stands, {key: arrays[key] + moved[key] for key in arrays})
    result = wl.information(found["TrainedNet"], "Arrays")
    expected = wl.information(stands, "Arrays")
    for key in before:
        np.testing.assert_allclose(result[key], expected[key], rtol=2e-5, atol=2e-6)
        assert not np.array_equal(result[key], before[key])


def test_answers_are_those_of_one_example_at_a_time_to_the_bit() -> None:
    net = classifier(output=LABELS)
    together = net(X, None)
    assert isinstance(together, np.ndarray)
    for each, answer in zip(X, together, strict=True):
        assert np.array_equal(net(each, None), answer)
    assert net(X) == [net(each) for each in X]
    inside = net(X, NetPort(1, "Output"))
    assert [part.shape for part in inside] == [(len(each), 5) for each in X]
    assert all(np.array_equal(part, net(each, NetPort(1, "Output")))
               for part, each in zip(inside, X, strict=True))  # fmt: skip


def test_losses_are_the_mean_over_examples_whatever_their_lengths() -> None:
    net = classifier(output=LABELS)
    whole = wl.net_measurements(net, (X, Y), "Loss")
    alone = [wl.net_measurements(net, ([x], [y]), "Loss") for x, y in zip(X, Y, strict=True)]
    assert whole == pytest.approx(np.mean(alone), rel=1e-6)
    assert wl.net_measurements(net, (X, Y), "Accuracy") == np.mean(
        [net(x) == y for x, y in zip(X, Y, strict=True)]
    )


# Batches


def test_every_example_is_used_once_a_round_in_batches_of_one_length() -> None:
    found = train(classifier(), (X, Y), 2, batch_size=7)
    batches = found["BatchPermutation"]
    assert sorted(number for batch in batches for number in batch) == list(range(1, len(X) + 1))
    assert all(len({len(X[number - 1]) for number in batch}) == 1 for batch in batches)
    assert max(map(len, batches)) <= 7
    assert len(batches) == found["BatchesPerRound"]
    # Lengths do not come one after the other.
    lengths = [len(X[batch[0] - 1]) for batch in batches]
    assert lengths not in (sorted(lengths), sorted(lengths, reverse=True))
    assert train(classifier(), (X, Y), 1, batch_size=7)["BatchPermutation"] != batches


def test_the_seed_decides_the_order_and_the_order_of_lengths() -> None:
    one, same_seed, other = (
        train(classifier(), (X, Y), 2, random_seeding=seed) for seed in (1, 1, 2)
    )
    assert same(one, same_seed)
    assert one["BatchPermutation"] != other["BatchPermutation"]


def test_sequences_of_one_length_in_a_list_are_what_an_array_is() -> None:
    x, y = np.random.default_rng(0).normal(size=(30, 4, 3)), list("abc" * 10)
    for net in (
        classifier(),
        NetChain([wl.GatedRecurrentLayer(5), wl.SequenceLastLayer(), 3, wl.SoftmaxLayer()]),
    ):
        assert same(train(net, (x, y)), train(net, (list(x), y)))


def test_batches_are_no_larger_than_what_there_is_of_a_length() -> None:
    found = train(classifier(), (X, Y), 1)
    most = max(np.bincount([len(each) for each in X]))
    assert found["BatchSize"] == most


def test_many_lengths_that_make_small_batches_are_told() -> None:
    x = [np.ones((length, 3)) for length in range(1, 41)] + [np.ones((1, 3))] * 60
    with pytest.warns(TrainingWarning, match="40 shapes.*small"):
        wl.net_train(classifier(), (x, list("abcab" * 20)), max_training_rounds=1, **QUIET)


# As everywhere


def variants() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "validation", {"validation_set": wl.Scaled(0.3)}
    yield "a set to validate on", {"validation_set": examples(20, 5, 9)}
    yield "class weights", {"class_weights": "Balanced"}
    yield "example weights", {"example_weights": np.linspace(0, 1, len(X))}
    yield "two workers", {"workers": 2}
    yield "no prefix", {"frozen_prefix_bytes": 0}
    yield "Real64", {"working_precision": "Real64"}
    yield "phases", {"learning_rate_multipliers": wl.Phases({1: {1: None, ANY: 1}, 3: {ANY: 0.5}})}


@pytest.mark.parametrize(("name", "options"), [*variants()])
def test_a_training_is_the_same_again_for_any_workers_and_with_a_verified_receipt(
    name: str, options: dict[str, Any]
) -> None:
    net, given = classifier(), {"method": "ADAM", "batch_size": 8, **options}
    found = train(net, (X, Y), 3, **given)
    again = train(net, (X, Y), 3, **{**given, "workers": 1, "frozen_prefix_bytes": 1 << 30})
    assert same(found, again)
    assert wl.verify(found["Receipt"], net, (X, Y), **_for_verify(options))


def _for_verify(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("validation_set", "example_weights")
            if name in options and not isinstance(options[name], wl.Scaled)}  # fmt: skip


def test_ten_calls_of_one_round_are_one_call_of_ten() -> None:
    net, options = classifier(), {"batch_size": 8, "validation_set": wl.Scaled(0.2)}
    whole = train(net, (X, Y), 6, **options)
    parts: Any = net
    for _ in range(6):
        parts = train(parts, (X, Y), 1, **options)
    assert same(whole, parts)


def test_a_training_that_was_broken_off_goes_on_to_the_same_bits(tmp_path: Any) -> None:
    net, seen = (
        classifier(wl.DropoutLayer(0.2), wl.GatedRecurrentLayer(4), wl.SequenceLastLayer()),
        [],
    )

    class Broken(Exception):
        pass

    def breaks(state: Any) -> None:
        seen.append(state["Batch"])
        if len(seen) == 23:
            raise Broken

    options = {"batch_size": 8, "validation_set": wl.Scaled(0.2)}
    whole = train(net, (X, Y), 4, **options)
    every = {"Interval": (1, "Batches")}
    keep = {"training_progress_checkpointing": ("File", tmp_path / "t.wlnet", every)}
    with pytest.raises(Broken):
        train(net, (X, Y), 4, **options, **keep, training_progress_function=(breaks, every))
    assert same(
        whole, wl.net_resume(tmp_path / "t.wlnet", (X, Y), training_progress_function=None, **QUIET)
    )


def test_frozen_layers_are_computed_once_and_sealed() -> None:
    net = classifier(
        wl.NetMapOperator(6), "Tanh", wl.GatedRecurrentLayer(4), wl.SequenceLastLayer()
    )
    rules = {-2: 1, ANY: None}
    kept, plain = (train(net, (X, Y), 4, learning_rate_multipliers=rules, frozen_prefix_bytes=size)
                   for size in (1 << 28, 0))  # fmt: skip
    assert same(kept, plain)
    before, after = (wl.information(each, "Arrays") for each in (net, kept["TrainedNet"]))
    moved = {key for key in before if not np.array_equal(before[key], after[key])}
    assert moved == {(5, "Weights"), (5, "Biases")}


# Forms of data


class Awkward:
    """Sequences of several lengths as another library keeps them: it lists them one by one."""

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise ValueError("cannot convert to RegularArray because subarray lengths are not regular")

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)


def as_objects(rows: list[Any]) -> np.ndarray:
    found = np.empty(len(rows), object)
    found[:] = rows
    return found


def padded(rows: list[Any]) -> list[np.ndarray]:
    longest = max(map(len, rows))
    array = np.full((len(rows), longest, 3), 9.0, np.float32)
    for place, row in zip(array, rows, strict=True):
        place[: len(row)] = row
    return wl.data.unpadded(array, [*map(len, rows)])


FORMS: dict[str, Callable[[], Any]] = {
    "a tuple": lambda: (tuple(X), Y),
    "lists": lambda: ([each.tolist() for each in X], Y),
    "an array of arrays": lambda: (as_objects(X), Y),
    "another library": lambda: (Awkward(X), Y),
    "padded, with lengths": lambda: (padded(X), Y),
    "pairs": lambda: [*zip(X, Y, strict=True)],
    "rows": lambda: [{"Input": x, "Output": y} for x, y in zip(X, Y, strict=True)],
    "columns": lambda: {"Input": X, "Output": Y},
}


@pytest.mark.parametrize("form", FORMS)
def test_all_forms_of_data_train_alike(form: str) -> None:
    net = classifier()
    assert same(train(net, FORMS[form](), 2), train(net, (X, Y), 2))


def test_a_generator_may_give_another_length_in_every_batch() -> None:
    net, rng = classifier(output=LABELS), np.random.default_rng(3)
    batches = [(rng.normal(size=(4, length, 3)), list("abca")) for length in (3, 5, 3, 2, 5)]

    def given() -> Iterator[Any]:
        yield from batches

    step = {"method": ("SGD", {"Momentum": 0, "LearningRateSchedule": None}), "learning_rate": 0.1}
    found = train(net, given, 2, batch_size=4, **step)
    stands: Any = net
    for batch in batches * 2:
        stands = train(stands, batch, 1, batch_size=4, **step)["TrainedNet"]
    assert found["TotalBatches"] == 10
    last, expected = (wl.information(each, "Arrays") for each in (found["TrainedNet"], stands))
    for key, array in expected.items():
        np.testing.assert_allclose(last[key], array, rtol=1e-5, atol=1e-6)
    every = [x for xs, _ in batches for x in xs], [y for _, ys in batches for y in ys]
    judged = train(net, given, 1, batch_size=4, validation_set=given, **step)
    measured = wl.net_measurements(judged["TrainedNet"], every, "Loss")
    assert judged["FinalValidationLoss"] == pytest.approx(measured, rel=1e-6)


def test_a_generator_is_told_that_a_batch_holds_one_length() -> None:
    def mixed() -> Iterator[Any]:
        yield X[:4], Y[:4]

    with pytest.raises(
        DataError, match=r"(?s)batch of examples of several shapes.*one length at a time"
    ):
        wl.net_train(classifier(output=LABELS), mixed, batch_size=4, **QUIET)


# Targets at every place


def tagged(count: int = 40) -> tuple[list[Any], list[Any]]:
    x, _ = examples(count)
    return x, [["up" if row[0] > 0 else "down" for row in each] for each in x]


def test_labels_at_every_place_are_learnt_and_measured() -> None:
    x, y = tagged()
    net = NetChain([wl.GatedRecurrentLayer(6), wl.NetMapOperator(2), wl.SoftmaxLayer()],
                   input=("Varying", 3), output=TAGS)  # fmt: skip
    found = train(net, (x, y), 40, class_weights="Balanced", batch_size=8, learning_rate=0.02)
    trained = found["TrainedNet"]
    answers = trained(x)
    assert [len(each) for each in answers] == [len(each) for each in y]
    right = [
        a == b
        for given, made in zip(y, answers, strict=True)
        for a, b in zip(given, made, strict=True)
    ]
    assert np.mean(right) > 0.9
    assert wl.net_measurements(trained, (x, y), "Accuracy") == pytest.approx(np.mean(right))
    assert wl.information(trained, "InputPorts")["Input"] == ("Varying", 3)


def test_numbers_at_every_place_are_measured_over_all_places() -> None:
    x, _ = examples(30)
    y = [each.sum(axis=1, keepdims=True) for each in x]
    net = wl.net_initialize(NetChain([wl.NetMapOperator(1)], input=("Varying", 3)))
    all_x, all_y = np.concatenate(x), np.concatenate(y)
    flat = wl.net_initialize(NetChain([1], input=3))
    arrays = wl.information(net, "Arrays")
    flat = wl.net_replace_part(flat, {(1, key[-1]): value for key, value in arrays.items()})
    for name in ("RSquared", "MeanDeviation", "StandardDeviation", NetPort("Output")):
        assert wl.net_measurements(net, (x, y), name) == pytest.approx(
            wl.net_measurements(flat, (all_x, all_y), name), rel=1e-5
        )


def test_functions_that_measure_are_given_lists_of_arrays() -> None:
    x, y = tagged()
    layers = [wl.NetMapOperator(2), wl.SoftmaxLayer()]
    net = wl.net_initialize(NetChain(layers, input=("Varying", 3), output=TAGS))
    seen: list[Any] = []

    def places(outputs: Any, targets: Any) -> float:
        seen.append(outputs)
        return float(sum(len(each) for each in targets))

    assert wl.net_measurements(net, (x, y), places) == sum(map(len, x))
    assert isinstance(seen[-1], list)
    assert not any(each.flags.writeable for each in seen[-1])


def test_lengths_that_contradict_one_another_are_told_with_the_example() -> None:
    x, y = tagged()
    y[17] = y[17] + ["up"]
    net = NetChain([wl.NetMapOperator(2), wl.SoftmaxLayer()], input=("Varying", 3),
                   output=TAGS)  # fmt: skip
    with pytest.raises(ShapeError, match="example 18"):
        wl.net_train(net, (x, y), **QUIET)


def test_a_layer_that_wants_one_length_is_named() -> None:
    net = NetChain([wl.FlattenLayer(), 3, wl.SoftmaxLayer()], input=("Varying", 3))
    told = r"(?s)several lengths.*port Input.*2/Weights.*SequenceLastLayer"
    with pytest.raises(ShapeError, match=told):
        wl.net_train(net, (X, Y), **QUIET)
    fixed = NetChain(
        [wl.GatedRecurrentLayer(3), wl.SequenceLastLayer(), 3, wl.SoftmaxLayer()], input=(4, 3)
    )
    with pytest.raises(DataError, match=r"(?s)example.*input=\('Varying', 3\)"):
        wl.net_train(fixed, (X, Y), **QUIET)


# Text

NAMES = ["ada", "emmy", "grace", "alan", "kurt", "max", "niels", "lise", "marie", "erwin"] * 4
SEX = ["f", "f", "f", "m", "m", "m", "m", "f", "f", "m"] * 4
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def test_words_by_their_letters() -> None:
    layers = [wl.EmbeddingLayer(8), wl.GatedRecurrentLayer(12), wl.SequenceLastLayer()]
    letters = wl.NetEncoder("Characters", LETTERS)
    net = NetChain([*layers, 2, wl.SoftmaxLayer()], input=letters)
    found = train(net, (NAMES, SEX), 60, learning_rate=0.02, batch_size=8)
    trained = found["TrainedNet"]
    assert trained(NAMES) == SEX
    assert trained("ada") == "f"
    assert trained(["ada", "erwin", "max"]) == ["f", "m", "m"]


def test_encoders_give_a_list_where_lengths_differ() -> None:
    encoder = wl.NetEncoder("Characters", LETTERS)
    assert [each.tolist() for each in encoder(["ab", "c"])] == [[1, 2], [3]]
    labels = wl.NetEncoder("Class", ["x", "y"], "UnitVector", input_depth=2)
    assert [each.tolist() for each in labels([["x"], ["y", "x"]])] == [[[1, 0]], [[0, 1], [1, 0]]]
    with pytest.raises(DataError, match="example 2"):
        labels([["x"], ["y", "z"]])
    with pytest.raises(DataError, match="example 2"):
        labels([["x"], []])


def test_lengths_of_padded_arrays_are_checked() -> None:
    for lengths in ([1, 0], [1, 4], [1], [1.5, 1], [[1], [2]]):
        with pytest.raises(DataError, match="length"):
            wl.data.unpadded(np.zeros((2, 3)), lengths)
    with pytest.raises(ShapeError):
        wl.data.unpadded([1, 2], [1, 1])


# What was found by looking for it


def test_what_is_declared_open_stays_open_whatever_the_targets_are() -> None:
    x = np.random.default_rng(0).normal(size=(12, 4, 3))
    longer = [np.ones((7, 3))] * 3, [np.ones((7, 2))] * 3
    mapped = NetChain([wl.NetMapOperator(2)], input=("Varying", 3), output=("Varying", 2))
    wholly = NetChain([wl.GatedRecurrentLayer(2)], input=("Varying", "Varying"))
    for net in (mapped, wl.net_initialize(mapped), wholly):
        trained = train(net, (x, x[..., :2]), 1, validation_set=longer)["TrainedNet"]
        assert trained(np.ones((9, 3))).shape == (9, 2)
        assert wl.information(trained, "InputPorts")["Input"] == ("Varying", 3)

    def batches() -> Iterator[Any]:
        yield x[:3], x[:3, :, :2]
        yield longer

    assert train(mapped, batches, 1, batch_size=3)["TotalBatches"] == 2
    flat = NetChain([wl.FlattenLayer(), 2], input=("Varying", "Varying"))
    fitted = train(flat, (x, x[:, 0, :2]), 1)["TrainedNet"]
    assert fitted(x[0]).shape == (2,)


@pytest.mark.parametrize("aggregation", ["Mean", "StandardDeviation", None])
def test_ports_inside_a_map_are_measured_over_all_places(aggregation: Any) -> None:
    net = wl.net_initialize(NetChain([wl.NetMapOperator([2, "Tanh"])], input=("Varying", 3)))
    x, _ = examples(20)
    inside = np.concatenate(net(x, NetPort(1, "Net", 1, "Output")))
    item = {"Measurement": NetPort(1, "Net", 1, "Output"), "Aggregation": aggregation}
    found = wl.net_measurements(net, (x, net(x)), item)
    means = inside.mean(axis=0)
    expected = {"Mean": inside.mean(), "StandardDeviation": inside.std(), None: means}[aggregation]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_levels_behind_the_first_may_be_those_of_places() -> None:
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(2, length)) for length in (3, 5, 3, 4)]
    y = [each + rng.normal(size=each.shape) for each in x]
    net = NetChain([wl.ElementwiseLayer("Identity")], input=(2, "Varying"))
    rows, wanted = (np.concatenate([each.T for each in column]) for column in (x, y))
    same_net = NetChain([wl.ElementwiseLayer("Identity")], input=2)
    flat = wl.net_measurements(same_net, (rows, wanted), "RSquared")
    assert wl.net_measurements(net, (x, y), "RSquared") == pytest.approx(flat, rel=1e-6)


def test_random_numbers_do_not_begin_anew_with_each_length() -> None:
    noise = NetChain([wl.DropoutLayer(0.5)], input=("Varying",))
    made = noise([np.ones(40), np.ones(41), np.ones(42)], net_evaluation_mode="Train")
    assert len({tuple(each[:40].tolist()) for each in made}) == 3


def test_nor_where_a_net_is_measured() -> None:
    net = wl.NetGraph(
        {"noise": wl.RandomArrayLayer(output=(1,)), "mean": wl.AggregationLayer("Mean", 1),
         "sum": "Plus"},
        [(NetPort("Input"), "mean"), (["mean", "noise"], "sum")], input=("Varying", 1),
    )  # fmt: skip
    x = [np.zeros((length, 1)) for length in range(1, 9)]
    seen: list[Any] = []
    wl.net_measurements(net, (x, np.zeros((8, 1))), lambda made, _: seen.append(made) or 0.0,
                        loss_function=wl.MeanSquaredLossLayer())  # fmt: skip
    assert len(np.unique(seen[-1])) == 8


def test_functions_that_measure_see_examples_in_the_order_of_the_data() -> None:
    x = [np.full((length, 1), float(i)) for i, length in enumerate((4, 2, 3, 2, 4))]
    y = np.arange(5.0)[:, None]
    net = wl.net_initialize(NetChain([wl.AggregationLayer("Mean", 1)], input=("Varying", 1)))
    seen: list[Any] = []

    def look(outputs: Any, targets: Any) -> float:
        seen.append((outputs[:, 0].tolist(), targets[:, 0].tolist()))
        return 0.0

    wl.net_measurements(net, (x, y), look)
    assert seen[-1] == ([0, 1, 2, 3, 4], [0, 1, 2, 3, 4])


def test_a_round_under_way_is_kept_with_what_functions_have_seen(tmp_path: Any) -> None:
    x, y = tagged()
    layers = [wl.NetMapOperator(2), wl.SoftmaxLayer()]
    net = wl.net_initialize(NetChain(layers, input=("Varying", 3), output=TAGS))

    def places(outputs: Any, targets: Any) -> float:
        return float(sum(len(each) for each in targets))

    options = {"batch_size": 4, "training_progress_measurements": places}
    keep = ("File", tmp_path / "t.wlnet", {"Interval": (3, "Batches")})
    whole = train(net, (x, y), 2, **options)
    assert same(whole, train(net, (x, y), 2, **options, training_progress_checkpointing=keep))


@pytest.mark.parametrize(
    "bad", [np.ones((3, 3), complex), [["a"] * 3] * 2, np.zeros((2, 3), "M8[s]")]
)
def test_the_example_that_is_no_number_is_named(bad: Any) -> None:
    net = wl.net_initialize(NetChain([wl.NetMapOperator(1)], input=("Varying", 3)))
    x = [np.ones((2, 3)), np.ones((3, 3)), bad, np.ones((2, 3))]
    for call in (lambda: net(x), lambda: train(net, (x, [np.ones((len(each), 1)) for each in x]))):
        with pytest.raises(DataError, match="example 3"):
            call()
    x[2] = np.ones((2, 4))
    with pytest.raises(ShapeError, match="example 3"):
        net(x)


def test_what_is_no_list_of_labels_is_told() -> None:
    x, y = tagged(6)
    y[2] = None
    layers = [wl.NetMapOperator(2), wl.SoftmaxLayer()]
    with pytest.raises(DataError, match=r"no sequence of labels[\s\S]*example 3"):
        train(NetChain(layers, input=("Varying", 3), output=TAGS), (x, y))
    y[2] = ["up", 3.5]
    open_labels = ("Varying", wl.NetDecoder("Class"))
    net = NetChain(
        [wl.NetMapOperator(2), wl.SoftmaxLayer()], input=("Varying", 3), output=open_labels
    )
    with pytest.raises(DataError, match="example 3"):
        train(net, (x, y))
    with pytest.raises((DataError, ShapeError), match=r"padded"):
        wl.data.unpadded([[1, 2], [3]], [1, 2])


@pytest.mark.parametrize("kind", ["examples", "classes", "balanced"])
def test_each_example_has_its_own_weight_whatever_its_length(kind: str) -> None:
    net = classifier(output=LABELS)
    alone = [wl.net_measurements(net, ([x], [y]), "Loss") for x, y in zip(X, Y, strict=True)]
    counts = {label: int((label == Y).sum()) for label in "abc"}
    options, weights = {
        "examples": ({"example_weights": np.linspace(0, 2, len(X))}, np.linspace(0, 2, len(X))),
        "classes": (
            {"class_weights": {"a": 3, "c": 0.5}},
            [{"a": 3, "b": 1, "c": 0.5}[y] for y in Y],
        ),
        "balanced": ({"class_weights": "Balanced"}, [len(Y) / 3 / counts[y] for y in Y]),
    }[kind]
    found = wl.net_measurements(net, (X, Y), "Loss", **options)
    assert found == pytest.approx(np.mean(np.multiply(alone, weights)), rel=1e-5)


def test_a_receipt_tells_sequences_that_were_cut_elsewhere() -> None:
    net, numbers = classifier(), np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
    one, other = ([*np.split(numbers, ends)] for ends in ([4, 6], [2, 6]))
    found = train(net, (one, list("abc")), 1)
    assert wl.verify(found["Receipt"], net, (one, list("abc")))
    assert not wl.verify(found["Receipt"], net, (other, list("abc")))
    changed = [each + (each is one[1]) for each in one]
    assert not wl.verify(found["Receipt"], net, (changed, list("abc")))


def test_digests_of_sequences_are_of_their_numbers_and_of_where_they_are_cut() -> None:
    numbers = np.arange(12.0).reshape(6, 2)

    def digest(*parts: np.ndarray) -> dict[str, str]:
        return column_digests(ArraySource({"x": ragged(parts)}, 4, 0, np.arange(len(parts))))

    usual = digest(numbers[:2], numbers[2:6])
    assert digest(numbers[:2].copy(), numbers[2:6].copy()) == usual
    for other in (
        (numbers[:4], numbers[4:]),
        (numbers[2:6], numbers[:2]),
        (numbers[:2].reshape(1, 4), numbers[2:6]),
        (numbers[:2] + 1, numbers[2:6]),
        (numbers[:2], numbers[2:6].astype(np.float32)),
    ):
        assert digest(*other) != usual


def test_balanced_weights_count_decisions_by_the_weights_of_their_examples() -> None:
    # Class 1: 2 decisions of weight 1, 1 of weight 5; class 2: 3 of weight 5.
    targets = ragged([np.array([1, 2, 2, 2]), np.array([1, 1])])
    weights = balanced("Index", targets, 2, np.array([5.0, 1.0]))
    np.testing.assert_allclose(weights, [22 / (2 * 7), 22 / (2 * 15)])


def test_examples_held_out_are_told_by_their_numbers() -> None:
    found = train(classifier(), (X, Y), 1, validation_set=wl.Scaled(0.3), batch_size=8)
    held = [number - 1 for number in found["ValidationExampleNumbers"]]
    assert not {*held} & {number - 1 for batch in found["BatchPermutation"] for number in batch}
    examples_held = [X[i] for i in held], Y[held]
    measured = wl.net_measurements(found["TrainedNet"], examples_held, "Loss")
    assert found["FinalValidationLoss"] == pytest.approx(measured, rel=1e-6)
