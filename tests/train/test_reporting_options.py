"""training_progress_reporting as it is given, kept, and refused."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

import wlnet as wl
from tests.terminals import Terminal
from tests.training_cases import numbers, perceptron
from wlnet.core.symbols import AUTOMATIC
from wlnet.train.intervals import EVERY_ROUND, Every
from wlnet.train.reporting.options import Report, absolute, read_reporting

DATA = numbers(12)
AT = "training_progress_reporting"


def tell(state: Any) -> None:
    """A function that reports."""


def read(given: object) -> tuple[Report, ...]:
    reports, faults = read_reporting(given, AT)
    assert not faults, faults
    return reports


def train(how: Any, **options: Any) -> Any:
    return wl.net_train(
        perceptron(),
        DATA,
        wl.ALL,
        max_training_rounds=2,
        training_progress_reporting=how,
        **options,
    )


def test_every_form_is_read(tmp_path: Path) -> None:
    path, stream = tmp_path / "run.log", io.StringIO()
    file = Report("File", path)
    assert read(None) == () and read([]) == ()
    assert read(AUTOMATIC) == (Report("Automatic"),)
    for word in ("Panel", "Print", "ProgressIndicator"):
        assert read(word) == (Report(word),)
    assert read(("File", str(path))) == read(path) == read([path]) == (file,)
    assert read(stream) == (Report("Stream", stream),)
    assert read(tell) == (Report("Function", tell, EVERY_ROUND),)
    assert read(["Print", path, tell]) == read("Print") + read(path) + read(tell)


def test_every_form_takes_times(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    options = {"Interval": (5, "Seconds"), "MinimumInterval": 2}
    every = Every(5.0, "Seconds")
    assert read(("Print", options)) == (Report("Print", None, every, 2.0),)
    timed = (Report("File", path, every, 2.0),)
    for given in (("File", path, options), (("File", path), options), (path, options)):
        assert read(given) == timed
    assert read((tell, {"Event": "RoundStarted"})) == (
        Report("Function", tell, None, 0.0, ("RoundStarted",)),
    )
    assert read((AUTOMATIC, {"Interval": 2})) == (Report("Automatic", None, Every(2)),)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("Pannel", "did you mean 'Panel'"),
        ("print", "did you mean 'Print'"),
        ("run.log", r"fix: +\(\"File\", 'run.log'\)"),
        ("File", r"\(\"File\", \"run.log\"\)"),
        (3, "AUTOMATIC, None"),
        (True, "AUTOMATIC, None"),
        (("Print", "Panel"), "when it is shown"),
        (("Print", {"Intervall": 3}), "did you mean 'Interval'"),
        (("Print", {"Interval": 0}), "this is no interval"),
        (("Print", {"Interval": (3, "Round")}), "did you mean 'Rounds'"),
        (("Print", {"MinimumInterval": -1}), "MinimumInterval is seconds"),
        (("Print", {"Event": "RoundComplet"}), "did you mean 'RoundComplete'"),
        (lambda: None, "function of one argument"),
        ([None], "cannot be this"),
        ((None, {}), "cannot be this"),
        (("File",), "cannot be this"),
        (("File", 3), "named by a str or a path"),
        (("File", "a\0b"), "zero byte"),
        (("File", "/"), "this is a folder"),
        (("File", "/nowhere/at/all/run.log"), "'/nowhere/at/all' is not there"),
        (io.BytesIO(), "open for bytes"),
    ],
    ids=lambda given: str(given).partition(" at 0x")[0],
)  # fmt: skip
def test_what_is_wrong_is_told(given: Any, told: str) -> None:
    with pytest.raises(wl.OptionError, match=told):
        train(given)


def test_open_files_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    path.write_text("")
    with path.open() as stream, pytest.raises(wl.OptionError, match="open for reading"):
        train(stream)
    with path.open("w") as stream:
        pass
    with pytest.raises(wl.OptionError, match="it is closed"):
        train(stream)
    with path.open("wb") as raw, pytest.raises(wl.OptionError, match="open for bytes"):
        train(raw)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(wl.OptionError) as found:
        train(["Pannel", ("Print", {"Intervall": 1}), 7], batch_size=-1)
    told = str(found.value)
    assert told.startswith("4 faults")
    for number in (1, 2, 3):
        assert f"{AT}, number {number}" in told


def test_a_panel_in_a_terminal_without_rich_is_told_with_what_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "rich" else spec(name, *a)
    )
    monkeypatch.setattr(sys, "stderr", Terminal())
    with pytest.raises(wl.OptionError, match=r"pip install 'wlnet\[progress\]'"):
        train("Panel")
    # Nobody asked for it by name.
    train(AUTOMATIC)


# What is kept


def test_files_are_kept_as_they_are_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    here, options = str(tmp_path / "run.log"), {"Interval": 2}
    assert absolute(("File", "run.log")) == ("File", here)
    assert absolute(("File", "run.log", options)) == ("File", here, options)
    assert absolute([Path("run.log"), "Print"]) == [Path(here), "Print"]
    assert absolute((("File", "run.log"), options)) == (("File", here), options)
    assert absolute((Path("run.log"), options)) == (Path(here), options)
    for other in ("run.log", AUTOMATIC, None, tell, (tell, options)):
        assert absolute(other) is other or absolute(other) == other
    results = train(("File", "run.log"))
    assert results.record.calls[0].options[AT] == ("File", here)


def test_a_record_in_a_file_tells_of_it(tmp_path: Path) -> None:
    log, file = tmp_path / "run.log", tmp_path / "run.wlnet"
    for how in (["Print", ("File", str(log), {"Interval": 2})], (log, {"Interval": 3}), "Print"):
        results = train(how)
        again = wl.load(wl.save(results, file))
        assert again.record.calls[0].options[AT] == how


def test_a_training_that_is_taken_up_goes_on_with_the_file(tmp_path: Path) -> None:
    log, file = tmp_path / "run.log", tmp_path / "run.wlnet"
    kept = {"training_progress_checkpointing": ("File", file)}
    train(("File", log), **kept, training_progress_function=_stop)
    wl.net_resume(file, DATA, training_progress_function=None)
    lines = log.read_text().splitlines()
    begun = [n for n, each in enumerate(lines) if each.startswith("training begun")]
    assert begun == [0, 3]
    assert lines[2].startswith("stopped by a function: 1 round") and "round 2 of 2" in lines[-2]


def _stop(state: Any) -> str:
    return "StopTraining"


def test_functions_and_open_files_have_to_be_given_again(tmp_path: Path) -> None:
    file = tmp_path / "run.wlnet"
    with (tmp_path / "run.log").open("w") as stream:
        for how in (tell, stream, [tell, "Print"], (stream, {"Interval": 2})):
            train(how, training_progress_checkpointing=("File", file),
                  training_progress_function=_stop)  # fmt: skip
            given = {"training_progress_function": None}
            with pytest.raises(wl.OptionError, match=f"{AT}: no file holds"):
                wl.net_resume(file, DATA, **given)
            again = wl.net_resume(file, DATA, **given, training_progress_reporting=None)
            assert again["TotalRounds"] == 2


def test_a_receipt_is_verified_whatever_reported(tmp_path: Path) -> None:
    results = train([tell, ("File", tmp_path / "run.log")])
    before = os.listdir(tmp_path)
    assert wl.verify(results["Receipt"], perceptron(), DATA)
    assert os.listdir(tmp_path) == before


# Functions


def test_what_a_function_answers_means_nothing_and_what_it_raises_is_the_users() -> None:
    assert train(lambda state: "StopTraining")["TotalRounds"] == 2
    with pytest.raises(ZeroDivisionError):
        train(lambda state: 1 / 0)


def test_a_function_is_told_at_its_times() -> None:
    told: list[Any] = []
    train((lambda state: told.append((state["Event"], state["AbsoluteBatch"])),
           {"Interval": (2, "Batches"), "Event": "TrainingStarted"}), batch_size=4)  # fmt: skip
    assert told == [("TrainingStarted", 0), ("BatchComplete", 2), ("BatchComplete", 4),
                    ("RoundComplete", 6)]  # fmt: skip
