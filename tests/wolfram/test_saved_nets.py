"""Nets that the Wolfram Language saved, as saved_nets.py writes them, become nets of wlnet."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import wlnet as wl
from tests.wolfram.saved_nets import Saving, compressed, f, saved, sym, tensor, tokens, validated
from wlnet.wolfram.compressed import uncompressed
from wlnet.wolfram.expressions import Call, Symbol
from wlnet.wolfram.files import net_of_saved

STATE = wl.NetPort("first", "State"), wl.NetPort("second", "State")
NETS = {
    "chain": wl.NetChain([3, wl.ElementwiseLayer(lambda x: x * np.tanh(x) + 1), 2], input=4),
    "named": wl.NetChain({"hidden": 3, "act": "Ramp", "read": 1}, input=2),
    "classes": wl.NetChain(
        [wl.LinearLayer(3, biases=None), wl.SoftmaxLayer()],
        input=2, output=wl.NetDecoder("Class", ["a", "b", "c"]),
    ),
    "pictures": wl.NetChain(
        [
            wl.ConvolutionLayer(3, 3, padding_size=1),
            wl.BatchNormalizationLayer(),
            "Ramp",
            wl.PoolingLayer(2, 2),
            wl.DropoutLayer(0.25),
            wl.FlattenLayer(),
            5,
        ],
        input=wl.NetEncoder("Image", (8, 8), color_space="Grayscale"),
    ),
    "channels last": wl.NetChain(
        ["Tanh", wl.FlattenLayer(), 3],
        input=wl.NetEncoder("Image", (8, 6), interleaving=True),
    ),
    "sequences": wl.NetChain(
        [wl.EmbeddingLayer(3, 6), wl.LongShortTermMemoryLayer(4), wl.GatedRecurrentLayer(3),
         wl.NetMapOperator(wl.LinearLayer(2))],
        input=(5, "Integer"),
    ),
    "graph": wl.NetGraph(
        {"a": 3, "b": 2, "join": wl.CatenateLayer(), "read": 3, "sum": wl.TotalLayer()},
        [(wl.NetPort("Input"), "a"), (wl.NetPort("Input"), "b"), (["a", "b"], "join", "read"),
         (["read", "a"], "sum")],
        input=4,
    ),
    "states": wl.NetGraph(
        {"first": wl.LongShortTermMemoryLayer(3), "second": wl.LongShortTermMemoryLayer(3)},
        [("first", "second"), STATE],
        input=(4, 3),
    ),
    "shapes": wl.NetChain(
        [wl.ReshapeLayer((2, 3)), wl.TransposeLayer(), wl.PaddingLayer([(1, 0), (0, 1)]),
         wl.ReplicateLayer(2), wl.NormalizationLayer(), wl.ConstantPlusLayer(),
         wl.FlattenLayer(), 2],
        input=6,
    ),
    "folds": wl.NetChain(
        [wl.NetFoldOperator(wl.NetGraph(
            {"both": wl.CatenateLayer(), "new": 3},
            [([wl.NetPort("Input"), wl.NetPort("State")], "both", "new")], ports={"State": 3}))],
        input=(4, 2),
    ),
    "layers in layers": wl.NetChain([wl.NetChain([3, "Ramp"]), wl.NetChain([2])], input=4),
}  # fmt: skip


def same_numbers(net: Any, other: Any) -> bool:
    arrays, others = wl.information(net, "Arrays"), wl.information(other, "Arrays")
    return list(arrays) == list(others) and all(
        (arrays[key] == others[key]).all() for key in arrays
    )


@pytest.mark.parametrize("name", NETS)
def test_a_saved_net_is_read(name: str, tmp_path: Path) -> None:
    net = wl.net_initialize(NETS[name])
    saving = Saving()
    file = saved(tmp_path / "net.wlnet", saving.net(net), saving.arrays)
    read = wl.wolfram.read_net(file)
    assert same_numbers(net, read)
    shapes = wl.information(net, "InputPorts")
    assert list(wl.information(read, "InputPorts")) == list(shapes)
    x = np.random.default_rng(1).uniform(0, 1, (2, *sizes(net))).astype(np.float32)
    if name == "sequences":
        x = 1 + np.floor(5 * x).astype(np.int64)
    assert np.array_equal(np.asarray(read(x)), np.asarray(net(x)))


def sizes(net: Any) -> tuple[int, ...]:
    port = wl.information(net, "InputPorts")["Input"]
    shape = port.shape if hasattr(port, "shape") else port if isinstance(port, tuple) else (port,)
    return tuple(each for each in shape if isinstance(each, int))


def test_a_net_is_read_in_the_form_that_notebooks_show() -> None:
    # Cells of public notebooks have nets as they are kept, with their arrays left out.
    def real(*shape: int) -> Any:
        return f("NeuralNetworks`TensorT", list(shape), sym("NeuralNetworks`RealT"))

    def layer(kind: str, parameters: Any, into: int, out: int) -> Any:
        return {"Type": kind, "Arrays": {}, "Parameters": parameters,
                "Inputs": {"Input": real(into)}, "Outputs": {"Output": real(out)}}  # fmt: skip

    path = "NeuralNetworks`NetPath"
    net = {
        "Type": "Chain",
        "Nodes": {
            "1": layer("Linear", {"OutputDimensions": [20], "$OutputSize": 20, "$InputSize": 50,
                                  "$InputDimensions": [50]}, 50, 20),
            "2": layer("Elementwise", {"Function": validated(sym("Ramp")), "$Dimensions": [20]},
                       20, 20),
        },
        "Edges": [
            f("Rule", f(path, "Nodes", "1", "Inputs", "Input"), f(path, "Inputs", "Input")),
            f("Rule", f(path, "Nodes", "2", "Inputs", "Input"),
              f(path, "Nodes", "1", "Outputs", "Output")),
            f("Rule", f(path, "Outputs", "Output"), f(path, "Nodes", "2", "Outputs", "Output")),
        ],
        "Inputs": {"Input": real(50)},
        "Outputs": {"Output": f("NetDecoder", "Class", {
            "Labels": [f"c{n}" for n in range(20)], "Dimensions": 20}, real(20))},
    }  # fmt: skip
    read = net_of_saved(uncompressed(compressed(net)), [])
    labels = [f"c{n}" for n in range(20)]
    expected = wl.NetChain([20, "Ramp"], input=50, output=wl.NetDecoder("Class", labels))
    assert read == expected


def test_shared_arrays_are_shared(tmp_path: Path) -> None:
    saving = Saving()
    w = np.eye(2, dtype=np.float32)
    layer = {"Type": "Linear", "Parameters": {"OutputDimensions": [2]},
             "Arrays": {"Weights": f("NetSharedArray", "w"), "Biases": None},
             "Inputs": {"Input": tensor((2,))}, "Outputs": {"Output": tensor((2,))}}  # fmt: skip
    net = {
        "Type": "Chain", "SharedArrays": {"w": saving.array(w)}, "Nodes": {"1": layer, "2": layer},
        "Edges": [], "Inputs": {"Input": tensor((2,))}, "Outputs": {"Output": tensor((2,))},
    }  # fmt: skip
    read = wl.wolfram.read_net(saved(tmp_path / "net.wlnet", net, saving.arrays))
    assert list(wl.information(read, "Arrays")) == [wl.NetSharedArray("w")]
    assert (read[1, "Weights"] == w).all()


def test_a_net_for_both_ways_is_read() -> None:
    saving = Saving()
    both = wl.net_initialize(wl.NetBidirectionalOperator(wl.GatedRecurrentLayer(3), input=(4, 2)))
    table = {
        "Type": "NetBidirectional", "Arrays": {},
        "Parameters": {"ForwardNet": saving.net(both["Forward"]),
                       "BackwardNet": saving.net(both["Backward"]), "Aggregation": sym("Catenate")},
        "Inputs": {"Input": tensor((4, 2))}, "Outputs": {"Output": tensor((4, 6))},
    }  # fmt: skip
    read = net_of_saved(uncompressed(compressed(table)), saving.arrays)
    x = np.linspace(-1, 1, 8, dtype=np.float32).reshape(4, 2)
    assert (read(x) == both(x)).all()


def test_an_old_name_is_read_as_the_layer_that_took_its_place() -> None:
    saving = Saving()
    net = wl.net_initialize(wl.NormalizationLayer(input=(2, 3, 4)))
    table = saving.net(wl.NetChain([net]))
    layer = table["Nodes"]["1"]
    layer |= {"Type": "InstanceNormalization", "Parameters": {"Epsilon": 0.001, "Channels": 2}}
    layer["Arrays"] = {old: layer["Arrays"][new] for old, new in OLD.items()}
    read = net_of_saved(uncompressed(compressed(table)), saving.arrays)
    assert read[1] == net


OLD = {"Gamma": "Scaling", "Beta": "Biases"}


def test_dot_plus_is_read_as_linear() -> None:
    saving = Saving()
    net = wl.net_initialize(wl.NetChain([2], input=3))
    table = saving.net(net)
    table["Nodes"]["1"]["Type"] = "DotPlus"
    assert net_of_saved(uncompressed(compressed(table)), saving.arrays)[1] == net[1]


def test_all_that_is_not_known_is_told_at_once(tmp_path: Path) -> None:
    saving = Saving()
    net = saving.net(wl.net_initialize(NETS["pictures"]))
    net["Nodes"]["2"]["Type"] = "Mysterious"
    net["Nodes"]["4"]["Parameters"]["$MXPoolingConvention"] = "full"
    net["Nodes"]["5"]["Parameters"]["Mystery"] = 3
    net["Nodes"]["6"]["Parameters"]["$LearningRateMultipliers"] = 0
    net["Nodes"]["7"]["Arrays"]["Weights"] = f("NeuralNetworks`ExportedArray", 99)
    with pytest.raises(wl.FormatError) as told:
        wl.wolfram.read_net(saved(tmp_path / "net.wlnet", net, saving.arrays))
    message = str(told.value)
    assert message.startswith("5 faults")
    for words in (
        "MysteriousLayer",
        "4/$MXPoolingConvention",
        "5/Mystery",
        "6/$Learning",
        "7/Weights",
    ):
        assert words in message


# What Compress writes


@pytest.mark.parametrize(
    "value",
    [
        0, -1, 2**31 - 1, 10**30, 0.5, -1e300, "", "a\nb", "αβγ", sym("Ramp"), [1, [2.5, "x"]],
        f("Plus", 1, sym("x")), {"a": {"b": [None, True]}}, np.arange(6.0).reshape(2, 3),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_compressed_comes_out_again(value: Any) -> None:
    assert again(uncompressed(compressed(value))) == again(value)


def again(value: Any) -> Any:
    """Either kind of expression, comparable."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {key: again(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return ("List", *map(again, value))
    if value is None or isinstance(value, bool):
        return ("symbol", str(value))
    if hasattr(value, "args"):
        return (value.head.name, *map(again, value.args))
    return ("symbol", value.name) if hasattr(value, "name") else value


def test_strings_that_the_wolfram_language_wrote_are_read() -> None:
    # From public notebooks and packages.
    text = (
        b"1:eJxTTMoPSmNkYGAoZgESHvk5KWlMIB4HkAguqcxJdcqvgIiA5INKc1KLeUBSGfnlzvl5Jal5JcXFrEABt8Sc"
        b"4lRsCkuKMgv88zzzCkpLEAoBE0ocRw=="
    )
    shown = Call(Symbol("Rule"), (Symbol("ShowContents"), Symbol("False")))
    strips = Call(Symbol("Rule"), (Symbol("StripOnInput"), Symbol("False")))
    style = Call(Symbol("StyleBox"), (shown, strips))
    assert uncompressed(text) == Call(Symbol("Hold"), (style,))


# Files that are not what they should be

START = b"!boR"
HOSTILE = {
    "no mark": b"2:abc",
    "no base64": b"1:%%%%",
    "no zlib": b"1:" + base64.b64encode(b"abcdefgh"),
    "cut": compressed([1, 2, 3])[:-6],
    "half": b"1:" + base64.b64encode(zlib.compress(START + tokens(1))[:-4]),
    "no expression": b"1:" + base64.b64encode(zlib.compress(b"!boX")),
    "strange token": b"1:" + base64.b64encode(zlib.compress(START + b"q")),
    "more behind": b"1:" + base64.b64encode(zlib.compress(START + tokens(1) + b"x")),
    "many to come": b"1:" + base64.b64encode(zlib.compress(START + b"f\xff\xff\xff\x7f")),
    "negative": b"1:" + base64.b64encode(zlib.compress(START + b"S\xff\xff\xff\xff")),
    "huge array": b"1:" + base64.b64encode(
        zlib.compress(START + b"e" + np.array([3, 2**30, 2**30, 2**30], "<i4").tobytes())
    ),
    "deep": b"1:" + base64.b64encode(
        zlib.compress(START + (b"f\1\0\0\0" + tokens(sym("f"))) * 100_000)
    ),
    "bomb": b"1:" + base64.b64encode(zlib.compress(bytes(2**28 + 2**20), 1)),
    "no net": compressed([1, 2, 3]),
    "no type": compressed({"Type": 3}),
    "unknown head": compressed(f("Import", "/etc/passwd")),
}  # fmt: skip

WORDS = {"cut": "base64", "half": "cut, or larger", "bomb": "cut, or larger",
         "no net": "does not have",
         "more behind": "behind the end", "deep": "too deep", "huge array": "cut"}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_network_is_a_format_error(what: str) -> None:
    with pytest.raises(wl.FormatError, match=WORDS.get(what)):
        net_of_saved(uncompressed(HOSTILE[what]), [])


def test_a_hostile_file_is_named_in_its_error(tmp_path: Path) -> None:
    file = saved(tmp_path / "net.wlnet", HOSTILE["deep"], [])
    with pytest.raises(wl.FormatError, match=r"net\.wlnet: an expression that is too deep"):
        wl.wolfram.read_net(file)


def change(file: Path, make: Any) -> None:
    with h5py.File(file, "r+") as group:
        make(group)


CHANGES = {
    "an array too few": lambda group: group.__delitem__("Arrays/1"),
    "an array that is none": lambda group: group.create_group("Arrays/5"),
    "not finite": lambda group: group["Arrays/1"].__setitem__(0, np.nan),
    "numbered otherwise": lambda group: group.move("Arrays/2", "Arrays/x"),
    "a link": lambda group: group.__setitem__("Arrays/5", h5py.ExternalLink("/etc/passwd", "x")),
    "no network": lambda group: group.__delitem__("Network"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_is_a_format_error(what: str, tmp_path: Path) -> None:
    saving = Saving()
    net = wl.net_initialize(NETS["named"])
    file = saved(tmp_path / "net.wlnet", saving.net(net), saving.arrays)
    if what == "an array that is none":
        change(file, CHANGES[what])
        assert same_numbers(wl.wolfram.read_net(file), net)
        return
    change(file, CHANGES[what])
    with pytest.raises(wl.FormatError, match="Arrays/1" if what == "not finite" else None):
        wl.wolfram.read_net(file)


def test_other_files_are_told_apart(tmp_path: Path) -> None:
    net = wl.net_initialize(NETS["named"])
    with pytest.raises(wl.FormatError, match=r"wlnet\.load"):
        wl.wolfram.read_net(wl.save(net, tmp_path / "net.wlnet"))
    (tmp_path / "a.txt").write_text("NetChain[{3}]")
    with pytest.raises(wl.FormatError, match="neither HDF5"):
        wl.wolfram.read_net(tmp_path / "a.txt")
    saving = Saving()
    file = saved(tmp_path / "there.wlnet", saving.net(net), saving.arrays)
    with pytest.raises(wl.FormatError, match=r"wlnet\.wolfram\.read_net"):
        wl.load(file)
