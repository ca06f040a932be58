"""A step that is run in pieces: the numbers of a whole one, however many workers each piece has."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

import wlnet as wl
from wlnet.engine.program import LONG, Program
from wlnet.nets.arrays import arrays_of
from wlnet.plan.compile import forward_blueprint

HANGS = 20.0
"""Seconds after which a piece is held to hang, and is given up."""


@pytest.fixture
def program() -> Iterator[Program]:
    net = wl.net_initialize(wl.NetChain([64, "Tanh", 48, "Tanh", 8], input=32))
    arrays = {key: np.asarray(value, np.float32) for key, value in arrays_of(net).items()}
    found = Program(forward_blueprint(net, 64), arrays, 3)
    found.inputs["Input"][...] = np.random.default_rng(0).normal(size=(64, 32))
    # As a long run has: then there are exactly as many workers as are asked for.
    found._seconds = 10 * LONG
    alarm = threading.Timer(HANGS, lambda: found.stop(at_once=True))
    alarm.start()
    yield found
    alarm.cancel()


@pytest.mark.parametrize("workers", [(1, 1), (2, 3), (3, 2), (3, 1), (1, 3), (2, 2)])
def test_pieces_with_any_numbers_of_workers_do_what_a_run_does(
    program: Program, workers: tuple[int, int]
) -> None:
    program.run()
    expected = program.outputs["Output"].copy()
    count = len(program.blueprint.steps)
    for cut in range(1, count):
        program.rest()
        program.outputs["Output"][...] = 0
        for piece, some in zip(((0, cut), (cut, count)), workers, strict=True):
            program.run_piece(*piece, seed=0, step=0, at=0, workers=some)
            assert program.done == 1, "a worker waited for one that was not there"
        assert program.outputs["Output"].tobytes() == expected.tobytes()
