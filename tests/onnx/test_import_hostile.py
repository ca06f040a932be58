"""Files that are cut, changed, or made to harm: each is an error that tells where, and soon."""

import os
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

import wlnet as wl
from wlnet.core.errors import WlnetError
from wlnet.onnx import import_net

FILES = Path(__file__).parent / "files"
SMALL = ["torch_mlp_legacy", "sklearn_two", "keras_mlp", "torch_lenet_legacy", "torch_rnn_legacy"]


def array(name, value):
    return numpy_helper.from_array(np.asarray(value, np.float32), name)


def info(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))


def model(nodes, inputs=None, outputs=None, initializers=(), opset=17):
    graph = helper.make_graph(
        nodes, "net", inputs or [info("x", "batch", 2)], outputs or [info("y", "batch", 2)],
        list(initializers),
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def node(kind, *inputs, out="y", name=None, **attributes):
    return helper.make_node(kind, list(inputs), [out], name=name or f"the {kind}", **attributes)


def faults(*given, **options):
    with pytest.raises(wl.FormatError) as caught:
        import_net(*given, **options)
    return caught.value.faults


# What is no file


def test_a_name_that_is_no_text_is_told():
    content = model([node("Relu", "x", name="letters")]).SerializeToString()
    assert "no text" in faults(content.replace(b"letters", b"\x80etters"))[0].what


@pytest.mark.parametrize("content", [b"", b"\0", b"PK\3\4" * 40, b"\x08" * 99, bytes(range(256))])
def test_bytes_that_are_no_model_are_told_to_be_none(content):
    (fault,) = faults(content)
    assert "no ONNX file" in fault.what


@pytest.mark.parametrize("given", [3, None, ["net.onnx"]])
def test_what_is_no_file_at_all_is_an_error_of_the_call(given):
    with pytest.raises(wl.OptionError, match="by its path, its bytes"):
        import_net(given)


def test_a_folder_and_a_file_that_is_not_there(tmp_path):
    (fault,) = faults(tmp_path)
    assert fault.what == "this is not a file"
    with pytest.raises(FileNotFoundError):
        import_net(tmp_path / "none.onnx")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"batch_axis": -1}, "batch_axis"), ({"batch_axis": True}, "batch_axis"),
        ({"batch_axis": "x"}, "batch_axis"), ({"shapes": [3]}, "shapes"),
        ({"external_data": 3}, "external_data"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be(options, told):
    with pytest.raises(wl.OptionError, match=told):
        import_net(model([node("Relu", "x")]), **options)


def test_shapes_are_compared_with_those_of_the_file():
    one = model([node("Relu", "x")])
    assert "another shape" in faults(one, shapes={"x": (3,)})[0].what
    assert "none" in faults(one, shapes={"x": (-3,)})[0].what
    assert "the file has not" in faults(one, shapes={"z": (3,)})[0].what
    unshaped = model([node("Relu", "x")], [helper.make_tensor_value_info("x", 1, None)])
    assert "does not say the shape" in faults(unshaped)[0].what
    assert import_net(unshaped, shapes={"x": (2,)})([-1, 2]).tolist() == [0, 2]


# All at once


def test_all_that_is_not_known_is_told_at_once_with_its_nodes():
    nodes = [
        node("Blend", "x", out="a", name="one"), node("Blend", "a", out="b", name="two"),
        node("If", "b", out="c", name="branch"), node("Relu", "c", name="end"),
    ]  # fmt: skip
    first, second, *_ = faults(model(nodes))
    assert first.what == "an operator that is not known: Blend"
    assert "'one', 'two'" in first.given
    assert second.what.endswith("If")
    assert "branch" in second.given


def test_all_nodes_that_do_not_fit_are_told_at_once():
    nodes = [
        node("Softmax", "x", out="a", name="first", axis=0),
        node("LeakyRelu", "x", out="b", name="second", alpha=0.1, slope=3.0),
        node("Gelu", "x", out="c", name="third", approximate="well"),
        node("Sum", "a", "b", "c", name="end"),
    ]
    told = {fault.at: fault.what for fault in faults(model(nodes, opset=20))}
    assert "examples of a batch would meet" in told["node 'first' (Softmax)"]
    assert told["node 'second' (LeakyRelu)"] == "attributes that are not known: slope"
    assert "approximate" in told["node 'third' (Gelu)"]
    assert "node 'end' (Sum)" not in told, "what follows from other faults is none"


@pytest.mark.parametrize(
    ("nodes", "told"),
    [
        ([node("Add", "x", "z", out="y"), node("Relu", "y", out="z")], "not there yet"),
        ([node("Relu", "y", out="y")], "not there yet"),
        ([node("Relu", "x"), node("Tanh", "x")], "made twice"),
        ([node("Relu", "x", out="x")], "made twice"),
        ([node("Relu", "x", out="z")], "nothing makes it"),
        ([node("Relu", "x", "x")], "2 inputs"),
        ([node("Relu")], "0 inputs"),
        ([node("Add", "x", "")], "1 inputs"),
    ],
)
def test_graphs_that_are_none(nodes, told):
    assert told in faults(model(nodes))[0].what


def test_versions_from_the_future_are_refused():
    assert "newer" in faults(model([node("Relu", "x")], opset=99))[0].what


# Sizes


def lying(**changes):
    """A linear layer whose weights say something else than they are."""
    weights = array("w", np.ones((2, 2)))
    for name, value in changes.items():
        if name == "dims":
            del weights.dims[:]
            weights.dims.extend(value)
        else:
            setattr(weights, name, value)
    return model([node("MatMul", "x", "w")], initializers=[weights])


@pytest.mark.parametrize(
    "changes",
    [
        {"dims": [2, 3]}, {"dims": [2**40, 2**20]}, {"dims": [2**62, 2**62]}, {"dims": [-1, 2]},
        {"dims": [1] * 99}, {"raw_data": b"123"}, {"raw_data": b""}, {"data_type": 11},
        {"data_type": 99}, {"data_type": 14}, {"data_type": 8},
    ],
)  # fmt: skip
def test_arrays_whose_sizes_lie_are_refused_before_anything_is_made(changes):
    (fault,) = faults(lying(**changes))
    assert "the array 'w'" in fault.what


@pytest.mark.parametrize(
    "nodes",
    [
        [node("ConstantOfShape", "huge", out="a"), node("Add", "x", "a")],
        [node("Expand", "x", "huge")],
        [node("Tile", "x", "many")],
        [node("Pad", "x", "margins")],
        [node("Range", "zero", "much", "tiny", out="a"), node("Add", "x", "a")],
        [node("Reshape", "x", "huge")],
        [node("MatMul", "column", "row", out="a"), node("ReduceSum", "a", out="b"),
         node("Add", "x", "b")],
        [node("Add", "column", "row", out="a"), node("ReduceSum", "a", out="b"),
         node("Add", "x", "b")],
        [node("OneHot", "x", "far", "pair")],
    ],
)  # fmt: skip
def test_arrays_that_would_be_too_large_are_never_made(nodes):
    far = 2**40
    held = {
        "huge": np.array([far, 1, 2]), "many": np.array([1, far]), "zero": np.array(0),
        "margins": np.array([0, 0, 0, far]), "much": np.array(far), "tiny": np.array(1),
        "far": np.array(far),
    }  # fmt: skip
    arrays = [numpy_helper.from_array(value, name) for name, value in held.items()]
    arrays += [array("column", np.ones((99999, 1))), array("row", np.ones((1, 99999)))]
    arrays += [array("pair", [0, 1])]
    start = time.process_time()
    assert faults(model(nodes, initializers=arrays))
    assert time.process_time() - start < 2


def test_inputs_of_sizes_that_cannot_be():
    for shape in ((-3, 2), ("batch", 2**40), ("batch", 0), (0, 2), ("batch", *[2] * 40)):
        assert faults(model([node("Relu", "x")], [info("x", *shape)]))


def test_windows_that_do_not_fit():
    image = [info("x", "batch", 1, 4, 4)]
    kernel = array("w", np.ones((1, 1, 3, 3)))
    for attributes in (
        {"pads": [2**40] * 4}, {"pads": [-1] * 4}, {"pads": [1, 1]}, {"strides": [0, 1]},
        {"strides": [1]}, {"dilations": [9, 9]}, {"group": 0}, {"group": 2},
        {"kernel_shape": [2, 2]}, {"auto_pad": "AROUND"},
    ):  # fmt: skip
        told = model([node("Conv", "x", "w", **attributes)], image, initializers=[kernel])
        assert faults(told)[0].at == "node 'the Conv' (Conv)", attributes


# What lies outside


def outside(location, tmp_path, **more):
    one = lying()
    weights = one.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    told = {"location": location, **more}
    for key, value in told.items():
        weights.external_data.add(key=key, value=str(value))
    return one


def test_arrays_beside_a_file_are_read_from_the_folder_that_is_given(tmp_path):
    weights = np.arange(4, dtype=np.float32).reshape(2, 2)
    (tmp_path / "data.bin").write_bytes(b"skip" + weights.tobytes())
    one = outside("data.bin", tmp_path, offset=4, length=16)
    assert "lies in another file" in faults(one)[0].what
    net = import_net(one, external_data=tmp_path)
    assert net([1, 10]).tolist() == [20, 31]


def test_no_path_leads_out_of_the_folder(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(16))
    os.symlink(tmp_path / "secret", folder / "link")
    os.symlink(tmp_path, folder / "up")
    for location in (
        "../secret", str(tmp_path / "secret"), "link", "up/secret", "", ".", "./../secret",
        "none", "a\0b", "/etc/passwd",
    ):  # fmt: skip
        (fault,) = faults(outside(location, folder), external_data=folder)
        assert "not in the folder" in fault.what, location


@pytest.mark.parametrize(
    "more",
    [{"offset": 4}, {"offset": -4}, {"length": 12}, {"length": 2**50}, {"offset": "x"},
     {"offset": 2**70}],
)  # fmt: skip
def test_places_in_a_file_that_are_not_there(more, tmp_path):
    (tmp_path / "data.bin").write_bytes(bytes(16))
    assert faults(outside("data.bin", tmp_path, **more), external_data=tmp_path)


def test_links_among_ports_of_a_model_do_no_more_than_they_say():
    # A name of an input that is an initializer too is no input.
    one = model([node("Add", "x", "w")], initializers=[array("w", [1, 2])])
    one.graph.input.append(info("w", 2))
    assert import_net(one).input_names == ("Input",)
    assert import_net(one)([0, 0]).tolist() == [1, 2]


# Bytes that changed


OTHERS = {
    "Concat", "Conv", "Flatten", "Gather", "Gemm", "LSTM", "Reshape", "Slice", "Softmax", "Squeeze",
    "Where",
}  # fmt: skip


def assert_told_or_made(changed):
    """A changed file is an error of wlnet, with its faults in pieces, or still a file of a net."""
    told, net = (), None
    try:
        net = import_net(changed)
    except WlnetError as error:
        told = error.faults
    assert told or isinstance(net, (wl.NetChain, wl.NetGraph))


@pytest.mark.parametrize("name", SMALL)
def test_a_file_that_is_cut_anywhere_is_an_error_or_a_smaller_net(name):
    content = (FILES / f"{name}.onnx").read_bytes()
    for end in np.linspace(0, len(content) - 1, 40, dtype=int):
        assert_told_or_made(content[:end])


@settings(
    max_examples=150, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(st.sampled_from(SMALL), st.integers(0), st.lists(st.integers(0, 255), max_size=3), st.data())
def test_a_file_with_changed_bytes_is_an_error_or_a_net(name, at, bytes_, data):
    content = bytearray((FILES / f"{name}.onnx").read_bytes())
    at %= len(content)
    if data.draw(st.booleans()):
        content[at : at + len(bytes_)] = bytes(bytes_)
    else:
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    assert_told_or_made(bytes(content))


@settings(
    max_examples=200, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(st.sampled_from(SMALL), st.data())
def test_a_file_with_a_changed_field_is_an_error_or_a_net(name, data):
    one = onnx.load(FILES / f"{name}.onnx")
    where = data.draw(st.sampled_from(["node", "attribute", "dims", "names", "drop"]))
    nodes = one.graph.node
    each = nodes[data.draw(st.integers(0, len(nodes) - 1))]
    if where == "node":
        each.op_type = data.draw(st.sampled_from(sorted({n.op_type for n in nodes} | OTHERS)))
    elif where == "attribute" and each.attribute:
        attribute = each.attribute[data.draw(st.integers(0, len(each.attribute) - 1))]
        attribute.i = data.draw(st.sampled_from([-(2**63), -1, 0, 1, 7, 2**62]))
        attribute.f = data.draw(st.sampled_from([0.0, -1.0, float("nan"), float("inf"), 1e30]))
        if attribute.ints:
            attribute.ints[0] = attribute.i
        attribute.type = data.draw(st.sampled_from([attribute.type, 1, 2, 3, 4, 5, 6, 7, 8, 11]))
    elif where == "dims" and one.graph.initializer:
        count = len(one.graph.initializer)
        weights = one.graph.initializer[data.draw(st.integers(0, count - 1))]
        dims = list(weights.dims)
        del weights.dims[:]
        weights.dims.extend(
            data.draw(st.sampled_from([dims[::-1], [], [*dims, 1], [1, *dims], [-1]]))
        )
    elif where == "names" and each.input:
        names = [name for n in nodes for name in (*n.input, *n.output)]
        each.input[data.draw(st.integers(0, len(each.input) - 1))] = data.draw(
            st.sampled_from(names)
        )
    else:
        nodes.remove(each)
    assert_told_or_made(one)


def test_many_arrays_that_are_large_together_are_not_all_made():
    nodes = [node("ConstantOfShape", "huge", out=f"a{i}") for i in range(400)]
    nodes.append(node("Sum", "x", *(f"a{i}" for i in range(400))))
    huge = numpy_helper.from_array(np.array([1, 2**22]), "huge")
    start = time.process_time()
    told = faults(model(nodes, initializers=[huge]))
    assert "would be worked out" in told[-1].what
    assert time.process_time() - start < 4


def test_what_doubles_with_each_node_is_ended():
    nodes = [
        node("Concat", *["one" if i == 0 else f"a{i}"] * 2, out=f"a{i + 1}", axis=0)
        for i in range(60)
    ]
    nodes.append(node("Add", "x", "a60"))
    assert "would be worked out" in faults(model(nodes, initializers=[array("one", [1.0])]))[0].what


def test_names_that_nest_without_end_do_not():
    name = "/".join("part" for _ in range(500))
    net = import_net(model([node("Relu", "x", out="a", name=name), node("Exp", "a", name="b")]))
    assert net([-1, 0]).tolist() == [1, 1]
