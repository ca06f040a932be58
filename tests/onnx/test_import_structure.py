"""What becomes of the axes, names and arrays of a file."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

import wlnet as wl
from wlnet.onnx import import_net

RNG = np.random.default_rng(0)


def node(kind, *inputs, out, name="", **attributes):
    return helper.make_node(kind, list(inputs), [out], name=name, **attributes)


def model(nodes, inputs, outputs, arrays=None, opset=17):
    info = [
        helper.make_tensor_value_info(name, kind, shape)
        for name, (kind, *shape) in {**inputs}.items()
    ]
    outs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    held = [numpy_helper.from_array(np.asarray(a), name) for name, a in (arrays or {}).items()]
    graph = helper.make_graph(nodes, "net", info, outs, held)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    made.ir_version = 8
    return made


def floats(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def ran(one, *values):
    """What ONNX Runtime gives."""
    session = onnxruntime.InferenceSession(one.SerializeToString())
    names = [port.name for port in session.get_inputs()]
    return session.run(None, dict(zip(names, values, strict=True)))


F, WHOLE, B = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


# The batch


def test_the_batch_may_wander_and_be_joined_with_heads():
    # As attention in PyTorch: second, joined with four heads, first, and back.
    one = model(
        [
            node("Transpose", "x", out="a", perm=[1, 0, 2]),
            node("Reshape", "a", "apart", out="b"),
            node("Transpose", "b", out="c", perm=[1, 0, 2]),
            node("Transpose", "c", out="d", perm=[0, 2, 1]),
            node("MatMul", "c", "d", out="e"),
            node("Softmax", "e", out="f"),
            node("MatMul", "f", "c", out="g"),
            node("Transpose", "g", out="h", perm=[1, 0, 2]),
            node("Reshape", "h", "together", out="i"),
            node("Transpose", "i", out="y", perm=[1, 0, 2]),
        ],
        {"x": (F, "batch", 5, 8)},
        ["y"],
        {"apart": [5, -1, 2], "together": [5, -1, 8]},
    )
    net, x = import_net(one), floats(3, 5, 8)
    assert np.abs(net(x) - ran(one, x)[0]).max() < 1e-6
    assert net.input_names == ("Input",)


def joined(target):
    """A file that lays the rows of all examples below one another, the first of all first."""
    nodes = [
        node("Transpose", "x", out="a", perm=[1, 0, 2]), node("Reshape", "a", "rows", out="b"),
        node("Gemm", "b", "w", out="c"), node("Reshape", "c", "target", out="y", name="last"),
    ]  # fmt: skip
    held = {"rows": [-1, 8], "target": target, "w": floats(8, 8)}
    return model(nodes, {"x": (F, "batch", 5, 8)}, ["y"], held)


def test_rows_of_examples_between_one_another_are_taken_apart_as_they_were_laid():
    one, x = joined([5, -1, 8]), floats(3, 5, 8)
    assert np.abs(import_net(one)(x) - np.moveaxis(ran(one, x)[0], 1, 0)).max() < 1e-5
    # The same numbers, taken for rows of one example, are those of several.
    with pytest.raises(wl.FormatError, match="examples of a batch would meet") as caught:
        import_net(joined([-1, 5, 8]))
    assert caught.value.faults[0].at == "node 'last' (Reshape)"
    with pytest.raises(wl.FormatError, match="stand between one another"):
        import_net(joined([-1, 8]))


@pytest.mark.parametrize(
    ("kind", "attributes"),
    [
        ("Softmax", {"axis": 0}), ("Flatten", {"axis": 0}), ("Concat", {"axis": 0}),
        ("Split", {"axis": 0}), ("ReduceMean", {"axes": [0, 1]}), ("Gather", {"axis": 0}),
        ("LpNormalization", {"axis": 0}), ("ArgMax", {"axis": 0}), ("Gemm", {"transA": 1}),
    ],
)  # fmt: skip
def test_what_works_along_the_batch_is_an_error_that_names_the_node(kind, attributes):
    more = {"Concat": ["x"], "Gather": ["places"], "Gemm": ["x"]}.get(kind, [])
    one = model(
        [node(kind, "x", *more, out="s", name="here", **attributes), node("Relu", "s", out="y")],
        {"x": (F, "batch", 3)}, ["y"], {"places": np.array([0, 0])},
    )  # fmt: skip
    if kind == "Flatten":
        # The examples stand in one row, one after the other: of each there is its own part.
        assert import_net(one)([[-1, 2, 3]]).tolist() == [[[0, 2, 3]]]
        return
    with pytest.raises(wl.FormatError, match="examples of a batch would meet") as caught:
        import_net(one)
    assert caught.value.faults[0].at == f"node 'here' ({kind})"


def test_arrays_with_numbers_for_each_example_are_refused():
    one = model([node("Add", "x", "w", out="y")], {"x": (F, 2, 3)}, ["y"], {"w": floats(2, 3)})
    with pytest.raises(wl.FormatError, match="2 numbers along the axis of the batch"):
        import_net(one)
    whole = import_net(one, batch_axis=None)
    x = floats(2, 3)
    assert np.abs(whole(x) - ran(one, x)[0]).max() < 1e-6


def test_a_file_for_a_batch_of_one_is_one_for_any():
    nodes = [node("Reshape", "x", "rows", out="a"), node("Relu", "a", out="y")]
    one = model(nodes, {"x": (F, 1, 2, 3)}, ["y"], {"rows": [1, 6]})
    assert import_net(one)(floats(4, 2, 3)).shape == (4, 6)


def test_the_batch_may_stand_second():
    one = model(
        [node("ReduceSum", "x", "axes", out="y", keepdims=0)], {"x": (F, 4, "batch", 3)}, ["y"],
        {"axes": [0]},
    )  # fmt: skip
    net, x = import_net(one, batch_axis=1), floats(4, 2, 3)
    assert np.abs(net(np.moveaxis(x, 1, 0)) - x.sum(0)).max() < 1e-6
    with pytest.raises(wl.FormatError, match="is a total along the axis of the batch"):
        import_net(one)


def test_several_inputs_and_outputs_keep_their_names():
    one = model(
        [node("Add", "left", "right", out="sum"), node("Mul", "left", "right", out="product")],
        {"left": (F, "n", 3), "right": (F, "n", 3), "unread": (F, "n", 9)}, ["sum", "product"],
    )  # fmt: skip
    net = import_net(one)
    assert net.input_names == ("left", "right")
    assert set(net.output_names) == {"sum", "product"}
    a, b = floats(2, 3), floats(2, 3)
    assert np.abs(net({"left": a, "right": b})["product"] - a * b).max() < 1e-6


def test_booleans_and_integers_are_what_they_are():
    one = model(
        [
            node("Cast", "n", out="m", to=F), node("Where", "flag", "m", "x", out="y"),
        ],
        {"flag": (B, "k", 3), "n": (WHOLE, "k", 3), "x": (F, "k", 3)}, ["y"],
    )  # fmt: skip
    flag, n, x = RNG.random((4, 3)) > 0.5, RNG.integers(-5, 5, (4, 3)), floats(4, 3)
    made = import_net(one)({"flag": flag, "n": n, "x": x})
    assert np.abs(made - np.where(flag, n, x)).max() < 1e-6


def test_a_quotient_of_integers_has_nothing_behind_the_point():
    nodes = [node("Div", "n", "by", out="q"), node("Cast", "q", out="y", to=F)]
    one = model(nodes, {"n": (WHOLE, "k", 4)}, ["y"], {"by": np.array(2)})
    assert import_net(one)([-3, -1, 5, 4]).tolist() == [-1, 0, 2, 2]


# Names


def test_modules_become_nets_in_nets_and_circles_are_opened():
    weights = {f"front.{i}.weight": floats(3, 3) for i in range(2)} | {"back.weight": floats(3, 3)}
    nodes = [
        node("Gemm", "x", "front.0.weight", out="a", name="/front/front.0/Gemm"),
        node("Gemm", "a", "back.weight", out="b", name="/back/Gemm"),
        node("Gemm", "b", "front.1.weight", out="y", name="/front/front.1/Gemm"),
    ]
    one = model(nodes, {"x": (F, "n", 3)}, ["y"], weights)
    net = import_net(one)
    assert list(net.nodes) == ["front_0", "back", "front_1"]
    straight = model([nodes[0], node("Gemm", "a", "front.1.weight", out="y", name="last")],
                     {"x": (F, "n", 3)}, ["y"], weights)  # fmt: skip
    assert list(import_net(straight).nodes) == ["front"]
    assert list(import_net(straight)["front"].nodes) == ["0", "1"]
    x = floats(2, 3)
    assert np.abs(net(x) - ran(one, x)[0]).max() < 1e-5


def test_names_that_no_part_can_have_are_changed():
    nodes = [
        node("Relu", "x", out="a", name="Input"), node("Tanh", "a", out="b", name="a/b:0?"),
        node("Exp", "b", out="c", name=""), node("Exp", "c", out="y", name=""),
    ]  # fmt: skip
    net = import_net(model(nodes, {"x": (F, "n", 2)}, ["y"]))
    assert list(net.nodes) == ["Relu", "a", "Exp", "Exp_2"]


# Arrays


def test_arrays_of_initializers_learn_and_constants_do_not():
    constant = node("Constant", out="c", value=numpy_helper.from_array(floats(2000)))
    one = model(
        [constant, node("Mul", "x", "c", out="a"), node("Add", "a", "w", out="y")],
        {"x": (F, "n", 2000)}, ["y"], {"w": floats(2000)},
    )  # fmt: skip
    rates = wl.information(import_net(one), "ArraysLearningRateMultipliers")
    assert sorted(rates.values()) == [0.0, 1.0]
    small = node("Constant", out="c", value=numpy_helper.from_array(floats(2)))
    one = model([small, node("Mul", "x", "c", out="y")], {"x": (F, "n", 2)}, ["y"])
    assert not wl.information(import_net(one), "Arrays")


def test_a_mask_never_learns_and_its_infinities_are_numbers():
    mask = np.triu(np.full((3, 3), -np.inf, np.float32), 1)
    nodes = [node("Add", "x", "mask", out="a"), node("Softmax", "a", out="y")]
    one = model(nodes, {"x": (F, "n", 3, 3)}, ["y"], {"mask": mask})
    net, x = import_net(one), floats(2, 3, 3)
    assert np.abs(net(x) - ran(one, x)[0]).max() < 1e-6
    assert not wl.information(net, "Arrays")


def twice(w, *, scopes=False, copied=False):
    """A file in which two linear layers read one array."""
    nodes = [
        node("MatMul", "x", "w", out="a", name="/one/MatMul"),
        node("MatMul", "a", "other" if copied else "w", out="y", name="/two/MatMul"),
    ]
    if copied:
        nodes.insert(0, node("Identity", "w", out="other"))
    if scopes:
        for each in nodes:
            each.metadata_props.add(key="pkg.torch.onnx.name_scopes", value="['', 'one', 'matmul']")
    return import_net(model(nodes, {"x": (F, "n", len(w))}, ["y"], {"w": w}))


@pytest.mark.parametrize(
    ("size", "options", "is_shared"),
    [
        (3, {}, True), (3, {"scopes": True}, False), (40, {"scopes": True}, True),
        (3, {"copied": True}, False), (40, {"copied": True}, True),
    ],
)  # fmt: skip
def test_an_array_that_is_read_twice_is_one_unless_an_exporter_laid_two_together(
    size, options, is_shared
):
    net = twice(floats(size, size), **options)
    keys = list(wl.information(net, "Arrays"))
    assert len(keys) == (1 if is_shared else 2)
    assert isinstance(keys[0], wl.NetSharedArray) == is_shared
    x = floats(2, size)
    assert net(x).shape == (2, size)


def test_an_array_and_itself_turned_over_are_two():
    nodes = [
        node("Gemm", "x", "w", out="a", name="one"),
        node("Gemm", "a", "w", out="y", name="two", transB=1),
    ]
    net = import_net(model(nodes, {"x": (F, "n", 3)}, ["y"], {"w": floats(3, 3)}))
    assert len(wl.information(net, "Arrays")) == 2


def test_arrays_that_are_still_as_they_were_begun_are_not_taken_for_one():
    net = twice(np.ones((40, 40), np.float32), copied=True)
    assert len(wl.information(net, "Arrays")) == 2


def test_biases_that_are_added_behind_become_those_of_the_layer():
    arrays = {"w": floats(2, 1, 3, 3), "b": floats(2, 1, 1)}
    nodes = [node("Conv", "x", "w", out="a"), node("Add", "a", "b", out="y")]
    one = model(nodes, {"x": (F, "n", 1, 5, 5)}, ["y"], arrays)
    net, x = import_net(one), floats(2, 1, 5, 5)
    assert [key[-1] for key in wl.information(net, "Arrays")] == ["Weights", "Biases"]
    assert np.abs(net(x) - ran(one, x)[0]).max() < 1e-5
    # Not where somebody reads what comes before.
    one.graph.output.append(helper.make_tensor_value_info("a", F, None))
    net = import_net(one)
    assert np.abs(net(x)["a"] - ran(one, x)[1]).max() < 1e-5


def test_biases_behind_a_transposition_become_those_of_the_convolution():
    # As Keras writes them, which has channels last.
    arrays = {"w": floats(2, 1, 3, 3), "b": floats(1, 1, 1, 2)}
    nodes = [
        node("Conv", "x", "w", out="a"), node("Transpose", "a", out="t", perm=[0, 2, 3, 1]),
        node("Add", "t", "b", out="y"),
    ]  # fmt: skip
    one = model(nodes, {"x": (F, "n", 1, 5, 5)}, ["y"], arrays)
    net, x = import_net(one), floats(2, 1, 5, 5)
    assert [key[-1] for key in wl.information(net, "Arrays")] == ["Weights", "Biases"]
    assert np.abs(net(x) - ran(one, x)[0]).max() < 1e-5
    one.graph.output.append(helper.make_tensor_value_info("a", F, None))
    assert np.abs(import_net(one)(x)["a"] - ran(one, x)[1]).max() < 1e-5


def test_a_gru_weighs_in_its_biases_of_the_state_by_a_unit_that_is_always_one():
    arrays = {"w": floats(1, 12, 3), "r": floats(1, 12, 4), "b": floats(1, 24)}
    gru = helper.make_node(
        "GRU", ["x", "w", "r", "b", "", "start"], ["all", "last"], name="gru", hidden_size=4,
        linear_before_reset=1,
    )  # fmt: skip
    one = model([gru], {"x": (F, 5, "n", 3), "start": (F, 1, "n", 4)}, ["all", "last"], arrays)
    net = import_net(one, batch_axis=1)
    x, start = floats(5, 2, 3), floats(1, 2, 4)
    made = net({"x": np.moveaxis(x, 1, 0), "start": np.moveaxis(start, 1, 0)})
    every, last = ran(one, x, start)
    assert np.abs(made["all"] - np.moveaxis(every, 2, 0)).max() < 1e-5
    assert np.abs(made["last"] - np.moveaxis(last, 1, 0)).max() < 1e-5


@pytest.mark.parametrize("axis", [1, 2, -1, -2])
def test_an_axis_counted_from_the_end_flattens_what_onnx_runtime_flattens(axis):
    one = model([node("Flatten", "x", out="y", axis=axis)], {"x": (F, "batch", 2, 3)}, ["y"])
    x = floats(4, 2, 3)
    made = import_net(one)(x)
    (given,) = ran(one, x)
    assert np.array_equal(made.reshape(given.shape), given)
    assert made.shape[1:] == ((6,) if axis in (1, -2) else (2, 3))


# What is told, and what is read twice


def numbered(axis):
    """x + [0, 1, ...], as many as an axis has."""
    return [
        node("Shape", "x", out="s"), node("Gather", "s", "at", out="n"),
        node("Range", "zero", "n", "one", out="r"), node("Cast", "r", out="f", to=F),
        node("Add", "x", "f", out="y"),
    ], {"at": np.int64(axis), "zero": np.int64(0), "one": np.int64(1)}  # fmt: skip


def fix(nodes, inputs, arrays=None, **options):
    """The fix of the one fault that a model has."""
    with pytest.raises(wl.FormatError) as told:
        import_net(model(nodes, inputs, ["y"], arrays), **options)
    assert "Batches" not in str(told.value)
    (fault,) = told.value.faults
    return fault.fix


def test_how_open_sizes_are_told_is_said_with_the_names_and_sizes_of_the_file():
    pool = [node("AveragePool", "audio", out="y", kernel_shape=[2])]
    one = {"audio": (F, "batch", 4, "time")}
    said = "import_net(file, shapes={'audio': (4, 50)}), of one example; 50 stands for a size that "
    assert fix(pool, one) == said + "you know"
    assert import_net(model(pool, one, ["y"]), shapes={"audio": (4, 50)})(floats(4, 50)).ndim == 2
    both = {"a": (F, "time", "batch", 4), "b": (F, "other", "batch", 4)}
    assert "shapes={'b': (50, 4), 'c': (50, 4)}" in fix(
        [node("Add", "a", "b", out="y")], {**both, "c": (F, "time", "batch", 4)},
        batch_axis=1, shapes={"a": (50, 4)},
    )  # fmt: skip
    nodes = [node("Reshape", "x", "shape", out="y")]
    pairs = {"shape": np.array([0, -1, 2, 4])}
    assert "'x': (50, 4)" in fix(nodes, {"x": (F, "batch", "time", 4)}, pairs)
    assert "'x': (4, 50)" in fix(numbered(2)[0], {"x": (F, "batch", 4, "time")}, numbered(2)[1])


def test_what_depends_on_the_batch_alone_is_read_as_a_batch_of_one():
    nodes, arrays = numbered(0)
    inputs = {"x": (F, "batch", 4)}
    assert "import_net(file, batch_axis=None, shapes={'x': (1, 4)})" in fix(nodes, inputs, arrays)
    net = import_net(model(nodes, inputs, ["y"], arrays), batch_axis=None, shapes={"x": (1, 4)})
    assert net([[1, 2, 3, 4]]).tolist() == [[1, 2, 3, 4]]


@pytest.mark.parametrize("length", [5, "words"])
def test_indices_that_are_also_numbers_are_read_both_ways(length):
    # The mean of words without those that are 0, as classifiers of texts have it.
    nodes = [
        node("Gather", "table", "x", out="words"),
        node("Cast", "x", out="numbers", to=F),
        node("Sign", "numbers", out="kept"),
        node("Unsqueeze", "kept", "last", out="column"),
        node("Mul", "words", "column", out="those"),
        node("ReduceSum", "those", "along", out="sum", keepdims=0),
        node("ReduceSum", "kept", "along", out="count", keepdims=1),
        node("Div", "sum", "count", out="y"),
    ]
    arrays = {"table": floats(9, 3), "last": np.array([-1]), "along": np.array([1])}
    one = model(nodes, {"x": (WHOLE, "batch", length)}, ["y"], arrays)
    x = np.array([[0, 8, 1, 0, 3], [4, 0, 0, 0, 0], [1, 2, 3, 4, 5]])
    net = import_net(one)
    (given,) = ran(one, x)
    assert np.abs(net(x) - given).max() < 1e-6
    assert net.input_names == ("Input",)
    with pytest.raises(wl.DataError, match="not one of the labels"):
        net([9, 0, 1, 2, 3])


def test_one_index_alone_may_be_a_number_too():
    nodes = [
        node("Gather", "table", "x", out="row"), node("Cast", "x", out="number", to=F),
        node("Unsqueeze", "number", "last", out="column"), node("Mul", "row", "column", out="y"),
    ]  # fmt: skip
    arrays = {"table": floats(9, 3), "last": np.array([-1])}
    one = model(nodes, {"x": (WHOLE, "batch")}, ["y"], arrays)
    x = np.array([0, 8, 2])
    assert np.abs(import_net(one)(x) - ran(one, x)[0]).max() < 1e-6


def test_places_that_are_cut_before_the_table_are_refused_with_a_way_out():
    nodes = [
        node("Slice", "x", "from", "to", "axes", out="some"),
        node("Gather", "table", "some", out="y"),
    ]
    arrays = {
        "table": floats(9, 3), "from": np.array([1]), "to": np.array([3]), "axes": np.array([1]),
    }  # fmt: skip
    assert "cut or reshape what the table gives" in fix(nodes, {"x": (WHOLE, "n", 5)}, arrays)
