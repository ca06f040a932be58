"""A file can be forged to look as if wlnet had written it: a FormatError, and soon."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wlnet as wl
from tests.damaged_files import assembled, header, outcome, read, small_file
from wlnet.coders import to_record
from wlnet.core.errors import FormatError
from wlnet.io import load
from wlnet.io.layout import packed, unpacked
from wlnet.io.rebuild import rebuilt
from wlnet.io.record import written
from wlnet.layers.declaring.fields import REQUIRED
from wlnet.layers.declaring.layer import LAYERS


@pytest.fixture(scope="module")
def data() -> bytes:
    return small_file()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.wlnet"


# Hostile records, sealed as if wlnet had written them

NONE: Any = object()


def sealed(data: bytes, *path_and_value: Any) -> bytes:
    """The file with another value (NONE: with nothing) at a place of its record."""
    *path, last, value = path_and_value
    record, tensors = copy.deepcopy(unpacked(data))
    place: Any = record
    for step in path:
        place = place[step]
    if value is NONE:
        del place[last]
    else:
        place[last] = value
    return packed(record, tensors)


def at_chain(*path: Any) -> tuple[Any, ...]:
    return ("Net", *path)


def at_node(number: int, *path: Any) -> tuple[Any, ...]:
    return ("Net", "Nodes", number, 1, *path)


LINEAR = (*at_node(0), "Nodes", 0, 1)
EDGES = (*at_node(0), "Edges")
RATES = at_chain("LearningRateMultipliers")
SIZE = (*LINEAR, "Parameters", "OutputSize")
FORMULA = (*at_node(3), "Parameters", "Function")
ARRAYS = (*LINEAR, "Arrays")
CODER = to_record(wl.NetDecoder("Class", ["x", "y"]))
EMPTY_PORT = {"Coder": None, "Element": None, "Shape": None}
PORT = {"Coder": None, "Element": None, "Shape": [2]}
RECORDS: dict[str, tuple[Any, ...]] = {
    "no format": ("Format", NONE),
    "a format to come": ("Format", 2),
    "a format that is true": ("Format", True),
    "more than is known": ("Extra", 1),
    "a net that is none": ("Net", None),
    "a list for a net": ("Net", [1]),
    "a kind that is a module": at_chain("Kind", "os.system"),
    "a kind that is a class of ours": at_chain("Kind", "Layer"),
    "a kind that is no text": at_chain("Kind", ["NetChain"]),
    "another kind": at_chain("Kind", "NetGraph"),
    "a kind with other parts": (*LINEAR, "Kind", "ElementwiseLayer"),
    "no nodes": at_chain("Nodes", []),
    "nodes that are none": at_chain("Nodes", {"a": 1}),
    "a node without key": at_chain("Nodes", 0, ["a"]),
    "a key that is a number too large": (*at_node(0)[:-1], 0, 7),
    "a key that is true": (*at_node(0)[:-1], 0, True),
    "an empty key": (*at_node(0)[:-1], 0, ""),
    "a key twice": (*at_node(0)[:-1], 0, "nest"),
    "an endless key": (*at_node(0)[:-1], 0, "n" * 1000),
    "a parameter less": (*LINEAR, "Parameters", {}),
    "a parameter more": (*LINEAR, "Parameters", "Extra", 1),
    "a parameter of another type": (*SIZE, "three"),
    "a parameter out of range": (*SIZE, [0]),
    "a parameter that is true": (*SIZE, [True]),
    "a parameter not as it is kept": (*SIZE, 2),
    "a parameter that does not fit": (*SIZE, [3]),
    "an absurd size": (*SIZE, [2**70]),
    "a deep parameter": (*SIZE, json.loads("[" * 60 + "]" * 60)),
    "an unknown symbol": (*SIZE, {"Symbol": "NONE"}),
    "a symbol that is none": (*SIZE, {"Symbol": ["ALL"]}),
    "an unknown tag": (*SIZE, {"py/object": "os.system"}),
    "two tags": (*SIZE, {"Symbol": "ALL", "List": []}),
    "an unknown function": (*FORMULA, "system"),
    "a formula that calls": (*FORMULA, {"Expression": ["exec", "#1"]}),
    "a formula that is none": (*FORMULA, {"Expression": {}}),
    "an endless formula": (*FORMULA, {"Expression": ["Plus", *["#1"] * 5000]}),
    "an array less": (*ARRAYS, "Biases", NONE),
    "an array more": (*ARRAYS, "Extra", None),
    "an array that is a number": (*ARRAYS, "Biases", 3),
    "an array that is absent and may not be": (*at_node(2), "Arrays", "MovingMean", None),
    "an array without numbers whose tensor is there": (*ARRAYS, "Biases", {"Symbol": "AUTOMATIC"}),
    "an array with the tensor of another": (*ARRAYS, "Biases", {"Tensor": "norm/Biases"}),
    "an array with a tensor that is not there": (*ARRAYS, "Weights", {"Tensor": "graph/a/Weights"}),
    "an array of all shared ones": (*ARRAYS, "Weights", {"NetSharedArray": {"Symbol": "ALL"}}),
    "a statistic that is shared": (*at_node(2), "Arrays", "MovingMean", {"NetSharedArray": "w"}),
    "a shared array without a name": (*ARRAYS, "Weights", {"NetSharedArray": ""}),
    "no shared arrays": ("Shared", []),
    "another shared array": ("Shared", ["v"]),
    "shared arrays twice": ("Shared", ["w", "w"]),
    "shared arrays that are none": ("Shared", "w"),
    "a port less": at_chain("Ports", [["Input", PORT]]),
    "a port more": at_chain("Ports", [["Input", PORT], ["Output", None], ["Extra", None]]),
    "ports in another order": at_chain("Ports", [["Output", None], ["Input", PORT]]),
    "a port that is none": at_chain("Ports", 0, 1, 3),
    "a port of nothing in many words": (*LINEAR, "Ports", 0, 1, EMPTY_PORT),
    "a shape that does not fit": at_chain("Ports", 0, 1, "Shape", [3]),
    "a negative size": at_chain("Ports", 0, 1, "Shape", [-2]),
    "a size that is true": at_chain("Ports", 0, 1, "Shape", [True]),
    "a shape of too many levels": at_chain("Ports", 0, 1, "Shape", [1] * 1000),
    "an unknown element": at_chain("Ports", 0, 1, "Element", "Object"),
    "a coder inside": (*LINEAR, "Ports", 1, 1, {"Shape": [2], "Element": "Real", "Coder": CODER}),
    "a coder that calls": at_chain("Ports", 1, 1, "Coder", "Kind", "Function"),
    "a coder of another size": at_chain("Ports", 1, 1, "Coder", "Parameters", "Labels", [1, 2, 3]),
    "an edge from nowhere": (*EDGES, 0, ["zz", "Output", "b", "Input"]),
    "an edge from an unknown port": (*EDGES, 0, ["a", "Loss", "b", "Input"]),
    "an edge to an unknown port": (*EDGES, 0, ["a", "Output", "b", "Target"]),
    "an edge to a port that is none": (*EDGES, 0, ["a", "Output", "b", 1]),
    "an edge of three": (*EDGES, 0, ["a", "Output", "b"]),
    "an edge from a list": (*EDGES, 0, [["a"], "Output", "b", "Input"]),
    "an edge twice": (*EDGES, 1, ["a", "Output", "b", "Input"]),
    "an edge less": (*EDGES, 0, NONE),
    "a circle": (*EDGES, 0, ["sum", "Output", "b", "Input"]),
    "an edge that is none": (*EDGES, 0, None),
    "edges that are none": (*at_node(0), "Edges", None),
    "a nest of nothing": (*at_node(1), "Nodes", []),
    "a nest of another name": (*at_node(1), "Nodes", 0, 0, "Inner"),
    "a nest without end": (*at_node(1), "Parameters", "Iterations", 0),
    "a nest of true": (*at_node(1), "Parameters", "Iterations", True),
    "a nest with an argument more": (*at_node(1), "Parameters", "LearningRateMultipliers", 1),
    "rules that are none": (*RATES, 3),
    "rules of an unknown form": (*RATES, {"Set": []}),
    "an empty list of rules": (*RATES, {"List": []}),
    "a rule that is no pair": (*RATES, {"List": [[1, 2, 3]]}),
    "a rate that is text": (*RATES, {"Rate": "fast"}),
    "a rate that is true": (*RATES, {"Rate": True}),
    "a rate in a rule that is text": (*RATES, {"List": [[1, "fast"]]}),
    "a part that is not there": (*RATES, {"List": [["grph", 1]]}),
    "part 0": (*RATES, {"List": [[0, 1]]}),
    "a part that is a rate": (*RATES, {"List": [[0.5, 1]]}),
    "a part twice in a dict": (*RATES, {"Dict": [[1, 1], [1, 2]]}),
    "a part that cannot be a key": (*RATES, {"Dict": [[{"List": [1]}, 1]]}),
    "a span of three": (*RATES, {"List": [[{"Span": [1, 2, 3]}, 1]]}),
    "a span of nothing": (*RATES, {"List": [[{"Span": 3}, 1]]}),
    "no alternatives": (*RATES, {"List": [[{"Alternatives": []}, 1]]}),
    "an endless name in a rule": (*RATES, {"List": [["n" * 10**5, 1]]}),
    "rules without end": (*RATES, {"List": [[[{"Symbol": "ANY"}, "f"], 1]] * 50_000}),
    "rules on what has no arrays": (*at_node(3), "LearningRateMultipliers", {"Rate": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_that_lies_is_refused(name: str, data: bytes, file: Path) -> None:
    assert outcome(sealed(data, *RECORDS[name]), file) is FormatError


def test_the_refused_records_are_refused_for_what_was_changed(data: bytes, file: Path) -> None:
    assert outcome(sealed(data, *(*RATES, None)), file) != FormatError


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a record."""
    found = [at] if at else []
    if isinstance(value, (dict, list)):
        keys = value if isinstance(value, dict) else range(len(value))
        for key in keys:
            found += places(value[key], (*at, key))
    return found


JUNK = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(st.integers(-2, 3) | st.none() | st.text(max_size=2), max_size=3)
    | st.dictionaries(
        st.sampled_from(["Symbol", "Span", "List", "Tensor", "NetSharedArray", "Expression"]),
        st.integers() | st.text(max_size=2) | st.lists(st.integers(), max_size=3), max_size=1)
    | st.sampled_from(["NetChain", "LinearLayer", "NetMapOperator", "ANY", "a", "Input", [], NONE])
)  # fmt: skip


@settings(max_examples=400)
@given(drawn=st.data())
def test_junk_at_any_place_of_a_record_gives_a_net_or_a_format_error(
    drawn: Any, data: bytes
) -> None:
    record, _ = unpacked(data)
    place = drawn.draw(st.sampled_from(places(record)))
    changed = sealed(data, *place, drawn.draw(JUNK))
    found = read(changed)
    if found is not FormatError:
        # What is let in is a net like any other.
        assert rebuilt(*written(found)) == found
        assert isinstance(repr(found), str)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(number: float, data: bytes, file: Path) -> None:
    record, tensors = unpacked(data)
    key = "~shared/w"
    changed = packed(record, {**tensors, key: np.full_like(tensors[key], number)})
    file.write_bytes(changed)
    with pytest.raises(FormatError, match=r"not finite[^\0]*~shared/w"):
        load(file)


@pytest.mark.parametrize("shape", [(1, 2), (4,), (2, 2, 1), (0,), ()])
def test_a_tensor_of_another_shape_is_refused(shape: Any, data: bytes, file: Path) -> None:
    record, tensors = unpacked(data)
    changed = packed(record, {**tensors, "~shared/w": np.zeros(shape, "f4")})
    assert outcome(changed, file) is FormatError


def test_a_tensor_more_or_less_is_refused(data: bytes, file: Path) -> None:
    record, tensors = unpacked(data)
    assert outcome(packed(record, {**tensors, "x": np.zeros(1, "f4")}), file) is FormatError
    del tensors["~shared/w"]
    assert outcome(packed(record, tensors), file) is FormatError


def test_a_record_in_another_spelling_is_refused(data: bytes, file: Path) -> None:
    table, body = header(data)
    text = table["__metadata__"]["wlnet"]
    spellings = {
        "spaces": json.dumps(json.loads(text), sort_keys=True),
        "unsorted": json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":")),
        "a key twice": text[:-1] + ',"Shared":["w"]}',
        "NaN": text.replace('"Format":1', '"Format":NaN'),
        "no checksum": json.dumps({k: v for k, v in json.loads(text).items() if k != "SHA256"}),
        "no object": "[]",
        "cut": text[:-1],
        "nothing": "",
    }
    for name, spelling in spellings.items():
        assert spelling != text
        changed = assembled({**table, "__metadata__": {"wlnet": spelling}}, body)
        assert outcome(changed, file) is FormatError, name


# Bombs


def chains(depth: int) -> dict[str, Any]:
    """The record of a chain in a chain in a chain."""
    inner: Any = {"Arrays": {}, "Kind": "ElementwiseLayer", "LearningRateMultipliers": None,
                  "Parameters": {"Function": "Tanh"},
                  "Ports": [["Input", None], ["Output", None]]}  # fmt: skip
    for _ in range(depth):
        inner = {"Kind": "NetChain", "LearningRateMultipliers": None, "Nodes": [[1, inner]],
                 "Ports": [["Input", None], ["Output", None]]}  # fmt: skip
    return {"Format": 1, "Net": inner, "Shared": []}


def wide(count: int) -> dict[str, Any]:
    """The record of a chain of many layers."""
    record = chains(1)
    record["Net"]["Nodes"] = [
        [number, record["Net"]["Nodes"][0][1]] for number in range(1, count + 1)
    ]
    return record


def test_deep_and_wide_nets_are_refused_in_time(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert outcome(packed(wide(20_000), {}), file) is FormatError
    monkeypatch.setattr("wlnet.io.rebuild.MOST_NODES", 2048)
    assert outcome(packed(chains(50), {}), file) != FormatError
    assert outcome(packed(chains(51), {}), file) is FormatError
    assert outcome(packed(chains(300), {}), file) is FormatError
    assert outcome(packed(wide(2047), {}), file) != FormatError
    assert outcome(packed(wide(2048), {}), file) is FormatError


def test_a_file_of_a_newer_format_says_so(data: bytes, file: Path) -> None:
    file.write_bytes(sealed(data, "Format", 2))
    with pytest.raises(FormatError, match=r"another format[^\0]*a newer wlnet"):
        load(file)


def test_vertices_out_of_the_order_of_computing_are_refused(data: bytes, file: Path) -> None:
    vertices = unpacked(data)[0]["Net"]["Nodes"][0][1]["Nodes"]
    file.write_bytes(sealed(data, *at_node(0), "Nodes", vertices[::-1]))
    with pytest.raises(FormatError, match="not in the order of computing"):
        load(file)


@pytest.mark.parametrize(
    ("entry", "value", "message"),
    [
        ("Parameters", [], "these are no parameters"),
        ("Parameters", {"not a name": 1}, "these are no parameters"),
        ("Nodes", [["Inner", chains(0)["Net"]]], "holds other nets"),
        ("Nodes", [[name, chains(0)["Net"]] for name in ("Net", "More")], "holds other nets"),
    ],
)
def test_an_operator_of_other_parts_is_refused(entry: str, value: Any, message: str) -> None:
    record, _ = written(wl.NetMapOperator("Tanh"))
    assert rebuilt(copy.deepcopy(record), {}) == wl.NetMapOperator("Tanh")
    record["Net"][entry] = value
    with pytest.raises(FormatError, match=message):
        rebuilt(record, {})


def test_parameters_that_a_layer_refuses_together_are_refused() -> None:
    record, _ = written(wl.ConvolutionLayer(4, 2, channel_groups=2))
    record["Net"]["Parameters"]["ChannelGroups"] = 3
    with pytest.raises(FormatError, match="cannot be divided into groups"):
        rebuilt(record, {})


def test_a_parameter_that_came_later_is_in_a_file_only_where_it_says_something() -> None:
    record, tensors = written(wl.NormalizationLayer())
    assert set(record["Net"]["Parameters"]) == {"AggregationLevels", "ScalingLevels", "Epsilon"}
    assert rebuilt(record, tensors) == wl.NormalizationLayer()
    record["Net"]["Parameters"]["GroupNumber"] = None
    with pytest.raises(FormatError, match="not in its kept form"):
        rebuilt(record, tensors)
    record, tensors = written(wl.NormalizationLayer(1, group_number=2))
    assert record["Net"]["Parameters"]["GroupNumber"] == [2]
    assert rebuilt(record, tensors) == wl.NormalizationLayer(1, group_number=2)
    kept = [(name, field) for kind in LAYERS.values()
            for name, field in kind.declared_parameters.items() if field.later]  # fmt: skip
    assert kept and all(field.default is not REQUIRED for _, field in kept)
