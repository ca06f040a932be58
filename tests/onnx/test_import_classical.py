"""The operators of scikit-learn's exports, beside ONNX Runtime: ONNX has no cases for them."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

import wlnet as wl

ML = "ai.onnx.ml"
X = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
TABLE = {"coefficients": [float(i) / 5 - 0.7 for i in range(6)], "intercepts": [0.5, -0.25]}


def model(kind, outputs, **attributes):
    node = helper.make_node(kind, ["x"], [name for name, _ in outputs], domain=ML, name="it",
                            **attributes)  # fmt: skip
    told = [
        helper.make_tensor_value_info(name, which, None)
        if which
        else helper.make_empty_tensor_value_info(name)
        for name, which in outputs
    ]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 3])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)]
    made = helper.make_model(helper.make_graph([node], "net", [x], told), opset_imports=opsets)
    made.ir_version = 8
    return made


def ran(one):
    return onnxruntime.InferenceSession(one.SerializeToString()).run(None, {"x": X})


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("Scaler", {"offset": [1.0, 2.0, -1.0], "scale": [2.0, 0.5, 3.0]}),
        ("Scaler", {"offset": [1.0], "scale": [2.0]}),
        ("Normalizer", {"norm": "L1"}), ("Normalizer", {"norm": "L2"}),
        ("Binarizer", {"threshold": 0.25}), ("LinearRegressor", {**TABLE, "targets": 2}),
    ],
)  # fmt: skip
def test_an_operator_gives_what_the_runtime_gives(kind, attributes):
    one = model(kind, [("y", TensorProto.FLOAT)], **attributes)
    assert np.abs(wl.onnx.import_net(one)(X) - ran(one)[0]).max() < 1e-5


@pytest.mark.parametrize("way", ["SOFTMAX", "LOGISTIC", "NONE"])
def test_a_linear_classifier_gives_labels_and_scores(way):
    outputs = [("label", TensorProto.INT64), ("scores", TensorProto.FLOAT)]
    one = model("LinearClassifier", outputs, classlabels_ints=[4, 9], post_transform=way, **TABLE)
    net, (labels, scores) = wl.onnx.import_net(one), ran(one)
    assert list(net(X)) == labels.tolist()
    assert np.abs(net(X, None) - scores).max() < 1e-5


def test_a_zip_map_names_the_classes_of_a_vector():
    one = model("ZipMap", [("y", None)], classlabels_strings=["a", "b", "c"])
    net = wl.onnx.import_net(one)
    assert net(X, "Probabilities")[0].keys() == {"a", "b", "c"}
    assert list(net(X)) == ["abc"[i] for i in X.argmax(1)]


@pytest.mark.parametrize(
    ("kind", "attributes", "told"),
    [
        ("ZipMap", {"classlabels_strings": ["a", "b"]}, "a vector of probabilities"),
        ("ZipMap", {"classlabels_strings": ["a", "a", "b"]}, "labels"),
        ("Scaler", {"offset": [1.0, 2.0]}, "2 numbers for 3 features"),
        ("Normalizer", {"norm": "L7"}, "norm"),
        ("LinearRegressor", {"coefficients": [1.0, 2.0]}, "2 coefficients"),
        ("LinearRegressor", {**TABLE, "post_transform": "PROBIT"}, "post_transform"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(kind, attributes, told):
    with pytest.raises(wl.FormatError, match=told):
        wl.onnx.import_net(model(kind, [("y", TensorProto.FLOAT)], **attributes))
