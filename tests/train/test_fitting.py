"""What data tell about a net: shapes, labels, coders."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, numbers

X, Y = classes()
OPTIONS: dict[str, Any] = {"max_training_rounds": 60, "learning_rate": 0.05}


def train(net: Any, targets: Any, x: Any = X, **options: Any) -> Any:
    return wl.net_train(net, (x, targets), **{**OPTIONS, **options})


WORDS = ["cat", "dog", "bird"]
TARGETS: dict[str, tuple[Any, set[Any]]] = {
    "integers from 0": (Y, {0, 1, 2}),
    "integers from 1": (Y + 1, {1, 2, 3}),
    "integers with gaps": (np.array([-5, 7, 100])[Y], {-5, 7, 100}),
    "small integers": (Y.astype(np.uint8), {0, 1, 2}),
    "a list of integers": (Y.tolist(), {0, 1, 2}),
    "a list of NumPy integers": (list(Y), {0, 1, 2}),
    "texts": ([WORDS[i] for i in Y], set(WORDS)),
    "an array of texts": (np.array(WORDS)[Y], set(WORDS)),
}


@pytest.mark.parametrize("case", TARGETS)
@pytest.mark.parametrize("size", [3, wl.AUTOMATIC], ids=["size given", "size from the labels"])
def test_a_trained_net_answers_in_the_labels_of_the_user(case: str, size: Any) -> None:
    targets, labels = TARGETS[case]
    net = wl.NetChain([8, "Tanh", wl.LinearLayer(size), wl.SoftmaxLayer()])
    answers = train(net, targets)(X)
    assert set(answers) == labels
    assert list(answers) == list(targets), "the clouds stand apart: everything can be learned"
    assert {type(answer) for answer in answers} <= {int, str}


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        (["x"] * 10 + [1] * 10, r"example 11\n[^$]*given: +1 after 'x'"),
        ([True] * 10 + [2] * 10, r"example 11\n[^$]*given: +2 after True"),
        ([1] * 19 + [True], r"example 20\n[^$]*given: +True after 1"),
    ],
)
@pytest.mark.parametrize("size", [2, wl.AUTOMATIC], ids=["size given", "size open"])
def test_labels_are_of_one_type(labels: list[Any], told: str, size: Any) -> None:
    x, _ = classes(20, 4, 2)
    with pytest.raises(wl.DataError, match=r"labels of several types\n[^$]*Output, " + told):
        train(wl.NetChain([wl.LinearLayer(size), wl.SoftmaxLayer()]), labels, x)


@pytest.mark.parametrize("label", [1, 7, "cat"])
def test_one_label_for_all_does_not_tell_how_many_classes_there_are(label: Any) -> None:
    x, _ = classes(20, 4, 2)
    with pytest.raises(wl.DataError, match=f"a single label[^$]*{label!r} in every example"):
        train(wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()]), [label] * 20, x)


def test_one_label_for_all_will_do_for_a_known_number_of_classes() -> None:
    x, _ = classes(20, 4, 2)
    trained = train(wl.NetChain([2, wl.SoftmaxLayer()]), [1] * 20, x, max_training_rounds=1)
    assert wl.information(trained, "OutputPorts")["Output"] == wl.NetDecoder("Class", [1, 2])


def test_ten_digits_stay_0_to_9() -> None:
    x, y = classes(100, 6, 10)
    trained = train(wl.NetChain([16, "Tanh", 10, wl.SoftmaxLayer()]), y, x)
    assert wl.information(trained, "OutputPorts")["Output"] == wl.NetDecoder("Class", range(10))


@pytest.mark.parametrize(
    ("targets", "labels"),
    [([1, 3], [1, 2, 3, 4, 5]), ([0, 3], [0, 1, 2, 3, 4]), ([5, 1], [1, 2, 3, 4, 5])],
)
def test_some_labels_of_a_known_number_count_from_1_or_from_0(
    targets: list[int], labels: list[int]
) -> None:
    x, y = classes(20, 4, 2)
    net = wl.NetChain([5, wl.SoftmaxLayer()], input=4)
    trained = train(net, [targets[i] for i in y], x, max_training_rounds=1)
    assert wl.information(trained, "OutputPorts")["Output"] == wl.NetDecoder("Class", labels)


def test_a_decoder_keeps_its_own_labels_and_gives_the_size() -> None:
    decoder = wl.NetDecoder("Class", ["a", "b", "c", "never seen"])
    net = wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()], output=decoder)
    trained = train(net, [["a", "b", "c"][i] for i in Y], max_training_rounds=1)
    assert wl.net_extract(trained, (1, "Weights")).shape == (4, 4)
    assert wl.information(trained, "OutputPorts")["Output"] == decoder


def test_truth_values_get_a_boolean_decoder() -> None:
    x, y = classes(40, 4, 2)
    net = wl.NetChain([wl.LinearLayer([]), wl.ElementwiseLayer("LogisticSigmoid")])
    trained = train(net, [bool(i) for i in y], x)
    assert trained(x) == [bool(i) for i in y]
    as_array = train(net, y.astype(bool), x)
    assert as_array == trained


def test_zeros_and_ones_are_probabilities_and_get_no_decoder() -> None:
    x, y = classes(40, 4, 2)
    net = wl.NetChain([wl.LinearLayer([]), "LogisticSigmoid"])
    trained = train(net, y.astype(float), x)
    outputs = trained(x)
    assert outputs.dtype == np.float32
    assert ((outputs > 0.5) == y).all()


@pytest.mark.parametrize("kind", [float, np.int64, bool])
@pytest.mark.parametrize("shape", [(3,), (2, 3), ()])
def test_the_size_of_a_sigmoid_comes_from_its_targets(kind: Any, shape: tuple[int, ...]) -> None:
    net = wl.NetChain([wl.LinearLayer(), "Sigmoid"], input=4)
    trained = train(net, np.ones((10, *shape), kind), np.ones((10, 4)), max_training_rounds=1)
    assert wl.net_extract(trained, (1, "Biases")).shape == (np.prod(shape, dtype=int),)
    decoder = wl.NetDecoder("Boolean") if kind is bool and shape == () else None
    assert (trained.ports["Output"].coder, trained.ports["Output"].shape) == (decoder, shape)


def test_a_list_of_zeros_and_ones_makes_a_sigmoid_give_one_number() -> None:
    trained = train(wl.NetChain([wl.LinearLayer(), "Sigmoid"]), [0, 1] * 5, np.ones((10, 4)))
    assert trained(np.ones(4)).shape == ()


def test_rows_of_probabilities_give_the_number_of_classes() -> None:
    net = wl.NetChain([wl.LinearLayer(), wl.SoftmaxLayer()], input=4)
    entropy = wl.CrossEntropyLossLayer("Probabilities")
    trained = train(net, np.full((10, 5), 0.2), np.ones((10, 4)), loss_function=entropy)
    assert wl.net_extract(trained, (1, "Biases")).shape == (5,)


def test_shapes_of_numbers_come_from_both_columns() -> None:
    x, y = numbers(12, 5, 4)
    trained = wl.net_train(
        wl.NetChain([7, "Tanh", wl.LinearLayer()]), (x, y), max_training_rounds=1
    )
    assert wl.net_extract(trained, (1, "Weights")).shape == (7, 5)
    assert wl.net_extract(trained, (3, "Weights")).shape == (4, 7)


def test_a_column_of_plain_numbers_is_a_column_of_scalars() -> None:
    x, y = numbers(12)
    trained = wl.net_train(wl.NetChain([wl.LinearLayer()]), (x, y[:, 0]), max_training_rounds=1)
    assert trained(x[0]).shape == ()


def test_images_keep_their_shape() -> None:
    pixels = np.random.default_rng(0).random((6, 1, 5, 5)).astype(np.float32)
    net = wl.NetChain([wl.ConvolutionLayer(2, 3), "Ramp", wl.FlattenLayer(), 2, wl.SoftmaxLayer()])
    trained = wl.net_train(net, (pixels, [0, 1, 0, 1, 0, 1]), max_training_rounds=1)
    assert wl.net_extract(trained, (1, "Weights")).shape == (2, 1, 3, 3)


def test_indices_go_into_an_embedding() -> None:
    net = wl.NetChain([wl.EmbeddingLayer(4, 10), wl.FlattenLayer(), 2])
    trained = wl.net_train(
        net, ([[1, 2, 3], [10, 4, 1]], [[0.0, 1], [1, 0]]), max_training_rounds=1
    )
    assert wl.net_extract(trained, (3, "Weights")).shape == (2, 12)
    with pytest.raises(wl.DataError, match=r"Input, example 2[^$]*11"):
        wl.net_train(net, ([[1, 2, 3], [11, 4, 1]], [[0.0, 1], [1, 0]]), max_training_rounds=1)


def test_a_net_that_is_complete_is_kept_as_it_is() -> None:
    net = wl.net_initialize(classifier(output=wl.NetDecoder("Class", [0, 1, 2])))
    trained = train(net, Y, max_training_rounds=1)
    assert wl.information(trained, "InputPorts") == wl.information(net, "InputPorts")
    assert wl.information(trained, "OutputPorts") == wl.information(net, "OutputPorts")


def test_data_that_contradict_an_array_are_a_shape_error() -> None:
    net = wl.NetChain([wl.LinearLayer(2, weights=np.ones((2, 7)))])
    with pytest.raises(wl.ShapeError):
        wl.net_train(net, numbers(12), max_training_rounds=1)


def test_texts_as_inputs_get_a_class_encoder_when_they_are_few() -> None:
    words = ["red", "green", "blue"] * 10
    net = wl.NetChain([wl.EmbeddingLayer(3, 3), 3, wl.SoftmaxLayer()])
    trained = train(net, [word.upper() for word in words], words)
    assert trained(["blue", "red"]) == ["BLUE", "RED"]


def varying(*more: Any) -> Any:
    return wl.NetChain([wl.NetMapOperator(wl.LinearLayer(2)), *more], input=("Varying", 3))


VARYING: dict[str, Any] = {
    "mapped": varying,
    "recurrent": lambda: wl.NetChain(
        [wl.LongShortTermMemoryLayer(4), wl.NetMapOperator([2])], input=("Varying", 3)
    ),
    "of open width": lambda: wl.NetChain([wl.NetMapOperator([2])], input=("Varying", "Varying")),
    "a graph": lambda: wl.NetGraph(
        {"m": wl.NetMapOperator([2]), "sum": wl.TotalLayer()},
        [("m", "sum"), ("m", "sum")],
        input=("Varying", 3),
    ),
}


@pytest.mark.parametrize("make", VARYING.values(), ids=VARYING)
def test_a_port_that_takes_every_length_does_so_after_training(make: Any) -> None:
    net = make()
    seen: list[Any] = []
    data = np.ones((6, 5, 3)), np.ones((6, 5, 2))
    options: dict[str, Any] = {
        "max_training_rounds": 2,
        "training_progress_function": lambda state: seen.append(state["Net"]),
    }
    trained = wl.net_train(net, data, **options)
    ready = wl.net_train(trained, data, learning_rate_multipliers={wl.ANY: 1}, **options)
    for each in (trained, ready, *seen, wl.net_train(net, lambda: data, batch_size=6, **options)):
        assert wl.information(each, "InputPorts")["Input"] in (("Varying", 3), ("Varying",) * 2)
        assert each(np.ones((7, 3))).shape == (7, 2)
    # The next training may be on another length, and gives the same numbers as a net that is new.
    other = np.ones((6, 4, 3)), np.ones((6, 4, 2))
    again = wl.net_train(trained, other, max_training_rounds=1)
    assert wl.information(again, "InputPorts") == wl.information(trained, "InputPorts")
    for bad in ((other[0], data[1]), (data[0], other[1])):
        with pytest.raises(wl.ShapeError):
            wl.net_train(trained, bad, max_training_rounds=1)
    wl.net_train(trained, data, validation_set=other, max_training_rounds=1)


def test_a_size_that_arrays_need_is_that_of_the_data() -> None:
    net = wl.NetChain([wl.FlattenLayer(), wl.LinearLayer(2)], input=("Varying", 3))
    trained = wl.net_train(net, (np.ones((6, 5, 3)), np.ones((6, 2))), max_training_rounds=1)
    assert trained(np.ones((5, 3))).shape == (2,)
    with pytest.raises(wl.ShapeError):
        trained(np.ones((7, 3)))


# Nets without inputs: their arrays are all there is.


def alone() -> Any:
    nodes = {"a": wl.NetArrayLayer(array=[3.0]), "l": "Square", "s": wl.ReshapeLayer(())}
    return wl.NetGraph(nodes, [("a", "l", "s", wl.NetPort("Loss"))])


ALONE: dict[str, Any] = {
    "a number of examples": lambda: 4,
    "a number of NumPy": lambda: np.int64(4),
    "rows without columns": lambda: [{}] * 4,
    "a function": lambda: (lambda state: {}, {"RoundLength": 4}),
    "a function that yields": lambda: (lambda: iter([{}] * 3), {"RoundLength": 4}),
    "a function of numbers": lambda: (lambda: 4, {"RoundLength": 4}),
}


@pytest.mark.parametrize("form", ALONE)
def test_a_net_without_inputs_can_be_trained(form: str) -> None:
    options: dict[str, Any] = {"batch_size": 4, "max_training_rounds": 9, "method": "SignSGD"}
    trained = wl.net_train(alone(), ALONE[form](), learning_rate=0.125, **options)
    assert wl.net_extract(trained, ("a", "Array")).tolist() == [3 - 9 * 0.125]
    if not isinstance(ALONE[form](), tuple):
        found = wl.net_train(
            alone(), ALONE[form](), wl.ALL, validation_set=3, learning_rate=0.125, **options
        )
        assert found["TrainingExamples"] == 4
        assert found["ValidationLoss"] == (3 - 9 * 0.125) ** 2
        assert wl.net_measurements(trained, ALONE[form](), "Loss") == (3 - 9 * 0.125) ** 2
        assert len(found["BatchPermutation"][0]) == 4


@pytest.mark.parametrize("data", [None, {}, 0, True, 2.5, "text", ([1.0], [2.0])])
def test_a_net_without_inputs_says_what_it_takes(data: Any) -> None:
    with pytest.raises(wl.DataError, match="how many examples a round has"):
        wl.net_train(alone(), data)
