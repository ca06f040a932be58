"""Layers of the Wolfram Language and of wlnet: a row each, for both directions.

A field says how a parameter of wlnet is called there: by its place, from 0, or as an option of the
constructor, and `saved`, how nets that were saved call it. Sources: the reference page of each
layer, https://reference.wolfram.com/language/guide/NeuralNetworkLayers.html, and for what saved
nets call it, outputs of nets in public notebooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from wlnet.wolfram.functions import FUNCTION
from wlnet.wolfram.values import (
    DEPTH,
    DIMENSIONS,
    DISTRIBUTION,
    DROPOUT,
    LEVELS,
    MARGINS,
    MAXIMUM,
    PART,
    PERMUTATION,
    PLAIN,
    SCALED,
    SIZES,
    SYMBOL,
    Value,
)


@dataclass(frozen=True)
class Field:
    """A parameter. name: that of wlnet, which options have too. place: among the arguments; None:
    an option. option: its name there, if it is another."""

    name: str
    value: Value = PLAIN
    place: int | None = None
    saved: tuple[str, ...] = ()
    option: str = ""

    @property
    def title(self) -> str:
        return self.option or self.name

    @property
    def names(self) -> tuple[str, ...]:
        """How it may be called in a saved net, or as an option."""
        return (*self.saved, self.title, self.name)


@dataclass(frozen=True)
class Row:
    """A layer: the fields of its parameters. kinds: its other names there."""

    fields: tuple[Field, ...] = ()
    others: tuple[str, ...] = ()


def _at(place: int, name: str, value: Value = PLAIN, *saved: str) -> Field:
    return Field(name, value, place, saved)


_WINDOW = (
    _at(0, "KernelSize"),
    Field("Stride"),
    Field("PaddingSize"),
    Field("Dimensionality"),
    Field("Interleaving"),
)
_CONVOLUTION = (
    _at(0, "OutputChannels"),
    _at(1, "KernelSize"),
    Field("Stride"),
    Field("PaddingSize"),
    Field("Dilation"),
    Field("ChannelGroups", saved=("GroupNumber",)),
    Field("Interleaving"),
)
_RECURRENT = (_at(0, "Size", PLAIN, "OutputSize"), Field("Dropout", DROPOUT))

LAYERS: Mapping[str, Row] = {
    "AggregationLayer": Row((_at(0, "Function", SYMBOL), _at(1, "Levels", LEVELS))),
    "AppendLayer": Row(),
    "BasicRecurrentLayer": Row(_RECURRENT),
    "BatchNormalizationLayer": Row((Field("Momentum"), Field("Epsilon"), Field("Interleaving"))),
    "CTCLossLayer": Row(),
    "CatenateLayer": Row((_at(0, "Level"),)),
    "ConstantPlusLayer": Row(),
    "ConstantTimesLayer": Row(),
    "ContrastiveLossLayer": Row((Field("Margin"),)),
    "ConvolutionLayer": Row((*_CONVOLUTION, Field("Dimensionality"))),
    "CrossEntropyLossLayer": Row((_at(0, "Form", PLAIN, "TargetForm"),)),
    "DeconvolutionLayer": Row(_CONVOLUTION),
    "DotLayer": Row(),
    "DropoutLayer": Row((_at(0, "Probability", PLAIN, "DropoutProbability"), Field("Method"))),
    "ElementwiseLayer": Row((_at(0, "Function", FUNCTION),)),
    "EmbeddingLayer": Row(
        (_at(0, "Size", PLAIN, "OutputDimension", "OutputSize"), _at(1, "ClassCount"))
    ),
    "ExtractLayer": Row(),
    "FlattenLayer": Row((_at(0, "Level", DEPTH),)),
    "GatedRecurrentLayer": Row(_RECURRENT),
    "ImageAugmentationLayer": Row(
        (_at(0, "Size", PLAIN, "OutputSize", "Dimensions"), Field("ReflectionProbabilities"))
    ),
    "LinearLayer": Row((_at(0, "OutputSize", SIZES, "OutputDimensions"),), ("DotPlusLayer",)),
    "LocalResponseNormalizationLayer": Row(
        (
            Field("ChannelWindowSize"),
            Field("Alpha"),
            Field("Beta"),
            Field("Bias"),
        )
    ),
    "LongShortTermMemoryLayer": Row(_RECURRENT),
    "MeanAbsoluteLossLayer": Row(),
    "MeanSquaredLossLayer": Row(),
    "NetArrayLayer": Row(others=("ConstantArrayLayer",)),
    "NormalizationLayer": Row(
        (
            _at(0, "AggregationLevels", LEVELS),
            _at(1, "ScalingLevels", LEVELS),
            Field("Epsilon"),
            Field("GroupNumber"),
            Field("Unbiased"),
            Field("Method"),
        ),
        ("InstanceNormalizationLayer",),
    ),
    "OrderingLayer": Row((_at(0, "Count", PLAIN, "Position", "Specification"),)),
    "PaddingLayer": Row(
        (_at(0, "Margins", MARGINS, "Specification", "Parameters"), Field("Padding"))
    ),
    "ParametricRampLayer": Row((_at(0, "Levels", LEVELS),)),
    "PartLayer": Row((_at(0, "Part", PART, "PartSpecification", "Specification"),)),
    "PlaceholderLayer": Row((_at(0, "Tag"), Field("InputPorts"), Field("OutputPorts"))),
    "PoolingLayer": Row((*_WINDOW, Field("Function", SYMBOL))),
    "PrependLayer": Row(),
    "RandomArrayLayer": Row((_at(0, "Distribution", DISTRIBUTION),)),
    "ReplicateLayer": Row(
        (_at(0, "Counts", SIZES, "Specification", "Dimensions"), _at(1, "Level"))
    ),
    "ReshapeLayer": Row((_at(0, "Dimensions", DIMENSIONS, "OutputDimensions"),)),
    "ResizeLayer": Row(
        (_at(0, "Sizes", SCALED, "Specification"), Field("Resampling"), Field("Interleaving"))
    ),
    "SequenceIndicesLayer": Row((_at(0, "Maximum", MAXIMUM),)),
    "SequenceLastLayer": Row(),
    "SequenceMostLayer": Row(),
    "SequenceRestLayer": Row(),
    "SequenceReverseLayer": Row(),
    "SoftmaxLayer": Row((_at(0, "Level"),)),
    "SpatialTransformationLayer": Row((_at(0, "Size", PLAIN, "OutputSize", "Dimensions"),)),
    "SummationLayer": Row(),
    "ThreadingLayer": Row((_at(0, "Function", FUNCTION),)),
    "TotalLayer": Row(),
    "TransposeLayer": Row((_at(0, "Permutation", PERMUTATION, "Specification"),)),
    "UnitVectorLayer": Row((_at(0, "Size", PLAIN, "ClassCount", "Dimension"),)),
}

KINDS: Mapping[str, str] = {
    name: kind for kind, row in LAYERS.items() for name in (kind, *row.others)
}
"""Names of layers there -> kinds of layers here."""


@dataclass(frozen=True)
class Harmless:
    """Parameters of saved nets that say nothing more. follow: those that follow from others.
    usual: those with one value that wlnet has, and which it is."""

    follow: frozenset[str] = frozenset(
        {"Channels", "Dimensionality", "Dimensions", "InputChannels", "OutputSize", "Rank"}
    )
    usual: Mapping[str, tuple[object, ...]] = field(
        default_factory=lambda: {
            "$MXPoolingConvention": ("valid",),
            "$MXGlobalPool": (False,),
            "$GroupNumber": (1,),
            "$InputPorts": ("KeyValueQuery",),
        }
    )


HARMLESS = Harmless()
OLD_ARRAYS: Mapping[str, str] = {"Gamma": "Scaling", "Beta": "Biases"}
"""What arrays were called once."""
