"""Nets that PyTorch exported are trained on by rules, and come to what PyTorch's own training comes
to, with groups of parameters of the same rates and the same batches; then they are exported again.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import wlnet as wl

FILES = Path(__file__).parent / "files"
CLASSIFIERS = ("gru_last", "rnn_last", "gru_both", "lstm_last", "lstm_cell", "lstm_both")
"""Models that read the last state of a recurrent layer, and no sequence."""
RULES = {
    "resnet": [("layer2", 0.1), ("fc", 1)],
    "transformer": [(("encoder", "layers", "1"), 0.1), ("read", 1), ("position", 0.5)],
    "lstm": [("rnn", 0.1), ("read", 1)],
    "gru": [("rnn", 0.1), ("read", 1)],
    **{name: [("rnn", 0.1), ("fc", 1)] for name in CLASSIFIERS},
}
"""Model -> rates of its modules, as tests/onnx/make_files.py gave them to PyTorch."""
RATE, BATCH = 0.2, 8
ARRAYS = {
    "resnet": {
        ("conv1", "Weights"): "conv1.weight",
        ("layer1", "0", "bn2", "Scaling"): "layer1.0.bn2.weight",
        ("layer2", "0", "downsample", "0", "Weights"): "layer2.0.downsample.0.weight",
        ("layer2", "0", "downsample", "1", "MovingVariance"): "layer2.0.downsample.1.running_var",
        ("layer2", "1", "bn1", "Biases"): "layer2.1.bn1.bias",
        ("fc", "Weights"): "fc.weight",
    },
    "transformer": {
        ("embed", "Weights"): "embed.weight",
        ("position", "Biases"): "position",
        ("encoder", "layers", "0", "norm1", "Scaling"): "encoder.layers.0.norm1.weight",
        ("encoder", "layers", "1", "self_attn", "in_proj", "Net", "Weights"):
            "encoder.layers.1.self_attn.in_proj_weight",
        ("encoder", "layers", "1", "linear2", "Net", "Biases"): "encoder.layers.1.linear2.bias",
        ("read", "Weights"): "read.weight",
    },
    "lstm": {("read", "Weights"): "read.weight", ("read", "Biases"): "read.bias"},
    "gru": {("read", "Weights"): "read.weight", ("read", "Biases"): "read.bias"},
    **{
        name: {
            ("fc", "Weights"): "fc.weight", ("fc", "Biases"): "fc.bias",
            ("embed", "Weights"): "embed.weight",
        }
        for name in CLASSIFIERS
    },
}  # fmt: skip
"""Model -> arrays of the net, and what PyTorch calls them."""


def tuned(net, name, told):
    """What the training gives, of the net with a softmax behind it."""
    keys = list(wl.information(net, "Arrays"))
    # PyTorch's statistics rest, as those of a model in eval mode.
    rules = [(key, None) for key in keys if str(key[-1]).startswith("Moving")]
    if "lstm" in name or "rnn" in name:
        # PyTorch has two biases for one: it moves their sum by two steps.
        rules += [(key, 0.2) for key in keys if key[0] == "rnn" and key[-1].endswith("Biases")]

    def batches():
        for start in range(0, len(told["x"]), BATCH):
            yield told["x"][start : start + BATCH], told["y"][start : start + BATCH] + 1

    return wl.net_train(
        wl.net_append(net, ("share", wl.SoftmaxLayer())),
        batches,
        wl.ALL,
        learning_rate_multipliers=[*rules, *RULES[name], (wl.ANY, None)],
        batch_size=BATCH,
        max_training_rounds=1,
        loss_function=wl.CrossEntropyLossLayer("Index"),
        method=wl.SGD(RATE, momentum=None, learning_rate_schedule=None),
    )


@pytest.mark.parametrize("name", RULES)
def test_a_training_by_rules_comes_to_what_pytorchs_comes_to(name, tmp_path):
    told = np.load(FILES / f"torch_{name}_tuned.npz")
    net = wl.onnx.import_net(FILES / f"torch_{name}_legacy.onnx")
    results = tuned(net, name, told)
    assert np.abs(np.array(results["BatchLossList"]) - told["losses"]).max() < 1e-5

    after = wl.net_delete(results["TrainedNet"], "share")
    x = told["x"][:BATCH]
    answers = after(x)
    assert np.abs(answers - told["answers"]).max() < 1e-5
    assert np.abs(net(x) - told["answers"]).max() > 1e-3, "nothing has been learnt"
    before, now = wl.information(net, "Arrays"), wl.information(after, "Arrays")
    for key, called in ARRAYS[name].items():
        assert np.abs(np.asarray(now[key]) - told[f"array {called}"]).max() < 1e-5, key
        is_frozen = called in told["frozen"] or "Moving" in key[-1]
        assert np.array_equal(before[key], now[key]) == is_frozen, key

    # And out again, to where others read it.
    file = tmp_path / "tuned.onnx"
    wl.onnx.export_net(after, file)
    session = onnxruntime.InferenceSession(file)
    (port,) = session.get_inputs()
    fed = x + 1 if x.dtype.kind == "i" else x  # a file of a net counts from 1, as nets do
    (made,) = session.run(None, {port.name: fed})
    assert np.abs(made - answers).max() < 1e-5


@pytest.mark.parametrize("way", ["legacy", "dynamo", "dynamo, parameters untold"])
def test_what_is_no_parameter_of_a_module_does_not_learn(way):
    model = onnx.load(FILES / f"torch_norms_{way.split(',')[0]}.onnx")
    if "untold" in way:
        del model.graph.metadata_props[:]
    net, told = wl.onnx.import_net(model), np.load(FILES / "torch_norms_tuned.npz")
    # Weights and biases of two linear layers and of the group normalization.
    rates = wl.information(net, "ArraysLearningRateMultipliers")
    sizes = wl.information(net, "ArraysDimensions")
    learn = [key for key, rate in rates.items() if rate and "Moving" not in key[-1]]
    assert sorted(np.prod(sizes[key]) for key in learn) == [1, 6, 6, 6, 6, 24]
    after = wl.net_train(
        net, (told["x"], told["y"]), batch_size=8, max_training_rounds=6,
        learning_rate_multipliers=[(key, None) for key in rates if "Moving" in key[-1]],
        method=wl.SGD(0.1, momentum=None, learning_rate_schedule=None),
    )  # fmt: skip
    assert np.abs(after(told["x"]) - told["answers"]).max() < 1e-5
    assert np.abs(net(told["x"]) - told["answers"]).max() > 1e-2, "nothing has been learnt"
