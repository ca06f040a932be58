"""Which kernel computes which primitive: the only place that knows both.

A kernel is called `KERNELS[name](outputs, inputs, scratch, **attributes)`; a random one gets a
NumPy generator as `rng` besides. `scratch_size` says how many Real numbers of scratch it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from wlnet.kernels import (
    convolution,
    elementwise,
    matrix,
    pooling,
    random,
    shapes,
    sums,
    tables,
)

Shape = tuple[int, ...]
ScratchSize = Callable[[Sequence[Shape], Sequence[Shape], dict[str, Any]], int]

KERNELS: Final[dict[str, Callable[..., None]]] = {
    "matmul": matrix.matmul,
    "transpose": shapes.transpose,
    "reshape": shapes.reshape,
    "broadcast": shapes.broadcast,
    "concatenate": shapes.concatenate,
    "slice": shapes.slice_,
    "pad": shapes.pad,
    "add": elementwise.add,
    "subtract": elementwise.subtract,
    "multiply": elementwise.multiply,
    "divide": elementwise.divide,
    "power": elementwise.power,
    "maximum": elementwise.maximum,
    "minimum": elementwise.minimum,
    "map": elementwise.map_,
    "fill": elementwise.fill,
    "sum": sums.sum_,
    "softmax": sums.softmax,
    "log_softmax": sums.log_softmax,
    "gather": tables.gather,
    "scatter_add": tables.scatter_add,
    "pick": tables.pick,
    "place": tables.place,
    "convolve": convolution.convolve,
    "convolve_input": convolution.convolve_input,
    "convolve_weights": convolution.convolve_weights,
    "pool_max": pooling.pool_max,
    "pool_max_input": pooling.pool_max_input,
    "pool_sum": pooling.pool_sum,
    "pool_sum_input": pooling.pool_sum_input,
    "random_mask": random.random_mask,
}

SCRATCH: Final[dict[str, ScratchSize]] = {
    "softmax": sums.softmax_scratch,
    "log_softmax": sums.log_softmax_scratch,
    "convolve": convolution.convolution_scratch,
    "convolve_input": convolution.convolution_input_scratch,
    "convolve_weights": convolution.convolution_weights_scratch,
}
"""Those that need scratch: (input shapes, output shapes, attributes) -> how many numbers."""


def scratch_size(
    primitive: str, inputs: Sequence[Shape], outputs: Sequence[Shape], attributes: dict[str, Any]
) -> int:
    """How many numbers of scratch the kernel of a primitive needs; 0 when it needs none.

    >>> scratch_size("softmax", [(2, 5)], [(2, 5)], {"axis": 1})
    2
    >>> scratch_size("add", [(2, 5), (5,)], [(2, 5)], {})
    0
    """
    size = SCRATCH.get(primitive)
    return 0 if size is None else size(inputs, outputs, attributes)
