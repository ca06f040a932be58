"""Bodies of scans for the table of cases: what a step may do with what it is given."""

from __future__ import annotations

from typing import Any, NamedTuple

from wlnet.graph.builder import Builder
from wlnet.graph.graph import Graph
from wlnet.graph.scans import Step, body_of, scan

B, N, K = 3, 4, 2


class Scan(NamedTuple):
    """A step, and the shapes of what is carried, of the rows of sequences, and of constants."""

    step: Step
    carried: tuple[tuple[int, ...], ...]
    rows: tuple[tuple[int, ...], ...] = ()
    constants: tuple[tuple[int, ...], ...] = ()
    indices: tuple[int, ...] = ()
    """The numbers of sequences of Integers, from 1 to 3."""

    def body(self) -> Graph:
        kinds = ["Integer" if i in self.indices else "Real" for i in range(len(self.rows))]
        return body_of(self.step, self.carried, self.rows, self.constants, kinds)


def cell(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """A recurrent cell, its product with a transposed matrix as linear layers have."""
    (h,), (x,), (w, u, bias) = c, s, k
    z = b.add(b.add(b.matmul(h, b.transpose(w)), b.matmul(x, b.transpose(u))), bias)
    new = b.map("Tanh", z)
    return [new], [b.multiply(new, x if x.shape == new.shape else h)]


def gated(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """A gate whose weights are read twice, and a constant that is no factor of a product."""
    (h,), (x,), (w, q) = c, s, k
    z = b.map("LogisticSigmoid", b.add(b.matmul(h, w), b.matmul(x, w)))
    new = b.add(b.multiply(z, h), b.multiply(b.subtract(1.0, z), b.multiply(q, x)))
    return [new], []


def swap(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """Two carried values change places; a sequence and a constant are kept as they are."""
    (one, two), (x,), (q,) = c, s, k
    return [two, b.add(one, x)], [x, q, one]


def still(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """What is carried is never changed, and stacked transposed."""
    (h,), (x,) = c, s
    return [h], [b.transpose(b.multiply(h, x)), b.slice(x, 1, 1, 3)]


def lookup(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """A row of a table by index, as an embedding in a loop has."""
    (h,), (index,), (table,) = c, s, k
    return [b.map("Tanh", b.add(h, b.gather(table, index)))], []


def powers(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """No sequence: so many times the same."""
    (h,), (w,) = c, k
    return [b.map("Tanh", b.matmul(h, w))], []


def normalized(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """Softmax over rows, and sums."""
    (h,), (x,), (w,) = c, s, k
    share = b.softmax(b.matmul(b.add(h, x), w))
    return [b.multiply(share, b.sum(b.map("Square", h), [1]))], [b.log_softmax(share)]


def turned(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """Rows of a sequence, and of what is carried, that have to be copied to be read."""
    (h,), (x,) = c, s
    share = b.softmax(b.transpose(x))
    return [b.transpose(b.softmax(b.transpose(b.add(h, x))))], [share]


def batched(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """Several products at once, each with a matrix of its own."""
    (h,), (x,), (w,) = c, s, k
    return [b.map("Tanh", b.add(b.matmul(h, w), x))], []


def nested(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """A scan in a scan: over the rows of what is carried."""
    (h,), (x,), (w,) = c, s, k

    def inner(b: Builder, c: Any, s: Any, k: Any) -> Any:
        (total,), (row,), (own,) = c, s, k
        new = b.map("Tanh", b.add(b.matmul(total, own), row))
        return [new], [b.multiply(new, row)]

    start = b.slice(h, 0, 0, 1)
    rows = b.reshape(x, (B, 1, N))
    found = scan(b, inner, [start], [rows], [w])
    return [b.add(b.reshape(found.stacked[0], (B, N)), h)], [found.tables[0]]


def largest(b: Builder, c: Any, s: Any, k: Any) -> Any:
    """The largest of windows, whose places the way back reads: of enough images to lie in lanes."""
    (h,), (x,) = c, s
    found = b.pool_max(b.add(h, x), kernel=(3,), stride=(1,), padding=((1, 1),))
    return [b.map("Tanh", found)], [b.multiply(found, x)]


SCANS: dict[str, Scan] = {
    "cell": Scan(cell, ((B, N),), ((B, K),), ((N, N), (N, K), (N,))),
    "cell of one row": Scan(cell, ((1, N),), ((1, K),), ((N, N), (N, K), (N,))),
    "wide cell": Scan(cell, ((20, 17),), ((20, 17),), ((17, 17), (17, 17), (17,))),
    "gated": Scan(gated, ((B, N),), ((B, N),), ((N, N), (N,))),
    "swap": Scan(swap, ((B, N), (B, N)), ((B, N),), ((N,),)),
    "still": Scan(still, ((B, N),), ((B, N),)),
    "lookup": Scan(lookup, ((B, N),), ((B,),), ((3, N),), (0,)),
    "powers": Scan(powers, ((B, N),), (), ((N, N),)),
    "normalized": Scan(normalized, ((B, N),), ((B, N),), ((N, N),)),
    "turned": Scan(turned, ((B, N),), ((B, N),)),
    "batched": Scan(batched, ((2, B, N),), ((2, B, N),), ((2, N, N),)),
    "largest": Scan(largest, ((9, 2, N),), ((9, 2, N),)),
    "nested": Scan(nested, ((B, N),), ((B, N),), ((N, N),)),
}
