"""The weights of attention: softmax of scaled scores, over all of them or over what a row sees.

Scaled, masked softmax, and its gradient, each row in one go while it is in the nearest cache. What
a row does not see is not read, and 0 in the result.
"""

from __future__ import annotations

from wlnet.kernels.elementwise.exponentials import exp
from wlnet.kernels.emit.instructions import ITEM, double, real, reals, start_of, stop_of
from wlnet.kernels.emit.lanes import Lanes
from wlnet.kernels.emit.lines import along, line_max, line_sum, read, scale_line, write
from wlnet.kernels.emit.vectors import Kit, State
from wlnet.kernels.language import Address, Scalar, Vector, Word, instruction, native, routine


@instruction("none", "word", "word", "word", "real", "real")
def powers_line(
    kit: Kit, y: Address, x: Address, count: Word, largest: Scalar, scale: Scalar
) -> None:
    """y = exp((x - largest) scale)."""
    build = kit.builder
    low, factor = Lanes(kit, kit.splat(largest)), Lanes(kit, kit.splat(scale))

    def body(offset: Word, mask: Vector, _: State) -> State:
        value = Lanes(kit, read(kit, build.add(x, offset), mask))
        write(kit, exp((value - low) * factor).value, build.add(y, offset), mask)
        return []

    along(kit, count, [], body)


@instruction("real", "word", "word", "word")
def line_product(kit: Kit, x: Address, y: Address, count: Word) -> Scalar:
    """The sum of the products of two lines."""
    build = kit.builder

    def body(offset: Word, mask: Vector, state: State) -> State:
        a, b = (read(kit, build.add(at, offset), mask) for at in (x, y))
        return [kit.fma(a, b, state[0])]

    (total,) = along(kit, count, [kit.number(0.0)], body)
    return kit.total(total)


@instruction("none", "word", "word", "word", "word", "real", "real")
def softmax_gradient_line(
    kit: Kit, dx: Address, d: Address, y: Address, count: Word, total: Scalar, scale: Scalar
) -> None:
    """dx = (d - total) y scale."""
    build = kit.builder
    low, factor = Lanes(kit, kit.splat(total)), Lanes(kit, kit.splat(scale))

    def body(offset: Word, mask: Vector, _: State) -> State:
        a, b = (Lanes(kit, read(kit, build.add(at, offset), mask)) for at in (d, y))
        write(kit, ((a - low) * b * factor).value, build.add(dx, offset), mask)
        return []

    along(kit, count, [], body)


@routine
def first_seen(row, n, window):  # type: ignore[no-untyped-def]
    """The first entry that a row sees: a window of 0 has all."""
    return max(0, row % n - window + 1) if window != 0 else 0


@routine
def hide(line, n, first, stop):  # type: ignore[no-untyped-def]
    """Zeros before and behind a part of a row."""
    row = reals(line)
    for j in range(first):
        row[j] = real(0.0)
    for j in range(stop, n):
        row[j] = real(0.0)


@native
def attention_weights(context, rows, n, window, scale, x, y):  # type: ignore[no-untyped-def]
    """y[i, j] = exp(scale x[i, j]) / the sum of exp(scale x[i, k]) over all k that row i sees, for
    j among these, else 0.

    Rows of n, one after another. window: 0, and every row sees all; else they are rows of matrices
    (n, n), and the i-th sees from i - window + 1 to i. scale: the bits of a positive float64.
    Divided by rows.
    """
    factor = real(double(scale))
    for row in range(start_of(context, rows, 1), stop_of(context, rows, 1)):
        first = first_seen(row, n, window)
        stop = row % n + 1 if window != 0 else n
        count, shift = stop - first, (row * n + first) * ITEM
        powers_line(y + shift, x + shift, count, line_max(x + shift, count), factor)
        scale_line(y + shift, y + shift, count, real(1.0) / line_sum(y + shift, count))
        hide(y + row * n * ITEM, n, first, stop)


@native
def attention_weights_input(context, rows, n, window, scale, d, y, dx):  # type: ignore[no-untyped-def]
    """The gradient by x of `attention_weights`: dx = (d - sum of d y) y scale over what a row sees,
    else 0.

    d: that by its result y. Divided by rows.
    """
    factor = real(double(scale))
    for row in range(start_of(context, rows, 1), stop_of(context, rows, 1)):
        first = first_seen(row, n, window)
        stop = row % n + 1 if window != 0 else n
        count, shift = stop - first, (row * n + first) * ITEM
        total = line_product(d + shift, y + shift, count)
        softmax_gradient_line(dx + shift, d + shift, y + shift, count, total, factor)
        hide(dx + row * n * ITEM, n, first, stop)
