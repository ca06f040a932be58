"""What flows through ports, Reals or indices, unifies like shapes do, both ways, and is looked
after behind everything that only moves numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import EXAMPLES
from wlnet import NetChain, NetDecoder, NetEncoder, NetGraph, NetPort, ShapeError
from wlnet.core.errors import FormatError
from wlnet.core.ports import as_port
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Call, Graph
from wlnet.io import ports
from wlnet.io.layout import packed
from wlnet.io.record import written
from wlnet.lowering.lower import lower
from wlnet.nets.inference import inference
from wlnet.plan import stages
from wlnet.plan.compile import finish, forward_blueprint
from wlnet.wolfram.expressions import call
from wlnet.wolfram.reading import net_of
from wlnet.wolfram.writing import constructors

TABLE = [[1, 2], [3, 4], [5, 6]]
MIXED = "element types that do not fit one another"


def embedding() -> Any:
    return wl.EmbeddingLayer(2, 3, weights=TABLE)


MOVERS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "nothing": ([], (2,)),
    "a chain": ([NetChain([wl.FlattenLayer()])], (1, 2)),
    "FlattenLayer": ([wl.FlattenLayer()], (2, 1)),
    "FlattenLayer(1)": ([wl.FlattenLayer(1)], (1, 2, 1)),
    "ReshapeLayer": ([wl.ReshapeLayer((1, 2))], (2,)),
    "TransposeLayer": ([wl.TransposeLayer()], (2, 1)),
    "NetMapOperator": ([wl.NetMapOperator(wl.TransposeLayer())], (1, 2, 1)),
    "NetNestOperator": ([wl.NetNestOperator(wl.TransposeLayer(), 3)], (1, 1)),
    "several": ([wl.TransposeLayer(), wl.ReshapeLayer((2, 1)), wl.FlattenLayer()], (1, 2)),
}
"""What only moves numbers, and a shape to be moved."""
every_mover = pytest.mark.parametrize("name", MOVERS)


def moved(name: str, **options: Any) -> Any:
    layers, shape = MOVERS[name]
    return NetChain([*layers, embedding()], **{"input": shape, **options})


@every_mover
def test_indices_come_through_what_only_moves_numbers(name: str) -> None:
    _, shape = MOVERS[name]
    net, x = moved(name), np.resize([3, 1], shape)
    assert sorted(net(x).ravel()) == sorted(np.array(TABLE)[x.ravel() - 1].ravel())
    expected = "Integer" if shape == () else (*shape, "Integer")
    assert wl.information(net, "InputPorts") == {"Input": expected}
    for precision in ("Real32", "Real64"):
        assert np.array_equal(net(np.stack([x, x]), working_precision=precision)[1], net(x))


@every_mover
def test_an_index_that_no_table_has_is_refused_behind_what_moves_it(name: str) -> None:
    with pytest.raises(wl.DataError, match=r"index out of range[^$]*given: *4\n[^$]*1\.\.3"):
        moved(name)(np.full(MOVERS[name][1], 4))
    with pytest.raises(wl.DataError, match="indices are integers"):
        moved(name)(np.full(MOVERS[name][1], 1.5))


@pytest.mark.parametrize(
    "layers",
    [[wl.ReshapeLayer((1, 1)), wl.TransposeLayer(), wl.FlattenLayer()],
     [wl.ReshapeLayer((1,)), wl.NetMapOperator(wl.ReshapeLayer((1,)))],
     [wl.NetNestOperator(wl.ReshapeLayer(()), 2)]],
)  # fmt: skip
def test_an_encoder_tells_how_many_classes_there_are_through_what_moves_them(layers: Any) -> None:
    for embed in (wl.EmbeddingLayer(2), NetChain([wl.EmbeddingLayer(2)])):
        net = NetChain([*layers, embed], input=NetEncoder("Class", ["x", "y", "z"]))
        assert list(wl.information(net, "ArraysDimensions").values()) == [(3, 2)]
    mapped = NetChain([wl.ReshapeLayer((1,)), wl.NetMapOperator(wl.EmbeddingLayer(2))],
                      input=NetEncoder("Class", ["x", "y", "z"]))  # fmt: skip
    assert list(wl.information(mapped, "ArraysDimensions").values()) == [(3, 2)]


@every_mover
def test_reals_said_before_indices_are_refused_through_what_moves_them(name: str) -> None:
    shape = MOVERS[name][1]
    with pytest.raises(ShapeError, match=MIXED) as error:
        moved(name, input=(*shape, "Real"))
    assert "NetChain Input" in str(error.value)
    assert "EmbeddingLayer Input" in str(error.value)
    layers = MOVERS[name][0]
    with pytest.raises(ShapeError, match=MIXED) as error:
        NetChain(["Tanh", *layers, embedding()], input=shape)
    assert "1 ElementwiseLayer Output" in str(error.value)
    with pytest.raises(ShapeError, match=MIXED):
        NetChain([*layers, "Tanh"], input=(*shape, "Integer"))


def alone(layer: Any, ports: dict[str, Any]) -> Any:
    """A graph of a layer whose ports are "pInput", "p1", ..., with this said of them."""
    edges: list[Any] = [(NetPort(f"p{name}"), NetPort("x", name)) for name in layer.input_names]
    edges += [(NetPort("x", name), NetPort(f"p{name}")) for name in layer.output_names]
    return NetGraph({"x": layer}, edges, ports={f"p{name}": port for name, port in ports.items()})


@pytest.mark.parametrize("case", EXAMPLES, ids=str)
def test_a_port_takes_what_its_layer_declares_and_nothing_else(case: Any) -> None:
    for name in case.bare.port_names:
        takes = case.bare.port_element(name)
        shape = inference(case.bare).port_shape((), name)
        others = {"Real": ["Integer"], "Integer": ["Real", "Boolean"], "Either": []}[takes]
        for element in others:
            port = as_port((*shape, element) if shape else element)
            ports = {**case.bare.ports, name: port}
            with pytest.raises(ShapeError, match=MIXED) as error:
                alone(case.bare, {name: port})
            assert f"NetGraph p{name}" in str(error.value)
            assert f"x {case.layer.kind} {name}" in str(error.value)
            options = dict(case.bare.parameters)
            fields = type(case.bare).declared_parameters
            with pytest.raises(ShapeError, match=f"{MIXED}[^$]*{case.layer.kind} {name}"):
                type(case.bare)(**{fields[n].name: v for n, v in options.items()}, ports=ports)


@pytest.mark.parametrize("case", EXAMPLES, ids=str)
def test_what_a_layer_makes_is_of_the_kind_that_inference_says(case: Any) -> None:
    kinds = ["Integer", "Real"] if "Either" in map(case.bare.port_element, case.bare.port_names) \
        else [None]  # fmt: skip
    for kind in kinds:
        ports = {name: as_port((*shape, kind)) for name, shape in case.shapes.items()} \
            if kind else {}  # fmt: skip
        net = alone(case.bare, ports)
        graph, solution = lower(net, 2), inference(net)
        for values in (graph.inputs, graph.outputs):
            for name, value in values.items():
                assert value.element == (solution.ports[(), name].element or "Real"), (kind, name)


def test_edges_that_share_a_port_tell_both_ends() -> None:
    with pytest.raises(ShapeError, match=MIXED) as error:
        NetGraph({"e": embedding(), "l": 4}, [(NetPort("x"), "e"), (NetPort("x"), "l")])
    assert "e EmbeddingLayer Input" in str(error.value)
    assert "l LinearLayer Input" in str(error.value)


def test_the_smallest_table_behind_a_port_limits_its_indices() -> None:
    vertices = {"a": wl.EmbeddingLayer(1, 5), "b": wl.EmbeddingLayer(1, 3)}
    for order in (("a", "b"), ("b", "a")):
        edges = [(NetPort("x"), key) for key in order]
        net = NetGraph({key: vertices[key] for key in order}, edges, ports={"x": "Integer"})
        assert inference(net).ports[(), "x"].below == 3
        with pytest.raises(wl.DataError, match=r"1\.\.3"):
            wl.net_initialize(net)(4)


def test_joined_indices_are_all_limited() -> None:
    net = wl.net_initialize(NetGraph(
        {"join": wl.CatenateLayer(), "e": wl.EmbeddingLayer(2, 3)},
        [([NetPort("a"), NetPort("b")], "join"), ("join", "e")], ports={"a": 1, "b": 2},
    ))  # fmt: skip
    assert net({"a": [3], "b": [1, 2]}).shape == (3, 2)
    for bad in ({"a": [4], "b": [1, 2]}, {"a": [3], "b": [1, 4]}):
        with pytest.raises(wl.DataError, match=r"1\.\.3"):
            net(bad)


def test_targets_are_limited_by_what_the_data_tell() -> None:
    loss = wl.CrossEntropyLossLayer("Index")
    assert float(loss({"Input": [0.5, 0.5], "Target": 2})) == pytest.approx(np.log(2))
    with pytest.raises(wl.DataError, match=r"port Target[^$]*1\.\.2"):
        loss({"Input": [0.5, 0.5], "Target": 9})


def test_indices_that_32_bits_cannot_hold_are_refused() -> None:
    net = NetChain([wl.FlattenLayer()], input=(1, 2, "Integer"))
    assert net([[1, 2**31 - 1]]).tolist() == [1, 2**31 - 1]
    with pytest.raises(wl.DataError, match="out of range"):
        net([[1, 2**31]])


def test_coders_that_send_another_kind_are_refused_with_their_layer() -> None:
    classes = NetEncoder("Class", ["a", "b"])
    with pytest.raises(ShapeError, match=MIXED) as error:
        NetChain([3], input=classes)
    for words in ("NetChain Input, NetEncoder('Class'", "1 LinearLayer Input", "UnitVector"):
        assert words in str(error.value)
    with pytest.raises(ShapeError, match=MIXED):
        NetChain([embedding()], input=NetEncoder("Class", ["a", "b", "c"], "UnitVector"))
    with pytest.raises(ShapeError, match=MIXED):
        NetChain([wl.FlattenLayer()], input=(3, "Integer"), output=NetDecoder("Class", [1, 2, 3]))


def test_a_file_that_mixes_them_is_refused(tmp_path: Path) -> None:
    net = wl.net_initialize(NetChain([wl.PoolingLayer((2,)), wl.FlattenLayer()], input=(1, 2)))
    record, tensors = written(net)
    dict(record["Net"]["Ports"])["Input"]["Element"] = "Integer"
    file = tmp_path / "net.wlnet"
    file.write_bytes(packed(record, tensors))
    with pytest.raises(FormatError, match=MIXED):
        wl.load(file)


@pytest.mark.parametrize("element", ["Integer", "Boolean"])
def test_what_flows_is_written_and_read_back(element: str, tmp_path: Path) -> None:
    for shape in ((), (2, 3), ("Varying",)):
        port = (*shape, element) if shape else element
        net = NetChain([wl.FlattenLayer()], input=port)
        assert wl.information(net, "InputPorts") == {"Input": port}
        assert wl.net_extract(net, "Input") == port
        back = eval(repr(net), vars(wl))
        assert back == net
        assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    assert "Integer ? -> ?" in repr(NetChain([wl.EmbeddingLayer()]))


def test_a_part_that_is_cut_out_still_takes_indices() -> None:
    net = NetChain([wl.FlattenLayer(), embedding()], input=(1, 2))
    assert wl.information(wl.net_take(net, 1), "InputPorts") == {"Input": (1, 2, "Integer")}
    reals = NetChain([wl.FlattenLayer(), 3], input=(1, 2))
    assert wl.net_take(reals, 1) == NetChain([wl.FlattenLayer()], input=(1, 2))


def test_truth_values_are_the_reals_0_and_1() -> None:
    net = NetChain([wl.FlattenLayer(), wl.LinearLayer(1, weights=[[1, 10]], biases=[0])],
                   input=(2, "Boolean"))  # fmt: skip
    assert net([True, False]).tolist() == [1]
    assert net(np.array([[0, 1], [1, 1]], np.float32)).tolist() == [[10], [11]]
    for _ in range(2):
        with pytest.raises(wl.DataError, match=r"no truth value[^$]*example 2[^$]*0\.5"):
            net([[1.0, 0.0], [0.5, 0.0]])
        with pytest.raises(wl.DataError, match="no truth value"):
            net(np.array([0.0, 2.0], np.float32))
    with pytest.raises(ShapeError, match=MIXED):
        NetChain([embedding()], input="Boolean")


def test_indices_are_learned_behind_a_map() -> None:
    net = NetChain([wl.NetMapOperator(wl.EmbeddingLayer(1, 3)), wl.FlattenLayer()], input=(2,))
    x = np.array([[1, 2], [2, 3], [3, 1], [1, 1]])
    result = wl.net_train(net, (x, x / 2), wl.ALL, max_training_rounds=300,
                          method=("ADAM", {"LearningRate": 0.05}),
                          training_progress_reporting=None)  # fmt: skip
    np.testing.assert_allclose(result["TrainedNet"]([[1, 2], [3, 3]]), [[0.5, 1], [1.5, 1.5]],
                               atol=0.02)  # fmt: skip


@pytest.mark.parametrize("loss", [wl.AUTOMATIC, wl.ALL, "Output", wl.MeanSquaredLossLayer()])
def test_an_output_of_indices_is_no_loss(loss: Any) -> None:
    net = NetGraph({"flat": wl.FlattenLayer(), "e": embedding()}, [(NetPort("x"), "flat"),
                   ("flat", "e"), ("flat", NetPort("Output")), ("e", NetPort("Vectors"))],
                   ports={"x": (1, 2)})  # fmt: skip
    loss = ("Output", loss) if isinstance(loss, wl.MeanSquaredLossLayer) else loss
    with pytest.raises(
        wl.OptionError, match=r"an output of indices has no loss\n *at: *port Output"
    ):
        wl.net_train(net, {"x": [[[1, 2]]], "Output": [[1, 2]], "Vectors": np.ones((1, 2, 2))},
                     loss_function=loss)  # fmt: skip


# The second line: what inference would let through is refused before there is a program


def test_no_primitive_is_called_on_entries_of_another_kind() -> None:
    graph = Graph()
    real, index = graph.new_value((2, 3)), graph.new_value((2,), "Integer")
    g = Builder(graph)
    for make in (lambda: g.add(real, g.reshape(index, (2, 1))), lambda: g.gather(real, real),
                 lambda: g.pick(index, index), lambda: g.map("Tanh", index),
                 lambda: g.concatenate([real, g.reshape(index, (2, 1))], 1),
                 lambda: g.sum(index, [0])):  # fmt: skip
        with pytest.raises(ShapeError, match="reads entries of another kind"):
            make()


def test_no_program_is_made_of_a_graph_that_mixes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    # Outside of tests nobody looks at a graph between two stages.
    monkeypatch.setattr(stages, "WATCH", None)
    graph = Graph()
    x, y = graph.new_value((2,), "Integer"), graph.new_value((2,))
    graph.inputs["x"], graph.outputs["y"] = x, y
    graph.calls.append(Call("map", (x,), (y,), {"function": "Tanh"}))
    with pytest.raises(ShapeError, match="reads entries of another kind"):
        finish(graph, "Real32")


def test_no_program_is_made_of_a_net_whose_ports_were_told_wrong() -> None:
    net = NetChain([2, "Tanh"], input=3)
    inference(net).ports[(), "Input"].element = "Integer"
    with pytest.raises(ShapeError, match="reads entries of another kind"):
        forward_blueprint(net, 1)


# Integers of which it is said how large they may be

FIVE = wl.Restricted("Integer", 5)


def test_a_port_says_how_large_its_integers_may_be(tmp_path: Path) -> None:
    net = NetChain([wl.EmbeddingLayer(2)], input=("Varying", FIVE))
    net = wl.net_initialize(net)
    assert net[1, "Weights"].shape == (5, 2)
    assert wl.information(net, "InputPorts") == {"Input": ("Varying", FIVE)}
    assert net([1, 5]).shape == (2, 2)
    for wrong in (6, 0, 1.5):
        with pytest.raises(wl.DataError, match=r"an integer in 1\.\.5"):
            net([1, wrong])
    assert wl.load(wl.save(net, tmp_path / "net.wlnet")) == net
    plain = NetChain([wl.EmbeddingLayer(2)], input=FIVE)
    assert eval(repr(plain), vars(wl)) == plain
    assert plain != NetChain([wl.EmbeddingLayer(2)], input=wl.Restricted("Integer", 6))
    assert str(as_port((2, FIVE))) == "Integer up to 5 (2,)"


def test_unit_vectors_are_as_long_as_their_integers_may_be_large() -> None:
    assert NetChain([wl.UnitVectorLayer()], input=(2, FIVE))([1, 5]).shape == (2, 5)
    inside = NetGraph({"vector": wl.UnitVectorLayer(input=FIVE)}, [(NetPort("Input"), "vector")])
    assert inside(5).tolist() == [0, 0, 0, 0, 1]


@every_mover
def test_what_is_restricted_is_so_behind_what_only_moves_numbers(name: str) -> None:
    layers, shape = MOVERS[name]
    net = NetChain([*layers, wl.EmbeddingLayer(2)], input=(*shape, FIVE))
    assert wl.net_initialize(net)[-1, "Weights"].shape == (5, 2)


def test_a_restriction_where_nothing_looks_an_integer_up_is_looked_at_too() -> None:
    net = NetChain([wl.SequenceReverseLayer()], input=(3, FIVE))
    for _ in range(3):
        assert net(np.array([1, 2, 5])).tolist() == [5, 2, 1]
    for wrong in ([1, 2, 6], np.array([1, 2, 6]), np.array([[1, 2, 6]])):
        with pytest.raises(wl.DataError, match=r"an integer in 1\.\.5"):
            net(wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda: NetChain([wl.EmbeddingLayer(2, 3)], input=FIVE),
        lambda: NetChain([wl.EmbeddingLayer(2, input=wl.Restricted("Integer", 3))], input=FIVE),
        lambda: NetChain(
            [wl.EmbeddingLayer(2, input=wl.Restricted("Integer", 3))],
            input=NetEncoder("Class", list("abcd")),
        ),
        lambda: NetChain([wl.OrderingLayer()], input=6, output=(6, FIVE)),
        lambda: NetChain(["Tanh"], input=FIVE),
    ],
)
def test_restrictions_that_contradict_one_another_are_told(make: Any) -> None:
    with pytest.raises(ShapeError, match=r"indices that are larger|larger than a port|do not fit"):
        make()


WRONG: list[Any] = [
    ("Real", 3),
    ("Integer", 0),
    ("Integer", True),
    (3, "Integer"),
    ("Integer", 2**31),
]


@pytest.mark.parametrize("given", [*WRONG, ("Integer", (2, 5))])
def test_only_integers_from_one_on_are_restricted(given: Any) -> None:
    fix = r"NetEncoder\(" if isinstance(given[1], tuple) else r"Restricted\(\"Integer\", 10\)"
    with pytest.raises(wl.OptionError, match=rf"(?s)only integers are restricted.*{fix}"):
        wl.Restricted(*given)


@pytest.mark.parametrize("most", [0, -1, 2**31, True, "3", 2.0, None])
def test_a_limit_in_a_file_that_is_none_is_refused(most: Any) -> None:
    record: Any = {"Coder": None, "Element": "Integer", "Shape": [], "Most": most}
    with pytest.raises(FormatError, match="no limit of integers"):
        ports.read(record, "a port")
    for other in ({"Element": "Real"}, {"Element": None}, {"Shape": None}):
        with pytest.raises(FormatError, match="no limit of integers"):
            ports.read({**record, "Most": 3, **other}, "a port")


def test_what_is_restricted_comes_back_from_the_wolfram_language() -> None:
    net = NetChain([wl.EmbeddingLayer(2)], input=("Varying", FIVE))
    assert net_of(constructors(net)) == net
    layers = call("List", call("EmbeddingLayer", 2))

    def read(*most: Any) -> Any:
        return net_of(
            call("NetChain", layers, call("Rule", "Input", call("Restricted", "Integer", *most)))
        )

    assert read(5) == read(call("List", 1, 5)) == NetChain([wl.EmbeddingLayer(2)], input=FIVE)
    for wrong in ((), (call("List", 0, 5),), (2.5,)):
        with pytest.raises(FormatError, match="integers from 1 to a number"):
            read(*wrong)


def test_a_restriction_lasts_where_a_net_is_changed() -> None:
    net = NetChain([wl.EmbeddingLayer(2), wl.GatedRecurrentLayer(2)], input=("Varying", FIVE))
    for given in (("Varying", FIVE), (4, FIVE)):
        told = NetChain([wl.EmbeddingLayer(2), wl.GatedRecurrentLayer(2)], input=given)
        state = wl.NetStateObject(wl.net_initialize(told))
        assert state(5).shape == (2,)
        with pytest.raises(wl.DataError, match=r"an integer in 1\.\.5"):
            state(6)
    assert wl.net_unfold(net).ports["Input"].most == 5
    without = wl.net_replace_part(net, {"Input": ("Varying", "Integer")})
    assert without.ports["Input"].most is None
    targets = np.zeros((2, 2, 2))
    trained = wl.net_train(net, ([[1, 2], [3, 1]], targets), max_training_rounds=1)
    assert trained[1, "Weights"].shape == (5, 2)
    with pytest.raises(wl.DataError, match=r"an integer in 1\.\.5"):
        wl.net_train(net, ([[1, 2], [3, 6]], targets), max_training_rounds=1)
