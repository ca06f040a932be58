"""net(x): one example, batches of every form, ports, decoders, modes, bad data. Semantics §1.8."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet import (
    DataError,
    NetChain,
    NetDecoder,
    NetEncoder,
    NetGraph,
    NetPort,
    OptionError,
    ShapeError,
)
from wlnet.core.net import same
from wlnet.engine.program import Program


def linear(weights: Any, **options: Any) -> Any:
    return wl.LinearLayer(len(weights), weights=weights, biases=None, **options)


SUMS = NetChain([linear([[1.0, 1.0], [1.0, -1.0]])], input=2)
TWO = NetGraph(
    {"sum": "Plus", "product": "Times"},
    [
        ([NetPort("A"), NetPort("B")], "sum"),
        ([NetPort("A"), NetPort("B")], "product"),
        ("sum", NetPort("Sum")),
        ("product", NetPort("Product")),
    ],
    ports={"A": 1, "B": 1},
)


def plain(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {name: plain(value) for name, value in answer.items()}
    return answer.tolist() if isinstance(answer, np.ndarray) else answer


# One example, and many


@pytest.mark.parametrize(
    "one", [[2, 1], (2.0, 1.0), np.array([2, 1]), np.float32([2, 1])], ids=repr
)
def test_one_example_gives_one_answer(one: Any) -> None:
    answer = SUMS(one)
    assert plain(answer) == [3.0, 1.0]
    assert answer.dtype == np.float32


@pytest.mark.parametrize(
    "batch",
    [
        [[2, 1], [0, 4]],
        np.array([[2, 1], [0, 4]]),
        ([2.0, 1.0], [0.0, 4.0]),
        [np.array([2, 1]), np.array([0, 4])],
        [{"Input": [2, 1]}, {"Input": [0, 4]}],
        {"Input": [[2, 1], [0, 4]]},
    ],
    ids=repr,
)
def test_a_batch_in_any_form_gives_all_answers(batch: Any) -> None:
    assert plain(SUMS(batch)) == [[3.0, 1.0], [4.0, -4.0]]


def test_a_dict_of_one_example_gives_one_answer() -> None:
    assert plain(SUMS({"Input": [2, 1]})) == [3.0, 1.0]


def test_a_batch_of_one_is_a_batch() -> None:
    assert SUMS([[2, 1]]).shape == (1, 2)
    assert plain(SUMS([{"Input": [2, 1]}])) == [[3.0, 1.0]]


def test_scalars_are_examples_of_a_scalar_port() -> None:
    net = NetChain(["Square"], input="Real")
    assert float(net(3)) == 9.0
    assert net([1, 2]).tolist() == [1.0, 4.0]
    assert net(np.float32(3)).shape == ()


def test_no_examples_give_no_answers() -> None:
    assert len(SUMS([])) == 0
    assert len(SUMS({"Input": []})) == 0
    assert SUMS([]) == []
    assert len(SUMS(np.zeros((0, 2)))) == 0
    assert len(NetChain(["Tanh"])([])) == 0
    assert len(CLASSES([])) == 0
    assert len(TWO({"A": [], "B": []})) == 0


@pytest.mark.parametrize("chunk", [1, 2, 3, 64, 1000])
def test_how_a_batch_is_cut_changes_no_answer(chunk: int) -> None:
    x = np.random.default_rng(0).normal(size=(7, 2))
    np.testing.assert_allclose(SUMS(x, batch_size=chunk), SUMS(x), rtol=1e-6)
    assert SUMS(x, batch_size=chunk).shape == (7, 2)


def test_more_examples_than_a_batch_holds_come_back_in_order() -> None:
    x = np.arange(300, dtype=np.float32).reshape(150, 2)
    assert plain(SUMS(x)) == [[a + b, a - b] for a, b in x.tolist()]


def test_many_examples_go_in_one_go_as_far_as_they_are_near(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[int] = []
    old = Program.answer

    def answer(self: Program, **options: Any) -> bool:
        runs.append(len(next(iter(self.inputs.values()))))
        return old(self, **options)

    monkeypatch.setattr(Program, "answer", answer)
    x = np.random.default_rng(0).normal(size=(300, 2))
    answers = SUMS(x)
    assert runs == [320], "the next number of rows that there is a program for"
    runs.clear()
    trained = SUMS(x, net_evaluation_mode="Train")
    assert runs == [64, 64, 64, 64, 44], "an example's answer may depend on the others"
    np.testing.assert_allclose(trained, answers, rtol=1e-6)
    runs.clear()
    deep = wl.net_initialize(wl.NetChain([1000, "Ramp", 1000, "Ramp", 2], input=1000))
    deep(np.zeros((700, 1000), np.float32))
    assert runs == [64] * 10 + [60], "packed weights are no part of what grows"
    runs.clear()
    wide = wl.net_initialize(wl.NetChain(["Tanh", 2], input=100_000))
    wide(np.zeros((200, 100_000), np.float32))
    assert runs == [52, 52, 52, 44], "no small remainder; 25 MB for each 64"


def test_answers_stay_what_they_are_when_the_net_is_asked_again() -> None:
    first = SUMS([2, 1])
    SUMS([9, 9])
    assert plain(first) == [3.0, 1.0]
    batch = SUMS([[2, 1]])
    SUMS([[9, 9]])
    assert plain(batch) == [[3.0, 1.0]]


# Ports


def test_several_inputs_come_in_a_dict_and_several_outputs_leave_in_one() -> None:
    assert plain(TWO({"A": [2], "B": [3]})) == {"Sum": [5.0], "Product": [6.0]}
    batch = {"Sum": [[5.0], [9.0]], "Product": [[6.0], [20.0]]}
    assert plain(TWO({"A": [[2], [4]], "B": [[3], [5]]})) == batch
    assert plain(TWO([{"A": [2], "B": [3]}, {"B": [5], "A": [4]}])) == batch


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ([2], ["several inputs takes a dict", "A, B"]),
        ({"A": [2]}, ["no data for port 'B'"]),
        ({"A": [2], "B": [3], "CC": [1]}, ["'CC'", "A, B"]),
        ([{"A": [2], "B": [3]}, {"A": [2]}], ["no data for port 'B'"]),
        ({"A": [2], "B": [[3]]}, ["one example", "batch"]),
        ({"A": [[2], [3]], "B": [[3]]}, ["different length", "A: 2", "B: 1"]),
    ],
    ids=repr,
)
def test_data_for_ports_that_do_not_fit_together_are_refused(x: Any, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        TWO(x)
    for word in words:
        assert word in str(caught.value)


def test_a_net_without_inputs_is_called_without() -> None:
    net = NetChain([wl.NetArrayLayer(array=[1.0, 4.0]), "Sqrt"])
    assert plain(net()) == [1.0, 2.0]
    with pytest.raises(OptionError):
        net([1.0], None)


def test_a_net_with_inputs_needs_them() -> None:
    for arguments in ((), ([1, 2], None, None)):
        with pytest.raises(OptionError, match="called with its input"):
            SUMS(*arguments)


def test_what_flows_inside_may_be_asked_for() -> None:
    net = NetChain(
        {"double": linear([[2.0]]), "square": "Square", "deep": {"neg": linear([[-1.0]])}}
    )
    assert plain(net([3.0], NetPort("double", "Output"))) == [6.0]
    assert plain(net([3.0], NetPort("square"))) == [36.0]
    assert plain(net([[3.0], [1.0]], NetPort("deep", "neg", "Output"))) == [[-36.0], [-4.0]]
    assert plain(net([3.0], NetPort(1, "Output"))) == [6.0]
    asked = [NetPort("double", "Output"), NetPort("Output")]
    answer = net([3.0], asked)
    assert list(answer) == [NetPort("double", "Output"), "Output"]
    assert plain(answer["Output"]) == [-36.0]


def test_a_port_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(wl.PartError) as caught:
        TWO({"A": [2], "B": [3]}, NetPort("Summ"))
    assert "did you mean 'Sum'" in str(caught.value)
    with pytest.raises(wl.PartError):
        TWO({"A": [2], "B": [3]}, NetPort("product", "Input"))
    with pytest.raises(wl.PartError):
        SUMS([1, 2], NetPort(2, "Output"))


def test_one_output_of_several_may_be_asked_for() -> None:
    assert plain(TWO({"A": [2], "B": [3]}, NetPort("Product"))) == [6.0]


# Coders


CLASSES = NetChain([wl.SoftmaxLayer()], input=3, output=NetDecoder("Class", ["cat", "dog", "owl"]))
SCORES = np.log([0.2, 0.7, 0.1])


def test_a_decoder_answers_in_its_labels() -> None:
    assert CLASSES(SCORES) == "dog"
    assert list(CLASSES([SCORES, SCORES[::-1]])) == ["dog", "dog"]
    probabilities = CLASSES(SCORES, "Probabilities")
    assert list(probabilities) == ["cat", "dog", "owl"]
    assert probabilities["dog"] == pytest.approx(0.7, rel=1e-5)
    top = CLASSES(SCORES, ("TopProbabilities", 2))
    assert [label for label, _ in (top.items() if isinstance(top, dict) else top)] == ["dog", "cat"]
    assert list(CLASSES(SCORES, ("TopDecisions", 2))) == ["dog", "cat"]
    assert CLASSES(SCORES, ("Probability", "owl")) == pytest.approx(0.1, rel=1e-5)
    entropy = -(0.2 * np.log(0.2) + 0.7 * np.log(0.7) + 0.1 * np.log(0.1))
    assert CLASSES(SCORES, "Entropy") == pytest.approx(entropy, rel=1e-5)


def test_none_leaves_the_decoder_out() -> None:
    raw = CLASSES(SCORES, None)
    np.testing.assert_allclose(raw, [0.2, 0.7, 0.1], rtol=1e-5)
    assert CLASSES([SCORES], None).shape == (1, 3)


def test_an_unknown_property_of_a_decoder_is_an_error() -> None:
    with pytest.raises((OptionError, wl.PartError), match="Probabilities"):
        CLASSES(SCORES, "Probabilites")
    with pytest.raises(OptionError, match="needs a decoder"):
        SUMS([1, 2], "Probabilities")


def test_random_samples_follow_the_seed() -> None:
    many = [SCORES] * 200
    draws = [list(CLASSES(many, "RandomSample", random_seeding=seed)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]
    assert draws[0].count("dog") == pytest.approx(140, abs=30)


def test_an_encoder_takes_its_own_things_and_lets_arrays_of_its_shape_pass() -> None:
    net = NetChain(
        [linear([[1.0, 2.0, 3.0]])], input=NetEncoder("Class", list("abc"), "UnitVector")
    )
    assert plain(net("b")) == [2.0]
    assert plain(net(["c", "a"])) == [[3.0], [1.0]]
    assert plain(net(np.float32([0, 1, 1]))) == [5.0]
    assert plain(net(np.float32([[0, 1, 1]]))) == [[5.0]]
    with pytest.raises(DataError) as caught:
        net(["a", "z"])
    assert "'z'" in str(caught.value)
    assert "2" in str(caught.value)


# Data that cannot be


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_with_their_example(bad: float) -> None:
    with pytest.raises(DataError) as caught:
        SUMS([[1.0, 2.0], [3.0, bad]])
    told = str(caught.value)
    assert "port Input, example 2" in told
    assert str(bad) in told


def test_numbers_may_be_so_large_that_their_sum_is_not_finite() -> None:
    large = np.full((2, 3), 3e38, np.float32)
    assert plain(wl.NetChain(["Tanh"], input=3)(large)) == [[1.0] * 3] * 2


@pytest.mark.parametrize(
    "bad", [[1.0, 2.0, 3.0], [[1.0]], [[[[1.0, 2.0]]]], 3.0, np.zeros((2, 3)), np.zeros(0)]
)
def test_data_of_a_wrong_shape_are_refused_with_the_port(bad: Any) -> None:
    with pytest.raises((ShapeError, DataError), match="port Input") as caught:
        SUMS(bad)
    assert "(2,)" in str(caught.value)


@pytest.mark.parametrize("bad", [["a", "b"], [[1.0, "x"]], [None, 1.0], "word", [1j, 2j]], ids=repr)
def test_data_that_are_no_numbers_are_refused_with_the_port(bad: Any) -> None:
    with pytest.raises(DataError, match="port Input"):
        SUMS(bad)


def test_numbers_that_float32_cannot_hold_are_refused_and_float64_takes_them() -> None:
    with pytest.raises(DataError, match="port Input, example 2") as caught:
        SUMS([[1.0, 2.0], [1e300, 0.0]])
    assert "1e+300" in str(caught.value)
    assert "Real64" in str(caught.value)
    assert plain(SUMS([1e300, 0.0], working_precision="Real64")) == [1e300, 1e300]


def test_missing_values_are_refused() -> None:
    with pytest.raises(DataError, match="port Input"):
        SUMS(np.ma.array([1.0, 2.0], mask=[False, True]))
    assert plain(SUMS(np.ma.array([2.0, 1.0], mask=False))) == [3.0, 1.0]


def test_a_batch_whose_examples_differ_is_refused_with_the_example() -> None:
    with pytest.raises((DataError, ShapeError), match="port Input") as caught:
        SUMS([[1.0, 2.0], [3.0]])
    assert "(1,)" in str(caught.value) or "example 2" in str(caught.value)


@pytest.mark.parametrize("bad", [0, 5, -1, 1.5, np.nan, "a"])
def test_an_index_out_of_range_is_refused(bad: Any) -> None:
    net = wl.EmbeddingLayer(2, 4, weights=np.arange(8).reshape(4, 2), input=3)
    assert plain(net([1, 4, 2])) == [[0.0, 1.0], [6.0, 7.0], [2.0, 3.0]]
    assert plain(net([1.0, 4.0, 2.0])) == [[0.0, 1.0], [6.0, 7.0], [2.0, 3.0]]
    with pytest.raises(DataError, match="port Input"):
        net([1, bad, 2])


def test_an_uninitialised_net_is_refused_with_its_arrays_and_a_repair() -> None:
    with pytest.raises(wl.NotInitializedError) as caught:
        NetChain({"a": 3, "b": 1}, input=2)([1.0, 2.0])
    for word in ("a/Weights", "b/Biases", "net_initialize"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"net_evaluation_mode": "Training"},
        {"working_precision": "Real16"},
        {"batch_size": 0},
        {"batch_size": 2.5},
        {"batch_size": True},
        {"random_seeding": 1.5},
        {"workers": 0},
        {"workers": "all"},
    ],
    ids=repr,
)
def test_an_option_that_cannot_be_is_told(options: Any) -> None:
    with pytest.raises(OptionError) as caught:
        SUMS([1, 2], **options)
    assert next(iter(options)) in str(caught.value)


# Sequences


def test_sequences_of_different_length_come_back_in_order() -> None:
    net = wl.NetMapOperator(linear([[1.0, 1.0]]), input=("Varying", 2))
    sequences = [[[1, 2]], [[3, 4], [5, 6]], [[7, 8]], [[1, 1], [2, 2], [3, 3]]]
    answers = net(sequences)
    assert [plain(answer) for answer in answers] == [
        [[3.0]],
        [[7.0], [11.0]],
        [[15.0]],
        [[2.0], [4.0], [6.0]],
    ]
    assert plain(net(sequences[1])) == [[7.0], [11.0]]
    arrays = [np.array(sequence) for sequence in sequences]
    assert [plain(answer) for answer in net(arrays)] == [plain(answer) for answer in answers]


def test_sequences_of_one_length_are_one_array() -> None:
    net = wl.NetMapOperator(linear([[1.0, 1.0]]), input=("Varying", 2))
    assert net(np.ones((3, 4, 2))).shape == (3, 4, 1)


def test_a_sequence_whose_elements_do_not_fit_is_refused() -> None:
    net = wl.NetMapOperator(linear([[1.0, 1.0]]), input=("Varying", 2))
    with pytest.raises((ShapeError, DataError), match="Input"):
        net([[[1, 2]], [[3, 4, 5], [3, 4, 5]]])


# Modes and precision


def test_dropout_is_random_in_train_mode_only_and_follows_the_seed() -> None:
    net, ones = NetChain([wl.DropoutLayer(0.25)], input=1000), np.ones(1000, np.float32)
    assert same(net(ones), ones)
    draws = [net(ones, net_evaluation_mode="Train", random_seeding=seed) for seed in (1, 1, 2)]
    assert same(draws[0], draws[1])
    assert not same(draws[0], draws[2])
    assert set(draws[0].tolist()) == {0.0, float(np.float32(1 / 0.75))}
    assert (draws[0] == 0).mean() == pytest.approx(0.25, abs=0.05)
    batch = net(np.ones((3, 1000)), net_evaluation_mode="Train")
    assert not same(batch[0], batch[1])


def test_batches_of_one_call_draw_different_numbers() -> None:
    net = NetChain([wl.DropoutLayer(0.5)], input=100)
    answer = net(np.ones((4, 100)), net_evaluation_mode="Train", batch_size=2)
    assert not same(answer[:2], answer[2:])


def test_batch_normalization_uses_the_batch_in_train_mode_and_keeps_its_statistics() -> None:
    net = wl.net_initialize(NetChain([wl.BatchNormalizationLayer(epsilon=0)], input=1))
    before = dict(wl.information(net, "Arrays"))
    x = np.float32([[1], [2], [3], [6]])
    answer = net(x, net_evaluation_mode="Train")
    np.testing.assert_allclose(answer, (x - x.mean()) / x.std(), rtol=1e-5)
    assert same(dict(wl.information(net, "Arrays")), before)
    assert same(net(x), x)


def test_double_precision_is_asked_for_by_name() -> None:
    net = NetChain(["Sqrt"], input="Real")
    assert net(2.0).dtype == np.float32
    wide = net(2.0, working_precision="Real64")
    assert wide.dtype == np.float64
    assert float(wide) == np.sqrt(2.0)
    assert float(net(2.0)) == np.float32(np.sqrt(2.0))


# Threads


def test_two_threads_may_ask_one_net() -> None:
    rng = np.random.default_rng(0)
    net = wl.net_initialize(NetChain([50, "Tanh", 30], input=20))
    data = [rng.normal(size=(rows, 20)) for rows in (1, 5, 64, 70)]
    expected = [net(x) for x in data]
    wrong: list[Any] = []

    def ask(first: int) -> None:
        for i in range(40):
            number = (i + first) % len(data)
            if not same(net(data[number]), expected[number]):
                wrong.append(number)

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
