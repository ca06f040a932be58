"""One step of each method, in place on an array and its state.

The optimizer step of a contiguous array, with a NaN probe: a sum that is NaN once anything was not
finite (`probe`).

A flat kernel updates `lines` of `count` numbers that lie one after another; `distance` and
`gradient_distance` are the bytes between lines of the array and its states, and of the gradients.
All of them have the same fields, FLAT, so that any can be called through its address, by those of
updates.py.

The fields of a flat kernel: `state0` to `state2` and `setting0` to `setting3` are what its method
keeps and knows, 0 where it has none: see formulas.py. `rates`: the address of a float64 for each
step of the run, the step size: multiplier x learning rate x schedule x what else the method puts
there (the bias correction of ADAM); NaN: the array is left alone in this step. `decays`: the
address of a float64 for each step, the share of itself that the array loses first (decoupled weight
decay); 0 where it never loses any. A clip that is not there is infinite. `status`: the address of a
word; when it is 0 and a gradient or a new value is not finite, it becomes the number of the step,
counted from 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from wlnet.kernels.emit.instructions import double, doubles, set_word, step_number, word
from wlnet.kernels.emit.lanes import divided
from wlnet.kernels.emit.vectors import Kit, State, constant
from wlnet.kernels.language import (
    Address,
    Instruction,
    Kernel,
    Scalar,
    Word,
    instruction,
    native,
    routine,
)
from wlnet.kernels.updates import formulas
from wlnet.kernels.updates.formulas import Formula, Settings, moved, plain_test

FLAT: Final = (
    "count", "values", "gradients", "state0", "state1", "state2", "rates", "l2", "gradient_clip",
    "weight_clip", "setting0", "setting1", "setting2", "setting3", "status", "lines", "distance",
    "gradient_distance", "decays",
)  # fmt: skip
"""The fields of every flat kernel."""


def flat_fields(states: Sequence[Any], **told: Any) -> dict[str, Any]:
    """The fields of a flat kernel for one whole array, by name.

    states: what the method keeps beside the array, in its order; there are at most three. told:
    the fields count, values, gradients, rates, decays and status, and the numbers of the method.
    """
    kept = {f"state{i}": states[i] if i < len(states) else 0 for i in range(3)}
    fields = {**told, **kept, "lines": 1, "distance": 0, "gradient_distance": 0}
    assert set(fields) == set(FLAT), sorted(set(fields) ^ set(FLAT))
    return fields


@routine
def report_nonfinite(context, status, probe):  # type: ignore[no-untyped-def]
    """Say that something was not finite. probe: NaN then, else 0."""
    if probe != probe and word(status, 0) == 0:
        set_word(status, 0, step_number(context) + 1)


@routine
def shrink_of(context, decays):  # type: ignore[no-untyped-def]
    """What a number times is added to itself in this step: minus its share, or 0 for none."""
    if decays == 0:
        return np.float64(0.0)
    return -doubles(decays)[step_number(context)]


def _line(formula: Formula, plain: bool) -> Instruction:
    """The update of numbers that lie one after another, as an instruction; gives the probe."""

    @instruction("real", *["word"] * 6, *["double"] * formulas.SETTINGS)
    def line(kit: Kit, count: Word, gradients: Address, *more: Any) -> Scalar:
        build = kit.builder
        places, settings = more[:4], Settings(kit, more[4:], plain)
        whole, left = divided(kit, count)

        def at(offset: Word) -> tuple[Address, ...]:
            return tuple(build.add(place, offset) for place in places)

        def body(i: Word, probe: State) -> State:
            offset = build.mul(i, constant(kit.target.width))
            raw = kit.load(gradients, offset)
            found = moved(formula, settings, kit.load, kit.store, raw, at(offset))
            return [build.fadd(probe[0], found.value)]

        (probe,) = kit.loop(whole, [kit.number(0.0)], body)

        def tail() -> State:
            mask = kit.first(left)
            offset = build.mul(whole, constant(kit.target.width))
            raw = kit.load_part(build.add(gradients, offset), mask)
            found = moved(
                formula, settings,
                lambda address: kit.load_part(address, mask),
                lambda value, address: kit.store_part(value, address, mask),
                raw, at(offset),
            )  # fmt: skip
            # A lane that is not there may divide zero by zero.
            return [build.fadd(probe, build.select(mask, found.value, kit.number(0.0)))]

        some = build.icmp_signed(">", left, constant(0))
        (probe,) = kit.choose(some, tail, lambda: [probe])
        return kit.total(probe)

    return line


def _flat(formula: Formula) -> Kernel:
    plain, general = _line(formula, True), _line(formula, False)
    is_plain = plain_test(formula)

    def kernel(  # type: ignore[no-untyped-def]
        context, count, values, gradients, state0, state1, state2, rates, l2, gradient_clip,
        weight_clip, setting0, setting1, setting2, setting3, status, lines, distance,
        gradient_distance, decays,
    ):  # fmt: skip
        step_size = doubles(rates)[step_number(context)]
        if step_size == step_size:
            decay, most, bound = double(l2), double(gradient_clip), double(weight_clip)
            shrink = shrink_of(context, decays)
            s0, s1, s2, s3 = double(setting0), double(setting1), double(setting2), double(setting3)
            simple = is_plain(decay, most, bound, shrink, s0, s1)
            for i in range(lines):
                at = i * distance
                g, w = gradients + i * gradient_distance, values + at
                x, y, z = state0 + at, state1 + at, state2 + at
                if simple:
                    probe = plain(
                        count, g, w, x, y, z, step_size, decay, most, bound, shrink, s0, s1, s2, s3
                    )
                else:
                    probe = general(
                        count, g, w, x, y, z, step_size, decay, most, bound, shrink, s0, s1, s2, s3
                    )
                report_nonfinite(context, status, probe)

    kernel.__name__, kernel.__doc__ = formula.name, formula.words
    return native(kernel)


adam = _flat(formulas.ADAM)
rmsprop = _flat(formulas.RMSPROP)
sgd = _flat(formulas.SGD)
sgd_momentum = _flat(formulas.SGD_MOMENTUM)
sign_sgd = _flat(formulas.SIGN_SGD)
sign_sgd_momentum = _flat(formulas.SIGN_SGD_MOMENTUM)
