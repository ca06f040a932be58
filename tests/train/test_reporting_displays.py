"""Watching a training: what is seen of it in a terminal, in a file, and in a notebook."""

from __future__ import annotations

import signal
import sys
import threading
import time
import types
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import wlnet as wl
from tests.terminals import PlainTerminal, Screen, Terminal, Watched
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.train.reporting import displays, line, printed, reporters
from wlnet.train.reporting.line import LINES

DATA = numbers(12)
CLASSES = classes(60)
EACH = ("Print", {"Interval": 1})
WATCHED = Watched()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Standard error is a terminal of 80 columns."""
    found = Terminal()
    monkeypatch.setattr(WATCHED, "stream", found)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return found


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Live displays are shown whenever somebody may look."""
    monkeypatch.setattr(displays.Display, "by_round", 0.0)
    monkeypatch.setattr(displays.Display, "within", 0.0)
    monkeypatch.setattr(reporters, "LIVE", 0.0)
    monkeypatch.setattr(reporters, "SHARE", 1e9)


@pytest.fixture(autouse=True)
def nobody_is_left() -> Iterator[None]:
    """Whatever happened, no display keeps the last line of the terminal."""
    yield
    assert not LINES.are_taken


def train(how: Any, net: Any = None, data: Any = DATA, **options: Any) -> Any:
    given = {"batch_size": 4, "max_training_rounds": 3, **options}
    with WATCHED.block():
        return wl.net_train(
            net or perceptron(), data, wl.ALL, training_progress_reporting=how, **given
        )


# A line.


def test_after_the_end_one_whole_line_stays(terminal: Terminal) -> None:
    results = train(wl.AUTOMATIC, classifier(), CLASSES, validation_set=CLASSES)
    told, *rest = Screen(terminal.getvalue()).text
    assert rest == [""]
    loss, best = results["RoundLossList"][-1], results["BestValidationRound"]
    assert told.startswith("3 rounds in 0.") and f"loss {loss:#.4g}" in told
    assert f"best round {best}: validation loss {results['ValidationLoss']:#.4g}" in told


@pytest.mark.usefixtures("often")
def test_the_line_moves_and_never_wraps(terminal: Terminal) -> None:
    train(wl.AUTOMATIC, classifier(), CLASSES, validation_set=CLASSES)
    seen = terminal.getvalue()
    assert Screen(seen).widest <= 77
    drawn = [Screen(part).text[0] for part in seen.split("\r")]
    assert any("compiling ..." in each for each in drawn)
    for number in (1, 2, 3):
        assert any(each.startswith(f"round {number} of 3  ") for each in drawn)
    # No cursor is hidden, so none has to be found again.
    assert "\x1b[?25l" not in seen


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("columns", [20, 40, 80, 120, 200, 500])
def test_a_line_grows_with_the_terminal(
    columns: int, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    train(wl.AUTOMATIC, classifier(), CLASSES, validation_set=CLASSES)
    seen = Screen(terminal.getvalue())
    assert seen.widest <= min(max(columns - 3, 20), 200)
    assert ("arrays learn" in terminal.getvalue()) == (columns >= 80)


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("sign", ["NO_COLOR", "TERM"])
def test_without_colours_there_are_none(
    sign: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sign, "dumb")
    train(wl.AUTOMATIC)
    seen = terminal.getvalue()
    assert ("\x1b" in seen.replace("\x1b[K", "")) is False
    assert ("\x1b[K" in seen) == (sign == "NO_COLOR")
    assert Screen(seen).text[0].startswith("3 rounds in")


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("how", [wl.AUTOMATIC, "Panel", "ProgressIndicator"])
def test_a_terminal_of_plain_letters_gets_plain_letters(
    how: Any, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = PlainTerminal()
    monkeypatch.setattr(WATCHED, "stream", plain)
    monkeypatch.setenv("COLUMNS", "120")
    train(how, classifier(), CLASSES, validation_set=CLASSES, max_training_rounds=20)
    assert "20 rounds in" in plain.getvalue()
    assert "#" in plain.getvalue() and "?" not in plain.getvalue().replace("[?25", "")


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("how", [wl.AUTOMATIC, "Panel"])
def test_what_a_function_prints_stands_on_lines_of_its_own(how: Any, terminal: Terminal) -> None:
    def say(state: Any) -> None:
        print(f"said in round {state['Round']}", file=sys.stderr)

    train(how, training_progress_function=say)
    told = Screen(terminal.getvalue()).text
    assert [each for each in told if "said" in each] == [f"said in round {n}" for n in (1, 2, 3)]
    assert sum("3 rounds in" in each for each in told) == 1


def test_a_training_within_a_training_leaves_both_lines_whole(terminal: Terminal) -> None:
    def nested(state: Any) -> None:
        train(wl.AUTOMATIC, max_training_rounds=2)

    train(wl.AUTOMATIC, training_progress_function=nested)
    told = Screen(terminal.getvalue()).text
    assert [each[:11] for each in told] == ["2 rounds in"] * 3 + ["3 rounds in", ""]


@pytest.mark.parametrize("outer", [wl.AUTOMATIC, "Panel"])
def test_a_panel_within_a_training_is_a_line(outer: Any, terminal: Terminal) -> None:
    train(outer, training_progress_function=lambda state: train("Panel") and None)
    told = "\n".join(Screen(terminal.getvalue()).text)
    assert told.count("3 rounds in") == 4


@pytest.mark.usefixtures("often")
def test_two_trainings_at_once_leave_both_lines_whole(terminal: Terminal) -> None:
    def run(rounds: int) -> None:
        train(wl.AUTOMATIC, max_training_rounds=rounds)

    threads = [threading.Thread(target=run, args=(n,)) for n in (50, 70)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    told = Screen(terminal.getvalue()).text
    assert sorted(each[:12] for each in told if each) == ["50 rounds in", "70 rounds in"]


# How it ends.


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"training_stopping_criterion": lambda state: True}, "stopped early: 1 round in"),
        ({"training_progress_function": lambda state: "StopTraining"}, "stopped by a function: 1"),
        ({"training_progress_function": lambda state: "AbortTraining"}, "aborted: 1 round in"),
        ({"learning_rate": 1e38}, "diverged: 0 rounds and"),
        ({"time_goal": 1e-9}, "the time is up: 0 rounds and 1 of 3 batches in"),
    ],
)
@pytest.mark.filterwarnings("ignore::wlnet.TrainingWarning")
def test_the_last_line_says_why(options: Any, told: str, terminal: Terminal) -> None:
    train(wl.AUTOMATIC, **options)
    assert any(each.startswith(told) for each in Screen(terminal.getvalue()).text)


def test_an_error_of_the_user_ends_the_line(terminal: Terminal) -> None:
    with pytest.raises(ZeroDivisionError):
        train(wl.AUTOMATIC, training_progress_function=lambda state: 1 / 0)
    told = Screen(terminal.getvalue()).text
    assert told[-2].startswith("broken off by ZeroDivisionError: 1 round in") and told[-1] == ""


# Where the interrupt comes as Python has just opened a file, Python itself closes it, and says so.
@pytest.mark.filterwarnings(
    "ignore:.*_io:pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)
@pytest.mark.parametrize("how", [wl.AUTOMATIC, "Panel", "ProgressIndicator"])
@pytest.mark.parametrize("seconds", [0.003, 0.011, 0.04, 0.09, 0.15])
@pytest.mark.usefixtures("often")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_an_interrupt_at_any_moment_leaves_the_terminal_clean(
    how: Any, seconds: float, terminal: Terminal
) -> None:
    def ring(number: int, frame: Any) -> None:
        signal.raise_signal(signal.SIGINT)

    def begin(state: Any) -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds)

    before = signal.signal(signal.SIGALRM, ring)
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        results = train(
            how, max_training_rounds=10**6,
            training_progress_function=(begin, {"Event": "TrainingStarted"}),
        )  # fmt: skip
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.signal(signal.SIGINT, usual)
    assert results["ReasonTrainingStopped"] == "ManualStop"
    seen = Screen(terminal.getvalue())
    assert seen.is_seen and seen.column == 0 and seen.text[-1] == ""
    assert any("stopped by the user: " in each for each in seen.text)


# Lines.


def test_piped_and_short_nothing_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    train(wl.AUTOMATIC)
    assert capsys.readouterr() == ("", "")


def test_piped_and_long_there_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed, "QUIET", 0.0)
    train(wl.AUTOMATIC)
    lines = capsys.readouterr().err.splitlines()
    assert [each[:12] for each in lines[:3]] == [f"round {n} of 3" for n in (1, 2, 3)]
    assert lines[3].startswith("3 rounds in") and len(lines) == 4


def test_rounds_that_are_too_fast_for_lines_are_left_out_and_that_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    train(None)
    for how in ("Print", ("File", tmp_path / "run.log")):
        train(how, max_training_rounds=30, learning_rate=0.01)
    *lines, seen = capsys.readouterr().err.splitlines()
    filed = (tmp_path / "run.log").read_text().splitlines()
    assert lines.count(printed.FAST) == filed.count(printed.FAST) == 1 and len(lines) < 10
    assert lines[-1].startswith("round 30 of 30  loss") and seen.startswith("30 rounds in ")
    assert [each[:14] for each in filed[-2:]] == ["round 30 of 30", seen[:14]]
    train(("Print", {"Interval": 1}), max_training_rounds=30)
    assert len(capsys.readouterr().err.splitlines()) == 31, "who asks for all gets all"


def test_the_last_round_has_a_line_however_a_training_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(state: Any) -> Any:
        return "StopTraining" if state["Round"] == 7 else None

    results = train("Print", max_training_rounds=30, training_progress_function=stop)
    *_, line, last = capsys.readouterr().err.splitlines()
    assert line.startswith(f"round  7 of 30  loss {results['RoundLoss']:#.4g}  ")
    assert "4 of 4 arrays learn  " in line and last.startswith("stopped by a function: 7 rounds")
    begun = train(None)
    capsys.readouterr()
    train("Print", begun, time_goal=1e-9)
    lines = capsys.readouterr().err.splitlines()
    assert not any("round 3 " in each for each in lines), "that was of another call"


def test_a_round_with_lines_within_has_one_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed, "LONG", 0.0)
    monkeypatch.setattr(printed, "EVERY", 1000.0)
    by_batch = (lambda state: None, {"Interval": (1, "Batches")})
    train("Print", max_training_rounds=1, training_progress_function=by_batch)
    lines = capsys.readouterr().err.splitlines()
    assert [each[:22] for each in lines[1:3]] == ["round 1 of 1  batch 2 ", lines[2][:22]]
    assert lines[2].startswith("round 1 of 1  loss") and printed.FAST not in lines


def test_lines_come_at_the_intervals_and_events_that_were_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def told(options: Any) -> list[str]:
        train(("Print", options), max_training_rounds=4)
        *lines, last = capsys.readouterr().err.splitlines()
        assert last.startswith("4 rounds in")
        return [" ".join(each.split("  loss")[0].split()) for each in lines]

    assert told({"Interval": 2}) == ["round 2 of 4", "round 4 of 4"]
    assert told({"Interval": (4, "Batches")}) == [
        "round 2 of 4 batch 1 of 3", "round 3 of 4 batch 2 of 3", "round 4 of 4",
    ]  # fmt: skip
    assert [each[:12] for each in told({"Event": "TrainingStarted"})] == ["round 1 of 4"]
    assert told({"Event": "RoundComplete"}) == [f"round {n} of 4" for n in (1, 2, 3, 4)]
    assert told({"MinimumInterval": 1000}) == []


def test_a_long_round_has_lines_within(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printed, "LONG", 0.0)
    by_batch = (lambda state: None, {"Interval": (1, "Batches")})
    train("Print", max_training_rounds=1, training_progress_function=by_batch)
    lines = capsys.readouterr().err.splitlines()
    assert [each[:26] for each in lines[:2]] == [f"round 1 of 1  batch {n} of 3" for n in (1, 2)]


def test_a_phase_is_told_with_what_it_changed(capsys: pytest.CaptureFixture[str]) -> None:
    rules = wl.Phases({1: {-1: 1, wl.ANY: None}, 2: {1: 0.5, -1: None, wl.ANY: None}})
    train(EACH, learning_rate_multipliers=rules)
    first, second, _, last = capsys.readouterr().err.splitlines()
    assert "phase 1 of 2  " in first and "2 of 4 arrays learn" in first
    assert (
        "phase 2 of 2: learns now: 1/Weights, 1/Biases; frozen now: 3/Weights, 3/Biases" in second
    )
    assert "4 of 4 arrays learned (in the last phase 2 frozen, 2 slowed)" in last


def test_whoever_goes_on_is_told_of_the_rounds_of_this_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    begun = train(None)
    wl.net_train(begun, DATA, batch_size=4, max_training_rounds=2,
                 training_progress_reporting=EACH)  # fmt: skip
    lines = capsys.readouterr().err.splitlines()
    assert [each[:12] for each in lines[:2]] == ["round 4 of 5", "round 5 of 5"]
    assert lines[2].startswith("2 rounds (5 in all) in")


# A file.


def test_a_file_is_gone_on_with_and_written_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "run.log"
    file.write_text("what was there before\n")
    seen: list[int] = []
    train(("File", file, {"Interval": 1}), training_progress_function=lambda state: seen.append(
        len(file.read_text().splitlines())))  # fmt: skip
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "what was there before" and lines[1].startswith("training begun 20")
    assert [each[:12] for each in lines[2:5]] == [f"round {n} of 3" for n in (1, 2, 3)]
    assert lines[5].startswith("3 rounds in") and len(lines) == 6
    assert seen == [1, 3, 4]


def test_a_file_may_be_a_path_or_an_open_file(tmp_path: Path) -> None:
    with (tmp_path / "b.log").open("w") as stream:
        train([(tmp_path / "a.log", {"Interval": 1}), (stream, {"Interval": 1})])
        assert not stream.closed
    one, other = ((tmp_path / name).read_text().splitlines() for name in ("a.log", "b.log"))
    assert len(one) == 5 and len(other) == 4


# What fails.


def plain_training() -> Any:
    return train(None)["BatchLossList"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk here")
def test_a_full_disk_is_told_once_and_the_training_goes_on() -> None:
    with pytest.warns(
        wl.TrainingWarning, match="no longer be shown[^$]*No space left[^$]*, of '/dev/full'"
    ) as told:
        results = train(("File", "/dev/full"), max_training_rounds=3)
    assert len(told) == 1
    assert results["BatchLossList"] == plain_training()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_stream_that_breaks_on_the_way_is_told_once(tmp_path: Path) -> None:
    stream = (tmp_path / "run.log").open("w")

    def close(state: Any) -> None:
        stream.close()

    with pytest.warns(
        wl.TrainingWarning, match="goes on unseen[^$]*closed file[^$]*run.log"
    ) as told:
        results = train(stream, training_progress_function=close)
    assert len(told) == 1
    assert results["BatchLossList"] == plain_training()


@pytest.mark.parametrize("where", ["terminal", "notebook"])
def test_where_what_draws_a_panel_is_broken_there_are_lines(
    where: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = request.getfixturevalue("terminal")
    if where == "notebook":
        request.getfixturevalue("notebook")
        monkeypatch.setitem(sys.modules, "IPython.display", None)
        monkeypatch.setattr(sys, "stdout", stream)
    else:
        monkeypatch.setitem(sys.modules, "rich.live", None)
        monkeypatch.delitem(sys.modules, "wlnet.train.reporting.block", raising=False)
    with pytest.warns(wl.TrainingWarning, match="lines are printed instead[^$]*Error") as told:
        results = train("Panel")
    assert len(told) == 1 and results["BatchLossList"] == plain_training()
    assert "round 3 of 3  loss" in stream.getvalue() and "3 rounds in" in stream.getvalue()


def test_a_broken_terminal_ends_no_training(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(text: str) -> int:
        raise BrokenPipeError("nobody reads")

    monkeypatch.setattr(terminal, "write", broken)
    with pytest.warns(wl.TrainingWarning, match="BrokenPipeError"):
        assert train(wl.AUTOMATIC)["BatchLossList"] == plain_training()


@pytest.mark.parametrize("how", [wl.AUTOMATIC, "Print", "ProgressIndicator"])
def test_without_standard_error_nothing_is_told(how: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert train(how)["BatchLossList"] == plain_training()


def test_a_panel_where_none_can_be_is_lines_and_that_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.warns(wl.TrainingWarning, match="a panel needs a notebook or a terminal"):
        train("Panel")
    assert capsys.readouterr().err.splitlines()[-1].startswith("3 rounds in")


# A notebook.


class Notebook:
    """What IPython is to a panel."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.made = 0
        self.breaks = False

    def display(self, shown: Any, display_id: bool) -> Notebook:
        assert display_id is True
        self.made += 1
        self.update(shown)
        return self

    def update(self, shown: Any) -> None:
        if self.breaks:
            raise RuntimeError("the kernel is gone")
        self.pages.append(shown._repr_html_())
        assert "\n" not in repr(shown) and len(repr(shown)) <= 160


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """IPython runs, with a kernel."""
    found, shell = Notebook(), types.SimpleNamespace(kernel=object())
    module: Any = types.SimpleNamespace(get_ipython=lambda: shell)
    shown: Any = types.SimpleNamespace(display=found.display)
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    return found


@pytest.mark.usefixtures("often")
def test_a_notebook_has_one_panel_whose_last_state_stays(
    notebook: Notebook, capsys: pytest.CaptureFixture[str]
) -> None:
    results = train(wl.AUTOMATIC, classifier(), CLASSES, validation_set=CLASSES)
    assert notebook.made == 1 and len(notebook.pages) > 3
    first, last = notebook.pages[0], notebook.pages[-1]
    assert "compiling" in first or "round 1 of 3" in first
    assert "<b>✓ 3 rounds in 0." in last and f"best: round {results['BestValidationRound']}" in last
    assert f"{results['RoundLossList'][-1]:#.4g}" in last and "arrays learned" in last
    assert "<script" not in last
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("often")
def test_a_bar_alone_in_a_notebook(notebook: Notebook) -> None:
    train("ProgressIndicator")
    assert notebook.made == 1
    assert "<table" not in notebook.pages[-1] and "3 rounds in" in notebook.pages[-1]


def test_a_notebook_that_breaks_ends_no_training(notebook: Notebook) -> None:
    notebook.breaks = True
    with pytest.warns(wl.TrainingWarning, match="the kernel is gone") as told:
        results = train(wl.AUTOMATIC)
    assert len(told) == 1
    assert results["BatchLossList"] == plain_training()


# All of them.

WAYS: list[Any] = [wl.AUTOMATIC, "Panel", "Print", "ProgressIndicator", lambda state: None]


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize("how", WAYS, ids=["automatic", *WAYS[1:4], "function"])
def test_no_display_changes_a_bit(how: Any, terminal: Terminal) -> None:
    options: Any = {"validation_set": DATA, "max_training_rounds": 5, "batch_size": 5}
    plain, watched = train(None, **options), train(how, **options)
    for name in ("BatchLossList", "RoundLossList", "ValidationLossList", "TrainedNet"):
        assert plain[name] == watched[name]


def test_a_display_is_shown_at_most_ten_times_a_second_and_less_if_that_is_dear(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[float] = []
    monkeypatch.setattr(
        line.Line, "show", lambda self, now: shown.append(time.perf_counter()) or _spend(0.001)
    )
    train(wl.AUTOMATIC, data=numbers(400), max_training_rounds=10**6, time_goal=0.9)
    gaps = [b - a for a, b in pairwise(shown)]
    assert len(shown) >= 2 and min(gaps) >= 0.1
    assert len(shown) <= 4, "1 ms of 0.4 s is a quarter of 1 %"


def _spend(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def test_ipython_is_never_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)  # who runs notebooks imports it
    train(wl.AUTOMATIC)
    assert "IPython" not in sys.modules
