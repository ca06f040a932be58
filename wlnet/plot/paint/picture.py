"""What every picture can do: be shown by a notebook, and be written to a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from os import PathLike
from pathlib import Path

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.paths import as_path
from wlnet.io.replacement import replace_file
from wlnet.plot.paint.rasters import rastered
from wlnet.plot.paint.shapes import Scene
from wlnet.plot.paint.vectors import svg

SUFFIXES = (".svg", ".png", ".pdf")


class Picture(ABC):
    """Something to look at. Notebooks show it, in their light or dark; `save` writes a file. It is
    equal to one of its kind that looks the same."""

    @abstractmethod
    def scene(self) -> Scene:
        """The shapes that it is made of."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self is other or self.scene() == other.scene()

    def __hash__(self) -> int:
        return hash(self.to_svg())

    def to_svg(self) -> str:
        """The picture as the text of an SVG file."""
        return svg(self.scene())

    def _repr_html_(self) -> str:
        return self.to_svg()

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def save(self, file: str | PathLike[str]) -> Path:
        """Write the picture to a file of the kind that its suffix says, .svg, .png or .pdf; gives
        the path. What the latter two hold is that of the first, on white.

        Raises OptionError for other suffixes and for a folder; MissingExtraError for PNG and PDF
        where matplotlib is not installed: pip install 'wlnet[plot]'; OSError where the disk
        refuses.
        """
        path = as_path(file, "file", "picture.svg")
        kind = path.suffix.lower()
        if kind not in SUFFIXES:
            what = "a picture is saved to a file of one of these kinds"
            fix = repr(str(path.with_suffix(".svg"))) if path.name else "'picture.svg'"
            fault = Fault(what, at="file", given=brief(str(path)), known=list(SUFFIXES), fix=fix)
            raise fail(OptionError, fault)
        if path.is_dir():
            what, fix = "this is a folder", repr(str(path / f"picture{kind}"))
            raise fail(OptionError, Fault(what, at="file", given=brief(str(path)),
                                          expected="the name of a file", fix=fix))  # fmt: skip
        scene = self.scene()
        content = svg(scene).encode() if kind == ".svg" else rastered(scene, kind[1:])
        replace_file(path, content)
        return path
