"""Parameters that came after a layer or a coder: files from before have none of them."""

from __future__ import annotations

from typing import Any

import pytest

from wlnet.coders.coder import later_fields, parameter_fields
from wlnet.coders.decoder import NetDecoder
from wlnet.coders.encoder import NetEncoder
from wlnet.coders.record import from_record, to_record
from wlnet.core.names import wolfram_name
from wlnet.layers.declaring.layer import LAYERS

FILES: dict[str, dict[str, str]] = {
    "Layers": {
        "AggregationLayer": "Function Levels",
        "BasicRecurrentLayer": "Dropout Size",
        "BatchNormalizationLayer": "Epsilon Interleaving Momentum",
        "CatenateLayer": "Level",
        "ContrastiveLossLayer": "Margin",
        "ConvolutionLayer": "ChannelGroups Dilation Interleaving "
        "KernelSize OutputChannels PaddingSize Stride",
        "CrossEntropyLossLayer": "Form",
        "DeconvolutionLayer": "ChannelGroups Dilation Interleaving "
        "KernelSize OutputChannels PaddingSize Stride",
        "DropoutLayer": "Method Probability",
        "ElementwiseLayer": "Function",
        "EmbeddingLayer": "ClassCount Size",
        "FlattenLayer": "Level",
        "FunctionLayer": "Function",
        "GatedRecurrentLayer": "Dropout Size",
        "LinearLayer": "OutputSize",
        "LocalResponseNormalizationLayer": "Alpha Beta Bias ChannelWindowSize Interleaving",
        "LongShortTermMemoryLayer": "Dropout Size",
        "NormalizationLayer": "AggregationLevels Epsilon ScalingLevels",
        "OrderingLayer": "Count",
        "PaddingLayer": "Margins Padding",
        "ParametricRampLayer": "Levels",
        "PartLayer": "Part",
        "PoolingLayer": "Dimensionality Function Interleaving KernelSize PaddingSize Stride",
        "RandomArrayLayer": "Distribution",
        "ReplicateLayer": "Counts Level",
        "ReshapeLayer": "Dimensions",
        "ResizeLayer": "Interleaving Resampling Scheme Sizes",
        "SequenceIndicesLayer": "Maximum",
        "SoftmaxLayer": "Level",
        "ThreadingLayer": "Function",
        "TransposeLayer": "Permutation",
        "UnitVectorLayer": "Size",
        "WeightedLossLayer": "Form",
    },
    "NetEncoder": {
        "Characters": "Alphabet IgnoreCase OutputForm TargetLength",
        "Class": "InputDepth Labels Multilabel OutputForm",
        "Function": "Batched Dimensions Function",
        "Image": "Alignment ColorSpace DataTransposed ImageSize Interleaving "
        "MeanImage Method Padding Resampling VarianceImage",
        "Number": "Deviation Mean Missing",
        "Tokens": "IgnoreCase OutputForm SplitPattern TargetLength UnknownTokens Vocabulary",
        "UTF8": "OutputForm TargetLength",
        "UnitVector": "Size",
    },
    "NetDecoder": {
        "Characters": "Alphabet IgnoreCase",
        "Class": "InputDepth Labels Multilabel",
        "Image": "ColorSpace ImageSize MeanImage VarianceImage",
        "Number": "Deviation Mean",
        "Tokens": "IgnoreCase Vocabulary",
    },
}
"""The parameters that files have which exist already. What is added here needs no later=True."""
DOORS: dict[str, Any] = {"NetEncoder": NetEncoder, "NetDecoder": NetDecoder}


@pytest.mark.parametrize("kind", FILES["Layers"])
def test_files_of_before_have_all_parameters_of_a_layer(kind: str) -> None:
    declared = LAYERS[kind].declared_parameters
    always = sorted(name for name, field in declared.items() if not field.later)
    assert " ".join(always) == FILES["Layers"][kind], "a parameter that comes later says so"


@pytest.mark.parametrize(("door", "kind"), [(d, k) for d in DOORS for k in FILES[d]])
def test_files_of_before_have_all_parameters_of_a_coder(door: str, kind: str) -> None:
    cls = DOORS[door].kinds[kind]
    always = sorted({*map(wolfram_name, parameter_fields(cls))}
                    - {*map(wolfram_name, later_fields(cls))})  # fmt: skip
    assert " ".join(always) == FILES[door][kind], "a parameter that comes later says so"


def test_a_coder_without_what_came_later_is_read_and_one_with_it_too() -> None:
    plain, turned = NetDecoder("Image"), NetDecoder("Image", interleaving=True)
    assert "Interleaving" not in str(to_record(plain))
    for decoder in (plain, turned):
        assert from_record(to_record(decoder)) == decoder
