"""Draws the pictures of README.md and docs/ into docs/pictures/.

python docs/pictures.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import wlnet as wl
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Scene, moved

FOLDER = Path(__file__).with_name("pictures")


@dataclass(frozen=True)
class Beside(Picture):
    """Pictures side by side."""

    pictures: Sequence[Any]

    def scene(self) -> Scene:
        """One after another, from the left."""
        scenes = [each.scene() for each in self.pictures]
        shapes, x = [], 0.0
        for scene in scenes:
            shapes += [moved(shape, x, 0.0) for shape in scene.shapes]
            x += scene.width
        height = max(scene.height for scene in scenes)
        title = "; ".join(scene.title for scene in scenes)
        return Scene(x, height, tuple(shapes), title)


def digits() -> Any:
    """Pictures and labels: to train on, and to test with."""
    return wl.data.digits()


def reader() -> Any:
    """The net of README.md, with more to tell about its rates."""
    return wl.NetChain(
        {
            "flat": wl.FlattenLayer(),
            "hidden": 40,
            "ramp": "Ramp",
            "read": 10,
            "chance": wl.SoftmaxLayer(),
        },
        input=wl.NetEncoder("Image", (8, 8), color_space="Grayscale"),
    )


RULES = {("hidden", "Biases"): None, "hidden": 0.5, wl.ANY: 1}


@cache
def trained() -> Any:
    """The record of README.md, with a validation set."""
    train, test = digits()
    return wl.net_train(
        reader(), train, wl.ALL, learning_rate_multipliers=RULES, max_training_rounds=20,
        validation_set=test, training_progress_reporting=None,
        training_progress_measurements=["ErrorRate", "ConfusionMatrixPlot"],
    )  # fmt: skip


@cache
def unfrozen() -> Any:
    """A training that unfreezes a net from its end on."""
    train, test = digits()
    net = wl.NetChain(
        {
            "flat": wl.FlattenLayer(), "first": 32, "ramp": "Ramp", "second": 24, "tanh": "Tanh",
            "read": 10, "chance": wl.SoftmaxLayer(),
        },
        input=wl.NetEncoder("Image", (8, 8), color_space="Grayscale"),
    )  # fmt: skip
    rules = wl.Phases({
        1: {"read": 1, wl.ANY: None},
        5: {"read": 1, "second": 0.5, wl.ANY: None},
        9: {"read": 0.5, "second": 0.2, "first": 0.1},
    })  # fmt: skip
    return wl.net_train(
        net, train, wl.ALL, learning_rate_multipliers=rules, max_training_rounds=12,
        validation_set=test, training_progress_reporting=None,
    )  # fmt: skip


def residual() -> Any:
    """Two blocks with connections around them."""
    block = {"conv": wl.ConvolutionLayer(8, 3, padding_size=1), "ramp": "Ramp"}
    return wl.NetGraph(
        {
            "stem": wl.ConvolutionLayer(8, 3, padding_size=1),
            "one": wl.NetChain(block), "add1": wl.TotalLayer(),
            "two": wl.NetChain(block), "add2": wl.TotalLayer(),
            "read": [wl.FlattenLayer(), 10, wl.SoftmaxLayer()],
        },
        [
            ("stem", "one"), (["one", "stem"], "add1"),
            ("add1", "two"), (["two", "add1"], "add2"), ("add2", "read"),
        ],
        input=(1, 8, 8),
        learning_rate_multipliers={"stem": None, "one": 0.1, "read": 2},
    )  # fmt: skip


def siamese() -> Any:
    """Two halves with the same arrays."""
    half = wl.NetChain([
        wl.LinearLayer(8, weights=wl.NetSharedArray("w"), biases=wl.NetSharedArray("b")), "Tanh",
    ])  # fmt: skip
    return wl.NetGraph(
        {"left": half, "right": half, "apart": wl.ThreadingLayer("Subtract"), "read": 1},
        [
            (wl.NetPort("Left"), "left"), (wl.NetPort("Right"), "right"),
            ("left", wl.NetPort("apart", "1")), ("right", wl.NetPort("apart", "2")),
            ("apart", "read"),
        ],
        ports={"Left": 20, "Right": 20},
        learning_rate_multipliers={wl.NetSharedArray("w"): 0.1},
    )  # fmt: skip


def range_of_rates() -> Any:
    """The loss of a net by the learning rate."""
    train, _ = digits()
    return wl.learning_rate_range(reader(), train).plot()


def graphic(net: Any) -> Any:
    """A net with all of its layers."""
    return wl.information(net, "FullSummaryGraphic")


def final(record: Any, name: str) -> Any:
    """A picture of a record."""
    return record["FinalPlots"][name]


PICTURES: dict[str, Callable[[], Any]] = {
    "reader": lambda: Beside([final(trained(), "Net"), trained()["LossPlot"]]),
    "loss": lambda: trained()["LossPlot"],
    "movement": lambda: final(trained(), "Movement"),
    "confusion": lambda: trained()["ValidationMeasurements"]["ConfusionMatrixPlot"],
    "phases": lambda: final(unfrozen(), "LearningRateMultipliers"),
    "residual": lambda: graphic(residual()),
    "siamese": lambda: graphic(siamese()),
    "range": range_of_rates,
}
"""By the names of their files."""


def drawn() -> dict[str, str]:
    """The text of every picture, by its name."""
    return {name: make().to_svg() for name, make in PICTURES.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in drawn().items():
        (FOLDER / f"{name}.svg").write_text(text, "utf-8")
        print(FOLDER / f"{name}.svg")
