"""A folder of pictures as columns: the names of its files, and the names of the folders in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wlnet.core.errors import NAMES, DataError, Fault, TrainingWarning, brief, fail, warn

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
"""Files that are taken for pictures; what each holds is seen by the encoder that reads it."""


def picture_columns(folder: Path) -> dict[str, list[str]]:
    """The files of a folder, at the port Input. Where they lie in folders of their own, one for
    each class, the names of these are labels, at the port Output.

    They come in the order of their names. What is no picture is left out, with a warning; names
    that begin with a dot are. Raises DataError where there are none, or some with a class and some
    without.
    """
    others: list[Path] = []
    loose = list(_pictures(folder, others))
    labelled = [
        (str(file), inside.name)
        for inside in _entries(folder)
        if inside.is_dir()
        for file in _pictures(inside, others)
    ]
    if loose and labelled:
        what = "some pictures lie in folders, which are classes, and some beside them"
        given = brief([file.name for file in loose], NAMES)
        raise fail(DataError, Fault(what, at=str(folder), given=given))
    if not loose and not labelled:
        what, fix = "there is no picture in this folder", f"{folder}/cat/1.png, {folder}/dog/2.png"
        raise fail(DataError, Fault(what, at=str(folder), expected=", ".join(SUFFIXES), fix=fix))
    if others:
        given = brief([str(file.relative_to(folder)) for file in others], NAMES)
        what = "files that are no pictures are left out"
        warn(TrainingWarning, Fault(what, at=str(folder), given=given))
    if loose:
        return {"Input": [str(file) for file in loose]}
    return {"Input": [file for file, _ in labelled], "Output": [label for _, label in labelled]}


def _entries(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))


def _pictures(folder: Path, others: list[Path]) -> Iterator[Path]:
    """The pictures that lie in a folder; what else lies there is put to the others."""
    for each in _entries(folder):
        if each.is_file():
            if each.suffix.lower() in SUFFIXES:
                yield each
            else:
                others.append(each)
