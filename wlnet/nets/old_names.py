"""Layers under the names that earlier versions of the Wolfram Language had for them.

Each is a function that gives the layer of today, so that programs of then run; nets, files and
messages speak of the layer alone.
"""

from __future__ import annotations

from typing import Any

from wlnet.core.parts import NetPort
from wlnet.layers.linear import LinearLayer
from wlnet.layers.net_array import NetArrayLayer
from wlnet.layers.normalization import NormalizationLayer
from wlnet.nets.attention import AttentionLayer
from wlnet.nets.netgraph import NetGraph


def ConstantArrayLayer(**options: Any) -> NetArrayLayer:
    """The old name of NetArrayLayer, with the same options.

    >>> ConstantArrayLayer(array=[1, 2])
    NetArrayLayer(array=[1.0, 2.0])

    Wolfram Language: ConstantArrayLayer, until 12.1.
    """
    return NetArrayLayer(**options)


def DotPlusLayer(*args: Any, **options: Any) -> LinearLayer:
    """The old name of LinearLayer, with the same arguments.

    >>> DotPlusLayer(3, biases=None)
    LinearLayer(3, biases=None)

    Wolfram Language: DotPlusLayer, of 11.0.
    """
    return LinearLayer(*args, **options)


def InstanceNormalizationLayer(epsilon: Any = 0.001, **options: Any) -> NormalizationLayer:
    """The old name of NormalizationLayer over all levels but the first; scaling, biases and ports
    as there.

    >>> InstanceNormalizationLayer() == NormalizationLayer()
    True

    Wolfram Language: InstanceNormalizationLayer, until 12.0. Ulyanov et al. 2016.
    """
    return NormalizationLayer(epsilon=epsilon, **options)


def SequenceAttentionLayer(net: Any = "Bilinear") -> NetGraph:
    """The old name of an AttentionLayer whose Input is its Key and its Value, beside a Query.

    net: how scores are made, "Bilinear", "Dot", or a net with inputs "Input" and "Query", as in
    AttentionLayer. It is a NetGraph with that layer as its part "attention".

    >>> SequenceAttentionLayer("Dot").input_names
    ('Input', 'Query')

    Wolfram Language: SequenceAttentionLayer, until 12.0.
    """
    ends = (("Input", "Key"), ("Input", "Value"), ("Query", "Query"))
    edges: list[Any] = [(NetPort(name), NetPort("attention", port)) for name, port in ends]
    return NetGraph({"attention": AttentionLayer(net)}, edges)
