"""Folders of pictures: labels by folder or by table, read when they are used."""

from __future__ import annotations

import shutil
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import wlnet as wl
from wlnet.data import images
from wlnet.train import mapped, snapshots

COUNT = 12


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes: dark and light pictures of several sizes and kinds of files."""
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for name, level in (("light", 200), ("dark", 40)):
        (folder / name).mkdir()
        for number in range(COUNT):
            sides = (10 + number, 14)
            pixels = rng.integers(level - 30, level + 30, (*sides, 3)).astype(np.uint8)
            ending = ("png", "jpg", "bmp")[number % 3]
            Image.fromarray(pixels).save(folder / name / f"{number:02}.{ending}")
    (folder / ".hidden").mkdir()
    (folder / "dark" / "Thumbs.db").write_bytes(b"junk")
    return folder


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    """One of one's own, to be damaged."""
    shutil.copytree(original, tmp_path / "pictures")
    return tmp_path / "pictures"


def reader() -> Any:
    encoder = wl.NetEncoder("Image", (8, 6))
    layers = [wl.FlattenLayer(), 4, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()]
    return wl.NetChain(layers, input=encoder)


ROUNDS: dict[str, Any] = {"batch_size": 5, "learning_rate": 0.01, "max_training_rounds": 8}


def test_classes_are_folders_in_the_order_of_their_names(original: Path) -> None:
    data = images(original)
    assert data.classes == ["dark", "light"]
    assert data.labels == ("dark",) * COUNT + ("light",) * COUNT
    names = [path.name for path in data.pictures.files[:COUNT]]
    assert names == sorted(names)
    assert data.pictures.sizes[3] == (14, 13)


def test_pictures_train_as_they_do_when_all_are_in_memory(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = images(original)
    arrays = [np.asarray(Image.open(path)) for path in data.pictures.files]
    monkeypatch.setattr(mapped, "PIECE", 4000)
    told = ["TrainedNet", "BatchLossList"]
    same = wl.net_train(reader(), (arrays, list(data.labels)), told, **ROUNDS)
    assert wl.net_train(reader(), data, told, **ROUNDS) == same
    trained = same[0]
    assert wl.net_measurements(trained, data, "Accuracy") == 1
    assert trained(data.pictures) == trained(arrays)
    held = wl.net_train(reader(), data, wl.ALL, validation_set=wl.Scaled(0.25), **ROUNDS)
    assert held["ValidationExamples"] == 6


def test_a_table_tells_the_labels_of_pictures_in_one_folder(folder: Path, tmp_path: Path) -> None:
    flat = tmp_path / "flat"
    flat.mkdir()
    labels = {}
    for path in images(folder).pictures.files[::5]:
        name = f"{path.parent.name}-{path.name}"
        shutil.copy(path, flat / name)
        labels[name] = path.parent.name
    frame = pd.DataFrame({"file": list(labels), "label": list(labels.values()), "more": 1})
    frame.to_csv(tmp_path / "labels.csv", index=False)
    for told in (labels, frame, tmp_path / "labels.csv"):
        data = images(flat, told)
        assert data.labels == tuple(labels.values())
        assert [path.name for path in data.pictures.files] == list(labels)


def test_pictures_stand_as_their_cameras_were_held(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    pixels = np.zeros((4, 8, 3), np.uint8)
    pixels[:, :4] = 255  # the left half is white
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    Image.fromarray(pixels).save(tmp_path / "a" / "1.png", exif=exif)
    data = images(tmp_path)
    assert data.pictures.sizes == ((8, 4),)
    encoded = wl.NetEncoder("Image", (4, 8))(data.pictures[0])
    assert encoded[:, :4].min() == 1
    assert encoded[:, 4:].max() == 0


def test_memory_does_not_grow_with_the_number_of_pictures(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapped, "PIECE", 1_000_000)
    monkeypatch.setattr(snapshots, "HELD", 1_000_000)
    encoder = wl.NetEncoder("Image", 128)
    layers = [wl.PoolingLayer(128), wl.FlattenLayer(), wl.LinearLayer(), wl.SoftmaxLayer()]
    net = wl.NetChain(layers, input=encoder)
    few = images(original)
    many = few._replace(
        pictures=type(few.pictures)(few.pictures.files * 6, few.pictures.sizes * 6),
        labels=few.labels * 6,
    )
    peaks = []
    for data in (few, few, many):
        tracemalloc.start()
        wl.net_train(net, data, batch_size=1, max_training_rounds=1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # An encoded picture has 200 kB: 28 MB for all of them.
    assert peaks[2] < peaks[1] + 2e6


def test_what_is_no_picture_is_left_out_and_told(folder: Path) -> None:
    (folder / "dark" / "notes.txt").write_text("dark ones")
    (folder / "read.me").write_text("dark ones")
    with pytest.warns(wl.TrainingWarning, match=r"(?s)left out.*read\.me, dark/notes\.txt"):
        data = images(folder)
    assert len(data.pictures) == 2 * COUNT


def test_all_files_that_are_broken_are_told_by_name(folder: Path) -> None:
    (folder / "dark" / "00.png").write_bytes(b"")
    (folder / "dark" / "03.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    (folder / "light" / "01.jpg").write_bytes(b"GIF89a")
    with pytest.raises(wl.DataError, match=r"(?s)3 faults.*dark.00\.png.*dark.03\.png.*01\.jpg"):
        images(folder)


def test_a_picture_that_claims_to_be_vast_is_not_read(folder: Path) -> None:
    head = b"P6\n9000 9000\n255\n"
    (folder / "dark" / "vast.ppm").write_bytes(head + bytes(100))
    with pytest.raises(wl.DataError, match=r"(?s)vast\.ppm"):
        images(folder)


def test_a_picture_that_is_damaged_further_on_is_told_when_it_is_used(folder: Path) -> None:
    path = folder / "dark" / "06.png"
    whole = path.read_bytes()
    path.write_bytes(whole[:-60])
    data = images(folder)
    with pytest.raises(wl.DataError, match=r"(?s)cannot be read.*example 7.*06\.png"):
        wl.net_train(reader(), data, **ROUNDS)
    path.unlink()
    with pytest.raises(wl.DataError, match=r"(?s)no such picture.*example 7.*06\.png"):
        wl.net_train(reader(), data, **ROUNDS)


def test_folders_and_labels_that_cannot_be_are_told(folder: Path) -> None:
    with pytest.raises(wl.DataError, match="no such folder"):
        images(folder / "nowhere")
    with pytest.raises(wl.DataError, match=r"(?s)no folders of classes.*images\(folder, labels\)"):
        images(folder / "dark")
    (folder / "grey").mkdir()
    with pytest.raises(wl.DataError, match=r"(?s)class without pictures.*grey"):
        images(folder)
    dark = folder / "dark"
    with pytest.raises(
        wl.DataError, match=r"(?s)no such picture.*0O\.png.*without a label.*and 5 more"
    ):
        images(dark, {"0O.png": 1})
    with pytest.raises(wl.DataError, match="'file' and 'label'"):
        images(dark, pd.DataFrame({"name": ["a"], "label": [1]}))
    with pytest.raises(wl.DataError, match="two labels"):
        images(dark, pd.DataFrame({"file": ["00.png", "00.png"], "label": [1, 2]}))
    with pytest.raises(wl.OptionError, match="no labels"):
        images(dark, {})


def test_pictures_need_an_encoder(original: Path) -> None:
    with pytest.raises(wl.DataError, match=r"(?s)port Input.*an encoder"):
        wl.net_train(wl.NetChain([2, wl.SoftmaxLayer()]), images(original), **ROUNDS)
