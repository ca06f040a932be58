"""Names of files, as the system takes them, and files that cannot be read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Unpack, cast

from wlnet.core.errors import DataError, Fault, OptionError, Words, brief, fail


def as_path(given: object, at: str, example: str) -> Path:
    """The path that was given. Raises OptionError for what is none, and for names that no file can
    have.

    >>> as_path("a.wlnet", "file", "net.wlnet").suffix
    '.wlnet'
    """
    try:
        path = Path(cast("str | os.PathLike[str]", given))
        name = os.fsencode(path)
    except UnicodeError:
        what = "no file can have this name: it has letters that are none"
    except TypeError:
        what = "a file is named by a str or a path"
    else:
        if b"\0" not in name:
            return path
        what = "no file can have this name: it has a zero byte"
    raise fail(OptionError, Fault(what, at=at, given=brief(given), fix=repr(example)))


def unreadable(what: str, path: Path, **words: Unpack[Words]) -> DataError:
    """The error for a file of data that is not what it should be."""
    return fail(DataError, Fault(what, at=str(path), **words))
