"""Measurements of classes as pictures: what they show, and where they are handed out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.plot.scenes import lines, words
from tests.training_cases import classes, classifier
from wlnet.plot.charts.chart import Chart
from wlnet.plot.charts.matrix import MatrixChart

NAMES = ["ConfusionMatrixPlot", "ROCCurvePlot", "ConfusionMatrix", "ROCCurve"]


@pytest.fixture(scope="module")
def trained() -> Any:
    return wl.net_train(classifier(), classes(60, seed=2), wl.ALL, max_training_rounds=2,
                        training_progress_measurements=NAMES,
                        validation_set=wl.Scaled(0.4))  # fmt: skip


def test_a_matrix_has_its_numbers_in_their_cells(trained: Any) -> None:
    told = wl.net_measurements(trained["TrainedNet"], classes(60, seed=2), NAMES)
    chart, _, matrix, _ = told
    assert isinstance(chart, MatrixChart)
    assert (chart.matrix == matrix).all()
    wrong = matrix.sum() - np.trace(matrix)
    told = [str(n) for n in matrix.ravel() if n] + ["0", "1", "2"] * 2
    told += ["predicted class →", "true class ↓", f"{wrong} of 60 decisions are wrong."]
    assert sorted(" ".join(words(chart)).split()) == sorted(" ".join(told).split())


def test_curves_are_drawn_as_they_are_measured(trained: Any) -> None:
    _, chart, _, curves = wl.net_measurements(
        trained["TrainedNet"], classes(60, seed=2), NAMES)  # fmt: skip
    assert isinstance(chart, Chart)
    assert len(curves) == 3
    for curve, drawn in zip(curves, chart.curves[1:], strict=True):
        assert (np.stack([drawn.x, drawn.y], axis=1) == curve).all()
    assert {"0", "2", "by chance", "false positive rate"} <= set(words(chart))
    box = chart.frame().box
    for line in (each for each in lines(chart) if each.note):
        for x, y in line.points:
            assert box.x <= x <= box.x + box.width, "inside the frame"
            assert box.y <= y <= box.y + box.height


def test_a_record_hands_out_pictures_and_a_file_keeps_them(trained: Any, tmp_path: Path) -> None:
    again = wl.load(wl.save(trained, tmp_path / "a.wlnet"))
    for results in (trained, again):
        for name, kind in (("ConfusionMatrixPlot", MatrixChart), ("ROCCurvePlot", Chart)):
            assert isinstance(results["ValidationMeasurements"][name], kind)
            assert isinstance(results["RoundMeasurementsLists"][name][1], kind)
    for name in NAMES[:2]:
        one, other = (each["RoundMeasurements"][name].to_svg() for each in (trained, again))
        assert one == other
    assert again["Receipt"] == trained["Receipt"]


LABELS = ["five", 6, "7"]


@pytest.fixture(scope="module")
def labelled() -> Any:
    """A net with two outputs, of which one has labels; both are measured, or the second alone."""
    x, y = classes(60, seed=2)
    net = wl.NetGraph(
        {"a": [3, wl.SoftmaxLayer()], "b": [3, wl.SoftmaxLayer()]},
        [(wl.NetPort("Input"), "a"), ("a", wl.NetPort("First")),
         (wl.NetPort("Input"), "b"), ("b", wl.NetPort("Second"))],
        ports={"Input": 4, "First": wl.NetDecoder("Class", ["x", "y", "z"]),
               "Second": wl.NetDecoder("Class", LABELS)},
    )  # fmt: skip
    return net, x, ["xyz"[i] for i in y], [LABELS[i] for i in y]


def seen(told: Any) -> tuple[list[str], list[str]]:
    return told["ConfusionMatrixPlot"].names, [c.name for c in told["ROCCurvePlot"].curves[1:]]


def test_classes_have_their_labels_wherever_a_picture_of_them_is_handed_out() -> None:
    x, y = classes(60, seed=2)
    y = [LABELS[i] for i in y]
    net = wl.NetChain([3, wl.SoftmaxLayer()], input=4, output=wl.NetDecoder("Class", LABELS))
    states: list[Any] = []
    r = wl.net_train(net, (x, y), wl.ALL, max_training_rounds=2, validation_set=wl.Scaled(0.4),
                     training_progress_measurements=NAMES[:2],
                     training_progress_function=lambda state: states.append([
                         state["RoundMeasurements"], state["RoundMeasurementsLists"]]))  # fmt: skip
    names = list(map(str, LABELS))
    told = dict(zip(NAMES, wl.net_measurements(r["TrainedNet"], (x, y), NAMES[:2]), strict=False))
    groups = [told, r["ValidationMeasurements"], r["RoundMeasurements"], r["FinalPlots"],
              r["BatchMeasurements"], states[-1][0],
              *({name: lists[name][-1] for name in NAMES[:2]} for lists in (
                  states[-1][1], r["RoundMeasurementsLists"], r["ValidationMeasurementsLists"],
                  {name: r[{"Property": name}] for name in NAMES[:2]}))]  # fmt: skip
    for group in groups:
        if group:
            assert seen(group) == (names, names)
    assert {"predicted class →", "true class ↓"} <= set(words(told["ConfusionMatrixPlot"]))


def test_of_several_outputs_each_has_its_own_labels(labelled: Any) -> None:
    net, x, first, second = labelled
    names = list(map(str, LABELS))
    both = {"Input": x, "First": first, "Second": second}
    r = wl.net_train(net, both, wl.ALL, max_training_rounds=1,
                     training_progress_measurements="ConfusionMatrixPlot")  # fmt: skip
    for told in (r["RoundMeasurements"], r["FinalPlots"]):
        assert told["First/ConfusionMatrixPlot"].names == ["x", "y", "z"]
        assert told["Second/ConfusionMatrixPlot"].names == names
    told = wl.net_measurements(r["TrainedNet"], both, "ConfusionMatrixPlot")
    assert {port: plot.names for port, plot in told.items()} == {
        "First": ["x", "y", "z"], "Second": names}  # fmt: skip
    alone = {"Input": x, "Second": second}
    r = wl.net_train(net, alone, wl.ALL, max_training_rounds=1,
                     loss_function={"Second": wl.AUTOMATIC},
                     training_progress_measurements="ConfusionMatrixPlot")  # fmt: skip
    assert r["RoundMeasurements"]["ConfusionMatrixPlot"].names == names
    assert r["FinalPlots"]["ConfusionMatrixPlot"].names == names


def test_without_labels_classes_are_numbers_and_called_so() -> None:
    x, y = classes(60, seed=2)
    net = wl.net_initialize(classifier())
    matrix, curves = wl.net_measurements(net, (x, y + 1), NAMES[:2])
    assert {"predicted class number →", "true class number ↓", "1"} <= set(words(matrix))
    assert [c.name for c in curves.curves[1:]] == [f"class number {n}" for n in (1, 2, 3)]


def test_of_two_states_there_is_one_curve() -> None:
    x, y = classes(40, count=2, seed=1)
    net = wl.net_initialize(wl.NetChain([wl.LinearLayer(()), "LogisticSigmoid"], input=4))
    chart = wl.net_measurements(net, (x, y), "ROCCurvePlot")
    assert [each.name for each in chart.curves] == ["by chance", "ROC curve"]


def test_pictures_have_short_words_and_are_saved(trained: Any, tmp_path: Path) -> None:
    matrix = trained["RoundMeasurements"]["ConfusionMatrixPlot"]
    assert repr(matrix) == "MatrixChart(3 classes)"
    matrix.save(tmp_path / "m.svg")
    assert (tmp_path / "m.svg").read_text("utf-8") == matrix.to_svg() == matrix._repr_svg_()


def test_many_classes_are_drawn_without_their_numbers() -> None:
    chart = MatrixChart(np.eye(300, dtype=np.int64))
    told = " ".join(words(chart))
    assert len(words(chart)) < 100
    assert "point at one for it" in told
    assert re.search(r"One in \d+ classes is named", told)


def test_no_criterion_goes_by_a_picture() -> None:
    with pytest.raises(wl.OptionError, match="stopping criterion"):
        wl.net_train(classifier(), classes(), training_progress_measurements=NAMES,
                     training_stopping_criterion="ROCCurvePlot")  # fmt: skip
