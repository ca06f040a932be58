"""A folder whose content this process may run: nobody else can have put anything into it.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as own:
...     private_folder(Path(own).resolve() / "a" / "b").name
'b'
"""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


class NotPrivate(Exception):
    """Why a folder cannot be used, though it could be written: somebody else might write it too."""


def private_folder(place: Path) -> Path:
    """A folder of this user that nobody else writes, made if need be with those above it.

    One that is there and cannot be written, as on a disk that is read only, will do: it can be
    read. Raises NotPrivate where it, or a folder above it, belongs to somebody else than this user
    and root, or where it or the folder that it lies in is a link; OSError where it cannot be made,
    or is empty and cannot be written. Whoever owns a folder can put another one in the place of
    what is in it.
    """
    for above in (*reversed(place.parents), place):
        try:
            found = os.lstat(above)
        except FileNotFoundError:
            break
        if stat.S_ISLNK(found.st_mode):
            if above in (place, place.parent):
                raise NotPrivate(f"{above} is a link: name the folder that it leads to")
            _check_owner(above, found)  # whose link it is
            private_above(Path(os.path.realpath(above)))
        else:
            _check_owner(above, found)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Between the look and the making somebody may have been quicker.
    found = os.lstat(place)
    if not stat.S_ISDIR(found.st_mode) or not is_own(found):
        raise NotPrivate(f"{place} belongs to another user")
    if hasattr(os, "getuid") and found.st_mode & 0o077:
        place.chmod(0o700)
    try:
        tempfile.TemporaryFile(dir=place).close()
    except OSError:
        if not any(place.iterdir()):
            raise
    return place


def private_above(place: Path) -> None:
    """Raise NotPrivate where a folder without links in its path, or one above, is of others."""
    for above in (place, *place.parents):
        _check_owner(above, os.lstat(above))


def is_own(found: os.stat_result) -> bool:
    """Whether something belongs to this user, and not to another one, be it root."""
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def _check_owner(place: Path, found: os.stat_result) -> None:
    # Where users are mapped, as in containers, root of the machine may have another number.
    trusted = 0, os.lstat(place.anchor).st_uid
    if not is_own(found) and found.st_uid not in trusted:
        raise NotPrivate(f"{place} belongs to another user (number {found.st_uid})")
