"""What a command writes: nothing over what it reads, nothing over what is there unless that is
said, and whether it can is found out before anything is done."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import wlnet as wl
from tests.cli.conftest import Command, training_of
from wlnet.cli.command import COMMANDS, arguments
from wlnet.cli.option_flags import CHECKPOINTS, FLAGS, REPORTING
from wlnet.cli.outputs import READ
from wlnet.cli.predictions import FORMATS

ROOT = Path(__file__).parents[2]
TRAIN = ("train", "net.wlnet", "data.npz", "--max-training-rounds", "2", "-q")
CHECKPOINTING = "--training-progress-checkpointing"
WRITTEN = {"output", "receipt", CHECKPOINTS, REPORTING}
NO_FILES = {
    *("target", "force", "record", "quiet", "help", "json", "format", "property", "summary"),
    *("map", "layout", "partial", "encoders", "layers", "ignore", "type", "missing", "embeddings"),
}


def _parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in arguments()._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _files() -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in sorted(Path().rglob("*")) if file.is_file()}


def test_every_argument_of_a_command_that_writes_is_read_or_written_or_no_file() -> None:
    told = {*READ, *WRITTEN, *NO_FILES, *FLAGS}
    for name, parser in _parsers():
        names = {action.dest for action in parser._actions}
        assert "force" not in names or names <= told, name
    assert len(list(_parsers())) == len(COMMANDS)


WAYS = ("its name", "an absolute path", "a symbolic link", "a hard link")


def _called(name: str, way: str) -> str:
    """The name of a file in another way; a file that is linked to is there."""
    if way == "its name":
        return name
    if way == "an absolute path":
        return str(Path(name).absolute())
    link = Path(f"link{Path(name).suffix}")
    if not Path(name).exists():
        Path(name).write_text("mine")
    if way == "a hard link":
        os.link(name, link)
    else:
        link.symlink_to(name)
    return str(link)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.wlnet", ("-o", "a.wlnet", "--receipt")),
        ("a.wlnet", ("-o", "a.wlnet", CHECKPOINTING)),
        ("a.wlnet", ("-o", "a.wlnet", "--training-progress-reporting")),
        ("a.receipt.json", ("-o", "a.wlnet", CHECKPOINTING)),
        ("a.receipt.json", ("-o", "a.wlnet", "--training-progress-reporting")),
        ("b.wlnet", ("-o", "a.wlnet", "--receipt", "b.wlnet", CHECKPOINTING)),
    ],
)
def test_two_outputs_are_never_one_file(
    wlnet: Command, name: str, words: tuple[str, ...], way: str
) -> None:
    other = _called(name, way)
    before = _files()
    said = wlnet(*TRAIN, *words, other, "--force")
    assert (said.status, said.out) == (1, "")
    assert "two files of one name would be written" in said.err
    assert _files() == before


def test_no_output_is_a_folder_of_another(wlnet: Command) -> None:
    for place in ("a.wlnet/runs", "a.receipt.json/run.wlnet"):
        said = wlnet(*TRAIN, "-o", "a.wlnet", CHECKPOINTING, place)
        assert said.status == 1
        assert "two files of one name" in said.err
        assert not Path("a.wlnet").exists()
    Path("runs").mkdir()
    assert wlnet(*TRAIN, "-o", "runs/a.wlnet", CHECKPOINTING, "runs").status == 0


COMMANDS_THAT_READ = {
    "train, net": ("net.wlnet", (*TRAIN, "-o")),
    "train, checkpoint": ("net.wlnet", (*TRAIN, "-o", "a.wlnet", CHECKPOINTING)),
    "train, data": ("data.npz", (*TRAIN, "-o", "a.wlnet", "--receipt")),
    "train, lines": ("data.npz", (*TRAIN, "-o", "a.wlnet", "--training-progress-reporting")),
    "train, rules": ("r.toml", (*TRAIN, "--rule", "r.toml", "-o", "a.wlnet", "--receipt")),
    "train, validation": (
        "v.npz",
        (*TRAIN, "--validation-set", "v.npz", "-o", "a.wlnet", "--receipt"),
    ),
    "train, port": (
        "x.npy",
        ("train", "net.wlnet", "Input=x.npy", "Output=y.npy", "-o", "a.wlnet", "--receipt"),
    ),
    "resume": ("run.wlnet", ("resume", "run.wlnet", "data.npz", "-o")),
    "resume, net": ("run.wlnet", ("resume", "run.wlnet", "data.npz", "-o", "a.wlnet", "--receipt")),
    "predict": ("data.npz", ("predict", "net.wlnet", "data.npz", "--format", "npy", "-o")),
    "predict, net": ("net.wlnet", ("predict", "net.wlnet", "data.npz", "--format", "npy", "-o")),
    "convert": ("net.wlnet", ("convert", "net.wlnet")),
    "convert, into": ("net.wlnet", ("convert", "m.npz", "--into", "net.wlnet")),
    "convert, like": ("m.npz", ("convert", "net.wlnet", "--like", "m.npz")),
    "diagram": ("r.svg", ("diagram", "net.wlnet", "--rule", "r.svg")),
    "new": ("t.wlnet", ("new", "t.wlnet", "2", "--target", "y", "-o")),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "words"), COMMANDS_THAT_READ.values(), ids=COMMANDS_THAT_READ)
def test_what_a_command_reads_is_never_written_over(
    wlnet: Command, name: str, words: tuple[str, ...], way: str, one_checkpoint: bytes
) -> None:
    Path("run.wlnet").write_bytes(one_checkpoint)
    for file in ("r.toml", "r.svg", "v.npz", "x.npy", "y.npy", "m.npz", "t.wlnet"):
        Path(file).write_text("mine")
    other = _called(name, way)
    before = _files()
    said = wlnet(*words, other, "--force")
    assert (said.status, said.out) == (1, "")
    assert "the command reads this, and would write over it" in said.err
    assert _files() == before


def test_no_file_of_a_folder_that_is_read_is_written_over(wlnet: Command) -> None:
    Path("pictures/low").mkdir(parents=True)
    Path("pictures/low/1.png").write_text("mine")
    Path("link").symlink_to("pictures")
    for place in ("pictures/low/1.png", "link/low/1.png"):
        words = ("predict", "net.wlnet", "pictures", "--format", "csv", "-o", place, "--force")
        assert "the command reads this" in wlnet(*words).err
    words = ("-o", "a.wlnet", CHECKPOINTING, "link")
    assert "the command reads this" in wlnet("train", "net.wlnet", "pictures", *words).err
    assert Path("pictures/low/1.png").read_text() == "mine"


@pytest.mark.skipif(not os.path.exists("/dev/stdin"), reason="a name of standard input")
def test_a_file_on_standard_input_is_not_written_over(folder: Path) -> None:
    before = Path("data.npz").read_bytes()
    words = ("predict", "net.wlnet", "-", "--format", "csv", "-o", "data.npz", "--force")
    with open("data.npz", "rb") as file:
        said = subprocess.run(
            [sys.executable, "-m", "wlnet", *words],
            stdin=file,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert said.returncode == 1
    assert "the command reads this" in said.stderr
    assert Path("data.npz").read_bytes() == before


@pytest.fixture(scope="module")
def one_checkpoint(tmp_path_factory: pytest.TempPathFactory, small_net: wl.NetChain) -> bytes:
    file = tmp_path_factory.mktemp("run") / "run.wlnet"
    wl.net_train(
        small_net,
        training_of(),
        max_training_rounds=2,
        training_progress_checkpointing=("File", str(file)),
        training_progress_reporting=None,
    )
    return file.read_bytes()


def test_a_checkpoint_replaces_no_file_unless_that_is_said(wlnet: Command) -> None:
    Path("run.wlnet").write_text("mine")
    words = (*TRAIN, CHECKPOINTING, "run.wlnet", "-o", "a.wlnet")
    said = wlnet(*words)
    assert said.status == 1
    assert f"there already\n  at:       {CHECKPOINTING}\n  given:    run.wlnet" in said.err
    assert Path("run.wlnet").read_text() == "mine"
    assert not Path("a.wlnet").exists()
    assert wlnet(*words, "--force").status == 0
    assert wl.load("run.wlnet")["TotalRounds"] == 2


def test_a_training_that_goes_on_replaces_its_own_checkpoint_alone(wlnet: Command) -> None:
    words = (*TRAIN, CHECKPOINTING, "run.wlnet")
    assert wlnet(*words, "-o", "whole.wlnet").status == 0
    resume = ("resume", "run.wlnet", "data.npz", "-q")
    more = ("--max-training-rounds", "3")
    # Where it went before, and where it is sent, in another way of naming it.
    assert wlnet(*resume, *more, "-o", "a.wlnet").status == 0
    assert wl.load("run.wlnet")["TotalRounds"] == 3
    place = str(Path("run.wlnet").absolute())
    assert wlnet(*resume, "--max", "4", CHECKPOINTING, place, "-o", "b.wlnet").status == 0
    assert wl.load("run.wlnet")["TotalRounds"] == 4
    Path("mine.wlnet").write_text("mine")
    said = wlnet(*resume, "--max", "5", CHECKPOINTING, "mine.wlnet", "-o", "c.wlnet")
    assert "there already" in said.err
    assert Path("mine.wlnet").read_text() == "mine"


def test_where_checkpoints_went_before_nothing_else_goes(wlnet: Command) -> None:
    assert wlnet(*TRAIN, CHECKPOINTING, "run.wlnet", "-o", "whole.wlnet").status == 0
    Path("run.wlnet").rename("copy.wlnet")
    resume = ("resume", "copy.wlnet", "data.npz", "-q", "--max", "3", "-o", "run.wlnet")
    said = wlnet(*resume)
    assert said.status == 1
    assert "two files of one name would be written" in said.err
    assert not Path("run.wlnet").exists()
    assert wlnet(*resume, CHECKPOINTING, "none").status == 0
    assert wl.load("run.wlnet").kind == "NetChain"
    assert not Path("none").exists()


@pytest.mark.parametrize("name", ["a.parquet", "a.npz", "a.csv.gz", "a.xyz", "a"])
def test_answers_of_another_kind_than_the_name_tells_are_refused(wlnet: Command, name: str) -> None:
    words = ("predict", "net.wlnet", "data.npz", "-o", name)
    said = wlnet(*words)
    assert said.status == 1
    assert not [form for form in FORMATS if f".{form}" not in said.err]
    assert not Path(name).exists()
    assert wlnet(*words, "--format", "csv").status == 0
    assert Path(name).read_text().startswith("Output\n")
