"""Names of files, as the system takes them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import cast

from wlnet.core.errors import Fault, OptionError, brief, fail


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
