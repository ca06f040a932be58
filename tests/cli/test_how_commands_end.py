"""Statuses, what stands on which stream, files that are never lost, interrupts and pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import wlnet as wl
from tests.cli.conftest import Command
from wlnet.cli.answer import STATUSES
from wlnet.cli.command import COMMANDS, arguments, main
from wlnet.cli.option_flags import FLAGS, WITHOUT
from wlnet.train.net_train import usual_options

ROOT = Path(__file__).parents[2]
TRAIN = ("train", "net.wlnet", "data.npz", "--max-training-rounds", "2", "-q")


def test_every_option_of_net_train_is_a_flag_or_says_why_not() -> None:
    assert sorted([*FLAGS, *WITHOUT]) == sorted(usual_options())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_its_own_words(wlnet: Command, command: str) -> None:
    said = wlnet(command, "--help")
    assert said.status == 0
    assert said.out.startswith(f"usage: wlnet {command} ")
    assert len(said.out.split("\n\n")) > 2
    assert max(map(len, said.out.splitlines())) <= 100


def test_help_of_all_names_every_command(wlnet: Command) -> None:
    out = wlnet("--help").out
    assert not [command for command in COMMANDS if f"\n    {command}" not in out]


def test_the_version_is_told(wlnet: Command) -> None:
    assert wlnet("--version").out == f"wlnet {wl.__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("inof", "net.wlnet"),
        ("info",),
        ("info", "net.wlnet", "--jsn"),
        ("train", "net.wlnet", "data.npz"),
    ],
    ids=["no command", "a misspelt one", "no file", "an unknown flag", "nowhere to write"],
)
def test_a_command_line_that_cannot_be_has_status_2(wlnet: Command, words: tuple[str, ...]) -> None:
    said = wlnet(*words)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("usage: wlnet")


def test_a_misspelt_command_is_corrected(wlnet: Command) -> None:
    assert "did you mean 'measure'" in wlnet("mesure").err


def test_a_misspelt_flag_is_corrected(wlnet: Command) -> None:
    said = wlnet(*TRAIN, "-o", "a.wlnet", "--lerning-rate", "3")
    assert said.status == 2
    assert "did you mean '--learning-rate'" in said.err
    assert said.err.startswith("usage: wlnet train")


def test_an_error_is_told_on_standard_error_alone(wlnet: Command) -> None:
    Path("broken.wlnet").write_bytes(Path("net.wlnet").read_bytes()[:-1])
    Path("folder").mkdir()
    for words in (
        ("info", "nowhere.wlnet"),
        ("info", "broken.wlnet", "--json"),
        ("info", "folder"),
        ("predict", "net.wlnet", "nowhere.npz"),
        ("rules", "net.wlnet", "nowhere.toml"),
        ("measure", "net.wlnet", "data.npz", "-m", "Acuracy"),
    ):
        said = wlnet(*words)
        assert (said.status, said.out) == (1, ""), words
        assert "Traceback" not in said.err
        assert len(said.err.splitlines()) > 1


@pytest.mark.parametrize(
    ("words", "module", "extra"),
    [
        (("convert", "net.wlnet", "net.onnx"), "onnx", "onnx"),
        (("convert", "net.wlnet", "net.wxf"), "wolframclient.serializers", "wolfram"),
        (("predict", "net.wlnet", "rows.parquet"), "pyarrow.parquet", "tables"),
        (("diagram", "net.wlnet", "net.png"), "matplotlib.figure", "plot"),
    ],
)
def test_a_missing_extra_names_the_command_that_brings_it(
    wlnet: Command,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    module: str,
    extra: str,
) -> None:
    Path("rows.parquet").touch()
    monkeypatch.setitem(sys.modules, module, None)
    said = wlnet(*words)
    assert said.status == 1
    assert f"pip install 'wlnet[{extra}]'" in said.err


def test_json_may_be_asked_for_before_the_command_and_behind_it(wlnet: Command) -> None:
    before = wlnet("--json", "info", "net.wlnet", "LayersCount")
    assert before == wlnet("info", "net.wlnet", "LayersCount", "--json")


def test_no_file_is_replaced_unless_that_is_said(wlnet: Command) -> None:
    for name in ("trained.wlnet", "trained.receipt.json", "a.csv", "a.svg"):
        Path(name).write_text("mine")
    commands = (
        (*TRAIN, "-o", "trained.wlnet"),
        (*TRAIN, "-o", "other.wlnet", "--receipt", "a.csv"),
        ("predict", "net.wlnet", "data.npz", "-o", "a.csv"),
        ("diagram", "net.wlnet", "a.svg"),
    )
    for words in commands:
        said = wlnet(*words)
        assert said.status == 1
        assert "is there already" in said.err
    kept = {
        file.read_text() for file in Path().iterdir() if file.suffix in (".csv", ".svg", ".json")
    }
    assert kept == {"mine"}
    assert not Path("other.wlnet").exists()
    for words in commands:
        assert wlnet(*words, "--force").status == 0


def test_where_nothing_can_be_written_is_told_before_a_training(wlnet: Command) -> None:
    Path("folder.wlnet").mkdir()
    for name in ("nowhere/a.wlnet", "folder.wlnet"):
        assert wlnet("train", "missing.wlnet", "data.npz", "-o", name).err.count("folder") >= 1
    assert wlnet(*TRAIN, "-o", "a.wlnet", "--receipt", "a.wlnet").status == 1
    for name in ("a.txt", "", "-"):
        assert "ends in .wlnet" in wlnet("train", "missing.wlnet", "data.npz", "-o", name).err


def test_nothing_is_left_of_a_training_that_fails(wlnet: Command) -> None:
    before = sorted(Path().iterdir())
    assert wlnet(*TRAIN, "--rule", "none", "-o", "a.wlnet").status == 1
    assert sorted(Path().iterdir()) == before


def test_warnings_are_told_in_a_line_without_code(wlnet: Command) -> None:
    said = wlnet("rules", "net.wlnet", "*=1", "hidden=0", "--json")
    assert said.err.startswith("warning: a rule is hidden by rule 1")
    assert ".py" not in said.err
    assert said.value["hidden/Weights"]["Rate"] == 1


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Whoever starts tests in the background has them ignore interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_keeps_what_was_trained(wlnet: Command) -> None:
    def interrupt() -> None:
        while not list(Path().glob("runs/*.wlnet")):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    Path("runs").mkdir()
    timer = threading.Thread(target=interrupt)
    timer.start()
    checkpoints = ("--training-progress-checkpointing", "runs")
    words = ("--time-goal", "60", "-q", "--record", *checkpoints, "-o", "a.wlnet", "--json")
    said = wlnet("train", "net.wlnet", "data.npz", *words)
    timer.join()
    assert said.status == 130
    assert "what was trained until then is kept" in said.err
    assert said.value["ReasonTrainingStopped"] == "ManualStop"
    record = wl.load("a.wlnet")
    assert record["TotalRounds"] == said.value["TotalRounds"] > 0
    # The receipt is that of the part.
    assert wlnet("verify", "a.receipt.json", "net.wlnet", "a.wlnet").status == 0


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_while_a_net_is_written_loses_nothing(
    wlnet: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = wl.save

    def interrupted(*given: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        return save(*given)

    monkeypatch.setattr(wl, "save", interrupted)
    said = wlnet(*TRAIN, "-o", "a.wlnet")
    assert said.status == 0
    assert Path("a.receipt.json").exists()
    assert wl.load("a.wlnet").kind == "NetChain"


@pytest.mark.skipif(os.name == "nt", reason="pipes of a shell")
def test_a_reader_that_leaves_ends_a_command_quietly(folder: Path) -> None:
    command = [sys.executable, "-m", "wlnet", "info", "net.wlnet"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=pipe, stderr=pipe
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(60) == 141


@pytest.mark.skipif(os.name == "nt", reason="pipes of a shell")
def test_what_is_left_for_a_reader_that_left_goes_nowhere(
    wlnet: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        status = main(["info", "net.wlnet"])
        monkeypatch.undo()
        assert status == 141
        stream.write("Python flushes what is left at its end")
        stream.flush()


def test_the_page_tells_every_status_and_every_command() -> None:
    page = (ROOT / "docs" / "how-to" / "command-line.md").read_text("utf-8")
    assert not [status for status, text in STATUSES.items() if f"| {status} | {text} |" not in page]
    assert not [command for command in COMMANDS if f"\n## {command}" not in page]


def test_help_imports_no_net_and_no_kernels() -> None:
    code = (
        "import sys; from wlnet.cli.command import arguments; arguments();"
        "heavy = ('numba', 'llvmlite', 'matplotlib', 'wlnet.train.net_train');"
        "print([name for name in heavy if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert found.stdout == "[]\n"


def test_a_command_is_imported_when_it_is_used() -> None:
    parser = arguments("info")
    assert parser.parse_args(["info", "a.wlnet"]).file == "a.wlnet"
    assert not hasattr(parser.parse_args(["precompile"]), "run")
