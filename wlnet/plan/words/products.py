"""Products, weights that are packed for them, and what is fused with what comes around."""

from __future__ import annotations

from wlnet.graph.graph import Shape
from wlnet.graph.primitives import PRIMITIVES
from wlnet.plan.words.specs import Results, Sizes, fits, spec


@spec("c")
def affine(
    a: Shape,
    b: Shape,
    bias: Shape | None = None,
    gate: Shape | None = None,
    *,
    packed: bool = False,
    turned: bool = False,
    activation: str | None = None,
) -> Results:
    """A product that starts from the bias of each column; then an activation, or nothing where the
    gate is not positive. packed: b is (blocks, depth, lanes), see engine/packed.py. turned: its
    transpose is packed: (blocks, columns, lanes)."""
    c: Sizes = (*a[:-1], None)
    if not packed:
        (c,) = PRIMITIVES["matmul"].shapes(a, b)
    if turned:
        c = (*a[:-1], b[-2])
        assert (b[0] - 1) * b[2] < a[-1] <= b[0] * b[2], "a and b have another depth"
    else:
        assert b[-2] == a[-1], "a and b have another depth"
    assert bias is None or fits(bias, c[-1:]), "the bias has no number for each column"
    assert gate is None or fits(gate, c), "the gate has not the shape of the result"
    return (c,)


@spec("packed")
def pack(w: Shape) -> Results:
    """A matrix (columns, depth), as vectors of its transpose."""
    return ((None, w[1], None),)


@spec("w")
def unpack(packed: Shape) -> Results:
    """Back to the matrix."""
    return ((None, packed[1]),)


@spec("packed")
def pack_gates(w: Shape) -> Results:
    """The weights of a state (gates size, size): of each gate, as vectors of the transpose."""
    assert w[0] % w[1] == 0, "the gates are not of the size of the state"
    return ((w[0] // w[1], None, w[1], None),)


@spec("packed")
def pack_columns(w: Shape) -> Results:
    """A matrix (depth, columns), vector by vector of its columns."""
    return ((None, w[0], None),)


@spec("states gates cells")
def lstm(said: Shape, weights: Shape, *begun: Shape, packed: bool = False) -> Results:
    """That of a net, by weights that may be packed."""
    size = said[2] // 4
    return PRIMITIVES["lstm"].shapes(said, (size, 4 * size) if packed else weights, *begun)


@spec("said cell")
def lstm_input(
    d: Shape, gates: Shape, cells: Shape, weights: Shape, *more: Shape, packed: bool = False
) -> Results:
    """Its way back, by weights that may be packed."""
    size = d[2]
    whole = (4 * size, size) if packed else weights
    return PRIMITIVES["lstm_input"].shapes(d, gates, cells, whole, *more)


@spec("states gates told")
def gru(said: Shape, weights: Shape, *begun: Shape, packed: bool = False) -> Results:
    """That of a net, by weights that may be packed."""
    size = said[2] // 3
    return PRIMITIVES["gru"].shapes(said, (size, 3 * size) if packed else weights, *begun)


@spec("said sent past")
def gru_input(
    d: Shape, gates: Shape, told: Shape, states: Shape, weights: Shape, *more: Shape,
    packed: bool = False,
) -> Results:  # fmt: skip
    """Its way back, by weights that may be packed."""
    size = d[2]
    whole = (3 * size, size) if packed else weights
    return PRIMITIVES["gru_input"].shapes(d, gates, told, states, whole, *more)


# What is worked on while it is in registers


@spec("out")
def gate(d: Shape, y: Shape) -> Results:
    """d where y is positive, else 0."""
    assert d == y, "d and y have not one shape"
    return (d,)


@spec("out")
def slope(d: Shape, y: Shape, *, function: str) -> Results:
    """d times the slope of a function, told by its value y."""
    assert d == y, "d and y have not one shape"
    return (d,)


@spec("loss gradient? probabilities?")
def cross_entropy(x: Shape, index: Shape, *, loss: bool, scale: float = 0.0) -> Results:
    """What softmax along the last axis costs at an index; its gradient by x, times the scale; and
    softmax itself."""
    assert x[:-1] == index, "there is no index for each row"
    return index, x, x
