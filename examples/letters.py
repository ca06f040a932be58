"""Pictures of printed letters, made the way the MNIST digits were, for the transfer example.

The letters are drawn with pillow from the font faces that matplotlib ships, so nothing is
downloaded. Some faces are kept for the test alone: what is measured there is reading letters in a
face never trained on, not remembering one.

Run `python examples/letters.py sheet.png` to see them.
The way from a glyph to 28 x 28 pixels is that of LeCun, Cortes and Burges, "The MNIST database of
handwritten digits" (1998): fit into a box of 20 x 20 pixels, keep the aspect, grey by
anti-aliasing, then put the centre of mass into the middle of 28 x 28.
"""

from __future__ import annotations

import hashlib
import importlib.util
import string
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image, ImageFont

Pictures = NDArray[np.uint8]
Labelled = tuple[Pictures, list[str]]
Split = Literal["faces", "families"]

# The faces of each family, by file name. A family is one design: DejaVu Sans Mono draws its letters
# almost as DejaVu Sans does, and the Computer Modern faces come from one set of programs, so that
# each of these counts as one family when whole families are held out.
FAMILIES: dict[str, tuple[str, ...]] = {
    "DejaVu Sans": (
        "DejaVuSans",
        "DejaVuSans-Bold",
        "DejaVuSans-Oblique",
        "DejaVuSans-BoldOblique",
        "DejaVuSansMono",
        "DejaVuSansMono-Bold",
        "DejaVuSansMono-Oblique",
        "DejaVuSansMono-BoldOblique",
    ),
    "DejaVu Serif": (
        "DejaVuSerif",
        "DejaVuSerif-Bold",
        "DejaVuSerif-Italic",
        "DejaVuSerif-BoldItalic",
    ),
    "STIX General": (
        "STIXGeneral",
        "STIXGeneralBol",
        "STIXGeneralItalic",
        "STIXGeneralBolIta",
    ),
    "Computer Modern": ("cmr10", "cmb10", "cmti10", "cmmi10", "cmss10", "cmtt10"),
}

# Left out, each for a reason seen by drawing it (patterns of file names).
LEFT_OUT: dict[str, str] = {
    "LastResortHE-*": "draws the same framed A for every letter",
    "cmex10": "has arrows, sums and integrals where the letters are",
    "cmsy10": "has section and dagger signs for x, y, z, and script capitals",
    "STIXNonUni*": "has no glyphs for the letters",
    "STIXSiz*": "has no glyphs for the letters",
    "DejaVu*Display": "has no glyphs for the letters",
}

SIZES = (48, 56, 64, 72, 80)  # pixels per em at which glyphs are drawn before they are made small
SIDE, BOX = 28, 20


def stream(seed: int, *purpose: str) -> np.random.Generator:
    """Random numbers for one purpose: the same whenever asked, whatever was asked before."""
    digest = hashlib.sha256("\0".join((str(seed), *purpose)).encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


@lru_cache(maxsize=1)
def font_folder() -> Path:
    """The folder of fonts inside matplotlib, found without importing matplotlib (a second saved).

    Raises FileNotFoundError where matplotlib is not installed.
    """
    spec = importlib.util.find_spec("matplotlib")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        "the letters are drawn from the fonts that matplotlib ships, and they were not found; "
        "expected: an installed matplotlib; repair: pip install matplotlib pillow"
    )


def split_faces(*, seed: int = 1234, split: Split = "faces") -> tuple[list[str], list[str]]:
    """The faces to train on and those to test on; no face is in both.

    `split="faces"` (default) holds out a quarter of the faces of every family, six of 22: the test
    may hold DejaVu Sans Bold while DejaVu Sans Oblique is trained on. `split="families"` is harder:
    it holds out one whole family of the four, so that its design was never seen at all.

    >>> train, test = split_faces()
    >>> len(train), len(test), set(train) & set(test)
    (16, 6, set())
    """
    if split not in ("faces", "families"):
        raise ValueError(
            f"split is not known; given: {split!r}; known: 'faces', 'families'; "
            "repair: split='faces'"
        )
    chance = stream(seed, "split", split)
    if split == "families":
        test = set(FAMILIES[list(FAMILIES)[int(chance.integers(len(FAMILIES)))]])
    else:
        test = {
            faces[i]
            for faces in FAMILIES.values()
            for i in chance.permutation(len(faces))[: round(len(faces) / 4)]
        }
    every = [face for faces in FAMILIES.values() for face in faces]
    return [f for f in every if f not in test], [f for f in every if f in test]


def letters(
    labels: Sequence[str] = ("x", "y", "z"),
    *,
    seed: int = 1234,
    per_face: int = 80,
    split: Split = "faces",
) -> tuple[Labelled, Labelled]:
    """Pictures of letters in many faces: `((x_train, y_train), (x_test, y_test))`.

    x: uint8 of shape (n, 28, 28), read-only, white (255) on black (0); y: a list of n labels.
    `per_face` is the number of pictures of each label in each face, capitals and small letters in
    turn: by default 3 * 16 * 80 = 3840 pictures to train on and 3 * 6 * 80 = 1440 to test on. Both
    sets come shuffled. The same arguments give the same pictures (with the same pillow), and the
    pictures of one face and label depend neither on the split nor on the other labels.

    Raises ValueError for labels that are not different single letters a-z, A-Z, for a `per_face`
    below 2 (one of each case) and an unknown split; FileNotFoundError where there are no fonts.

    >>> (x, y), (x_test, y_test) = letters(per_face=2)
    >>> x.shape, x_test.shape, sorted(set(y))
    ((96, 28, 28), (36, 28, 28), ['x', 'y', 'z'])
    """
    check_arguments(labels, per_face)
    train, test = split_faces(seed=seed, split=split)

    def gathered(faces: list[str], name: str) -> Labelled:
        pairs = [(face, label) for face in faces for label in labels]
        x = np.concatenate([letter_pictures(f, c, per_face, seed=seed) for f, c in pairs])
        y = [c for _, c in pairs for _ in range(per_face)]
        order = stream(seed, "order", name).permutation(len(y))
        x = x[order]
        x.flags.writeable = False
        return x, [y[i] for i in order]

    return gathered(train, "train"), gathered(test, "test")


def check_arguments(labels: Sequence[str], per_face: int) -> None:
    """Raise ValueError with every fault of the arguments of `letters`."""
    faults = []
    given = list(labels)
    wrong = [c for c in given if c not in tuple(string.ascii_letters)]
    if wrong or not given:
        faults.append(f"labels are single letters a-z, A-Z; given: {wrong or given!r}")
    elif len({c.lower() for c in given}) < len(given):
        faults.append(f"labels differ by more than case, as both cases are drawn; given: {given!r}")
    if isinstance(per_face, bool) or not isinstance(per_face, int) or per_face < 2:
        faults.append(f"per_face is a whole number from 2 (both cases); given: {per_face!r}")
    if faults:
        raise ValueError("; ".join(faults) + "; repair: letters(('x', 'y', 'z'), per_face=80)")


def letter_pictures(face: str, label: str, count: int, *, seed: int = 1234) -> Pictures:
    """`count` pictures (count, 28, 28) of one letter in one face, small and capital in turn."""
    chance = stream(seed, "pictures", face, label.lower())
    cases = (label.lower(), label.upper())
    return np.stack([letter_picture(face, cases[i % 2], chance) for i in range(count)])


@lru_cache(maxsize=256)
def font(file: Path, size: int) -> ImageFont.FreeTypeFont:
    """One face at one size; the basic layout, as the other one is not installed everywhere."""
    from PIL import ImageFont

    return ImageFont.truetype(file, size, layout_engine=ImageFont.Layout.BASIC)


def letter_picture(face: str, letter: str, chance: np.random.Generator) -> Pictures:
    """One picture (28, 28): drawn large, made bolder, turned, slanted, fitted, blurred, centred."""
    size = SIZES[int(chance.integers(len(SIZES)))]
    bold = size * float(chance.choice((0.0, chance.uniform(0.0, 0.03))))
    large = turned(drawn(face, letter, size, bold), chance)
    longer = int(chance.integers(BOX - 4, BOX + 1))
    blur = float(chance.choice((0.0, chance.uniform(0.3, 0.7))))
    grey = fitted(large, longer, blur)
    # Light and heavy print: below 1 the grey edges of a stroke become brighter, above 1 darker.
    grey = (grey / grey.max()) ** chance.uniform(0.7, 1.3)
    return centred(np.rint(grey * 255).astype(np.uint8), chance.integers(-2, 3, size=2))


def drawn(face: str, letter: str, size: int, bold: float) -> Image.Image:
    """The glyph, white on black, with room around it to be turned."""
    from PIL import Image, ImageDraw

    canvas = Image.new("L", (2 * size, 2 * size), 0)
    ImageDraw.Draw(canvas).text(
        (size, size),
        letter,
        fill=255,
        font=font(font_folder() / f"{face}.ttf", size),
        anchor="mm",
        stroke_width=bold,
    )
    return canvas


def turned(picture: Image.Image, chance: np.random.Generator) -> Image.Image:
    """The picture turned by up to 12 degrees, slanted and made wider or narrower, about its middle.

    Pillow asks for the way back: from a pixel of the result to the place it comes from.
    """
    from PIL import Image

    angle = np.deg2rad(chance.uniform(-12, 12))
    slant, wide = chance.uniform(-0.12, 0.12), chance.uniform(0.85, 1.15)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(turn @ np.array([[wide, slant], [0.0, 1.0]]))
    middle = np.array(picture.size) / 2
    start = middle - back @ middle
    rows = (*back[0], start[0], *back[1], start[1])
    return picture.transform(
        picture.size, Image.Transform.AFFINE, tuple(map(float, rows)), Image.Resampling.BILINEAR
    )


def fitted(picture: Image.Image, longer: int, blur: float) -> NDArray[np.float64]:
    """The glyph alone, its longer side `longer` pixels, in grey; a blur adds two pixels a side."""
    from PIL import Image, ImageFilter, ImageOps

    glyph = picture.crop(picture.getbbox())
    scale = longer / max(glyph.size)
    width, height = (max(1, round(s * scale)) for s in glyph.size)
    small = glyph.resize((width, height), Image.Resampling.BOX)
    if blur > 0:
        small = ImageOps.expand(small, 2).filter(ImageFilter.GaussianBlur(blur))
    return np.asarray(small, dtype=np.float64)


def centred(glyph: Pictures, shift: NDArray[np.int64]) -> Pictures:
    """The glyph in a picture (28, 28), centre of mass in the middle, then shifted, never cut."""
    shape = np.array(glyph.shape)
    mass = glyph.astype(np.float64)
    middle = np.array([mass.sum(axis=1 - a) @ (np.arange(shape[a]) + 0.5) for a in (0, 1)])
    corner = np.rint(SIDE / 2 - middle / mass.sum()).astype(np.int64) + shift
    row, column = np.clip(corner, 0, SIDE - shape)
    picture = np.zeros((SIDE, SIDE), dtype=np.uint8)
    picture[row : row + shape[0], column : column + shape[1]] = glyph
    return picture


def contact_sheet(
    pictures: Pictures, labels: Sequence[str], file: str | Path, *, columns: int = 24
) -> None:
    """Write many pictures (n, 28, 28), each with its label below, as one image file to look at."""
    from PIL import Image, ImageDraw

    cell_width, cell_height = SIDE + 4, SIDE + 16
    rows = -(-len(pictures) // columns)
    sheet = Image.new("L", (columns * cell_width, rows * cell_height), 64)
    draw = ImageDraw.Draw(sheet)
    name_font = font(font_folder() / "DejaVuSans.ttf", 11)
    for i, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        left, top = i % columns * cell_width + 2, i // columns * cell_height + 2
        sheet.paste(Image.fromarray(picture), (left, top))
        draw.text((left + SIDE // 2, top + SIDE + 6), label, fill=255, font=name_font, anchor="mm")
    sheet.save(file)


def main(arguments: Sequence[str]) -> None:
    """Say what was made; with a file name, write a sheet of test pictures there."""
    (x, y), (x_test, y_test) = letters()
    train, test = split_faces()
    print(f"{len(x)} pictures of {', '.join(sorted(set(y)))} in {len(train)} faces to train on")
    print(f"{len(x_test)} pictures in {len(test)} faces to test on: {', '.join(test)}")
    for file in arguments[:1]:
        contact_sheet(x_test[:480], y_test[:480], file)
        print(f"480 of the test pictures are in {file}")


if __name__ == "__main__":
    main(sys.argv[1:])
