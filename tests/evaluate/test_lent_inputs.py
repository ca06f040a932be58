"""Large inputs are read where they lie: the same answers as from a copy, and nothing is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.program import Program
from wlnet.evaluate import runner
from wlnet.evaluate.runner import Runner

SHAPES: dict[str, Any] = {
    "vectors": (wl.NetChain([5, "Tanh", 3], input=7), (64, 7)),
    "images": (
        wl.NetChain([wl.ConvolutionLayer(3, 3), "Ramp", wl.PoolingLayer(2, 2)], input=(2, 8, 9)),
        (18, 2, 8, 9),
    ),
    "an image": (wl.NetChain([wl.ConvolutionLayer(3, 3)], input=(1, 30, 30)), (1, 1, 30, 30)),
    "what is given back": (wl.NetChain([wl.ReshapeLayer((2, 3))], input=6), (64, 6)),
    "what is read twice": (
        wl.NetGraph(
            {"a": wl.LinearLayer(4), "sum": wl.ThreadingLayer("Plus")},
            [(wl.NetPort("Input"), "a"), ([wl.NetPort("Input"), "a"], "sum")],
            input=4,
        ),
        (64, 4),
    ),
}
every_shape = pytest.mark.parametrize("case", SHAPES)


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Every input may be lent; whether each was."""
    found: list[bool] = []
    lend = Program.lend

    def watched(self: Program, name: str, numbers: Any) -> bool:
        found.append(lend(self, name, numbers))
        return found[-1]

    monkeypatch.setattr(runner, "LENT", 0)
    monkeypatch.setattr(Program, "lend", watched)
    return found


def case_of(name: str) -> tuple[Any, Any]:
    net, shape = SHAPES[name]
    numbers = np.random.default_rng(1).standard_normal(shape, np.float32)
    return wl.net_initialize(net, random_seeding=4), numbers


@every_shape
def test_the_answers_are_those_from_a_copy(case: str, lent: list[bool], monkeypatch: Any) -> None:
    net, x = case_of(case)
    before = x.tobytes()
    answer = net(x)
    assert lent == [case != "what is given back"]
    assert x.tobytes() == before
    monkeypatch.setattr(runner, "LENT", 10**9)
    copied = case_of(case)[0](x)
    assert answer.tobytes() == copied.tobytes()
    assert not np.shares_memory(answer, x)
    x += 1
    assert answer.tobytes() == copied.tobytes()


@every_shape
def test_what_was_lent_is_not_read_again(case: str, lent: list[bool]) -> None:
    net, x = case_of(case)
    others = -x
    expected = net(np.float64(others))
    net(x)
    assert net(np.float64(others)).tobytes() == expected.tobytes()
    one, again = net(x[0]), net(np.float64(x[0]))
    assert one.tobytes() == again.tobytes()


def test_what_does_not_lie_as_kernels_read_it_is_copied(lent: list[bool]) -> None:
    net, x = case_of("images")
    expected = net(x)
    odd = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(x.shape)
    odd[...] = x
    cases = [x[::-1], np.asfortranarray(x), np.float64(x), x.astype(">f4"), odd]
    lent.clear()
    answers = [net(each) for each in cases]
    # Encoding has laid out some of them anew.
    assert not all(lent)
    assert not np.array_equal(answers[0], expected)
    assert answers[0][::-1].tobytes() == expected.tobytes()
    for answer in answers[1:]:
        assert answer.tobytes() == expected.tobytes()


def test_a_read_only_array_is_lent(lent: list[bool]) -> None:
    net, x = case_of("vectors")
    expected = net(x)
    x.flags.writeable = False
    assert net(x).tobytes() == expected.tobytes()
    assert lent == [True, True]


@pytest.mark.parametrize("at", [0, 63])
def test_a_number_that_is_not_finite_is_found_in_what_is_lent(at: int, lent: list[bool]) -> None:
    net, x = case_of("vectors")
    expected = net(x)
    x[at, 3] = np.inf
    with pytest.raises(wl.DataError, match=f"example {at + 1}\n"):
        net(x)
    x[at, 3] = 0
    assert net(x).shape == expected.shape


def test_after_an_interrupt_an_input_is_read_from_its_place(
    lent: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    net, x = case_of("vectors")
    expected = net(np.float64(-x))

    def interrupted(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Program, "answer", interrupted)
        with pytest.raises(KeyboardInterrupt):
            net(x)
    x[:] = np.nan
    assert lent[-1]
    # Numbers of another precision are copied.
    assert net(np.float64(-case_of("vectors")[1])).tobytes() == expected.tobytes()


def test_only_numbers_that_lie_as_the_program_has_them_are_lent() -> None:
    net, x = case_of("vectors")
    program, _ = Runner(net).program(64, {"Input": (7,)})
    shifted = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(x.shape)
    wide = np.zeros((64, 14), np.float32)[:, ::2]
    for wrong in (shifted, wide, x[:-1], np.float64(x), np.asfortranarray(x)):
        assert not program.lend("Input", wrong)
    assert program.lend("Input", x)


def test_what_a_forked_child_finds_lent_is_not_read(lent: list[bool]) -> None:
    net, x = case_of("vectors")
    expected = net(x)
    program, _ = Runner(net).program(6, {"Input": (7,)})
    program.lend("Input", np.zeros((6, 7), np.float32))
    assert net(np.float64(x[:6])) == pytest.approx(expected[:6], rel=1e-5)
