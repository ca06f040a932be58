"""A file that was cut or changed, or whose header lies, is a FormatError, in little memory."""

from __future__ import annotations

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
from hypothesis import given
from hypothesis import strategies as st

from tests.damaged_files import assembled, header, outcome, read, small, small_file
from wlnet.core.errors import FormatError
from wlnet.io import layout, load, save
from wlnet.io.layout import packed, unpacked


@pytest.fixture(scope="module")
def data() -> bytes:
    return small_file()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "net.wlnet"


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


def test_an_empty_file_says_that_it_is_too_short(file: Path) -> None:
    file.touch()
    with pytest.raises(FormatError, match=r"too short[^\0]*0 bytes"):
        load(file)


def test_a_net_of_more_structure_than_a_file_holds_is_refused(
    data: bytes, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_bytes(data)
    monkeypatch.setattr(layout, "LONGEST_HEADER", len(data) // 2)
    with pytest.raises(FormatError, match="too much structure"):
        save(small(), file)
    assert file.read_bytes() == data
    with pytest.raises(FormatError, match="a header of"):
        load(file)


@pytest.mark.parametrize("dtype", ["F16", "I16", "BF16"])
def test_a_tensor_of_a_narrower_type_that_lies_well_is_refused(
    dtype: str, data: bytes, file: Path
) -> None:
    change = reheaded(lambda table: first(table, dtype=dtype, shape=[4]))
    file.write_bytes(change(data))
    with pytest.raises(FormatError, match="another type"):
        load(file)


def test_a_tensor_of_more_levels_than_numpy_has_is_refused(data: bytes, file: Path) -> None:
    change = reheaded(lambda table: first(table, shape=[2, *[1] * 100]))
    file.write_bytes(change(data))
    with pytest.raises(FormatError, match="a shape that cannot be"):
        load(file)
