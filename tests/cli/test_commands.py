"""What each command does with a net, data and rules."""

from __future__ import annotations

import csv
import io
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

import wlnet as wl
from tests.cli.conftest import Command, training_of

TRAIN = ("train", "net.wlnet", "data.npz", "--max-training-rounds", "2", "-q")


@pytest.fixture
def trained(wlnet: Command) -> Command:
    assert wlnet(*TRAIN, "--rule", "hidden/Weights=none", "-o", "trained.wlnet").status == 0
    return wlnet


def test_info_tells_properties_by_name(wlnet: Command) -> None:
    assert wlnet("info", "net.wlnet", "LayersCount").out == "4\n"
    assert wlnet("info", "net.wlnet", "LayersCount", "--json").value == 4
    several = wlnet("info", "net.wlnet", "LayersCount", "ArraysDimensions", "--json").value
    assert several["ArraysDimensions"]["hidden/Weights"] == [4, 2]
    assert several["LayersCount"] == 4


@pytest.mark.parametrize("name", wl.information(wl.LinearLayer(1), "Properties"))
def test_info_tells_every_property_as_text_and_as_json(wlnet: Command, name: str) -> None:
    assert wlnet("info", "net.wlnet", name).out.strip()
    assert wlnet("info", "net.wlnet", name, "--json").value is not None


def test_info_measures_the_program_of_a_net(wlnet: Command) -> None:
    for asked in ((), ("Program",)):
        said = wlnet("info", "net.wlnet", *asked, "--measured")
        assert "GF/s" in said.out
    told = wlnet("info", "net.wlnet", "--measured", "--json").value
    assert [row["layer"] for row in told["Layers"]][:2] == [["hidden"], ["bend"]]
    assert {row["what is done"] for row in told["Calls"]} >= {"product + bias", "softmax"}
    assert told["Step"]["µs of a step"] > 0
    said = wlnet("info", "net.wlnet", "LayersCount", "--measured")
    assert (said.status, "only a Program is measured" in said.err) == (1, True)


def test_info_of_a_record_tells_of_the_training_and_of_the_net(wlnet: Command) -> None:
    assert wlnet(*TRAIN, "--record", "-o", "record.wlnet").status == 0
    told = wlnet("info", "record.wlnet", "RoundLossList", "LayersCount", "--json").value
    assert (len(told["RoundLossList"]), told["LayersCount"]) == (2, 4)
    names = wlnet("info", "record.wlnet", "Properties", "--json").value
    assert {"RoundLossList", "LayersCount"} <= set(names)


def test_info_corrects_a_misspelt_property(wlnet: Command) -> None:
    said = wlnet("info", "net.wlnet", "LayersCuont")
    assert said.status == 1
    assert "did you mean 'LayersCount'" in said.err


def test_rules_tell_who_decides_and_whom_it_beats(wlnet: Command) -> None:
    said = wlnet("rules", "net.wlnet", "hidden/Weights=none", "1:2=0.5", "-1=2", "--json")
    first = said.value["hidden/Weights"]
    assert (first["Rate"], first["Rule"], first["Trained"]) == (0, "hidden/Weights=0.0", False)
    assert [each["Rule"] for each in first["Beaten"]] == ["1:2=0.5"]
    assert said.value["hidden/Biases"]["Rate"] == 0.5
    assert said.value["read/Weights"]["SetAt"] == "default"
    # The last part has no arrays.
    assert "warning: a rule selects a part without arrays" in said.err
    assert wlnet("rules", "net.wlnet", "none").out.endswith("nothing would be trained\n")


def test_rules_are_those_of_the_training(trained: Command) -> None:
    told = trained("rules", "net.wlnet", "hidden/Weights=none", "--json").value
    receipt = json.loads(Path("trained.receipt.json").read_text())
    used = receipt["Calls"][0]["Phases"][0]["Arrays"]
    assert {name: row["Rate"] for name, row in told.items()} == {
        name: row["Rate"] for name, row in used.items()
    }


def test_rules_by_rounds_have_a_table_each(wlnet: Command) -> None:
    Path("phases.toml").write_text('[round.1]\nread = 1\n"*" = "none"\n[round.3]\n"*" = 0.1\n')
    told = wlnet("rules", "net.wlnet", "phases.toml", "--json").value
    assert told["1"]["hidden/Weights"]["Rate"] == 0
    assert told["3"]["hidden/Weights"]["Rate"] == 0.1
    assert "from round 3\n" in wlnet("rules", "net.wlnet", "phases.toml").out


def test_a_misspelt_rule_is_corrected(wlnet: Command) -> None:
    said = wlnet("rules", "net.wlnet", "hiden=1")
    assert said.status == 1
    assert "did you mean 'hidden'" in said.err


def test_train_gives_what_net_train_gives(trained: Command, small_net: wl.NetChain) -> None:
    rules = [(("hidden", "Weights"), None)]
    options = {"max_training_rounds": 2, "training_progress_reporting": None}
    results = wl.net_train(
        small_net, training_of(), wl.ALL, learning_rate_multipliers=rules, **options
    )
    assert wl.load("trained.wlnet") == results["TrainedNet"]
    assert Path("trained.receipt.json").read_text() == f"{results['Receipt']}\n"


def test_train_tells_programs_what_came_of_it(wlnet: Command) -> None:
    told = wlnet(*TRAIN, "--validation-set", "0.2", "-o", "a.wlnet", "--json").value
    assert told["TotalRounds"] == 2
    assert told["BestValidationRound"] in (1, 2)
    assert told["Files"] == {"Net": "a.wlnet", "Receipt": "a.receipt.json"}


def test_the_receipt_goes_where_it_is_sent(wlnet: Command) -> None:
    wlnet(*TRAIN, "-o", "a.wlnet", "--receipt", "proof.json")
    wlnet(*TRAIN, "-o", "b.wlnet", "--receipt", "none")
    assert sorted(file.name for file in Path().glob("*.json")) == ["proof.json"]


def test_a_record_goes_on_where_it_stands(wlnet: Command) -> None:
    wlnet(*TRAIN, "--record", "-o", "two.wlnet")
    wlnet("train", "two.wlnet", "data.npz", "--max", "3", "-q", "--record", "-o", "five.wlnet")
    assert wlnet("info", "five.wlnet", "TotalRounds").out == "5\n"


def test_options_are_those_of_net_train(wlnet: Command) -> None:
    words = shlex.split("""
        --method '["SGD", {Momentum = 0.5, LearningRateSchedule = "Polynomial"}]' --batch-size 10
        --learning-rate 0.1 --random-seeding 7 --class-weights '{low = 2}' --workers 1
        --working-precision Real64 --training-progress-measurements Accuracy
        --training-progress-measurements '["ErrorRate", 1]' --validation-set data.npz
        --training-stopping-criterion Accuracy --training-update-schedule '["hidden", ["read", 2]]'
        --frozen-prefix-bytes 0 --loss-function AUTOMATIC --target-device CPU
        --training-progress-reporting log.txt
    """)
    said = wlnet(
        "train", "net.wlnet", "data.npz", "--max", "2", *words, "--record", "-o", "a.wlnet"
    )
    assert said.err == ""
    record = wl.load("a.wlnet")
    assert record["OptimizationMethod"][1]["Momentum"] == 0.5
    assert record["BatchSize"] == 10
    assert set(record["RoundMeasurements"]) == {"Accuracy", "ErrorRate"}
    assert len(record["ValidationLossList"]) >= 1
    assert Path("log.txt").exists()


def test_a_training_that_was_broken_off_is_resumed_to_the_bit(wlnet: Command) -> None:
    places = ("--training-progress-checkpointing", "runs")
    wlnet("train", "net.wlnet", "data.npz", "--max", "3", "-q", *places, "-o", "whole.wlnet")
    first, *_ = sorted(Path("runs").iterdir())
    for file in (str(first), "runs"):
        said = wlnet("resume", file, "data.npz", "-q", "-o", "again.wlnet", "--force")
        assert said.status == 0
        assert wlnet("diff", "whole.wlnet", "again.wlnet").status == 0
    words = ("--max", "2", "-q", "-o", "b.wlnet", "--json")
    assert wlnet("resume", str(first), "data.npz", *words).value["TotalRounds"] == 2
    assert wlnet("resume", "nowhere.wlnet", "data.npz", "-o", "c.wlnet").status == 1
    assert wlnet("resume", "net.wlnet", "data.npz", "-o", "c.wlnet").status == 1


def test_a_receipt_holds_for_its_net_and_data_alone(trained: Command) -> None:
    said = trained("verify", "trained.receipt.json", "net.wlnet", "data.npz")
    assert (said.status, "the receipt holds" in said.out) == (0, True)
    assert trained("verify", "trained.receipt.json", "net.wlnet", "trained.wlnet").status == 0
    other = training_of()
    other["Input"][3, 0] += 1
    np.savez("other.npz", **other)
    said = trained("verify", "trained.receipt.json", "net.wlnet", "other.npz", "--json")
    assert said.status == 3
    assert said.value["Holds"] is False
    assert said.value["Faults"][0]["At"] == "call 1, Data, Input"
    assert trained("verify", "net.wlnet", "net.wlnet", "data.npz").status == 1


def test_predict_writes_what_the_net_answers(trained: Command) -> None:
    net, data = wl.load("trained.wlnet"), training_of()["Input"]
    lines = list(csv.DictReader(io.StringIO(trained("predict", "trained.wlnet", "data.npz").out)))
    assert [line["Output"] for line in lines] == net(data)
    wish = ("--property", "Probabilities")
    for row, expected in zip(
        csv.DictReader(io.StringIO(trained("predict", "trained.wlnet", "data.npz", *wish).out)),
        net(data, "Probabilities"),
        strict=True,
    ):
        assert {name[7:-1]: float(text) for name, text in row.items()} == expected


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "npy"])
def test_numbers_come_back_from_every_format(trained: Command, form: str) -> None:
    said = trained("predict", "trained.wlnet", "data.npz", "--property", "none", "-o", f"a.{form}")
    assert (said.status, said.out) == (0, f"40 examples\nwrote a.{form}\n")
    file = Path(f"a.{form}")
    if form == "csv":
        rows = [list(row.values()) for row in csv.DictReader(io.StringIO(file.read_text()))]
    elif form == "npy":
        rows = np.load(file)
    elif form == "json":
        rows = [row["Output"] for row in json.loads(file.read_text())]
    else:
        rows = [json.loads(line)["Output"] for line in file.read_text().splitlines()]
    expected = wl.load("trained.wlnet")(training_of()["Input"], None)
    np.testing.assert_array_equal(np.array(rows, np.float32), expected)


def test_one_example_is_one_line(wlnet: Command) -> None:
    wl.save(wl.net_initialize(wl.NetChain([2], input=3)), "plain.wlnet")
    np.save("one.npy", np.ones(3, np.float32))
    said = wlnet("predict", "plain.wlnet", "one.npy")
    assert said.out.splitlines()[0] == "Output[1],Output[2]"
    assert len(said.out.splitlines()) == 2
    wl.save(wl.net_model("LeNet"), "lenet.wlnet")
    np.save("one.npy", np.zeros((28, 28), np.uint8))
    assert len(wlnet("predict", "lenet.wlnet", "one.npy").out.splitlines()) == 2


def test_probabilities_of_some_labels_have_a_column_each(trained: Command) -> None:
    wish = ("--property", '["TopProbabilities", 1]')
    lines = trained("predict", "trained.wlnet", "data.npz", *wish).out.splitlines()
    assert set(lines[0].split(",")) == {"Output[low]", "Output[high]"}
    assert all(sorted(map(bool, line.split(","))) == [False, True] for line in lines[1:])


def test_sequences_of_any_length_have_as_many_columns_as_the_longest(wlnet: Command) -> None:
    net = wl.NetChain([wl.NetMapOperator(1)], input=("Varying", 2))
    wl.save(wl.net_initialize(net), "map.wlnet")
    np.save("a.npy", np.zeros((3, 4, 2), np.float32))
    assert wlnet("predict", "map.wlnet", "a.npy").out.splitlines()[0].count('"Output[') == 4


def test_several_outputs_have_columns_of_their_own(wlnet: Command) -> None:
    edges = [("a", wl.NetPort("A")), ("b", wl.NetPort("B"))]
    wl.save(
        wl.net_initialize(wl.NetGraph({"a": 1, "b": wl.LinearLayer(())}, edges, input=2)),
        "two.wlnet",
    )
    said = wlnet("predict", "two.wlnet", "data.npz")
    assert said.out.splitlines()[0] == "A[1],B"
    assert wlnet("predict", "two.wlnet", "data.npz", "--format", "npy").status == 1


def test_answers_that_are_no_array_have_another_format(trained: Command) -> None:
    said = trained(
        "predict", "trained.wlnet", "data.npz", "--property", "Probabilities", "--format", "npy"
    )
    assert said.status == 1
    assert "--format jsonl" in said.err


def test_measure_gives_what_net_measurements_gives(trained: Command) -> None:
    net, data = wl.load("trained.wlnet"), training_of()
    words = ("-m", "Accuracy", "-m", '["ErrorRate", 1]', "-m", "ConfusionMatrix", "--json")
    told = trained("measure", "trained.wlnet", "data.npz", *words).value
    expected = wl.net_measurements(net, data, ["Accuracy", ("ErrorRate", 1), "ConfusionMatrix"])
    assert list(told.values())[:2] == expected[:2]
    assert told["ConfusionMatrix"] == expected[2].tolist()
    every = trained("measure", "trained.wlnet", "data.npz", "--json").value
    assert every.keys() == wl.net_measurements(net, data, wl.ALL).keys()
    words = ("--class-weights", "{low = 3}", "--json")
    other = trained("measure", "trained.wlnet", "data.npz", *words).value
    assert other["Loss"] > every["Loss"]
    weighted = trained(
        "measure", "trained.wlnet", "data.npz", "-m", "Loss", "--class-weights", "{low = 3}"
    )
    assert weighted.out != trained("measure", "trained.wlnet", "data.npz", "-m", "Loss").out


def test_diff_tells_which_arrays_differ_and_how_far(
    trained: Command, small_net: wl.NetChain
) -> None:
    said = trained("diff", "net.wlnet", "trained.wlnet", "--json")
    assert said.status == 3
    told = said.value["Arrays"]
    assert list(told) == ["hidden/Biases", "read/Weights", "read/Biases"]
    a, b = (np.float64(net["read", "Weights"]) for net in (small_net, wl.load("trained.wlnet")))
    row = told["read/Weights"]
    assert row["Largest"] == np.abs(a - b).max()
    assert row["Relative"] == pytest.approx(np.linalg.norm(a - b) / np.linalg.norm(a))
    assert told["hidden/Biases"]["Relative"] is None
    receipt = json.loads(Path("trained.receipt.json").read_text())
    assert (row["DigestA"], row["DigestB"]) == (
        receipt["Net"]["Arrays"]["read/Weights"],
        receipt["After"]["read/Weights"],
    )
    every = trained("diff", "net.wlnet", "trained.wlnet", "--all", "--json").value["Arrays"]
    assert every["hidden/Weights"]["Same"]
    assert trained("diff", "net.wlnet", "net.wlnet").out == "all 4 arrays are the same\n"


def test_diff_tells_of_one_bit_of_a_zero(wlnet: Command, small_net: wl.NetChain) -> None:
    wl.save(wl.net_replace_part(small_net, {("read", "Biases"): [-0.0, 0.0]}), "b.wlnet")
    said = wlnet("diff", "net.wlnet", "b.wlnet", "--json")
    assert said.status == 3
    assert said.value["Arrays"]["read/Biases"]["Largest"] == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda net: wl.net_replace_part(net, {"bend": wl.ElementwiseLayer("Ramp")}), "bend"),
        (lambda net: wl.net_delete(net, "bend"), "bend"),
        (lambda net: wl.net_append(net, {"more": wl.LinearLayer(2)}), "more"),
        (lambda net: wl.net_rename(net, {"bend": "turn"}), "turn"),
        (
            lambda net: wl.net_replace_part(net, {("hidden", "LearningRateMultipliers"): 0}),
            "LearningRateMultipliers",
        ),
        (
            lambda net: wl.net_replace_part(
                net, {"Output": wl.NetDecoder("Class", ["high", "low"])}
            ),
            "port Output",
        ),
    ],
    ids=["another function", "one less", "one more", "another name", "a rule", "a decoder"],
)
def test_diff_tells_what_else_is_different(
    wlnet: Command, small_net: wl.NetChain, change: object, told: str
) -> None:
    wl.save(change(small_net), "b.wlnet")
    said = wlnet("diff", "net.wlnet", "b.wlnet")
    assert said.status == 3
    assert told in said.out
    rows = wlnet("diff", "net.wlnet", "b.wlnet", "--json").value["Structure"]
    assert any(told in row["At"] or told in row["What"] for row in rows)


def test_diff_tells_of_edges_of_a_graph(wlnet: Command) -> None:
    nodes = {"a": wl.LinearLayer(2), "b": wl.LinearLayer(2), "c": "Tanh"}
    for name, edges in (
        ("one.wlnet", [("a", "b"), ("b", "c")]),
        ("two.wlnet", [("b", "a"), ("a", "c")]),
    ):
        wl.save(wl.net_initialize(wl.NetGraph(nodes, edges, input=2)), name)
    assert "connections" in wlnet("diff", "one.wlnet", "two.wlnet").out


def test_diff_tells_of_arrays_without_numbers_and_of_other_shapes(wlnet: Command) -> None:
    wl.save(wl.NetChain({"a": wl.LinearLayer(2)}, input=3), "open.wlnet")
    wl.save(wl.net_initialize(wl.NetChain({"a": wl.LinearLayer(2)}, input=3)), "ready.wlnet")
    wl.save(wl.net_initialize(wl.NetChain({"a": wl.LinearLayer(2)}, input=4)), "wide.wlnet")
    assert "without numbers in A" in wlnet("diff", "open.wlnet", "ready.wlnet").out
    assert "shape (2, 3) -> (2, 4)" in wlnet("diff", "ready.wlnet", "wide.wlnet").out
    assert wlnet("diff", "open.wlnet", "open.wlnet").status == 0


@pytest.mark.parametrize(
    ("name", "begin"),
    [("a.svg", b"<svg"), ("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.html", b"<!DOCTYPE html>")],
)
def test_diagram_draws_what_the_suffix_says(wlnet: Command, name: str, begin: bytes) -> None:
    assert wlnet("diagram", "net.wlnet", name).status == 0
    assert Path(name).read_bytes().startswith(begin)


def test_diagram_shows_the_rates_of_rules(wlnet: Command, small_net: wl.NetChain) -> None:
    plain = wlnet("diagram", "net.wlnet", "-").out
    assert plain == f"{wl.information(small_net, 'FullSummaryGraphic').to_svg()}\n"
    assert wlnet("diagram", "net.wlnet", "-", "--rule", "hidden=none").out != plain
    assert wlnet("diagram", "net.wlnet", "a.gif").status == 1


def test_demo_learns_and_keeps_what_is_frozen(wlnet: Command) -> None:
    said = wlnet("demo", "--json")
    assert said.status == 0
    assert said.value["RightAfter"] > 0.85 > said.value["RightBefore"]
    assert said.value["FrozenArraysUnchanged"] == said.value["FrozenArrays"] == 6
