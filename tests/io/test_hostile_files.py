"""A file can be cut, changed, foreign or hostile: a FormatError, soon and in little memory."""

from __future__ import annotations

import copy
import json
import os
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wlnet as wl
from wlnet.core.errors import FormatError
from wlnet.io import load, save
from wlnet.io.layout import packed, unpacked
from wlnet.io.rebuild import rebuilt
from wlnet.io.record import written

FEW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def small() -> Any:
    """A net with something of everything: names, a graph, a map, shared arrays, rules, coders."""
    shared = wl.NetSharedArray("w")
    vertices = {"a": wl.LinearLayer(2, weights=shared), "b": "Ramp", "sum": wl.TotalLayer()}
    graph = wl.NetGraph(vertices,
                        [("a", ["b", "sum"]), ("b", "sum")])  # fmt: skip
    nodes = {"graph": graph, "nest": wl.NetNestOperator(wl.LinearLayer(2, weights=shared), 2),
             "norm": wl.BatchNormalizationLayer(), "f": lambda x: x * np.tanh(x),
             "soft": wl.SoftmaxLayer()}  # fmt: skip
    return wl.net_initialize(wl.NetChain(
        nodes, input=2, output=wl.NetDecoder("Class", ["x", "y"]),
        learning_rate_multipliers=[
            (wl.Span(1, "nest"), 0.5), (wl.Alternatives("norm", "f"), None), (wl.ANY, 2)],
    ))  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a small net."""
    return save(small(), tmp_path_factory.mktemp("small") / "net.wlnet").read_bytes()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.wlnet"


def outcome(data: bytes, file: Path) -> Any:
    """The net of these bytes, or FormatError; any other exception goes through."""
    file.write_bytes(data)
    try:
        return load(file)
    except FormatError:
        return FormatError


def read(data: bytes) -> Any:
    """The same without a file: for many thousands of them."""
    try:
        return rebuilt(*unpacked(data))
    except FormatError:
        return FormatError


def header(data: bytes) -> tuple[dict[str, Any], bytes]:
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def assembled(table: Any, body: bytes) -> bytes:
    text = table if isinstance(table, bytes) else json.dumps(table, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def test_the_untouched_file_is_the_net(data: bytes, file: Path) -> None:
    assert outcome(data, file) == small()
    assert outcome(packed(*unpacked(data)), file) == small()
    assert assembled(*header(data)) == data


# Cut and changed


def test_a_file_cut_at_any_byte_is_refused(data: bytes) -> None:
    for size in range(len(data)):
        assert read(data[:size]) is FormatError, size


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF])
def test_every_single_byte_that_is_flipped_is_noticed(flip: int, data: bytes) -> None:
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
        assert read(changed) is FormatError, place


def test_more_bytes_at_the_end_are_noticed(data: bytes, file: Path) -> None:
    assert outcome(data + b"\0", file) is FormatError
    assert outcome(data + data, file) is FormatError


@FEW
@given(
    edits=st.lists(
        st.tuples(st.integers(0), st.integers(0, 9), st.binary(max_size=9)), min_size=1, max_size=4
    )
)
def test_drawn_mutations_are_noticed(edits: Any, data: bytes) -> None:
    changed = data
    for place, length, new in edits:
        place %= len(data)
        changed = changed[:place] + new + changed[place + length :]
    found = read(changed)
    assert found is FormatError or changed == data


@FEW
@given(noise=st.binary(max_size=200))
def test_noise_is_refused(noise: bytes) -> None:
    assert read(noise) is FormatError
    assert read(assembled(noise, b"")) is FormatError


# Foreign and hostile headers


def tensor(dtype: str, shape: Any, offsets: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def with_tensor(name: str, entry: Any) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        table, body = header(data)
        return assembled({**table, name: entry}, body)

    return change


def reheaded(change: Callable[[dict[str, Any]], Any]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        table, body = header(data)
        return assembled(change(table), body)

    return changed


def spelled(table: dict[str, Any]) -> bytes:
    return json.dumps(table, separators=(",", ":")).encode()


def first(table: dict[str, Any], **entries: Any) -> dict[str, Any]:
    """The header with other entries for its first tensor."""
    name = next(key for key in table if key != "__metadata__")
    return {**table, name: {**table[name], **entries}}


HEADERS: dict[str, Callable[[bytes], bytes]] = {
    "an empty file": lambda data: b"",
    "a file of another kind": lambda data: b"PK\x03\x04" + data,
    "an endless header": lambda data: struct.pack("<Q", 2**63) + data[8:],
    "a header as long as the file": lambda data: struct.pack("<Q", len(data)) + data[8:],
    "no header": lambda data: assembled(b"", b""),
    "a header that is no object": lambda data: assembled([1], b""),
    "a header of another encoding": lambda data: assembled('{"é":1}'.encode("latin-1"), b""),
    "brackets without end": lambda data: assembled(b"[" * 100_000, b""),
    "objects without end": lambda data: assembled(b'{"a":' * 100_000, b""),
    "a string without end": lambda data: assembled(b'"' + b'\\"' * 1_000_000, b""),
    "a number without end": lambda data: assembled(b'{"a":' + b"9" * 1_000_000 + b"}", b""),
    "a number that is none": lambda data: assembled(b'{"a":NaN}', b""),
    "no metadata": reheaded(lambda table: {k: v for k, v in table.items() if k != "__metadata__"}),
    "other metadata": reheaded(lambda table: {**table, "__metadata__": {"format": "pt"}}),
    "more metadata": reheaded(lambda t: {**t, "__metadata__": {**t["__metadata__"], "a": "b"}}),
    "metadata that is no text": reheaded(lambda table: {**table, "__metadata__": {"wlnet": 1}}),
    "a double key": reheaded(lambda table: spelled(table)[:-1] + b',"__metadata__":{}}'),
    "spaces in the header": reheaded(lambda table: json.dumps(table).encode()),
    "a tensor beyond the end": with_tensor("x", tensor("F32", [2], [10**6, 10**6 + 8])),
    "a tensor over another": with_tensor("x", tensor("F32", [1], [0, 4])),
    "an empty tensor": with_tensor("x", tensor("F32", [0], [0, 0])),
    "a huge tensor": with_tensor("x", tensor("F32", [2**40, 2**20], [0, 2**62])),
    "a tensor of negative size": with_tensor("x", tensor("F32", [-1], [4, 0])),
    "a tensor that is none": with_tensor("x", 3),
    "offsets that are none": reheaded(lambda table: first(table, data_offsets="0,4")),
    "a size that is none": reheaded(lambda table: first(table, shape=[1.5])),
    "another type": reheaded(lambda table: first(table, dtype="F16")),
    "a type that is none": reheaded(lambda table: first(table, dtype=["F32"])),
    "an unknown type": reheaded(lambda table: first(table, dtype="pickle")),
    "a tensor less": reheaded(lambda table: {k: table[k] for k in list(table)[:-1]}),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_lies_is_refused(name: str, data: bytes, file: Path) -> None:
    assert outcome(HEADERS[name](data), file) is FormatError


def test_a_safetensors_file_of_others_is_refused_with_its_name(file: Path) -> None:
    safetensors.numpy.save_file({"weight": np.zeros(3, "f4")}, file, {"format": "pt"})
    with pytest.raises(FormatError, match=r"net\.wlnet: the file has tensors, but no net of wlnet"):
        load(file)


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
CODER = wl.NetDecoder("Class", ["x", "y"]).to_record()
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


@settings(FEW, max_examples=400)
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


def test_deep_and_wide_nets_are_refused_in_time(file: Path) -> None:
    assert outcome(packed(chains(50), {}), file) != FormatError
    assert outcome(packed(chains(51), {}), file) is FormatError
    assert outcome(packed(chains(300), {}), file) is FormatError
    assert outcome(packed(wide(1000), {}), file) != FormatError
    assert outcome(packed(wide(20_000), {}), file) is FormatError


def test_a_lying_file_takes_little_memory(data: bytes, file: Path) -> None:
    tracemalloc.start()
    try:
        for name in HEADERS:
            outcome(HEADERS[name](data), file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20


def test_a_long_file_is_refused_by_its_first_bytes(file: Path) -> None:
    # A sparse file: it would fill the memory of most machines.
    with file.open("wb") as opened:
        opened.write(struct.pack("<Q", 2**39))
        opened.truncate(2**40)
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="a header of"):
            load(file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2**20


# What is no file


def test_a_file_that_is_not_there_is_said_to_be_so(file: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"net\.wlnet"):
        load(file)


def test_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="not a file"):
        load(tmp_path)
    os.mkfifo(tmp_path / "pipe.wlnet")
    with pytest.raises(FormatError, match="not a file"):
        load(tmp_path / "pipe.wlnet")


def test_a_changed_file_says_what_to_do(data: bytes, file: Path) -> None:
    file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(FormatError, match=r"changed after it was written[^\0]*fix:"):
        load(file)


def test_a_file_of_a_newer_format_says_so(data: bytes, file: Path) -> None:
    file.write_bytes(sealed(data, "Format", 2))
    with pytest.raises(FormatError, match=r"another format[^\0]*a newer wlnet"):
        load(file)
