"""Files that PyTorch, Keras and scikit-learn export, as nets: their answers and their parts."""

from pathlib import Path

import numpy as np
import onnx
import pytest

import wlnet as wl

FILES = Path(__file__).parent / "files"
NAMES = sorted(path.stem for path in FILES.glob("*.onnx"))


def imported(name):
    return wl.onnx.import_net(FILES / f"{name}.onnx")


@pytest.mark.parametrize("name", NAMES)
def test_a_net_from_a_file_answers_as_the_library_that_made_it(name):
    told = np.load(FILES / f"{name}.npz")
    net = imported(name)
    made = net(told["x"], *([] if "p" not in told else [None]))
    if isinstance(made, dict):
        made = made["Output"]
    wanted = told["p"] if "p" in told else told["y"].reshape(made.shape)
    assert np.abs(made - wanted).max() < 1e-5
    if "p" in told:
        assert list(net(told["x"])) == told["y"].tolist()
    # One example alone, and a file of the net, give the same.
    first = net(told["x"][0], *([] if "p" not in told else [None]))
    assert np.abs(np.asarray(first) - made[0]).max() < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_a_net_has_the_inputs_and_outputs_of_its_file_and_no_others(name):
    graph, net = onnx.load(FILES / f"{name}.onnx").graph, imported(name)
    told = np.load(FILES / f"{name}.npz")
    # A label and its probabilities are one output with a decoder.
    assert net.input_names == ("Input",) and net.output_names == ("Output",)
    assert len(graph.input) == 1 and len(graph.output) == (2 if "p" in told else 1)
    for info, given in ((graph.input[0], told["x"]), (graph.output[-1], net(told["x"], None))):
        said = [axis.dim_value or None for axis in info.type.tensor_type.shape.dim]
        if info.type.HasField("tensor_type"):
            assert len(said) == given.ndim
            assert all(a in (None, b) for a, b in zip(said, given.shape, strict=True)), info.name


def test_a_file_that_says_another_shape_of_an_output_than_it_has_is_refused():
    model = onnx.load(FILES / "torch_mlp_legacy.onnx")
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 4
    with pytest.raises(wl.FormatError, match=r"another shape of it.*\n.*output 'y'") as told:
        wl.onnx.import_net(model)
    assert "(?, 4)" in str(told.value) and "(?, 3)" in str(told.value)


@pytest.mark.parametrize("way", ["legacy", "dynamo"])
def test_a_classifier_by_the_last_state_is_a_chain_and_one_by_cells_a_graph(way):
    assert list(imported(f"torch_gru_last_{way}").nodes)[:2] == ["embed", "rnn"]
    net = imported(f"torch_lstm_cell_{way}")
    assert isinstance(net, wl.NetGraph)
    assert wl.information(net, "OutputPorts") == {"Output": (3,)}


@pytest.mark.parametrize("name", NAMES)
def test_a_net_from_a_file_can_be_saved_and_given_as_bytes_or_as_a_model(name, tmp_path):
    net = imported(name)
    file = FILES / f"{name}.onnx"
    assert wl.onnx.import_net(file.read_bytes()) == net
    assert wl.onnx.import_net(onnx.load(file)) == net
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net


@pytest.mark.parametrize(("name", "length"), [("gru", "time"), ("attention", "words")])
def test_a_length_that_a_file_leaves_open_stays_open(name, length):
    net, told = imported(f"torch_{name}_open"), np.load(FILES / f"torch_{name}_open.npz")
    for which in ("", "_other"):
        assert np.abs(net(told[f"x{which}"]) - told[f"y{which}"]).max() < 1e-5
    fixed = wl.onnx.import_net(
        FILES / f"torch_{name}_open.onnx",
        shapes={"x" if name == "gru" else "input": told["x"].shape[1:]},
    )
    assert np.abs(fixed(told["x"]) - told["y"]).max() < 1e-5
    if name == "gru":
        assert net.ports["Input"].lengths == (length, None)


def test_what_is_a_chain_becomes_one():
    chains = {name for name in NAMES if isinstance(imported(name), wl.NetChain)}
    graphs = {
        f"torch_{name}_{way}"
        for way in ("legacy", "dynamo")
        for name in ("gru_both", "lstm_both", "lstm_cell")
    }
    assert set(NAMES) - chains == {"keras_cnn", "sklearn_two", *graphs}


def test_parts_are_called_as_modules_are():
    for way in ("legacy", "dynamo"):
        net = imported(f"torch_resnet_{way}")
        assert list(net.nodes) == [
            "conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "avgpool", "fc",
        ] or way == "dynamo"  # fmt: skip
        assert {"conv1", "layer1", "layer2", "fc"} <= net.nodes.keys()
        block = wl.net_extract(net, ("layer2", "0"))
        assert {"conv1", "conv2", "downsample"} <= block.nodes.keys()
        weights = onnx.numpy_helper.to_array(_initializer(way, "layer2.0.conv2.weight"))
        assert np.array_equal(wl.net_extract(net, ("layer2", "0", "conv2", "Weights")), weights)
    net = imported("torch_transformer_legacy")
    keys = list(wl.information(net, "Arrays"))
    attention = ("encoder", "layers", "1", "self_attn")
    assert [key for key in keys if key[:4] == attention] == [
        (*attention, "in_proj", "Net", "Weights"), (*attention, "in_proj", "Net", "Biases"),
        (*attention, "out_proj", "Net", "Weights"), (*attention, "out_proj", "Net", "Biases"),
    ]  # fmt: skip
    assert ("position", "Biases") in keys
    assert ("embed", "Weights") in keys


def _initializer(way, name):
    graph = onnx.load(FILES / f"torch_resnet_{way}.onnx").graph
    (found,) = [each for each in graph.initializer if each.name == name]
    return found


def test_every_array_of_a_file_is_one_of_the_net():
    for name in ("torch_mlp_legacy", "torch_resnet_legacy", "torch_transformer_legacy"):
        graph = onnx.load(FILES / f"{name}.onnx").graph
        there = [onnx.numpy_helper.to_array(each) for each in graph.initializer]
        held = [np.asarray(array) for array in wl.information(imported(name), "Arrays").values()]
        for array in (array for array in there if array.dtype.kind == "f"):
            assert any(
                array.shape == each.shape and np.array_equal(array, each) for each in held
            ), array.shape


def test_rules_freeze_modules_by_name():
    net = imported("torch_resnet_legacy")
    whole = wl.net_append(net, ("share", wl.SoftmaxLayer()))
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 1, 8, 8)), rng.integers(1, 4, 8)
    rules = {"fc": 1, ("layer2", "1"): 0.1, wl.ANY: None}
    results = wl.net_train(
        whole, (x, y), wl.ALL, learning_rate_multipliers=rules, max_training_rounds=1,
        loss_function=wl.CrossEntropyLossLayer("Index"),
    )  # fmt: skip
    before = wl.information(whole, "Arrays")
    after = wl.information(results["TrainedNet"], "Arrays")
    moved = {key[:-1] for key in before if not np.array_equal(before[key], after[key])}
    assert moved == {
        ("fc",), *(("layer2", "1", part) for part in ("conv1", "bn1", "conv2", "bn2")),
    }  # fmt: skip


def test_tokens_are_taken_as_the_file_counts_them():
    net = imported("torch_transformer_legacy")
    assert net([0, 1, 2, 10, 9, 0]).shape == (3,)
    with pytest.raises(wl.DataError, match="not one of the labels"):
        net([0, 1, 2, 11, 9, 0])


def test_classes_of_scikit_learn_come_out_of_a_decoder():
    net, told = imported("sklearn_words"), np.load(FILES / "sklearn_words.npz")
    assert net(told["x"][0], "Probabilities").keys() == {"low", "mid", "top"}
    assert net.output_names == ("Output",)
    assert set(imported("sklearn_classes")(told["x"])) <= {7, 8, 9}


def test_a_sequence_layer_gives_all_of_its_states():
    graph = onnx.load(FILES / "torch_lstm_legacy.onnx")
    (node,) = [node for node in graph.graph.node if node.op_type == "LSTM"]
    info = onnx.helper.make_tensor_value_info
    for name in (node.output[1], node.output[2]):
        graph.graph.output.append(info(name, 1, [1, "batch", 4]))
    net = wl.onnx.import_net(graph)
    x = np.load(FILES / "torch_lstm_legacy.npz")["x"]
    made = net(x)
    (states,) = [made[name] for name in (node.output[1],)]
    assert states.shape == (3, 1, 4)
    whole = wl.net_extract(net, ("rnn", "LSTM"))(x)
    assert np.abs(states[:, 0] - whole[:, -1]).max() < 1e-6
