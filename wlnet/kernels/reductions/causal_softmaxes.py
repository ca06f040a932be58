"""softmax over what each of a sequence sees: itself and what is before it.

Masked softmax, as causal attention needs it. What a row does not see is not read, and 0 in the
result.
"""

from __future__ import annotations

from wlnet.kernels.emit.instructions import ITEM, real, reals, start_of, stop_of
from wlnet.kernels.emit.lines import line_max, line_sum, lower_line, scale_line
from wlnet.kernels.language import native
from wlnet.kernels.reductions.softmaxes import power_line


@native
def causal_softmax(context, rows, n, window, x, y):  # type: ignore[no-untyped-def]
    """Of matrices (n, n), row by row: y[i, j] = exp(x[i, j]) / the sum of exp(x[i, k]) over all k
    from i - window + 1 to i, for j among these, else 0.

    rows: of all matrices together, one after another. Divided by rows.
    """
    for row in range(start_of(context, rows, 1), stop_of(context, rows, 1)):
        i = row % n
        first = max(0, i - window + 1)
        seen = i + 1 - first
        source, to = x + (row * n + first) * ITEM, y + (row * n + first) * ITEM
        lower_line(to, source, seen, line_max(source, seen))
        power_line(seen, to, to)
        scale_line(to, to, seen, real(1.0) / line_sum(to, seen))
        line = reals(y + row * n * ITEM)
        for j in range(first):
            line[j] = real(0.0)
        for j in range(i + 1, n):
            line[j] = real(0.0)
