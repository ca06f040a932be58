"""A training that was broken off and taken up again ends in the same bits, the record included."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.thoroughness import some
from tests.train.test_going_on import FORMS, OF_A_CALL, TIMES, net, same, same_record
from tests.training_cases import METHODS, classes, numbers
from wlnet.train.history import LOSS, History, Series

FILES = (*OF_A_CALL, "CheckpointingFiles")
BUT_TIMES = (*FILES,)
QUIET: dict[str, Any] = {"training_progress_checkpointing": None}
BOUNDARIES = 100
SIZE, ROUNDS = 4, 10


def whole(method: Any, folder: Path, **options: Any) -> tuple[Any, Any]:
    """100 steps with all that a training has beside them, and a checkpoint after every one."""
    x, y = classes(50, seed=3)
    layers = [8, wl.BatchNormalizationLayer(), "Tanh", wl.DropoutLayer(0.3), 3, wl.SoftmaxLayer()]
    chain = wl.net_initialize(wl.NetChain(layers, input=4))
    usual: dict[str, Any] = {
        "batch_size": SIZE,
        "max_training_rounds": ROUNDS,
        "validation_set": wl.Scaled(0.2),
        "training_stopping_criterion": {"Criterion": "Loss", "Patience": 9},
        "training_progress_measurements": ["ErrorRate", "F1Score", "AreaUnderROCCurve",
                                           "ConfusionMatrix"],
        "training_progress_checkpointing": ("Directory", folder, {"Interval": (1, "Batches")}),
        "learning_rate": 0.03,
    }  # fmt: skip
    results = wl.net_train(chain, (x, y), wl.ALL, method=method, **{**usual, **options})
    return results, (x, y)


def check_boundaries(results: Any, data: Any, every: int) -> int:
    files = results["CheckpointingFiles"]
    assert len(files) == results["TotalBatches"]
    for file in files[::every]:
        same_record(results, wl.net_resume(file, data, **QUIET), BUT_TIMES)
    return len(files[::every])


@pytest.mark.parametrize("method", METHODS)
def test_a_training_may_be_broken_off_between_any_two_steps(method: str, tmp_path: Path) -> None:
    results, data = whole((method, {"LearningRateSchedule": "Cosine"}), tmp_path)
    assert results["TotalBatches"] == BOUNDARIES
    assert check_boundaries(results, data, 19) == 6


@pytest.mark.thorough
@pytest.mark.parametrize("method", METHODS)
def test_it_is_so_at_every_boundary(method: str, tmp_path: Path) -> None:
    results, data = whole((method, {"LearningRateSchedule": "Cosine"}), tmp_path)
    assert check_boundaries(results, data, 1) == BOUNDARIES


@pytest.mark.parametrize("method", METHODS)
def test_early_stopping_comes_at_the_same_round(method: str, tmp_path: Path) -> None:
    results, data = whole(method, tmp_path, learning_rate=0.3,
                          training_stopping_criterion={"Patience": 2})  # fmt: skip
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    check_boundaries(results, data, max(results["TotalBatches"] // 5, 1))
    again = wl.net_resume(results["CheckpointingFiles"][7], data)
    same_record(results, again, (*TIMES, "CheckpointingFiles", "TrainingNet", "TrainedNet"))
    assert again["Receipt"] == results["Receipt"]


@pytest.mark.parametrize("precision", some(["Real32", "Real64"], "Real32"))
def test_phases_norms_and_decay_are_taken_up_too(precision: str, tmp_path: Path) -> None:
    phases = wl.Phases({1: {-2: 1, wl.ANY: None}, 3: {wl.ANY: 0.3}, 7: {1: None, wl.ANY: 1}})
    method = wl.Adam(weight_decay=0.01, gradient_norm=1.0, l2_regularization=0.001)
    results, data = whole(method, tmp_path, learning_rate_multipliers=phases,
                          working_precision=precision)  # fmt: skip
    check_boundaries(results, data, 17)


@pytest.mark.parametrize("form", FORMS)
def test_data_from_functions_go_on_where_they_were(form: str, tmp_path: Path) -> None:
    data = FORMS[form]()
    results = wl.net_train(net(), data, wl.ALL, batch_size=8, max_training_rounds=4,
                           training_progress_checkpointing=(
                               "Directory", tmp_path, {"Interval": (1, "Batches")}))  # fmt: skip
    for file in results["CheckpointingFiles"]:
        with pytest.warns(wl.TrainingWarning, match="come from a function") if form != "columns" \
                else contextlib.nullcontext():  # fmt: skip
            resumed = wl.net_resume(file, FORMS[form](), **QUIET)
        same_record(results, resumed, BUT_TIMES)


def test_a_training_that_went_on_is_taken_up_within_its_last_call(tmp_path: Path) -> None:
    data = numbers(30)
    kept = ("Directory", tmp_path, {"Interval": (1, "Batches")})
    first = wl.net_train(net(), data, wl.ALL, batch_size=8, max_training_rounds=2)
    second = wl.net_train(first, data, wl.ALL, batch_size=8, max_training_rounds=2, method="ADAM",
                          learning_rate=0.1, training_progress_checkpointing=kept)  # fmt: skip
    for file in second["CheckpointingFiles"]:
        same_record(second, wl.net_resume(file, data, **QUIET), BUT_TIMES)


def test_a_folder_stands_for_its_last_checkpoint(tmp_path: Path) -> None:
    data, kept = numbers(20), ("Directory", tmp_path)

    def stops(state: Any) -> Any:
        return "StopTraining" if state["Round"] == 3 else None

    options: dict[str, Any] = {"batch_size": 5, "max_training_rounds": 6}
    wl.net_train(net(), data, training_progress_function=stops,
                 training_progress_checkpointing=kept, **options)  # fmt: skip
    resumed = wl.net_resume(tmp_path, data, training_progress_function=None)
    plain = wl.net_train(net(), data, wl.ALL, **options)
    same_record(plain, resumed, FILES)
    assert len(resumed["CheckpointingFiles"]) == 6, "it goes on to write them"


def test_a_damaged_last_checkpoint_is_passed_over_with_a_warning(tmp_path: Path) -> None:
    data = numbers(20)
    results = wl.net_train(net(), data, wl.ALL, max_training_rounds=3,
                           training_progress_checkpointing=("Directory", tmp_path))  # fmt: skip
    last = Path(results["CheckpointingFiles"][-1])
    last.write_bytes(last.read_bytes()[:-7])
    with pytest.warns(wl.TrainingWarning, match="cannot be read, the one before"):
        same_record(results, wl.net_resume(tmp_path, data), FILES)


def test_what_has_come_to_its_end_is_given_as_it_is(tmp_path: Path) -> None:
    data, file = numbers(20), tmp_path / "a.wlnet"
    results = wl.net_train(net(), data, wl.ALL, max_training_rounds=3,
                           training_progress_checkpointing=("File", file))  # fmt: skip
    same_record(results, wl.net_resume(file, data), FILES)
    assert same(wl.net_resume(file, data, "TrainedNet"), results["TrainedNet"])
    more = wl.net_resume(file, data, max_training_rounds=5)
    plain = wl.net_train(net(), data, wl.ALL, max_training_rounds=5)
    same_record(plain, more, FILES)


def started(tmp_path: Path, data: Any, **options: Any) -> Path:
    """A checkpoint after two of four rounds."""

    def stops(state: Any) -> Any:
        return "StopTraining" if state["Round"] == 2 else None

    file = tmp_path / "a.wlnet"
    wl.net_train(net(), data, batch_size=5, max_training_rounds=4, training_progress_function=stops,
                 training_progress_checkpointing=("File", file), **options)  # fmt: skip
    return file


@pytest.mark.parametrize("which", ["Input", "Output"])
def test_other_data_are_an_error_that_names_the_column(which: str, tmp_path: Path) -> None:
    x, y = numbers(20)
    file = started(tmp_path, (x, y))
    other = {"Input": x.copy(), "Output": y.copy()}
    other[which][3, 1] = np.nextafter(other[which][3, 1], np.float32(9))
    with pytest.raises(wl.DataError, match=rf"other data than those(.|\n)*column '{which}'"):
        wl.net_resume(file, other, training_progress_function=None)
    with pytest.raises(wl.DataError, match="other data"):
        wl.net_resume(file, (x[:19], y[:19]), training_progress_function=None)


def test_functions_have_to_be_given_again_and_all_are_named(tmp_path: Path) -> None:
    data = numbers(20)
    file = started(tmp_path, data, training_stopping_criterion=lambda state: False,
                   method=("SGD", {"LearningRateSchedule": lambda t, total: 1.0}),
                   validation_set=numbers(5))  # fmt: skip
    with pytest.raises(wl.OptionError) as caught:
        wl.net_resume(file, data)
    for name in ("training_progress_function", "training_stopping_criterion", "method",
                 "validation_set"):  # fmt: skip
        assert f"net_resume(file, data, {name}=" in str(caught.value)


def test_other_data_to_validate_on_are_an_error(tmp_path: Path) -> None:
    data = numbers(20)
    file = started(tmp_path, data, validation_set=numbers(5, seed=8))
    again: dict[str, Any] = {"training_progress_function": None}
    with pytest.raises(wl.DataError, match="other validation_set"):
        wl.net_resume(file, data, validation_set=numbers(5, seed=9), **again)
    done = wl.net_resume(file, data, validation_set=numbers(5, seed=8), **again)
    plain = wl.net_train(net(), data, wl.ALL, batch_size=5, max_training_rounds=4,
                         validation_set=numbers(5, seed=8))  # fmt: skip
    same_record(plain, done, FILES)


def test_other_rules_keep_what_is_known_and_tell_the_difference(tmp_path: Path) -> None:
    data = numbers(20)
    file = started(tmp_path, data, learning_rate_multipliers={5: 1, wl.ANY: None})
    with pytest.warns(wl.TrainingWarning, match="under other rates") as told:
        done = wl.net_resume(file, data, training_progress_function=None,
                             learning_rate_multipliers={5: 2, 1: 0.5, wl.ANY: None})  # fmt: skip
    text = str(told[0].message)
    assert "5/Weights: 1.0 -> 2.0 (its state is kept)" in text
    assert "1/Weights: 0.0 -> 0.5 (from zero)" in text
    assert done.record.moment.updates[5, "Weights"] == 16
    assert done.record.moment.updates[1, "Weights"] == 8
    assert list(done["ArraysLearningRateMultipliersByPhase"]) == [1, 3]


def test_another_width_of_vectors_and_another_version_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = numbers(20)
    file = started(tmp_path, data)
    monkeypatch.setattr("wlnet.train.net_resume.VERSION", "9.9")
    monkeypatch.setattr("wlnet.train.net_resume.vector_width", lambda: 8)
    with pytest.warns(wl.TrainingWarning) as told:
        wl.net_resume(file, data, training_progress_function=None)
    words = " ".join(str(each.message) for each in told)
    assert "vectors of another width" in words and "another version" in words


def test_an_unknown_option_is_refused(tmp_path: Path) -> None:
    data = numbers(20)
    file = started(tmp_path, data)
    with pytest.raises(wl.OptionError, match="learning_rate_multipliers"):
        wl.net_resume(file, data, training_progress_function=None, learning_rate_multiplier=1)


def test_an_empty_folder_and_a_file_of_a_net_are_told(tmp_path: Path) -> None:
    with pytest.raises(wl.FormatError, match="no checkpoint in this folder"):
        wl.net_resume(tmp_path, numbers(5))
    file = wl.save(net(), tmp_path / "net.wlnet")
    with pytest.raises(wl.FormatError, match="holds a net, and no training"):
        wl.net_resume(file, numbers(5))


@pytest.mark.parametrize(
    ("reason", "options"),
    [
        ("MaxTrainingRounds", {}),
        ("StoppingCriterion", {"training_stopping_criterion": {"Patience": 0}}),
        ("StoppingCriterion", {"training_stopping_criterion": lambda state: state["Round"] >= 2}),
        ("TimeGoal", {"time_goal": 0.05, "max_training_rounds": 10**6}),
    ],
)
def test_what_is_over_is_trained_no_further(
    reason: str, options: dict[str, Any], tmp_path: Path
) -> None:
    data = numbers(20)
    usual: dict[str, Any] = {"max_training_rounds": 4, "validation_set": wl.Scaled(0.2),
                             "learning_rate": 0.5}  # fmt: skip
    results = wl.net_train(net(), data, wl.ALL, **{**usual, **options},
                           training_progress_checkpointing=("Directory", tmp_path))  # fmt: skip
    assert results["ReasonTrainingStopped"] == reason
    again: dict[str, Any] = {
        name: value for name, value in options.items() if name == "training_stopping_criterion"
    }
    for changes in ({}, {"workers": 1}, {"training_progress_reporting": None}, again):
        done = wl.net_resume(tmp_path, data, **changes)
        same_record(results, done, (*FILES, "Receipt"))
    assert len(list(tmp_path.iterdir())) == len(results["CheckpointingFiles"])
    if reason != "StoppingCriterion" or not callable(options["training_stopping_criterion"]):
        with pytest.raises(wl.DataError, match="other data"):
            wl.net_resume(tmp_path, (data[0] * 2, data[1]))


@pytest.mark.parametrize("at", [3, 7, 11])
def test_what_a_function_stopped_goes_on_as_if_nobody_had(at: int, tmp_path: Path) -> None:
    """The validation that the stop made is not in the checkpoint: it would count for patience."""
    x, y = numbers(30)
    options: dict[str, Any] = {"batch_size": 5, "max_training_rounds": 12, "learning_rate": 0.1,
                               "validation_set": wl.Scaled(0.2),
                               "training_stopping_criterion": {"Patience": 2}}  # fmt: skip

    def stops(state: Any) -> Any:
        return "StopTraining" if state["AbsoluteBatch"] == at else None

    whole = wl.net_train(net(), (x, y), wl.ALL, **options)
    cut = wl.net_train(net(), (x, y), wl.ALL, **options,
                       training_progress_function=(stops, {"Interval": (1, "Batches")}),
                       training_progress_checkpointing=("File", tmp_path / "a.wlnet"))  # fmt: skip
    assert cut["TotalBatches"] == at
    done = wl.net_resume(tmp_path / "a.wlnet", (x, y), training_progress_function=None)
    same_record(whole, done, FILES)


def test_options_that_decide_what_is_read_are_no_other_data(tmp_path: Path) -> None:
    data = numbers(20)
    file = started(tmp_path, data)
    for option, value in (("working_precision", "Real64"), ("random_seeding", 7),
                          ("validation_set", wl.Scaled(0.2)),
                          ("example_weights", np.ones(20))):  # fmt: skip
        with pytest.warns(wl.TrainingWarning, match=f"{option} decide what is read"):
            wl.net_resume(file, data, training_progress_function=None, **{option: value})


def test_the_net_that_is_trained_is_that_of_the_call(tmp_path: Path) -> None:
    data = numbers(20)
    file = started(tmp_path, data)
    whole = wl.net_train(net(), data, wl.ALL, batch_size=5, max_training_rounds=4)
    done = wl.net_resume(file, data, training_progress_function=None)
    assert same(whole["TrainingNet"], done["TrainingNet"])


def test_checkpoints_go_on_to_their_place_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = numbers(20)
    monkeypatch.chdir(tmp_path)

    def stops(state: Any) -> Any:
        return "StopTraining" if state["Round"] == 2 else None

    wl.net_train(net(), data, batch_size=5, max_training_rounds=4, training_progress_function=stops,
                 training_progress_checkpointing=("Directory", "runs"))  # fmt: skip
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    wl.net_resume(tmp_path / "runs", data, training_progress_function=None)
    assert len(list((tmp_path / "runs").iterdir())) == 4
    (tmp_path / "runs").rename(tmp_path / "moved")
    with pytest.warns(wl.TrainingWarning, match="not to where this one lies"):
        wl.net_resume(tmp_path / "moved", data, max_training_rounds=5,
                      training_progress_function=None)  # fmt: skip


def test_no_name_is_no_folder() -> None:
    with pytest.raises(wl.OptionError, match="from a file or a folder"):
        wl.net_resume("", numbers(5))


def test_the_rates_of_statistics_are_told_without_a_state(tmp_path: Path) -> None:
    data = numbers(20)
    file = started(tmp_path, data)
    with pytest.warns(wl.TrainingWarning) as told:
        wl.net_resume(file, data, training_progress_function=None,
                      learning_rate_multipliers={2: 0.5})  # fmt: skip
    assert "2/MovingMean: 1.0 -> 0.5;" in str(told[0].message)


TOLD = ("AbsoluteBatch", "Batch", "LearningRate", "ProgressFraction", "Round", "TotalBatches",
        "TotalRounds")  # fmt: skip


def without_rate(told: Any) -> Any:
    return tuple((name, value) for name, value in told.items() if name != "LearningRate")


@pytest.mark.parametrize("form", ["batches", "rounds", "passes"])
def test_a_function_is_told_what_it_would_have_been_told(form: str, tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = []

    def batch(state: Any) -> Any:
        asked.append({name: state[name] for name in TOLD})
        return np.ones((8, 3)), np.ones((8, 2))

    def batches(state: Any) -> Any:
        yield batch(state)
        yield batch(state)

    data = {"batches": batch, "rounds": (batch, {"RoundLength": 24}), "passes": batches}[form]
    results = wl.net_train(net(), data, wl.ALL, batch_size=8, max_training_rounds=6,
                           method=("ADAM", {"LearningRateSchedule": ("Steps", {"At": [1, 3]})}),
                           training_progress_checkpointing=(
                               "Directory", tmp_path, {"Interval": (1, "Batches")}))  # fmt: skip
    whole = {tuple(told.items()) for told in asked}
    assert len({told["LearningRate"] for told in asked}) == 3
    for file in results["CheckpointingFiles"][:-1]:
        asked.clear()
        before = wl.load(file)
        with pytest.warns(wl.TrainingWarning, match="come from a function"):
            wl.net_resume(file, data, **QUIET)
        # Of a pass under way the learning rate is that of the last step.
        late = [told for told in asked if told["AbsoluteBatch"] < before["TotalBatches"]]
        assert all(told["LearningRate"] == before["FinalLearningRate"] for told in late)
        assert {tuple(told.items()) for told in asked if told not in late} <= whole
        assert {without_rate(told) for told in asked} <= set(map(without_rate, map(dict, whole)))


def test_what_the_criterion_ended_goes_on_with_other_options(tmp_path: Path) -> None:
    results, data = whole("ADAM", tmp_path, learning_rate=0.3,
                          training_stopping_criterion={"Patience": 2})  # fmt: skip
    assert results["ReasonTrainingStopped"] == "StoppingCriterion"
    more = wl.net_resume(results["CheckpointingFiles"][-1], data, learning_rate=0.001, **QUIET)
    assert more["TotalRounds"] > results["TotalRounds"]


def drawn(state: Any) -> Any:
    """A pass whose numbers follow from what it was told when it began."""
    rng = np.random.default_rng([state["Round"], state["AbsoluteBatch"], state["Batch"],
                                 len(state["BatchLossList"])])  # fmt: skip
    for _ in range(6):
        yield rng.standard_normal((8, 3)), rng.standard_normal((8, 2))


@pytest.mark.parametrize("length", [None, 32, 40])
def test_a_pass_that_is_under_way_is_told_what_it_was_told_when_it_began(
    length: int | None, tmp_path: Path
) -> None:
    data = drawn if length is None else (drawn, {"RoundLength": length})
    results = wl.net_train(net(), data, wl.ALL, batch_size=8, max_training_rounds=4,
                           training_progress_checkpointing=(
                               "Directory", tmp_path, {"Interval": (1, "Batches")}))  # fmt: skip
    for file in results["CheckpointingFiles"]:
        with pytest.warns(wl.TrainingWarning, match="come from a function"):
            resumed = wl.net_resume(file, data, **QUIET)
        same_record(results, resumed, BUT_TIMES)


def test_what_is_cut_from_a_history_is_not_its_best() -> None:
    of_two = History(Series({LOSS: [3.0, 2.0]}), Series({LOSS: [3.0, 2.0]}),
                     round_positions=[1, 2], best_round=2,
                     learning_rates=[0.5, 0.25])  # fmt: skip
    of_two.cut(1)
    assert of_two.learning_rates == [0.5]
    assert of_two.best_round is None and of_two.rounds.losses == [3.0]
