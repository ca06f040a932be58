"""Rules as words and as TOML: every part can be written, and what is written is what is meant."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wlnet as wl
from wlnet import ALL, ANY, Alternatives, NetSharedArray, Span
from wlnet.cli.rule_files import rules_of
from wlnet.cli.rule_texts import part_of, part_text, rate_of, rule_of, rule_text
from wlnet.cli.values import value_of
from wlnet.io.keys import key_of

NAMES = st.text(max_size=6).filter(bool) | st.sampled_from(["1", "*", "ANY", "a/b", "~shared", "-"])
POSITIONS = st.integers(-9, 9).filter(bool)
KEYS = NAMES | POSITIONS
SPANS = st.builds(Span, KEYS, KEYS) | st.builds(Span, KEYS)
STEPS = KEYS | SPANS | st.sampled_from([ANY, ALL])
STEPS = STEPS | st.builds(
    lambda steps: Alternatives(*steps), st.lists(STEPS, min_size=2, max_size=3)
)
PARTS = st.one_of(
    STEPS,
    st.lists(STEPS, min_size=2, max_size=4).map(tuple),
    st.builds(NetSharedArray, NAMES),
    st.just(NetSharedArray(ALL)),
)


@given(PARTS)
def test_every_part_is_written_so_that_it_comes_back(part: object) -> None:
    assert part_of(part_text(part)) == part


@given(PARTS, st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_every_rule_is_written_so_that_it_comes_back(part: object, rate: object) -> None:
    assert rule_of(rule_text(part, rate)) == (part, rate)


PLAIN = NAMES.filter(lambda name: not re.search(r'[|:="\\*]|^A', name) and name == name.strip())


@given(st.lists(PLAIN | st.integers(1, 9), min_size=1, max_size=4).map(tuple))
def test_an_array_is_named_as_files_and_receipts_name_it(path: tuple[int | str, ...]) -> None:
    found = part_of(key_of(path))
    assert (found if isinstance(found, tuple) else (found,)) == path


MARKED = st.text(st.sampled_from('ab1-+*|/:="\\\\ ~;\\n٣\ud800'), max_size=12) | st.text(max_size=8)


@given(st.lists(MARKED, min_size=1, max_size=3))
def test_any_words_are_rules_or_told(words: list[str]) -> None:
    with contextlib.suppress(wl.WlnetError, OSError):
        rules_of([word for word in words if word != "-"])


@given(MARKED | st.just("[" * 5000) | st.just("9" * 5000))
def test_any_text_is_a_value(text: str) -> None:
    value_of(text)
    value_of("[" + text + "]")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("hidden", "hidden"),
        ("hidden/Weights", ("hidden", "Weights")),
        ("2", 2),
        ("-1/Biases", (-1, "Biases")),
        ("1:3", Span(1, 3)),
        ("3:", Span(3)),
        (":3", Span(1, 3)),
        ("encode:-2", Span("encode", -2)),
        ("a|b/Weights", (Alternatives("a", "b"), "Weights")),
        ("*", ANY),
        ("ANY", ANY),
        ("*/Biases", (ANY, "Biases")),
        ("ALL", ALL),
        ('"*"', "*"),
        ('"1"', "1"),
        ('"a/b:c|d=e"', "a/b:c|d=e"),
        (r"a\/b", "a/b"),
        ("~shared/w", NetSharedArray("w")),
        ("~shared/*", NetSharedArray(ALL)),
        (" 1 / Weights ", (1, "Weights")),
    ],
)
def test_a_part_is_read(text: str, part: object) -> None:
    assert part_of(text) == part


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("9" * 20, 10**20 - 1),
        ("0.1", 0.1),
        ("-1", -1),
        ("0", 0),
        ("none", None),
        ("frozen", None),
        ("1e-3", 0.001),
    ],
)
def test_a_rate_is_read(text: str, rate: object) -> None:
    assert rate_of(text) == rate
    assert rule_of(f"a={text}") == ("a", rate)


def test_rules_keep_their_order() -> None:
    assert rules_of(["b=1", "a=2", "b=3"]) == [("b", 1), ("a", 2), ("b", 3)]


def test_a_rate_alone_is_for_all() -> None:
    assert rules_of(["none"]) is None
    assert rules_of(["0.5"]) == 0.5


def test_no_rules_leave_the_net_its_own() -> None:
    assert rules_of([]) is wl.AUTOMATIC


def test_a_file_holds_rules_in_their_order(tmp_path: Path) -> None:
    file = tmp_path / "slow.toml"
    file.write_text('"hidden/Weights" = 0.1\n1 = "none"\n"*" = 1\n')
    assert rules_of([str(file)]) == [(("hidden", "Weights"), 0.1), (1, None), (ANY, 1)]
    assert rules_of(["a=2", str(file)])[:2] == [("a", 2), (("hidden", "Weights"), 0.1)]


def test_a_file_may_hold_rules_by_rounds(tmp_path: Path) -> None:
    file = tmp_path / "phases.toml"
    file.write_text('[round.1]\n-1 = 1\n"*" = "none"\n[round.5]\n"*" = 0.1\n')
    assert rules_of([str(file)]) == wl.Phases({1: [(-1, 1), (ANY, None)], 5: [(ANY, 0.1)]})


def test_rules_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a = 0.5"))
    assert rules_of(["-"]) == [("a", 0.5)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["hidden"], "neither a rule nor a file"),
        (["a//b=1", 'c"=1'], "2 faults"),
        (["1:2:3=1"], "a span has two ends"),
        (['"a=1'], "is no rule|neither a rule"),
        (["a=1", "0.5"], "stand alone"),
        (["=1"], "empty step"),
    ],
)
def test_what_is_no_rule_is_told(words: list[str], told: str) -> None:
    with pytest.raises(wl.RuleError, match=told):
        rules_of(words)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a.b = 0.1", '"a/b" = 0.1'),
        ("a = ", "this is no TOML"),
        ("a = " + "[" * 5000, "this is no TOML"),
        ("a = " + "9" * 5000, "this is no TOML"),
        (f"{'9' * 5000} = 1\n[round]", "a part of several steps"),
        ('"a//b" = 1', "empty step"),
        ("[round.first]\na = 1", "name the round"),
        ("[round.1]\na.b = 1", '"a/b" = 0.1'),
    ],
)
def test_what_is_no_file_of_rules_is_told(text: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_text(text)
    with pytest.raises(wl.RuleError, match=told.replace("/", ".")):
        rules_of([str(file)])


def test_a_file_of_rules_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "rules.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(wl.RuleError, match="no text"):
        rules_of([str(file)])
