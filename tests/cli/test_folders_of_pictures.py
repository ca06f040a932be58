"""A folder of pictures is data: its files are inputs, the names of folders in it are labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import wlnet as wl
from tests.cli.conftest import Command
from wlnet.cli.picture_files import picture_columns


def draw(name: str, shade: int) -> None:
    file = Path(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.full((4, 4), shade, np.uint8)).save(file)


@pytest.fixture
def pictures(folder: Path) -> Path:
    for number in range(6):
        draw(f"pictures/dark/{number}.png", number)
        draw(f"pictures/light/{number}.PNG", 255 - number)
    Path("pictures/.DS_Store").touch()
    return folder


def net_of(labels: list[object]) -> wl.NetChain:
    encoder = wl.NetEncoder("Image", (4, 4), color_space="Grayscale")
    layers = [wl.FlattenLayer(), wl.LinearLayer(), wl.SoftmaxLayer()]
    return wl.net_initialize(
        wl.NetChain(layers, input=encoder, output=wl.NetDecoder("Class", labels))
    )


@pytest.mark.usefixtures("pictures")
def test_folders_are_classes(wlnet: Command) -> None:
    found = picture_columns(Path("pictures"))
    assert found["Input"].read(np.array([0])) == [str(Path("pictures/dark/0.png"))]
    assert found["Output"] == ["dark"] * 6 + ["light"] * 6
    wl.save(net_of(["dark", "light"]), "see.wlnet")
    words = ("--max-training-rounds", "60", "--learning-rate", "0.1", "-q", "-o", "trained.wlnet")
    assert wlnet("train", "see.wlnet", "pictures", *words).status == 0
    told = wlnet("measure", "trained.wlnet", "pictures", "-m", "Accuracy", "--json")
    assert told.value["Accuracy"] == 1
    assert (
        wlnet("predict", "trained.wlnet", "pictures/dark").out.split() == ["Output"] + ["dark"] * 6
    )
    assert len(wlnet("predict", "trained.wlnet", "pictures").out.split()) == 13


def test_folders_are_labels_that_are_numbers(wlnet: Command) -> None:
    for label in (0, 1):
        draw(f"digits/{label}/a.png", 200 * label)
    wl.save(net_of([0, 1]), "see.wlnet")
    said = wlnet("measure", "see.wlnet", "digits", "-m", "Accuracy", "--json")
    assert said.status == 0


@pytest.mark.usefixtures("pictures")
def test_a_folder_that_is_no_class_is_told(wlnet: Command) -> None:
    draw("pictures/drak/0.png", 3)
    wl.save(net_of(["dark", "light"]), "see.wlnet")
    said = wlnet("measure", "see.wlnet", "pictures")
    assert said.status == 1
    assert "drak" in said.err and "did you mean 'dark'" in said.err


@pytest.mark.usefixtures("pictures")
def test_what_is_no_picture_is_left_out_and_told(wlnet: Command) -> None:
    wl.save(net_of(["dark", "light"]), "see.wlnet")
    Path("pictures/dark/notes.txt").touch()
    for folder in ("pictures", "pictures/dark"):
        said = wlnet("predict", "see.wlnet", folder)
        assert said.status == 0
        assert "left out" in said.err and "notes.txt" in said.err
        Path("pictures/dark/7.png").write_text("no picture")
        assert "7.png" in wlnet("predict", "see.wlnet", folder).err
        Path("pictures/dark/7.png").unlink()


@pytest.mark.usefixtures("pictures")
def test_a_folder_without_pictures_and_one_of_two_kinds_are_refused() -> None:
    Path("empty").mkdir()
    with pytest.raises(wl.DataError, match="no picture in this folder"):
        picture_columns(Path("empty"))
    draw("pictures/loose.png", 1)
    with pytest.raises(wl.DataError, match="beside them"):
        picture_columns(Path("pictures"))
