"""What pictures are painted with: every file says the same, and whoever reads it can tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import wlnet as wl
from wlnet.core.speeds import SPEEDS, speed
from wlnet.core.terminal import in_one_line
from wlnet.plot.paint.colors import COLORS
from wlnet.plot.paint.letters import CUT, lines_of, shortened, width_of
from wlnet.plot.paint.marks import MARKS, hatching, mark_of
from wlnet.plot.paint.picture import SUFFIXES, Picture
from wlnet.plot.paint.rasters import _Pen, rastered
from wlnet.plot.paint.shapes import (
    Area,
    Box,
    Clipped,
    Dot,
    Line,
    Scene,
    Shape,
    Strokes,
    Words,
    moved,
)
from wlnet.plot.paint.vectors import svg

ANYTHING = st.text(st.characters(), max_size=60)
"""Also control characters, halves of letters, and what turns words around."""
SVG = "{http://www.w3.org/2000/svg}"
INSIDE: tuple[Shape, ...] = (
    Box(10, 10, 80, 30, fill="box", line="blue", thick=2, round=5, dashes=(4, 2), note="a box"),
    Line(((10, 50), (50, 50), (50, 90)), "edge", has_tip=True, bend=6),
    Area(((60, 60), (90, 60), (75, 90)), fill="orange", line="ink"),
    Dot(120, 25, 9, fill="green", opacity=0.5),
    Words(120, 60, "a <b> & $c$", anchor="middle", bold=True, turn=20),
    Strokes((((5, 5), (9, 9)), ((5, 95), (9, 99))), "ink", thick=2),
)
SCENE = Scene(160, 100, (*INSIDE, Clipped(Box(100, 70, 20, 20), (Dot(110, 80, 30, fill="red"),))),
              "all shapes")  # fmt: skip


@dataclass(frozen=True)
class Any_(Picture):
    what: Scene

    def scene(self) -> Scene:
        return self.what


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted([luminance(a), luminance(b)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", [name for name in COLORS if name not in ("frame", "box", "ground")
                                  and not name.endswith("-ground")])  # fmt: skip
def test_every_colour_is_read_on_white_and_on_black(name: str) -> None:
    # 4.5 is what the guidelines for accessible pages (WCAG 2.2, AA) ask of words.
    for at in (0, 1):
        assert contrast(COLORS[name][at], COLORS["ground"][at]) >= 4.5
        if f"{name}-ground" in COLORS:
            assert contrast(COLORS[name][at], COLORS[f"{name}-ground"][at]) >= 4
            assert contrast(COLORS["ink"][at], COLORS[f"{name}-ground"][at]) >= 9


def test_kinds_of_rates_differ_in_word_sign_colour_and_shape() -> None:
    assert tuple(MARKS) == SPEEDS
    for of in (lambda m: m.word, lambda m: m.sign, lambda m: COLORS[m.line][0],
               lambda m: repr(m.shapes(0, 0)).replace(m.line, "")):  # fmt: skip
        assert len({of(mark) for mark in MARKS.values()}) == len(SPEEDS)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_rate_has_the_mark_of_its_kind(rate: float) -> None:
    word = mark_of(rate).word
    assert word == speed(rate)
    assert (word == "frozen") == (rate == 0)
    assert (word == "climbing") == (rate < 0)
    assert (word == "fast") == (rate > 1)


def test_an_svg_file_says_all_shapes_and_reads_back() -> None:
    root = ElementTree.fromstring(svg(SCENE))
    tags = [element.tag.removeprefix(SVG) for element in root.iter()]
    for tag, count in (("rect", 3), ("path", 2), ("polygon", 2), ("circle", 2), ("text", 1)):
        assert tags.count(tag) == count, tag
    assert "a <b> & $c$" in [element.text for element in root.iter(f"{SVG}text")]
    assert {e.text for e in root.iter(f"{SVG}title")} == {"all shapes", "a box"}
    assert svg(SCENE) == svg(SCENE)


def test_without_its_style_sheet_an_svg_file_is_right_on_white() -> None:
    bare = re.sub("<style>.*?</style>", "", svg(SCENE))
    for name in ("ground", "blue", "orange", "green", "ink", "red"):
        assert COLORS[name][0] in bare
        assert COLORS[name][1] not in bare


def test_names_of_two_pictures_never_meet_in_a_page() -> None:
    other = Scene(160, 100, SCENE.shapes[::-1])
    names = [{*re.findall('(?:id|class)="(wl[^" ]+)', svg(each))} for each in (SCENE, other)]
    assert names[0]
    assert not names[0] & names[1]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_is_what_its_name_says(suffix: str, tmp_path: Path) -> None:
    file = Any_(SCENE).save(tmp_path / f"x{suffix}")
    begin = {".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF"}[suffix]
    first = file.read_bytes()
    assert first.startswith(begin)
    assert Any_(SCENE).save(tmp_path / f"y{suffix}").read_bytes() == first
    if suffix == ".png":
        with Image.open(file) as image:
            assert image.size == (320, 200)
            pixels = image.convert("RGB")
            # the box is blue at its edge, the dot is seen through, and what is clipped is clipped
            assert pixels.getpixel((220, 160)) == (0xC4, 0x39, 0x1D)
            assert pixels.getpixel((184, 160)) == (255, 255, 255)


@pytest.mark.parametrize("name", ["x.jpg", "x", "", "png"])
def test_a_file_of_another_kind_is_refused(name: str) -> None:
    with pytest.raises(wl.OptionError, match=r"known: +\.svg, \.png, \.pdf"):
        Any_(SCENE).save(name)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_picture_takes_the_place_of_a_folder(suffix: str, tmp_path: Path) -> None:
    folder = tmp_path / f"x{suffix}"
    folder.mkdir()
    with pytest.raises(wl.OptionError, match="this is a folder") as error:
        Any_(SCENE).save(folder)
    assert str(folder / f"picture{suffix}") in str(error.value).replace("\\\\", "\\")
    assert not list(folder.iterdir())


@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_files_of_many_shapes_are_drawn_once_and_without_an_object_of_matplotlib_for_each(
    kind: str, monkeypatch: Any
) -> None:
    from matplotlib.artist import Artist

    made, drawn = [], []
    first, draw = Artist.__init__, _Pen.draw
    monkeypatch.setattr(Artist, "__init__", lambda self: (made.append(1), first(self))[1])
    monkeypatch.setattr(_Pen, "draw", lambda self, shape: (drawn.append(1), draw(self, shape))[1])
    many = tuple(moved(shape, i, i) for i in range(30) for shape in INSIDE)
    rastered(Scene(200, 150, many), kind)
    assert len(made) < 20
    # a line with a tip is two
    assert len(drawn) == 30 * (len(INSIDE) + 1)


def test_without_matplotlib_the_error_says_what_brings_it(monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install 'wlnet\[plot\]'"):
        Any_(SCENE).save("x.png")


@given(ANYTHING, st.floats(10, 300))
def test_shortened_words_fit_and_keep_both_ends(given: str, width: float) -> None:
    short, words = shortened(given, width), in_one_line(given)
    assert short == CUT or width_of(short) <= width
    if short not in (words, CUT):
        first, last = short.split(CUT, 1) if words.count(CUT) == 0 else ("", "")
        assert words.startswith(first)
        assert words.endswith(last)


@given(ANYTHING, st.floats(20, 300))
def test_words_in_lines_fit_and_none_is_lost(given: str, width: float) -> None:
    lines, words = lines_of(given, width), in_one_line(given)
    assert all(width_of(line) <= width or len(line) == 1 for line in lines)
    assert "".join("".join(lines).split()) == "".join(words.split())


@given(ANYTHING)
def test_any_words_make_a_file_that_reads_back_and_are_all_seen_in_it(words: str) -> None:
    drawn = (Words(5, 20, words, note=words), Box(0, 0, 9, 9, note=words))
    text = svg(Scene(160, 100, drawn, words))
    root = ElementTree.fromstring(text.encode())
    seen = in_one_line(words)
    assert [e.text or "" for e in root.iter(f"{SVG}text") if not len(e)] in ([], [seen])
    assert {e.text for e in root.iter(f"{SVG}title")} == ({seen} if words else set())
    assert text.isprintable(), "nothing turns words around, moves a cursor or breaks a line"
    assert drawn[0].words == seen
    assert width_of(words) == width_of(seen)


def test_wide_letters_have_their_room() -> None:
    # The advances of DejaVu Sans, and of fonts of East Asia.
    for words, room in (("→", 0.838), ("…", 1.0), ("Щ", 1.042), ("мож", 2.3), ("層", 1.0),
                        ("é", 0.615), ("é", 0.615), ("🙂", 1.2)):  # fmt: skip
        assert room * 0.9 <= width_of(words, 1.0) <= room * 1.35, words


@given(st.floats(1, 300), st.floats(1, 300))
def test_a_hatching_stays_in_its_box(width: float, height: float) -> None:
    for strokes in hatching(Box(5, 7, width, height), "ink"):
        for x, y in (point for ends in strokes.ends for point in ends):
            assert 5 - 1e-9 <= x <= 5 + width + 1e-9
            assert 7 - 1e-9 <= y <= 7 + height + 1e-9


def test_what_is_moved_is_the_same_elsewhere() -> None:
    for shape in SCENE.shapes:
        there = moved(shape, 3, -4)
        assert there != shape
        assert moved(there, -3, 4) == shape
        for field in fields(shape):
            if field.name not in ("x", "y", "points", "ends", "box", "shapes"):
                assert getattr(there, field.name) == getattr(shape, field.name)
