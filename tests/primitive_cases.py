"""The table of cases that every primitive goes through, and how a kernel is run under guard."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from wlnet.graph.maps import MAPS
from wlnet.graph.primitives import PRIMITIVES
from wlnet.plan.lookup import KERNELS, scratch_size

GUARD = 64
REAL_GUARD, INTEGER_GUARD = -1234.5, -77


@dataclasses.dataclass(frozen=True)
class Real:
    """Numbers drawn evenly."""

    shape: tuple[int, ...]
    low: float = -2.0
    high: float = 2.0

    def draw(self, rng: np.random.Generator, dtype: Any) -> Any:
        return rng.uniform(self.low, self.high, self.shape).astype(dtype)


@dataclasses.dataclass(frozen=True)
class Index:
    """Numbers from `first` to `last`."""

    shape: tuple[int, ...]
    last: int
    first: int = 1

    def draw(self, rng: np.random.Generator, dtype: Any) -> Any:
        return rng.integers(self.first, self.last, self.shape, endpoint=True)


@dataclasses.dataclass(frozen=True)
class Case:
    primitive: str
    inputs: tuple[Real | Index, ...]
    attributes: dict[str, Any]

    def draw(self, dtype: Any = float, seed: int = 1) -> list[Any]:
        rng = np.random.default_rng(seed)
        return [given.draw(rng, dtype) for given in self.inputs]

    def extra(self) -> dict[str, Any]:
        """The attributes, with a fresh generator for a random primitive."""
        random = PRIMITIVES[self.primitive].random
        return self.attributes | ({"rng": np.random.default_rng(5)} if random else {})

    def __str__(self) -> str:
        shapes = " ".join("x".join(map(str, given.shape)) or "()" for given in self.inputs)
        said = " ".join(f"{name}={value}" for name, value in self.attributes.items())
        return f"{self.primitive} {shapes} {said}".strip()


def case(primitive: str, *inputs: Real | Index | tuple[int, ...], **attributes: Any) -> Case:
    given = tuple(Real(i) if isinstance(i, tuple) else i for i in inputs)
    return Case(primitive, given, attributes)


DOMAINS = {
    "ArcSin": (-0.9, 0.9),
    "ArcCos": (-0.9, 0.9),
    "ArcTanh": (-0.9, 0.9),
    "ArcCosh": (1.1, 3.0),
    "Tan": (-1.2, 1.2),
    "Log": (0.1, 3.0),
    "Sqrt": (0.1, 3.0),
    "Gamma": (0.3, 4.0),
    "LogGamma": (0.3, 4.0),
    "DiGamma": (0.3, 4.0),
    "TriGamma": (0.3, 4.0),
}


def window(stride: Any, padding: Any, dilation: Any = None, groups: int = 1) -> dict[str, Any]:
    more = {} if dilation is None else {"dilation": dilation, "groups": groups}
    return {"stride": stride, "padding": padding, **more}


CONVOLUTIONS = [
    ((2, 3, 7), (4, 3, 3), window((1,), ((0, 0),), (1,))),
    ((2, 4, 9), (6, 2, 2), window((2,), ((1, 0),), (3,), 2)),
    ((3, 1, 6, 5), (2, 1, 3, 2), window((1, 1), ((0, 0), (0, 0)), (1, 1))),
    ((2, 4, 7, 8), (6, 2, 3, 2), window((2, 3), ((1, 2), (0, 1)), (2, 1), 2)),
    ((2, 3, 5, 5), (3, 1, 3, 3), window((1, 1), ((1, 1), (1, 1)), (1, 1), 3)),
    ((2, 3, 4, 5), (2, 3, 1, 1), window((1, 1), ((0, 0), (0, 0)), (1, 1))),
    ((2, 3, 4, 5), (2, 3, 1, 1), window((2, 2), ((1, 0), (0, 1)), (1, 1))),
    ((1, 2, 4, 5, 4), (3, 2, 2, 3, 2), window((1, 2, 2), ((1, 0), (1, 1), (0, 0)), (2, 1, 1))),
]
POOLS = [
    ((2, 3, 7), {"kernel": (3,), **window((2,), ((1, 0),))}),
    ((2, 3, 6, 6), {"kernel": (2, 2), **window((2, 2), ((0, 0), (0, 0)))}),
    ((2, 1, 7, 5), {"kernel": (2, 2), **window((2, 2), ((0, 0), (0, 0)))}),
    ((2, 1, 5, 6), {"kernel": (2, 2), **window((2, 2), ((1, 0), (0, 0)))}),
    ((2, 3, 5, 6), {"kernel": (3, 2), **window((1, 3), ((2, 1), (1, 1)))}),
    ((2, 3, 5, 6), {"kernel": (5, 6), **window((1, 1), ((0, 0), (0, 0)))}),
    ((1, 2, 4, 5, 4), {"kernel": (2, 3, 2), **window((1, 2, 2), ((1, 0), (1, 1), (0, 1)))}),
]


def _convolution_cases(x: Any, w: Any, attributes: Any) -> list[Case]:
    (d,) = PRIMITIVES["convolve"].shapes(x, w, **attributes)
    return [
        case("convolve", x, w, **attributes),
        case("convolve_input", d, w, shape=x, **attributes),
        case("convolve_weights", x, d, shape=w, **attributes),
    ]


def _pool_cases(x: Any, attributes: Any) -> list[Case]:
    (d,) = PRIMITIVES["pool_sum"].shapes(x, **attributes)
    # In every window the last element is real: a place that padding cannot be.
    last = int(np.prod(attributes["kernel"])) - 1
    unpadded = not any(map(any, attributes["padding"]))
    where = Index(d, last, 0 if unpadded else last)
    after = any(pads[1] for pads in attributes["padding"])
    back = [] if after else [case("pool_max_input", d, where, shape=x, **attributes)]
    return [
        case("pool_max", x, **attributes),
        case("pool_sum", x, **attributes),
        case("pool_sum_input", d, shape=x, **attributes),
        *back,
    ]


CASES = [
    *(case("matmul", a, b) for a, b in [((3, 4), (4, 5)), ((1, 1), (1, 1))]),
    *(case("matmul", a, b) for a, b in [((2, 3, 4), (4, 5)), ((2, 3, 4), (2, 4, 1))]),
    *(case("matmul", a, b) for a, b in [((3, 4), (2, 4, 5)), ((2, 1, 3, 4), (5, 4, 2))]),
    case("transpose", (2, 3, 4), axes=(2, 0, 1)),
    case("transpose", (3, 4), axes=(1, 0)),
    case("reshape", (2, 6), shape=(3, 4)),
    case("reshape", (1,), shape=()),
    case("broadcast", (3, 1), shape=(2, 3, 4)),
    case("broadcast", (), shape=(2,)),
    *(
        case(name, a, b)
        for name in ("add", "subtract", "multiply", "maximum", "minimum")
        for a, b in [((3, 4), (3, 4)), ((2, 1, 4), (3, 1)), ((), (5,))]
    ),
    case("divide", (2, 1, 4), Real((3, 1), 0.5, 2.0)),
    case("divide", (3, 4), Real((), -2.0, -0.5)),
    case("power", Real((2, 1, 4), 0.5, 2.0), (3, 1)),
    case("power", Real((), 0.5, 2.0), (5,)),
    *(case("map", Real((3, 17), *DOMAINS.get(name, (-3, 3))), function=name) for name in MAPS),
    case("fill", shape=(2, 3), value=0.25),
    case("fill", shape=(), value=-1.0),
    case("sum", (2, 3, 4), axes=(0, 2)),
    case("sum", (2, 3, 4), axes=(1,)),
    case("sum", (5,), axes=(0,)),
    *(case(name, (3, 5), axis=1) for name in ("softmax", "log_softmax")),
    *(case(name, (3, 4, 2), axis=1) for name in ("softmax", "log_softmax")),
    *(case(name, (4, 2), axis=0) for name in ("softmax", "log_softmax")),
    case("gather", (5, 3), Index((2, 4), 5)),
    case("gather", (5,), Index((7,), 5)),
    case("gather", (5, 2, 3), Index((), 5)),
    case("scatter_add", (2, 4, 3), Index((2, 4), 5), count=5),
    case("scatter_add", (7,), Index((7,), 3), count=3),
    case("pick", (3, 5), Index((3,), 5)),
    case("pick", (2, 3, 5), Index((2, 3), 5)),
    case("pick", (5,), Index((), 5)),
    case("place", (3,), Index((3,), 5), count=5),
    case("place", (2, 3), Index((2, 3), 4), count=4),
    case("concatenate", (2, 3), (2, 1), (2, 4), axis=1),
    case("concatenate", (2, 3), (4, 3), axis=0),
    case("slice", (4, 5, 2), axis=1, start=1, stop=4),
    case("slice", (4, 5), axis=0, start=0, stop=4),
    case("pad", (3, 2, 2), axis=1, before=1, after=2),
    case("pad", (3,), axis=0, before=0, after=1),
    *(c for row in CONVOLUTIONS for c in _convolution_cases(*row)),
    *(c for row in POOLS for c in _pool_cases(*row)),
    case("random_mask", shape=(4, 30), keep=0.7),
]


class Run:
    """One call of a kernel: outputs and scratch start as NaN and lie between guards."""

    def __init__(self, primitive: str, inputs: Any, attributes: dict[str, Any], dtype: Any):
        row = PRIMITIVES[primitive]
        plain = {name: value for name, value in attributes.items() if name != "rng"}
        given = [x.shape for x in inputs]
        shapes = row.shapes(*given, **plain)
        kinds = [dtype if element == "Real" else np.int64 for element in row.elements]
        size = scratch_size(primitive, given, shapes, plain)
        self.buffers = [_guarded(*pair) for pair in zip(shapes, kinds, strict=True)]
        self.buffers.append(_guarded((size,), dtype))
        views = [
            buffer[GUARD:-GUARD].reshape(shape)
            for buffer, shape in zip(self.buffers, [*shapes, (size,)], strict=True)
        ]
        self.outputs, scratch = tuple(views[:-1]), views[-1]
        with np.errstate(all="ignore"):
            KERNELS[primitive](self.outputs, tuple(inputs), scratch, **attributes)

    def guards_stand(self) -> bool:
        edges = [edge for buffer in self.buffers for edge in (buffer[:GUARD], buffer[-GUARD:])]
        return all(np.isin(edge, (REAL_GUARD, INTEGER_GUARD)).all() for edge in edges)


def _guarded(shape: tuple[int, ...], dtype: Any) -> Any:
    real = np.issubdtype(dtype, np.floating)
    buffer = np.full(np.prod(shape, dtype=int) + 2 * GUARD, REAL_GUARD if real else INTEGER_GUARD)
    buffer[GUARD:-GUARD] = np.nan if real else INTEGER_GUARD
    return buffer.astype(dtype)
