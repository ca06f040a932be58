"""Pieces of images: from anywhere and reflected in training, from the middle otherwise."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import wlnet as wl

MANY = 6000
IMAGE = np.arange(2 * 5 * 4, dtype=np.float32).reshape(2, 5, 4)
"""No two numbers of it are the same, so that a piece tells where it comes from."""


def drawn(layer: Any, count: int, **options: Any) -> Any:
    x = np.broadcast_to(IMAGE, (count, *IMAGE.shape))
    return layer(x, net_evaluation_mode="Train", **{"random_seeding": 1, **options})


def origins(pieces: Any, size: tuple[int, int]) -> Counter[tuple[int, int, bool, bool]]:
    """Where each piece comes from: its first row and column, whether it is upside down, and turned
    left to right. A piece that is none is an error."""
    known = {}
    for top in range(IMAGE.shape[1] - size[0] + 1):
        for left in range(IMAGE.shape[2] - size[1] + 1):
            piece = IMAGE[:, top : top + size[0], left : left + size[1]]
            for down in (False, True):
                for across in (False, True):
                    turned = piece[:, :: -1 if down else 1, :: -1 if across else 1]
                    known.setdefault(turned.tobytes(), (top, left, down, across))
    return Counter(known[piece.tobytes()] for piece in np.ascontiguousarray(pieces))


def near(count: int, chance: float, of: int = MANY) -> bool:
    """Whether so many out of `of` are likely, within five deviations."""
    return abs(count - of * chance) <= 5 * np.sqrt(of * chance * (1 - chance))


def test_pieces_come_from_everywhere_equally_often_and_all_channels_move_together() -> None:
    layer = wl.ImageAugmentationLayer((2, 3), input=IMAGE.shape)
    found = origins(drawn(layer, MANY), (2, 3))
    places = {(top, left, False, False) for top in range(4) for left in range(2)}
    assert set(found) == places
    assert all(near(count, 1 / len(places)) for count in found.values())


def test_images_are_reflected_as_often_as_is_said_each_way_by_itself() -> None:
    layer = wl.ImageAugmentationLayer((5, 3), (0.2, 0.7), input=IMAGE.shape)
    found = origins(drawn(layer, MANY), (5, 3))
    for way, chance in ((2, 0.2), (3, 0.7)):
        assert near(sum(n for key, n in found.items() if key[way]), chance)
    assert near(sum(n for key, n in found.items() if key[2] and key[3]), 0.14)
    # Turned or not, from either place.
    assert near(sum(n for key, n in found.items() if key[1] == 0), 0.5)
    always = wl.ImageAugmentationLayer((5, 4), (1, 0), input=IMAGE.shape)
    np.testing.assert_array_equal(drawn(always, 3), [IMAGE[:, ::-1]] * 3)


def test_the_seed_decides_and_not_how_many_workers_there_are() -> None:
    layer = wl.ImageAugmentationLayer((2, 2), (0.5, 0.5), input=IMAGE.shape)
    first = drawn(layer, 50)
    for workers in (1, 2, 4):
        assert drawn(layer, 50, workers=workers).tobytes() == first.tobytes()
    assert drawn(layer, 50, random_seeding=2).tobytes() != first.tobytes()
    assert len(origins(first, (2, 2))) > 10


@pytest.mark.parametrize(
    ("size", "top", "left"), [((5, 4), 0, 0), ((3, 2), 1, 1), ((2, 3), 1, 0), ((1, 1), 2, 1)]
)
def test_otherwise_it_is_the_middle_the_upper_left_one_of_two(
    size: tuple[int, int], top: int, left: int
) -> None:
    piece = IMAGE[:, top : top + size[0], left : left + size[1]]
    layer = wl.ImageAugmentationLayer(size, (1, 1))
    np.testing.assert_array_equal(layer(IMAGE), piece)
    whole = wl.ImageAugmentationLayer((5, 4), input=IMAGE.shape)
    np.testing.assert_array_equal(drawn(whole, 2), [IMAGE] * 2)


def classifier(first: dict[str, Any]) -> Any:
    return wl.net_initialize(wl.NetChain(
        {**first, "augment": wl.ImageAugmentationLayer((3, 3), (0, 0.5)),
         "behind": wl.ConvolutionLayer(2, 2), "flat": wl.FlattenLayer(), "read": 2},
        input=IMAGE.shape,
    ))  # fmt: skip


@pytest.mark.parametrize("first", [{}, {"before": wl.ConvolutionLayer(2, 1)}], ids=["", "before"])
def test_every_step_sees_other_pieces_whatever_is_frozen_and_frozen_layers_stay(
    first: dict[str, Any],
) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(6, *IMAGE.shape)), rng.normal(size=(6, 2))
    net = classifier(first)
    still: Any = {"learning_rate": 1e-30, "method": ("SGD", {"Momentum": 0}), "batch_size": 6}
    given: Any = {"max_training_rounds": 5, "learning_rate_multipliers": {"read": 1, wl.ANY: None}}
    results = wl.net_train(net, data, wl.ALL, **given, **still)
    losses = [float(loss) for loss in results["RoundLossList"]]
    # No array has moved: what was kept of a first round would give the same losses again.
    assert len(set(losses)) == 5
    trained, again = (wl.net_train(net, data, **given, workers=n) for n in (2, 1))
    for key, array in wl.information(trained, "Arrays").items():
        old = wl.net_extract(net, key)
        assert (array.tobytes() == old.tobytes()) == (key[0] != "read")
        assert array.tobytes() == wl.net_extract(again, key).tobytes()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(wl.OptionError, match="a height and a width"):
        wl.ImageAugmentationLayer(3)
    for chances in (0.5, (0.5,), (0, 1.1), (0, -0.1), ("a", "b"), (0, float("nan")), None):
        with pytest.raises(wl.OptionError, match="two probabilities"):
            wl.ImageAugmentationLayer((2, 2), chances)
    with pytest.raises(wl.ShapeError, match="a height of 6 out of an image with one of 5"):
        wl.ImageAugmentationLayer((6, 2), input=IMAGE.shape)
    with pytest.raises(wl.ShapeError):
        wl.ImageAugmentationLayer((2, 2), input=(4, 4))
