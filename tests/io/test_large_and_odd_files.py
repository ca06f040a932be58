"""Whatever bytes a file holds, reading it gives a net or a FormatError, in memory that follows from
what is really there."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from tests.damaged_files import assembled, header, outcome, read, small_file
from wlnet.core import machine
from wlnet.core.errors import FormatError

DATA = small_file()
NUMBERS = ("1e999", "-1e999", "1e-999", "-0", "-0.0", "1E5", "1.0", "9" * 4000, "9" * 5000,
           "1" + "0" * 400, "0.1e1", "1e400", "true", "NaN", "Infinity")  # fmt: skip


def respelled(number: str, place: int) -> bytes:
    """The file with another number in place of one in its record."""
    table, body = header(DATA)
    text = table["__metadata__"]["wlnet"]
    digits = [i for i, sign in enumerate(text) if sign.isdigit() and not text[i - 1].isalnum()]
    at = digits[place % len(digits)]
    end = at
    while text[end].isalnum() or text[end] in ".-+":
        end += 1
    table["__metadata__"]["wlnet"] = text[:at] + number + text[end:]
    return assembled(table, body)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_nobody_writes_is_a_format_error_at_every_place(number: str) -> None:
    for place in range(40):
        changed = respelled(number, place)
        assert changed == DATA or read(changed) is FormatError, place


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_nobody_writes_in_the_header_is_a_format_error(
    number: str, tmp_path: Path
) -> None:
    table, body = header(DATA)
    name = next(key for key in table if key != "__metadata__")
    for entry, old in (("data_offsets", "9876543"), ("shape", "9876543")):
        changed = json.loads(json.dumps(table))
        changed[name][entry][-1] = int(old)
        text = json.dumps(changed, separators=(",", ":")).replace(old, number)
        assert outcome(assembled(text.encode(), body), tmp_path / "net.wlnet") is FormatError


@given(bits=st.binary(max_size=400), place=st.integers(0), cut=st.integers(0, 2000))
def test_any_bytes_are_a_net_or_a_format_error(
    bits: bytes, place: int, cut: int, tmp_path_factory: Any
) -> None:
    at = place % len(DATA)
    file = tmp_path_factory.mktemp("odd") / "net.wlnet"
    for changed in (bits, DATA[:at] + bits + DATA[at + cut :], DATA[:at] + bits):
        assert changed == DATA or outcome(changed, file) is FormatError


@given(drawn=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["__metadata__", "dtype", "shape", "data_offsets", "wlnet",
                                       "a"]), inner, max_size=4), max_leaves=12,
))  # fmt: skip
def test_any_header_is_a_format_error(drawn: Any, tmp_path_factory: Any) -> None:
    file = tmp_path_factory.mktemp("odd") / "net.wlnet"
    table, body = header(DATA)
    for value in (drawn, {**table, "a": drawn}, {**table, "__metadata__": drawn}):
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        assert outcome(assembled(text.encode("utf-8", "replace"), body), file) is FormatError


# Large


def test_a_file_without_content_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = wl.save(wl.NetChain([1], input=1), tmp_path / "net.wlnet")
    with file.open("r+b") as opened:
        opened.truncate(200 << 30)
    tracemalloc.start()
    with pytest.raises(FormatError, match="214748364800 bytes"):
        wl.load(file)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 2**20


def test_a_header_that_asks_for_more_memory_than_there_is_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "available_memory", lambda: 2**30)
    table, body = header(DATA)
    name = max(table, key=lambda key: table[key].get("data_offsets", [0, 0])[1])
    start = table[name]["data_offsets"][0]
    table[name] = {**table[name], "shape": [10**10], "data_offsets": [start, start + 4 * 10**10]}
    file = tmp_path / "net.wlnet"
    file.write_bytes(assembled(table, body))
    with file.open("r+b") as opened:
        opened.truncate(len(assembled(table, b"")) + start + 4 * 10**10)
    with pytest.raises(FormatError, match=r"more memory than there is[^$]*at most 1\.0 GB"):
        wl.load(file)
