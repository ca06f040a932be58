"""Pooling by one window that is the whole image (global pooling): a sum over space, and a repeat.

So it fits into any layout, and into what lies around it.
"""

from __future__ import annotations

from wlnet.graph.graph import Call, Graph


def sum_whole_windows(graph: Graph) -> Graph:
    """Sums of windows that are whole images as sums over axes; their gradients are repeated."""
    calls = []
    for call in graph.calls:
        if call.primitive == "pool_sum" and _is_whole(call, call.inputs[0].shape):
            axes = tuple(range(2, call.inputs[0].rank))
            call = Call("sum", call.inputs, call.outputs, {"axes": axes}, call.origin)
        elif call.primitive == "pool_sum_input" and _is_whole(call, call.outputs[0].shape):
            at = {"shape": call.outputs[0].shape}
            call = Call("broadcast", call.inputs, call.outputs, at, call.origin)
        calls.append(call)
    return graph.with_calls(calls)


def _is_whole(call: Call, image: tuple[int, ...]) -> bool:
    """Whether there is one window, and it is the image."""
    at = call.attributes
    padded = any(before or behind for before, behind in at["padding"])
    return tuple(at["kernel"]) == image[2:] and not padded
