"""Winograd's formula for convolution: the points, the matrices, and how they are applied.

Convolution is a product of polynomials. Taken at six points instead of number by number, a kernel
of 3 x 3 makes 4 x 4 results of a tile with 36 products instead of 144, and one of 5 x 5 makes 2 x 2
results with 36 instead of 100: results = A' ((G kernel G') * (B' pixels B)) A, where ' transposes.
What it costs is precision: sums are rounded about eight times as coarsely.

Sources: Winograd, "Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast algorithms
for convolutional neural networks", 2015; for the choice of points Barabasz, Anderson, Soodhalter
and Gregg, "Error analysis and improving the accuracy of Winograd convolution", 2020.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from wlnet.kernels.emit.vectors import Kit

TILE = 6
POINTS = TILE * TILE
_AT = (Fraction(0), Fraction(1), Fraction(-1), Fraction(1, 2), Fraction(-2))
"""Where polynomials are taken; the sixth point is infinity."""

Matrix = Sequence[Sequence[Any]]


class Transforms(NamedTuple):
    """The matrices B', G and A' of a size of kernel."""

    pixels: Matrix
    kernel: Matrix
    results: Matrix


def transforms(size: int) -> Transforms:
    """The matrices for kernels of a size, in fractions."""
    side, one, none = TILE - size + 1, Fraction(1), Fraction(0)
    pixels, kernel = [], []
    for i, point in enumerate(_AT):
        others = [each for j, each in enumerate(_AT) if j != i]
        scale = one
        for each in others:
            scale *= point - each
        pixels.append([*_with_roots(others), none])
        kernel.append([point**k / scale for k in range(size)])
    pixels.append(_with_roots(_AT))
    kernel.append([none] * (size - 1) + [one])
    results = [[*(point**k for point in _AT), Fraction(k == side - 1)] for k in range(side)]
    return Transforms(pixels, kernel, results)


def _with_roots(roots: Sequence[Fraction]) -> list[Fraction]:
    """The polynomial that is zero at some points, constant first."""
    found = [Fraction(1)]
    for root in roots:
        found = [a - root * b for a, b in zip([Fraction(0), *found], [*found, Fraction(0)],
                                              strict=True)]  # fmt: skip
    return found


def turned(matrix: Matrix) -> Matrix:
    """The transpose of a matrix."""
    return list(zip(*matrix, strict=True))


def combined(kit: Kit, row: Sequence[Fraction], vectors: Sequence[Any]) -> Any:
    """The sum of vectors times numbers, of which most are 0, 1 or -1."""
    build = kit.builder
    terms = sorted(
        ((factor, value) for factor, value in zip(row, vectors, strict=True) if factor),
        key=lambda term: term[0] != 1,
    )
    (first, total), *rest = terms
    if first != 1:
        total = build.fmul(kit.number(float(first)), total)
    for factor, value in rest:
        if abs(factor) == 1:
            total = build.fadd(total, value) if factor == 1 else build.fsub(total, value)
        else:
            total = kit.fma(kit.number(float(factor)), value, total)
    return total


def sandwich(kit: Kit, matrix: Matrix, grid: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """matrix x grid x the transpose of the matrix, where the grid is one of vectors."""
    half = [[combined(kit, row, column) for column in zip(*grid, strict=True)] for row in matrix]
    return [[combined(kit, row, line) for row in matrix] for line in half]
