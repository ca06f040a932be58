"""Faults of several kinds in one error: of all their kinds, and as whole as any other."""

from __future__ import annotations

import contextlib
import copy
import gc
import pickle
import weakref
from typing import Any

import pytest

import wlnet as wl
from wlnet.core.errors import Fault, fail
from wlnet.core.gathered import Gathered, together

OPTION = fail(wl.OptionError, [Fault("a", fix="b"), Fault("c")])
RULE = fail(wl.RuleError, Fault("d"))
DATA = fail(wl.DataError, Fault("e"))


def test_several_errors_are_one_of_all_their_kinds_with_all_their_faults() -> None:
    error = together([OPTION, RULE, DATA])
    for kind in (wl.OptionError, wl.RuleError, wl.DataError, TypeError, ValueError, wl.WlnetError):
        assert isinstance(error, kind)
    assert not isinstance(error, wl.PartError)
    assert [fault.what for fault in error.faults] == ["a", "c", "d", "e"]
    assert str(error).startswith("4 faults\na\n  fix:      b\nc\nd\ne")
    assert type(error).__name__ == "OptionError and RuleError and DataError"


def test_of_one_kind_it_is_that_kind_and_one_error_stays_itself() -> None:
    assert type(together([OPTION, OPTION])) is wl.OptionError
    assert together([RULE]) is RULE


def test_what_was_put_together_may_be_put_together_again() -> None:
    error = together([together([OPTION, RULE]), RULE, DATA])
    assert len(error.faults) == 5
    assert type(error) is type(together([OPTION, RULE, DATA]))


@pytest.mark.parametrize("copied", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_it_goes_through_copies_and_to_other_processes(copied: object) -> None:
    error = together([OPTION, RULE])
    again = copied(error)  # type: ignore[operator]
    assert type(again) is type(error)
    assert again.faults == error.faults
    assert str(again) == str(error)


def test_steps_are_all_tried_before_anything_is_told() -> None:
    def refuse(error: wl.WlnetError) -> None:
        raise error

    gathered = Gathered()
    assert gathered.attempt(lambda: 3) == 3
    assert gathered.attempt(lambda: refuse(RULE)) is None
    gathered.attempt(lambda: refuse(OPTION))
    with pytest.raises(wl.RuleError) as error:
        gathered.tell()
    assert isinstance(error.value, wl.OptionError)
    with pytest.raises(ZeroDivisionError):
        gathered.attempt(lambda: 1 / 0)


def test_what_is_raised_holds_on_to_itself_and_its_frames_no_longer_than_it_lives() -> None:
    class Data:
        pass

    def steps(data: Any, count: int) -> None:
        gathered = Gathered()
        for number in range(count):
            gathered.attempt(lambda: refuse(data, number))  # noqa: B023  # called at once
        gathered.tell()

    def refuse(data: Any, number: int) -> None:
        raise fail(wl.DataError, Fault(f"{number}"))

    for count in (1, 2):
        data = Data()
        gone = weakref.ref(data)
        gc.collect()
        gc.disable()
        try:
            # `pytest.raises` would hold on to what it has seen.
            with contextlib.suppress(wl.DataError):
                steps(data, count)
            del data
            assert gone() is None
        finally:
            gc.enable()
