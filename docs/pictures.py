"""Draws the pictures of README.md and docs/ into docs/pictures/.

python docs/pictures.py
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import wlnet as wl
from wlnet.plot.paint.marks import mark_of
from wlnet.plot.paint.picture import Picture
from wlnet.plot.paint.shapes import Box, Line, Scene, Shape, Words, moved

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


@dataclass(frozen=True)
class Rules(Picture):
    """The rules of a training as they were written, and below them what each array did by them."""

    record: Any
    rules: Mapping[Any, Any]

    def scene(self) -> Scene:
        """A list, and a table."""
        shapes: list[Shape] = [Words(LEFT, 22, "rules: part → rate, the first that fits decides",
                                     bold=True)]  # fmt: skip
        top = 34.0
        for number, (part, rate) in enumerate(self.rules.items(), 1):
            mark = mark_of(rate or 0)
            shapes.append(Box(LEFT, top, WIDE, ROW - 4, fill=mark.ground, round=5))
            shapes += mark.shapes(LEFT + 40, top + 12)
            words = (LEFT + 12, f"{number}"), (LEFT + 54, repr(part)), (LEFT + 250, "→")
            shapes += [Words(x, top + 16, text) for x, text in words]
            shapes.append(Words(LEFT + 270, top + 16, f"{rate_words(rate or 0)}", bold=True))
            top += ROW
        top += 30
        heads = "what each array did", "rate", "by rule", "steps", "moved", "bytes"
        shapes += [
            Words(x, top, text, bold=anchor == "start", anchor=anchor)
            for (x, anchor), text in zip(PLACES, heads, strict=True)
        ]
        order = list(self.rules)
        for key, told in self.record["ArraysReport"].items():
            top += ROW
            shapes.append(Line(((LEFT, top - 18), (LEFT + WIDE, top - 18)), "frame"))
            shapes += mark_of(told["Rate"]).shapes(LEFT + 8, top - 4)
            share, start = told["RelativeMoved"], told["NormBefore"]
            moved_by = f"{share:.0%}" if share else "–" if start or not told["Steps"] else "from 0"
            cells = (
                "/".join(key), f"{told['Rate']:g}", f"{order.index(told['Rule'][0]) + 1}",
                f"{told['Steps']}", moved_by, "changed" if told["Changed"] else "the same",
            )  # fmt: skip
            indent = (22, 0, 0, 0, 0, 0)
            shapes += [
                Words(x + more, top, text, anchor=anchor, bold=text == "the same")
                for (x, anchor), more, text in zip(PLACES, indent, cells, strict=True)
            ]
        return Scene(LEFT + WIDE + 26, top + 16, tuple(shapes), "the rules of a training")


LEFT, WIDE, ROW = 12.0, 430.0, 28.0
PLACES = (
    (LEFT, "start"), (LEFT + 190, "end"), (LEFT + 245, "end"), (LEFT + 300, "end"),
    (LEFT + 360, "end"), (LEFT + WIDE, "end"),
)  # fmt: skip
"""Where the columns of the table stand, and which end of their words does."""


def rate_words(rate: float) -> str:
    """A rate with the word for its kind."""
    word = mark_of(rate).word
    return f"{rate:g} {word}" if word != "usual" else f"{rate:g}, as usual"


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
    "rules": lambda: Beside([Rules(trained(), RULES), trained()["LossPlot"]]),
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
