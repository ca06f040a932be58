"""What one sees of a record: every kind of training has its pictures, and they say what it says."""

from __future__ import annotations

import copy
import html
import json
import pickle
import re
import warnings
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import wlnet as wl
from tests.plot.scenes import dots, lines, loose_words, overlaps, words
from tests.saved_records import CASES, back, trained, under_way
from tests.training_cases import classes, classifier, numbers
from wlnet.core.norms import distance, norm
from wlnet.methods.schedules import factors
from wlnet.plot.charts.array import ArrayChart
from wlnet.plot.charts.curves import RADIUS
from wlnet.plot.charts.numbers import short
from wlnet.plot.paint.shapes import Box
from wlnet.plot.panel import progress_page
from wlnet.plot.training.verdict import verdict
from wlnet.results.progress import Figure, Progress
from wlnet.train.snapshots import Snapshot


def deep(blocks: int = 25) -> Any:
    parts = {f"stage{i}": wl.NetChain({f"block{j}": wl.NetChain([4, "Tanh"]) for j in range(5)})
             for i in range(blocks // 5)}  # fmt: skip
    return wl.NetChain({**parts, "read": 2}, input=3)


def diverged(**more: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return wl.net_train(wl.NetChain([5, "Ramp", 2], input=3), numbers(20), wl.ALL, batch_size=4,
                            method=("SGD", {"LearningRateSchedule": None}), max_training_rounds=9,
                            **more)  # fmt: skip


def many_phases() -> Any:
    rules = wl.Phases({n: {1: n / 64, wl.ANY: 1} for n in range(1, 31)})
    return wl.net_train(wl.NetChain([3, "Tanh", 2]), numbers(20), wl.ALL, max_training_rounds=30,
                        batch_size=8, learning_rate_multipliers=rules)  # fmt: skip


def odd_measurements() -> Any:
    worst = iter([1.0, np.inf, -np.inf, np.nan] * 99)
    odd = {"Measurement": lambda predictions, targets: float(next(worst)), "Key": "Odd"}
    return wl.net_train(wl.NetChain([2]), numbers(20), wl.ALL, max_training_rounds=5, batch_size=4,
                        training_progress_measurements=odd)  # fmt: skip


KINDS: dict[str, Any] = {
    **{name: lambda name=name: trained(name) for name in CASES},
    "interrupted": under_way,
    "diverged at once": lambda: diverged(learning_rate=1e30),
    "diverged later": lambda: diverged(learning_rate=8),
    "one round": lambda: trained("plain", max_training_rounds=1),
    "a deep net": lambda: wl.net_train(deep(), numbers(20), wl.ALL, max_training_rounds=2,
                                       learning_rate_multipliers={"stage0": 0, "stage1": 0.5}),
    "many phases": many_phases,
    "odd measurements": odd_measurements,
    "constant losses": lambda: wl.net_train(
        wl.NetChain([1], input=2), (np.zeros((8, 2)), np.zeros((8, 1))), wl.ALL,
        max_training_rounds=3),
}  # fmt: skip
every_kind = pytest.mark.parametrize("name", KINDS)


@pytest.fixture(scope="module")
def records() -> dict[str, Any]:
    """Records by their kind, made when they are first asked for."""
    return {}


@pytest.fixture
def results(records: dict[str, Any], name: str) -> Any:
    if name not in records:
        records[name] = KINDS[name]()
    return records[name]


@every_kind
def test_words_of_no_picture_meet_or_leave_it(results: Any) -> None:
    for name, picture in {**results["FinalPlots"], "LossPlot": results["LossPlot"]}.items():
        scene = picture.scene()
        assert not overlaps(picture), name
        for each in loose_words(picture):
            left, top, right, bottom = each.extent
            assert left >= -1e-6 and top >= -1e-6, (name, each)
            assert right <= scene.width + 1e-6 and bottom <= scene.height + 1e-6, (name, each)


@every_kind
def test_losses_stand_where_they_are_told(results: Any) -> None:
    chart = results["LossPlot"]
    r = results.record
    curves = {curve.name: curve for curve in chart.curves}
    told = {"training, batches": r.batch_losses, "training, rounds": r.round_losses,
            "validation": r.validation_losses}  # fmt: skip
    assert set(curves) == {name for name, values in told.items() if values}
    for name, curve in curves.items():
        assert tuple(curve.values) == told[name]
    ends = curves.get("training, rounds")
    if ends is not None:
        assert np.allclose(ends.x, range(1, len(r.round_losses) + 1)), (
            "a round stands at its number"
        )
        at = curves["training, batches"].x
        assert np.allclose(np.asarray(at)[np.array(r.round_positions) - 1], ends.x)
    assert chart.x_axis.words == ("round" if r.round_losses else "batch")
    assert (np.diff(curves["training, batches"].x) > 0).all()
    best = results["BestValidationRound"]
    rings = [each for each in dots(chart) if each.fill is None]
    assert len(rings) == (0 if best is None else 2), "one in the legend, one at the best"
    if best is not None:
        i = r.validation_rounds.index(best)
        frame = chart.frame()
        assert rings[-1].y == pytest.approx(frame.down([r.validation_losses[i]])[0])
        assert rings[-1].x == pytest.approx(frame.across([curves["validation"].x[i]])[0])


@every_kind
def test_every_number_that_is_measured_has_a_picture(results: Any) -> None:
    plots, r = results["FinalPlots"], results.record
    for name, values in r.round_measurements.items():
        if all(isinstance(value, float) for value in values):
            curve = {each.name: each for each in plots[name].curves}["training, rounds"]
            assert np.array_equal(curve.values, values, equal_nan=True)
    for name in r.by_array:
        assert len(plots[name].curves) == len(r.multipliers)
    assert len(plots["Loss"].curves) == len(results["LossPlot"].curves)


@every_kind
def test_no_array_is_dropped_from_what_is_told_of_arrays(results: Any) -> None:
    plots = results["FinalPlots"]
    keys = list(results["ArraysLearningRateMultipliers"])
    for rows in (
        [row.name for row in plots["LearningRateMultipliers"].rows],
        [row.name for row in plots["LearningRates"].rows],
        [bar.name for bar in plots["Movement"].bars if not bar.is_heading],
    ):
        counts = [re.search(r" \((\d+)\)", name) for name in rows]
        assert sum(int(found[1]) if found else 1 for found in counts) == len(keys)


@every_kind
def test_the_page_is_whole_and_comes_back_from_a_file(results: Any, tmp_path: Any) -> None:
    page = results._repr_html_()
    root = ElementTree.fromstring(re.sub(r"<w?br>|&(nbsp|rarr);", " ", page))
    assert verdict(results.record) in [each.text for each in root.iter("p")]
    closed = '<details class="plot">'
    assert page.count(closed) == len(results["FinalPlots"]) - 1, "closed, all but the losses"
    assert page.index("<p>") < page.index("<svg") < page.index("<table") < page.index(closed)
    again = back(results, tmp_path)
    assert again._repr_html_() == page


def test_a_page_tells_of_a_bad_end_first() -> None:
    page = diverged(learning_rate=1e30)._repr_html_()
    assert page.index("⚠ The training diverged after batch 1: ") < page.index(
        "0 rounds and 1 of 5 batches"
    )
    assert "⚠" not in trained("plain")._repr_html_()


# Learning rates


def test_the_learning_rate_of_every_batch_is_recorded() -> None:
    schedule = "OneCycle"
    results = wl.net_train(wl.NetChain([2]), numbers(20), wl.ALL, batch_size=8, learning_rate=0.25,
                           max_training_rounds=4,
                           method=("ADAM", {"LearningRateSchedule": schedule}))  # fmt: skip
    told = results["BatchLearningRateList"]
    assert told == (0.25 * factors(schedule, np.arange(1, 13), 12)).tolist()
    assert results["RoundLearningRateList"] == told[2::3]
    assert results["FinalLearningRate"] == told[-1]
    (curve,) = results["FinalPlots"]["LearningRate"].curves
    assert curve.values.tolist() == told


def test_rates_of_functions_of_the_user_are_recorded_and_kept_by_those_that_go_on() -> None:
    asked = []

    def schedule(t: int, total: int) -> float:
        asked.append(1 / (1 + t))
        return asked[-1]

    given = {"method": ("SGD", {"LearningRateSchedule": schedule}), "learning_rate": 0.5,
             "batch_size": 8, "max_training_rounds": 2}  # fmt: skip
    first = wl.net_train(wl.NetChain([2], input=3), numbers(20), wl.ALL, **given)
    assert first["BatchLearningRateList"] == [0.5 * each for each in asked]
    more = wl.net_train(first, numbers(20), wl.ALL, **{**given, "learning_rate": 0.25})
    rest = [0.25 * each for each in asked[6:]]
    assert more["BatchLearningRateList"] == first["BatchLearningRateList"] + rest


def landed_twice(monkeypatch: Any) -> Any:
    """A training that is interrupted while steps are being recorded."""
    add, count = Snapshot.add, iter(range(99))

    def interrupted(self: Any, stretch: Any) -> None:
        if next(count) == 3:
            raise KeyboardInterrupt
        add(self, stretch)

    monkeypatch.setattr(Snapshot, "add", interrupted)
    return trained("plain", max_training_rounds=9)


def test_a_step_that_is_taken_back_leaves_no_rate(monkeypatch: Any) -> None:
    for results in (diverged(learning_rate=8), under_way(), landed_twice(monkeypatch)):
        assert len(results["BatchLearningRateList"]) == results["TotalBatches"]
        assert results["BatchLearningRateList"][-1] == results["FinalLearningRate"]


# Phases, multipliers, movement


def test_phases_are_upright_lines_with_what_changes() -> None:
    rules = wl.Phases({1: {1: None, wl.ANY: 1}, 3: {(1, "Biases"): -0.5, wl.ANY: 1}})
    results = wl.net_train(wl.NetChain([3, "Tanh", 2]), numbers(20), wl.ALL, batch_size=8,
                           max_training_rounds=6, learning_rate_multipliers=rules)  # fmt: skip
    chart = results["LossPlot"]
    (mark,) = chart.marks
    assert mark.x == pytest.approx(2.0), "between the rounds 2 and 3"
    assert any(each.points[0][0] == pytest.approx(chart.frame().across([2.0])[0])
               for each in lines(chart) if each.dashes)  # fmt: skip
    assert chart.notes == ["Phase 2, from round 3: 1/Weights 0 → 1; 1/Biases 0 → -0.5."]
    heat = results["FinalPlots"]["LearningRateMultipliers"]
    assert [span.words for span in heat.spans] == ["1-2", "3-6"]
    told = {row.name: list(row.rates) for row in heat.rows}
    assert told == {"1/Weights": [0, 1], "1/Biases": [0, -0.5], "3/Weights": [1, 1],
                    "3/Biases": [1, 1]}  # fmt: skip
    rates = {row.name: row.words for row in results["FinalPlots"]["LearningRates"].rows}
    assert rates["1/Biases"] == ["0", "-0.0005"]


def test_more_phases_than_are_told_are_counted() -> None:
    chart = many_phases()["LossPlot"]
    assert len(chart.marks) == 29
    assert chart.notes[-1].startswith("17 more phases follow: ")


def test_multipliers_are_as_the_record_tells_them() -> None:
    results = trained("phases")
    heat = results["FinalPlots"]["LearningRateMultipliers"]
    by_phase = results["ArraysLearningRateMultipliersByPhase"]
    for at, rates in enumerate(by_phase.values()):
        assert [row.rates[at] for row in heat.rows] == list(rates.values())


def test_bars_are_as_long_as_arrays_moved() -> None:
    results = wl.net_train(wl.net_initialize(wl.NetChain([3, "Tanh", 2], input=3)), numbers(20),
                           wl.ALL, learning_rate_multipliers={(1, "Weights"): 0})  # fmt: skip
    chart = results["FinalPlots"]["Movement"]
    r = results.record
    shares = {}
    for key, before in r.before.items():
        if norm(before):
            shares["/".join(map(str, key))] = distance(r.arrays[key], before) / norm(before)
    assert shares["1/Weights"] == 0
    bars = {bar.name: bar for bar in chart.bars}
    assert bars["1/Weights"].words == "same bytes"
    assert bars["3/Weights"].value == pytest.approx(shares["3/Weights"])
    assert bars["1/Biases"].value is None and bars["1/Biases"].words.startswith("from 0 to ")
    boxes = [each for each in chart.scene().shapes if isinstance(each, Box) and each.note]
    assert [each.note.partition(":")[0] for each in boxes] == ["3/Weights"]


def test_running_statistics_stand_apart() -> None:
    plots = trained("plain")["FinalPlots"]
    rows = [bar.name for bar in plots["Movement"].bars]
    (at,) = [i for i, name in enumerate(rows) if name.startswith("running statistics")]
    assert {"2/MovingMean", "2/MovingVariance"} == set(rows[at + 1 :])
    assert "2/MovingMean, running" in [row.name for row in plots["LearningRates"].rows]


def test_parts_of_long_nets_are_told_together() -> None:
    results = wl.net_train(deep(50), numbers(20), wl.ALL, max_training_rounds=1,
                           learning_rate_multipliers={"stage0": 0, "stage1": 0.5})  # fmt: skip
    rows = results["FinalPlots"]["LearningRateMultipliers"].rows
    assert [row.name for row in rows] == [
        *(f"stage{i} (10)" for i in range(10)), "read (2)"
    ]  # fmt: skip


def test_every_array_that_moved_has_a_bar_of_its_own() -> None:
    results = KINDS["a deep net"]()
    rows = [bar.name for bar in results["FinalPlots"]["Movement"].bars]
    moved = [key for key, told in results["ArraysReport"].items() if told["Changed"]]
    assert {"/".join(map(str, key)) for key in moved} <= set(rows)
    assert "stage0 (10)" in rows, "what is the same is told together"


# Measurements


def test_matrices_and_curves_are_drawn_of_the_best_validation() -> None:
    names = ["ConfusionMatrix", "ROCCurve",
             {"Measurement": "Precision", "ClassAveraging": None}]  # fmt: skip
    net = wl.NetChain([6, "Tanh", wl.LinearLayer(), wl.SoftmaxLayer()],
                      output=wl.NetDecoder("Class", ["a", "b", "c"]))  # fmt: skip
    x, y = classes(60)
    y = np.array(["a", "b", "c"])[np.asarray(y) - 1].tolist()
    results = wl.net_train(net, (x, y), wl.ALL, max_training_rounds=9, learning_rate=0.05,
                           validation_set=wl.Scaled(0.4),
                           training_progress_measurements=names)  # fmt: skip
    plots = results["FinalPlots"]
    best = results["ValidationMeasurements"]
    told = results["ValidationMeasurementsLists"]["ConfusionMatrix"]
    assert any((each != best["ConfusionMatrix"]).any() for each in (told[0], told[-1]))
    assert (plots["ConfusionMatrix"].matrix == best["ConfusionMatrix"]).all()
    assert plots["ConfusionMatrix"].names == ["a", "b", "c"]
    last = results["RoundMeasurements"]["ConfusionMatrix"]
    assert (plots["ConfusionMatrix, training"].matrix == last).all()
    assert [curve.name for curve in plots["ROCCurve"].curves] == ["by chance", "a", "b", "c"]
    assert [bar.value for bar in plots["Precision"].bars] == pytest.approx(best["Precision"])


@pytest.mark.parametrize("kind", ["Log", "Linear", None])
def test_a_plot_type_says_the_axis(kind: Any, tmp_path: Any) -> None:
    asked = {"Measurement": "MeanSquare", "PlotType": kind}
    results = wl.net_train(wl.NetChain([2]), numbers(20), wl.ALL, max_training_rounds=2,
                           training_progress_measurements=asked)  # fmt: skip
    again = back(results, tmp_path)
    more = wl.net_train(again, numbers(20), wl.ALL, max_training_rounds=1,
                        training_progress_measurements="MeanSquare")  # fmt: skip
    for each in (results, again, more):
        told = words(each["FinalPlots"]["MeanSquare"])
        assert ("MeanSquare (log scale)" if kind == "Log" else "MeanSquare") in told


def test_one_round_is_a_point_that_can_be_seen() -> None:
    chart = wl.net_train(classifier(), classes(), wl.ALL, max_training_rounds=1)["LossPlot"]
    marked = [each for each in dots(chart) if each.fill == "blue"]
    assert marked[-1].radius == RADIUS


def test_a_receipt_is_its_text_and_a_short_page_in_notebooks() -> None:
    net = wl.NetChain({"a<b": 2}, input=1)
    data = [[1.0], [2.0]], [[1.0, 2.0], [3.0, 4.0]]
    results = wl.net_train(net, data, wl.ALL, max_training_rounds=2)
    receipt = results["Receipt"]
    assert isinstance(receipt, str)
    told = json.loads(receipt)
    plain = "".join(receipt)
    assert type(plain) is str
    assert (receipt, hash(receipt), repr(receipt)) == (plain, hash(plain), repr(plain))
    assert json.dumps({"kept": receipt}) == json.dumps({"kept": plain})
    for same in (copy.deepcopy(receipt), pickle.loads(pickle.dumps(receipt))):
        assert same == plain
        assert same._repr_html_() == receipt._repr_html_()
    assert wl.verify(receipt, net, data, reporting=None)
    page = receipt._repr_html_()
    seen, opens, text = page.partition("<details>")
    assert opens  # and is closed at first
    words = re.sub("<wbr>", "", seen)
    for word in ("2 rounds; all rounds were run", told["Seal"], told["Facts"]["Method"]):
        assert word in words
    assert html.unescape(re.sub("<wbr>|<pre>|</pre>", "", text)).count(plain) == 1


def test_pictures_of_a_record_are_one_line_of_text_and_a_page_of_pictures() -> None:
    plots = trained("plain")["FinalPlots"]
    assert plots == dict(plots)
    assert isinstance(plots, dict)
    assert pickle.loads(pickle.dumps(plots)) == plots
    assert repr(plots).startswith("Pictures('Loss', ")
    for each in (plots, *plots.values(), trained("plain")["LossPlot"]):
        assert repr(each).isprintable()
        assert len(repr(each)) < 250
    page = plots._repr_html_()
    assert page.count("<svg ") == page.count("<details") == len(plots)
    assert page.count('<details class="plot" open><summary>Loss<') == 1 == page.count(" open>")
    for name, plot in plots.items():
        assert f"<summary>{name}</summary>" in page
        assert plot.to_svg() in page


def test_what_flows_in_a_net_is_drawn_whatever_its_shape() -> None:
    net = wl.NetChain(
        {"conv": wl.ConvolutionLayer(2, 3), "pair": wl.ReshapeLayer((4, 2)),
         "flat": wl.FlattenLayer(), "like": 3, "read": 3, "chance": wl.SoftmaxLayer()},
        input=(1, 4, 4))  # fmt: skip
    x, y = classes(60, inputs=16)
    parts = ["conv", "pair", "like"]
    asked = [{"Measurement": wl.NetPort(part, "Output"), "Aggregation": None} for part in parts]
    f_score = {"Measurement": "F1Score", "ClassAveraging": None}
    data = x.reshape(-1, 1, 4, 4), np.array(["red", "green", "blue"])[y]
    r = wl.net_train(net, data, wl.ALL, max_training_rounds=2, validation_set=wl.Scaled(0.3),
                     training_progress_measurements=[*asked, f_score])  # fmt: skip
    plots = r["FinalPlots"]
    for name, lists in r["ValidationMeasurementsLists"].items():
        for title in (name, f"{name}, training"):
            assert title in plots, "nothing is absent without a word"
            assert not overlaps(plots[title])
            assert plots[title].to_svg() in r._repr_html_()
        if np.ndim(lists[0]) > 1:
            boxes = [b for b in plots[name].scene().shapes if isinstance(b, Box) and b.note]
            best = lists[(r["BestValidationRound"] or 0) - 1]
            assert sorted(b.note.rpartition(": ")[2] for b in boxes) == sorted(
                short(float(n)) for n in best.ravel())  # fmt: skip
    assert repr(plots["conv/Output"]) == "ArrayChart(2×2×2)"
    assert repr(plots["pair/Output"]) == "ArrayChart(4×2)", "two columns make no ROC curve"
    assert [bar.name for bar in plots["like/Output"].bars] == ["1", "2", "3"], "no classes"
    assert {bar.name for bar in plots["F1Score"].bars} == {"red", "green", "blue"}
    assert isinstance(r[{"Property": "conv/Output", "Form": "Plot"}], ArrayChart)


@pytest.mark.parametrize("array", [
    np.zeros((3, 4)), np.full((2, 2), np.nan), -np.ones((1, 300)), np.ones((70, 2, 3)),
    np.ones((2, 100, 200)), np.array([[np.inf, -1.0], [2.0, 0.0]]), np.ones((3, 0)),
], ids=str)  # fmt: skip
def test_numbers_of_any_array_are_seen_or_counted(array: Any) -> None:
    chart = ArrayChart(array, "a name")
    assert not overlaps(chart)
    scene = chart.scene()
    boxes = [b for b in scene.shapes if isinstance(b, Box)]
    assert all(b.x + b.width <= scene.width and b.y + b.height <= scene.height for b in boxes)
    told, count = " ".join(words(chart)), len([b for b in boxes if b.note])
    lost = int((~np.isfinite(array)).sum())
    assert count == array.size - lost or "too many to draw" in told
    assert (f"{lost} of them are not finite" in told) == (lost > 0)


def test_a_panel_writes_names_as_tables_do_and_its_rules_win() -> None:
    figures = (Figure("דיוק", 1.0),)
    page = progress_page(Progress(1, 2, 1, 2, 0.5, 1.0, 1.0, figures, 1.0, 0.1, {}))
    assert "<th><bdi>דיוק</bdi></th>" in page
    assert f"{4 * '.wl-panel'} tr{{background:none}}" in page
