"""A folder of pictures as columns: files, and the folders in it as labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wlnet.core.errors import NAMES, DataError, Fault, TrainingWarning, brief, fail, warn
from wlnet.data.images import ENDINGS, images


def picture_columns(folder: Path) -> dict[str, Any]:
    """The pictures of a folder, at the port Input. Where they lie in folders of their own, one for
    each class, the names of these are labels, at the port Output.

    They come in the order of their names. What is no picture is left out, with a warning. Raises
    DataError where there are none, or some with a class and some without.
    """
    seen = sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    loose = [each for each in seen if each.is_file() and each.suffix.lower() in ENDINGS]
    classes = [each for each in seen if each.is_dir()]
    if loose and classes:
        what = "some pictures lie in folders, which are classes, and some beside them"
        given = brief([file.name for file in loose], NAMES)
        raise fail(DataError, Fault(what, at=str(folder), given=given))
    if classes:
        found = images(folder)
        return {"Input": found.pictures, "Output": list(found.labels)}
    if not loose:
        what, fix = "there is no picture in this folder", f"{folder}/cat/1.png, {folder}/dog/2.png"
        expected = ", ".join(sorted(ENDINGS))
        raise fail(DataError, Fault(what, at=str(folder), expected=expected, fix=fix))
    if others := [each.name for each in seen if each not in loose]:
        what = "files that are no pictures are left out"
        warn(TrainingWarning, Fault(what, at=str(folder), given=brief(others, NAMES)))
    return {"Input": [str(file) for file in loose]}
