"""The norm of all gradients in a whole step: held against the gradients by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests import reference_methods as paper
from tests.plan.test_training_steps import (
    BATCH,
    NETS,
    ORDER,
    RATE,
    SEED,
    STEPS,
    Training,
    both_precisions,
    every_method,
    every_net,
    tolerance,
)
from wlnet.engine.program import Program
from wlnet.graph.keys import GradientKey, GradientSquaresKey, StateKey
from wlnet.kernels.language import Precision
from wlnet.plan.calls.emitter import Learner
from wlnet.plan.compile import Steps, step_blueprint, training_blueprint

MOST = 0.25
"""Less than the norm of any of the gradients here."""


def apart(training: Training, most: float | None) -> tuple[dict[Any, Any], list[dict[Any, float]]]:
    """The arrays by gradients and the method's own steps, and the squares of each step."""
    arrays = training.arrays()
    program = Program(
        training_blueprint(
            training.model, training.batch, {"Loss": 1.0}, training.learning,
            precision=training.precision,
        ),
        arrays,
    )  # fmt: skip
    states = {k: training.rule.start(arrays[k].size, training.dtype) for k in training.learning}
    counts, squares = dict.fromkeys(training.learning, 0), []
    for step in range(STEPS):
        rows = ORDER[step * training.batch : (step + 1) * training.batch]
        for name, value in program.inputs.items():
            value[...] = training.data[name][rows]
        program.run(seed=SEED, step=step)
        found = {
            key: program.outputs[GradientKey(key)].astype(np.float64) for key in training.learning
        }
        squares.append({key: float(np.sum(g**2)) for key, g in found.items()})
        moving = {key: g for key, g in found.items() if training.moves(key, step)}
        for key, g in (paper.norm_clipped(moving, most) if most else moving).items():
            counts[key] += 1
            flat, gradient = arrays[key].reshape(-1), g.reshape(-1).astype(training.dtype)
            limits = training.limits[key]
            training.rule.step(flat, gradient, states[key], counts[key], RATE, *limits)
        for key in training.statistics:
            if training.moves(key, step):
                arrays[key][...] = program.updates[key]
    return arrays, squares


def steps_of(training: Training, factor: float = 1.0, **options: Any) -> Steps:
    """The program of whole steps; factor: of the loss."""
    learners = {
        key: Learner(
            training.rule.kernel, training.rule.state_arrays, training.rule.fields(*limits)
        )
        for key, limits in training.limits.items()
    }
    return step_blueprint(
        training.model, training.batch, {"Loss": factor}, learners, precision=training.precision,
        constants=training.frozen, **options,
    )  # fmt: skip


def together(
    training: Training, workers: int = 1, **options: Any
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """The arrays after whole steps in one program, and the tables that it keeps."""
    blueprint = steps_of(training, **options).step
    arrays = training.arrays(blueprint.packed)
    states = {
        StateKey(key, i): np.zeros(arrays[key].size, training.dtype)
        for key in training.learning
        for i in range(training.rule.state_arrays)
    }
    program = Program(blueprint, {**arrays, **states}, workers)
    columns = {
        name: np.ascontiguousarray(x, np.int32 if x.dtype.kind == "i" else training.dtype)
        for name, x in training.data.items()
    }
    for name, column in columns.items():
        program.set(("column", name), column.ctypes.data)
    tables = {
        name: np.full((STEPS, *view.shape), np.nan, training.dtype if name == "Loss" else "float64")
        for name, view in blueprint.tables.items()
    }
    for name, table in tables.items():
        program.set(("table", name), table.ctypes.data)
    rates = training.rates()
    for key, table in rates.items():
        program.set(("rates", key), table.ctypes.data)
    program.set("order", ORDER.ctypes.data)
    assert program.run(seed=SEED, steps=STEPS) == STEPS
    assert not program.bad
    return training.plain(arrays, blueprint.packed), tables


def assert_same(found: dict[Any, Any], wanted: dict[Any, Any]) -> None:
    for key, array in wanted.items():
        assert found[key].tobytes() == array.tobytes(), key


@both_precisions
@every_method
@every_net
def test_a_step_is_all_gradients_then_their_norm_then_the_updates(
    net: str, method: str, precision: Precision
) -> None:
    training = Training(net, method, precision)
    wanted, squares = apart(training, MOST)
    found, tables = together(training, gradient_norm=MOST, gradient_squares=True)
    close = tolerance(precision)
    for key, array in wanted.items():
        size = np.abs(array).max(initial=0.0)
        np.testing.assert_allclose(
            found[key], array, rtol=close, atol=close * size, err_msg=str(key)
        )
    for step, row in enumerate(squares):
        for key, square in row.items():
            table = tables[GradientSquaresKey(key)]
            assert table.shape == (STEPS, 1)
            np.testing.assert_allclose(table[step, 0], square, rtol=100 * close, atol=1e-20)


@both_precisions
@every_net
def test_bits_do_not_depend_on_the_number_of_workers(net: str, precision: Precision) -> None:
    training = Training(net, "RMSProp", precision)
    (one, kept), *others = (
        together(training, workers, gradient_norm=MOST, gradient_squares=True)
        for workers in (1, 2, 4)
    )
    for found, tables in others:
        assert_same(found, one)
        assert_same(tables, kept)


@pytest.mark.parametrize("batch", [BATCH, 2])
@both_precisions
@every_net
def test_to_keep_squares_changes_no_bit_of_the_training(
    net: str, precision: Precision, batch: int
) -> None:
    training = Training(net, "ADAM", precision, batch)
    plain, losses = together(training)
    found, tables = together(training, gradient_squares=True)
    assert_same(found, plain)
    assert tables["Loss"].tobytes() == losses["Loss"].tobytes()
    _, squares = apart(training, None)
    for key in training.learning:
        np.testing.assert_allclose(
            tables[GradientSquaresKey(key)][:, 0],
            [row[key] for row in squares],
            rtol=100 * tolerance(precision),
            atol=1e-20,
        )


def test_a_large_batch_with_sums_in_parts_keeps_its_bits_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = np.random.default_rng(2).integers(0, 11, 300 * STEPS)
    monkeypatch.setitem(together.__globals__, "ORDER", order)
    for net in NETS:
        training = Training(net, "ADAM", "Real32", 300)
        plain, _ = together(training)
        found, _ = together(training, gradient_squares=True)
        assert_same(found, plain)


@every_method
def test_a_norm_that_is_never_reached_scales_nothing(method: str) -> None:
    training = Training("perceptron", method, "Real32")
    free, _ = together(training, without=("fuse_update",))
    found, _ = together(training, gradient_norm=1e9)
    assert_same(found, free)


def test_without_either_the_plan_is_the_one_it_was() -> None:
    for net in NETS:
        training = Training(net, "ADAM", "Real32")
        whole = steps_of(training).step
        assert whole == steps_of(training, gradient_norm=None, gradient_squares=False).step
        assert not any(step.kernel.name.startswith("norms.") for step in whole.steps)


def test_a_norm_that_is_not_finite_is_a_bad_step() -> None:
    """The squares of 1e200 leave 64 bits: to scale all by 0 would hide it."""
    training = Training("perceptron", "SGD", "Real64")
    together(training, gradient_norm=1.0, factor=1e100)
    with pytest.raises(AssertionError, match="assert 1 == 3"):
        together(training, gradient_norm=1.0, factor=1e200)


@both_precisions
def test_arrays_that_lie_packed_are_scaled_as_plain_ones(precision: Precision) -> None:
    training = Training("frozen", "ADAM", precision)
    packed = steps_of(training).step.packed
    assert packed
    plain, kept = together(training, gradient_norm=MOST, gradient_squares=True)
    options = {"gradient_norm": MOST, "gradient_squares": True, "packed": packed}
    for workers in (1, 2):
        found, tables = together(training, workers, **options)
        for key, array in plain.items():
            np.testing.assert_allclose(found[key], array, rtol=tolerance(precision))
        for name, table in kept.items():
            np.testing.assert_allclose(tables[name], table, rtol=tolerance(precision))
