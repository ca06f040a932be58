"""A file of a training that was cut, changed or forged is a FormatError, and soon."""

from __future__ import annotations

import copy
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.damaged_files import outcome, read
from tests.mutated_files import mutated_record, places
from tests.saved_records import same_facts, trained
from wlnet.core.errors import FormatError
from wlnet.io.files import told
from wlnet.io.layout import packed, unpacked
from wlnet.train.saving.records import written


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("record")
    return bytes(wl.save(trained("of classes"), folder / "record.wlnet").read_bytes())


def test_the_untouched_file_is_the_record(data: bytes, tmp_path: Path) -> None:
    first, second = outcome(data, tmp_path / "r.wlnet"), read(packed(*unpacked(data)))
    same_facts(first.record, second.record)


def test_a_record_cut_anywhere_is_refused(data: bytes) -> None:
    for size in range(0, len(data), 7):
        assert read(data[:size]) is FormatError, size


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_a_byte_of_a_record_that_is_flipped_is_noticed(flip: int, data: bytes) -> None:
    for place in range(flip % 13, len(data), 13):
        changed = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
        assert read(changed) is FormatError, place


# Forged, and sealed as if wlnet had written it

GONE: Any = object()


def forged(data: bytes, *path_and_value: Any) -> bytes:
    """The file with another value (GONE: with nothing) at a place of what it tells of a training.

    A place that begins with "~" is a tensor.
    """
    *path, last, value = path_and_value
    record, tensors = copy.deepcopy(unpacked(data))
    place: Any = tensors if not path and str(last).startswith("~") else record["Training"]
    for step in path:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value(tensors.get(last)) if callable(value) else value
    return packed(record, tensors)


def at_call(*path: Any) -> tuple[Any, ...]:
    return ("Calls", 0, *path)


def with_pairs(old: Any) -> Any:
    new = old.copy()
    new[1] = 10**9
    return new


NESTED: Any = [[[[[[[[[]]]]]]]]]
RULES = 4
"""The place of the learning_rate_multipliers among the options."""
FORGED: dict[str, tuple[Any, ...]] = {
    "no facts": ("Facts", GONE),
    "a fact more": ("Facts", "Other", 1),
    "a batch of none": ("Facts", "BatchSize", 0),
    "a batch of a truth value": ("Facts", "BatchSize", True),
    "a best round without a validation": ("Facts", "BestValidationRound", 99),
    "a reason that is none": ("Facts", "Reason", None),
    "a loss of a word": ("Facts", "FinalLearningRate", "a"),
    "examples held out, but untold": ("Facts", "HeldOut", False),
    "batches of more examples": ("Facts", "Permutation", 0, 9),
    "batches of no examples": ("Facts", "Permutation", [10**9]),
    "a method that is none": ("Facts", "Method", {"Dict": []}),
    "words that are none": ("Facts", "InputForm", [1]),
    "one series less": ("Series", "batch", []),
    "names that are none": ("Series", "round", [[]]),
    "one name twice": ("Series", "round", 1, "ErrorRate"),
    "losses of whole numbers": ("~series/round", lambda old: old.astype(np.int64)),
    "a loss less": ("~series/round", lambda old: old[:-1]),
    "losses in rows": ("~series/round", lambda old: old.reshape(1, -1)),
    "places before the others": ("~series/round/at", lambda old: old[::-1].copy()),
    "places beyond the batches": ("~series/round/at", lambda old: old + 10**6),
    "a table of too many classes": ("~series/round/3/int64", lambda old: old * 10**6),
    "pairs beyond the classes": ("~series/round/3/int64", with_pairs),
    "shapes beyond the numbers": ("~series/round/3/sizes", lambda old: old + 2**40),
    "kinds that are none": ("~series/round/3/kinds", lambda old: old - 5),
    "tuples of more arrays": ("~series/round/3/kinds", lambda old: old + 2**40),
    "a tensor more": ("~series/other", lambda old: np.ones(1)),
    "a state of another shape": ("~state/1/Weights/mean", lambda old: old.reshape(-1)),
    "a state that is missing": ("~state/1/Weights/mean", GONE),
    "a state of whole numbers": ("~state/1/Weights/mean", lambda old: old.astype(np.int64)),
    "arrays of another shape": ("~before/1/Weights", lambda old: old.reshape(-1)),
    "arrays that are not finite": ("~before/1/Weights", lambda old: old * np.nan),
    "an array that stands nowhere": ("Before", 0, "Elsewhere"),
    "an array less": ("Before", ["Own"]),
    "a moment of other entries": ("Moment", "Other", 1),
    "a round of more batches": ("Moment", "InRound", 10**6),
    "a round before the first": ("Moment", "Round", -1),
    "tallies that are none": ("Moment", "Seen", [["Loss", ["Array", [1]]]]),
    "a tally of an unknown kind": ("Moment", "Seen", [["Loss", {"Tally": ["os.system", []]}]]),
    "a tally of other fields": ("Moment", "Seen", [["x", {"Tally": ["Scores", [1]]}]]),
    "a tally of no numbers": ("Moment", "Seen", [["x", {"Tally": ["Moments", [1] * 6]}]]),
    "a tally of runs that are none": ("Moment", "Seen", [["x", {"Tally": ["Held", [[1]]]}]]),
    "tallies without end": ("Moment", "Seen", [["Loss", {"Tally": ["Held", [NESTED]]}]]),
    "updates of fewer arrays": ("Moment", "Updates", [1]),
    "updates before the first": ("Moment", "Updates", 0, -1),
    "states of fewer arrays": ("Moment", "States", []),
    "one state twice": ("Moment", "States", 0, ["mean", "mean"]),
    "failures that are none": ("Moment", "Failures", [1, 2]),
    "no call": ("Calls", []),
    "a call without phases": at_call("Phases", []),
    "a phase before its call": at_call("Phases", 0, 0, 0),
    "rules of parts that are not there": at_call("Options", RULES, 1, {"Dict": [["away", 1]]}),
    "rules that are none": at_call("Options", RULES, 1, "fast"),
    "an option less": at_call("Options", 0, ["other", 1]),
    "options that are none": at_call("Options", {"a": 1}),
    "a digest of another length": at_call("Data", [["Input", "00"]]),
    "a column told twice": at_call("Data", [["Input", "0" * 64]] * 2),
    "a seed that is none": at_call("Seed", 0.5),
    "an unknown net": at_call("Options", 0, 1, {"Net": 0}),
    "nets of options that are none": ("Nets", [[{}, []]]),
    "a training net that is none": ("TrainingNet", [{}, []]),
    "an array of it that stands nowhere": ("TrainingNet", 1, 0, 1, "~shared/w"),
    "numbers of arrays that are none": ("ByArray", [["WeightsRMS", []]]),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_record_is_refused(name: str, data: bytes) -> None:
    assert read(forged(data, *FORGED[name])) is FormatError


def test_the_places_that_are_forged_are_there(data: bytes) -> None:
    record, tensors = unpacked(data)
    training: Any = record["Training"]
    options = [name for name, _ in training["Calls"][0]["Options"]]
    assert options.index("learning_rate_multipliers") == RULES
    for name, (*_, last, _value) in FORGED.items():
        if str(last).startswith("~") and "more" not in name:
            assert last in tensors, name


def test_truth_values_of_other_bytes_are_refused(data: bytes) -> None:
    kept = trained("of numbers")
    record, tensors = written(kept)
    good = packed(record, tensors)
    assert read(good) is not FormatError
    name = next(key for key in tensors if tensors[key].dtype == bool)
    tensors[name] = np.full(tensors[name].shape, 2, np.uint8).view(bool)
    assert read(packed(record, tensors)) is FormatError


def test_endless_phases_are_refused_in_time(data: bytes) -> None:
    record, tensors = copy.deepcopy(unpacked(data))
    training: Any = record["Training"]
    call = training["Calls"][0]
    rules = {"Dict": [[n, float(n)] for n in range(1, 200_000)]}
    call["Options"][RULES][1] = {"Phases": rules}
    call["Phases"] = [[n, 1, call["Updates"]] for n in range(1, 200_000)]
    begun = time.perf_counter()
    with pytest.raises(FormatError, match="too many rules"):
        told(record, tensors)
    assert time.perf_counter() - begun < 60


JUNK = st.sampled_from([None, True, -1, 0, 2**40, 0.5, "", "Own", [], [[]], {}, {"Tensor": 1}])


@settings(max_examples=60)
@given(drawn=st.data())
def test_junk_at_any_place_gives_a_record_or_a_format_error(drawn: Any, data: bytes) -> None:
    record, _ = unpacked(data)
    place = drawn.draw(st.sampled_from(places(record["Training"])))
    found = read(forged(data, *place, drawn.draw(JUNK)))
    assert found is FormatError or found[wl.ALL]


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_records_changed_at_random_are_refused_or_tell_all(seed: int) -> None:
    for number in range(seed, seed + 20):
        found = read(mutated_record(np.random.default_rng(number)))
        assert found is FormatError or repr(found)


def test_a_forged_record_says_what_is_wrong_and_in_which_file(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "record.wlnet"
    file.write_bytes(forged(data, "Facts", "BatchSize", 0))
    with pytest.raises(FormatError, match=r"record\.wlnet: a number was expected[^\0]*BatchSize"):
        wl.load(file)
