"""The letters of the transfer example: real glyphs, faces kept apart, made like MNIST digits."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("PIL")
if importlib.util.find_spec("matplotlib") is None:
    pytest.skip("the fonts come with matplotlib", allow_module_level=True)

SCRIPT = Path(__file__).parents[2] / "examples" / "letters.py"


def loaded() -> ModuleType:
    """The script as a module: examples/ is no package."""
    spec = importlib.util.spec_from_file_location("letters_of_the_transfer_example", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


script = loaded()
EVERY_FACE = [face for faces in script.FAMILIES.values() for face in faces]


@pytest.fixture(scope="module")
def pictures():
    return script.letters(per_face=20)


def as_set(x):
    return {picture.tobytes() for picture in x}


@pytest.mark.parametrize("split", ["faces", "families"])
@pytest.mark.parametrize("seed", range(8))
def test_every_face_is_in_exactly_one_of_train_and_test(seed, split):
    train, test = script.split_faces(seed=seed, split=split)
    assert sorted(train + test) == sorted(EVERY_FACE)
    assert train and test


@pytest.mark.parametrize("seed", range(8))
def test_single_faces_are_held_out_of_every_family(seed):
    _, test = script.split_faces(seed=seed)
    held = [len(set(faces) & set(test)) for faces in script.FAMILIES.values()]
    assert held == [2, 1, 1, 2]


def test_a_held_out_family_is_whole_and_seeds_reach_all_four():
    held = {tuple(script.split_faces(seed=s, split="families")[1]) for s in range(40)}
    assert held == set(script.FAMILIES.values())


def test_pictures_come_from_the_faces_of_their_set_alone():
    train, test = script.split_faces(seed=5)
    (x, _), (x_test, _) = script.letters(seed=5, per_face=4)
    for got, faces in ((x, train), (x_test, test)):
        made = [script.letter_pictures(f, c, 4, seed=5) for f in faces for c in "xyz"]
        assert as_set(got) == as_set(np.concatenate(made))
    assert not as_set(x) & as_set(x_test)


def test_the_labels_stay_with_their_pictures_when_shuffled():
    (x, y), _ = script.letters(per_face=2)
    train, _ = script.split_faces()
    ys = [p for face in train for p in script.letter_pictures(face, "y", 2)]
    assert as_set(x[np.array(y) == "y"]) == as_set(ys)
    assert y != sorted(y)


def test_shapes_types_and_counts_are_as_documented(pictures):
    for (x, y), faces in zip(pictures, script.split_faces(), strict=True):
        assert x.dtype == np.uint8 and x.shape == (3 * len(faces) * 20, 28, 28)
        assert not x.flags.writeable
        assert all(type(label) is str for label in y)
        assert {c: y.count(c) for c in set(y)} == dict.fromkeys("xyz", len(faces) * 20)


def test_pictures_are_white_strokes_on_black_whole_and_near_the_middle(pictures):
    x = np.concatenate([x for x, _ in pictures]).astype(float)
    assert (x.max(axis=(1, 2)) == 255).all()
    ink = (x > 127).mean(axis=(1, 2))
    assert ink.min() > 0.01 and ink.max() < 0.45
    place = np.arange(28) + 0.5
    for axis in (1, 2):
        middle = (x.sum(axis=3 - axis) @ place) / x.sum(axis=(1, 2))
        assert (abs(middle - 14) < 3).all() and middle.std() > 0.5
    sides = [np.ptp(np.argwhere(p > 60), axis=0).max() + 1 for p in x]
    assert min(sides) >= 12 and max(sides) <= 24
    assert len(set(sides)) >= 5


def test_the_centre_of_mass_of_an_unshifted_glyph_is_in_the_middle():
    glyph = np.zeros((9, 13), dtype=np.uint8)
    glyph[8, 1] = 255
    picture = script.centred(glyph, np.zeros(2, dtype=np.int64))
    assert np.abs(np.argwhere(picture)[0] + 0.5 - 14).max() <= 0.5


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    first, again, other = (script.letters(per_face=2, seed=s)[0] for s in (1, 1, 2))
    assert first[0].tobytes() == again[0].tobytes() and first[1] == again[1]
    assert not as_set(first[0]) & as_set(other[0])


@pytest.mark.parametrize("face", EVERY_FACE)
def test_each_face_has_its_own_glyphs_for_both_cases(face):
    """A missing glyph is drawn as the face's box, so that six letters would look alike."""
    drawn = [script.drawn(face, c, 48, 0.0).tobytes() for c in ("x", "y", "z", "X", "Y", "Z")]
    assert len({*drawn, script.drawn(face, "\U000f0000", 48, 0.0).tobytes()}) == 7


def test_faces_without_the_letters_are_not_used():
    assert not [f for f in EVERY_FACE for out in script.LEFT_OUT if fnmatch(f, out)]


@pytest.mark.parametrize("split", ["faces", "families"])
def test_nearest_neighbours_read_most_letters_of_faces_never_seen(split):
    (x, y), (x_test, y_test) = script.letters(per_face=20, split=split)

    def rows(pictures):
        flat = pictures.reshape(len(pictures), -1).astype(np.float32)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    nearest = (rows(x_test) @ rows(x).T).argmax(axis=1)
    assert np.mean(np.array(y)[nearest] == np.array(y_test)) > 0.85


def test_other_letters_can_be_asked_for():
    (_, y), (_, y_test) = script.letters(("A", "q"), per_face=2)
    assert set(y) == set(y_test) == {"A", "q"}


def test_wrong_arguments_are_told_all_at_once():
    with pytest.raises(ValueError, match=r"labels are single.*'xy'.*; per_face is.*given: 1;.*rep"):
        script.letters(("xy", "z"), per_face=1)
    with pytest.raises(ValueError, match="labels are single"):
        script.letters((["x"], ""))
    with pytest.raises(ValueError, match="differ by more than case"):
        script.letters(("x", "X"))
    with pytest.raises(ValueError, match="known: 'faces', 'families'"):
        script.letters(split="fonts")


def test_missing_fonts_are_told_with_the_repair(monkeypatch):
    script.font_folder.cache_clear()
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FileNotFoundError, match="pip install matplotlib"):
        script.font_folder()


def test_a_contact_sheet_shows_every_picture(tmp_path, pictures):
    from PIL import Image

    x, y = pictures[1]
    script.contact_sheet(x[:50], y[:50], tmp_path / "sheet.png", columns=10)
    with Image.open(tmp_path / "sheet.png") as opened:
        sheet = np.asarray(opened)
    assert sheet.shape == (5 * 44, 10 * 32)
    assert (sheet[46:74, 2:30] == x[10]).all()


def test_drawing_loads_neither_matplotlib_nor_the_framework():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import letters; "
        "assert 'PIL' not in sys.modules; letters.letters(per_face=2); "
        "assert not {'matplotlib', 'wlnet'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-B", "-c", code, str(SCRIPT.parent)], check=True, timeout=60)
