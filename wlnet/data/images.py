"""Pictures in a folder, with their labels: read when they are used."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from wlnet.core.errors import DataError, Fault, OptionError, TrainingWarning, brief, fail, warn
from wlnet.core.extras import needed
from wlnet.core.paths import as_path
from wlnet.core.spelling import nearest
from wlnet.core.stored import Array, Stored
from wlnet.data.columns import columns_of

ENDINGS = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
MOST_PIXELS = 1 << 26
"""Of a picture: what claims to have more is not read."""
MOST_TOLD = 8
COLUMNS = "file", "label"


class PictureFiles(Stored):
    """The files of pictures, which an encoder reads when they are used: `images` makes it."""

    dtype = np.dtype(object)

    def __init__(self, files: Sequence[Path], sizes: Sequence[tuple[int, int]]) -> None:
        self.files, self.sizes = tuple(files), tuple(sizes)
        self.title = f"{len(files):,} pictures"
        self.shape = (len(files),)

    def read(self, rows: Array) -> list[str]:
        return [str(self.files[row]) for row in rows.tolist()]


class Images(NamedTuple):
    """Pictures and their labels: data for training, as (inputs, outputs)."""

    pictures: PictureFiles
    labels: tuple[Any, ...]

    @property
    def classes(self) -> list[Any]:
        """The labels that there are, sorted."""
        return sorted(set(self.labels), key=lambda label: (type(label).__name__, label))


def images(folder: object, labels: object = None) -> Images:
    """Pictures in a folder as data to train on: `(pictures, labels)`, read when they are used.

    In the folder there is a folder for each class, whose name is the label; classes and files come
    in the order of their names. With labels the pictures lie in the folder itself: labels is a dict
    from names of files to labels, or a table of any form, a CSV file say, with the columns `file`
    and `label`.

    A net takes the pictures with `NetEncoder("Image", (width, height))` at its input, which turns
    them as their cameras were held. A training reads some at a time, by several threads, before
    they are used, and takes bounded memory.

    The head of each file is read at once. Raises DataError, which names the files: those that are
    no pictures, claim to have more than 67,000,000 pixels, are missing, or have no label;
    MissingExtraError without Pillow. A file that is damaged further on is an error when it is used.

    >>> from PIL import Image
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("cats", "dogs"):
    ...         Path(folder, name).mkdir()
    ...         Image.new("RGB", (4, 2)).save(f"{folder}/{name}/1.png")
    ...     data = images(folder)
    ...     data.classes, data.labels, data.pictures.sizes
    (['cats', 'dogs'], ('cats', 'dogs'), ((4, 2), (4, 2)))
    """
    place = as_path(folder, "folder", "pictures")
    if not place.is_dir():
        raise fail(DataError, Fault("there is no such folder", at=str(place)))
    needed("PIL", "reading pictures")
    found = _by_class(place) if labels is None else _labelled(place, labels)
    sizes = _sizes([path for path, _ in found])
    files, names = zip(*found, strict=True)
    return Images(PictureFiles(files, sizes), names)


def _by_class(folder: Path) -> list[tuple[Path, Any]]:
    entries = sorted(_seen(folder), key=lambda entry: entry.name)
    classes = [entry for entry in entries if entry.is_dir()]
    if not classes:
        fix = "images(folder, labels), where the pictures lie in the folder itself"
        what = "no folders of classes in this folder"
        raise fail(DataError, Fault(what, at=str(folder), fix=fix if entries else None))
    others = [entry for entry in entries if not entry.is_dir()]
    found: list[tuple[Path, Any]] = []
    faults = []
    for each in classes:
        pictures: list[Path] = []
        for entry in sorted(_seen(each), key=lambda entry: entry.name):
            is_picture = entry.is_file() and entry.suffix.lower() in ENDINGS
            (pictures if is_picture else others).append(entry)
        if not pictures:
            faults.append(Fault("a class without pictures", at=str(each)))
        found += [(path, each.name) for path in pictures]
    if faults:
        raise fail(DataError, faults[:MOST_TOLD])
    if others:
        shown = ", ".join(str(entry.relative_to(folder)) for entry in others[:MOST_TOLD])
        more = f", and {len(others) - MOST_TOLD} more" if len(others) > MOST_TOLD else ""
        what = "what is no picture in a folder of a class is left out"
        warn(TrainingWarning, Fault(what, at=str(folder), given=shown + more))
    return found


def _seen(folder: Path) -> list[Path]:
    """What is in a folder, but for what systems hide there."""
    hidden = ("thumbs.db", "desktop.ini")
    return [
        entry
        for entry in folder.iterdir()
        if not entry.name.startswith(".") and entry.name.lower() not in hidden
    ]


def _labelled(folder: Path, labels: object) -> list[tuple[Path, Any]]:
    """The pictures of a folder, as a table says what each is."""
    told = _table(labels)
    there = [entry.name for entry in sorted(_seen(folder)) if entry.suffix.lower() in ENDINGS]
    faults = []
    for name in told:
        if name not in there and not (folder / name).is_file():
            near = nearest(name, there)
            fix = f"did you mean {near[0]!r}?" if near else None
            faults.append(Fault("there is no such picture", at=str(folder / name), fix=fix))
    named = {str(Path(name)) for name in told}
    faults += [
        Fault("a picture without a label", at=str(folder / name))
        for name in there
        if name not in named
    ]
    if faults:
        more = len(faults) - MOST_TOLD
        told_faults = faults[:MOST_TOLD]
        if more > 0:
            told_faults.append(Fault(f"and {more} more like these"))
        raise fail(DataError, told_faults)
    return [(folder / name, label) for name, label in told.items()]


def _table(labels: object) -> dict[str, Any]:
    """Labels by name of file, in their order."""
    if isinstance(labels, Mapping) and set(labels) != set(COLUMNS):
        named = {os.fspath(name): label for name, label in labels.items()}
    else:
        columns = columns_of(labels, COLUMNS, "labels")
        missing = [name for name in COLUMNS if name not in columns]
        if missing:
            given = f"columns {brief(list(columns))}"
            fault = Fault("labels are told by two columns", "labels", given, "'file' and 'label'")
            raise fail(DataError, fault)
        files, values = (columns[name].values.tolist() for name in COLUMNS)
        twice = (
            sorted({name for name in files if files.count(name) > 1})
            if len(set(files)) < len(files)
            else []
        )
        if twice:
            fault = Fault("a picture has two labels", at="labels", given=brief(twice))
            raise fail(DataError, fault)
        named = dict(zip(files, values, strict=True))
    if not named:
        raise fail(OptionError, Fault("no labels", at="labels", given=brief(labels)))
    return named


def _sizes(files: Sequence[Path]) -> list[tuple[int, int]]:
    """Width and height of each picture as it lies in its file. Raises DataError."""
    image = needed("PIL.Image", "reading pictures")
    sizes: list[tuple[int, int]] = []
    faults = []
    for path in files:
        try:
            with image.open(path) as picture:
                width, height = picture.size
        except Exception as error:  # a foreign file may make any of its readers fail in any way
            given = f"{type(error).__name__}: {error}"[:200]
            faults.append(Fault("this file cannot be read as a picture", str(path), given))
            continue
        if not 0 < width * height <= MOST_PIXELS:
            given = f"{width} x {height} pixels"
            faults.append(Fault("the picture is too large", str(path), given))
        sizes.append((width, height))
    if faults:
        more = len(faults) - MOST_TOLD
        raise fail(
            DataError,
            [*faults[:MOST_TOLD], *([Fault(f"and {more} more like these")] if more > 0 else [])],
        )
    return sizes
