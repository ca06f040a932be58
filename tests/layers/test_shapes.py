"""What layers infer, in both directions, and what they say when shapes cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.layers.bench import assert_follows, assert_refused, inferred
from wlnet.core.errors import OptionError, ShapeError
from wlnet.core.parts import Span
from wlnet.core.shapes import Mismatch
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.layers import (
    BatchNormalizationLayer,
    CatenateLayer,
    ConstantPlusLayer,
    ConstantTimesLayer,
    ConvolutionLayer,
    CrossEntropyLossLayer,
    DotLayer,
    EmbeddingLayer,
    FlattenLayer,
    MeanSquaredLossLayer,
    NetArrayLayer,
    NormalizationLayer,
    ParametricRampLayer,
    PoolingLayer,
    ReshapeLayer,
    SoftmaxLayer,
    ThreadingLayer,
    TotalLayer,
    TransposeLayer,
)

X, Y = "Input", "Output"

FOLLOWS = [
    # Convolution: output from input, input from output, kernel and channels from weights.
    (ConvolutionLayer(20, 5), {X: (1, 28, 28)},
     {Y: (20, 24, 24), "Weights": (20, 1, 5, 5), "Biases": (20,)}),
    (ConvolutionLayer(2, (3,)), {X: (None, 7)}, {Y: (2, 5), "Weights": (2, None, 3)}),
    (ConvolutionLayer(2, 3), {Y: (2, 5, 6)}, {X: (None, 7, 8)}),
    (ConvolutionLayer(2, 3, padding_size=1), {Y: (None, 5, 6)}, {X: (None, 5, 6), Y: (2, 5, 6)}),
    (ConvolutionLayer(2, 3, padding_size="Same", dilation=2), {Y: (2, 5, 6)}, {X: (None, 5, 6)}),
    (ConvolutionLayer(2, 3, dilation=2, padding_size=((1, 0), (0, 2))), {Y: (2, 5, 6)},
     {X: (None, 8, 8)}),
    (ConvolutionLayer(2, 3, stride=2), {Y: (2, 5, 6)}, {X: (None, None, None)}),
    (ConvolutionLayer(2, 3, stride=2), {X: (3, 8, 9)}, {Y: (2, 3, 4)}),
    (ConvolutionLayer(2, 1, stride=3), {X: (3, 7, 3)}, {Y: (2, 3, 1)}),
    (ConvolutionLayer(2, 3, stride=2, padding_size="Same"), {X: (3, 8, 9)}, {Y: (2, 4, 5)}),
    (ConvolutionLayer(), {"Weights": (4, 3, 5, 2), X: (None, 9, None)},
     {X: (3, 9, None), Y: (4, 5, None)}),
    (ConvolutionLayer(weights=np.zeros((4, 3, 2))), {},
     {X: (3, None), Y: (4, None), "Biases": (4,)}),
    (ConvolutionLayer(kernel_size=2), {"Biases": (4,)}, {"Biases": (4,)}),
    (ConvolutionLayer(4, (2,), channel_groups=2), {X: (6, 3)}, {"Weights": (4, 3, 2), Y: (4, 2)}),
    (ConvolutionLayer(4, (2,), channel_groups=2), {"Weights": (None, 3, None)}, {X: (6, None)}),
    (ConvolutionLayer(2, (2, 3), interleaving=True), {X: (5, 6, 3)},
     {Y: (4, 4, 2), "Weights": (2, 3, 2, 3)}),
    (ConvolutionLayer(2, (2,), interleaving=True), {Y: (4, None)}, {X: (5, None), Y: (4, 2)}),
    (ConvolutionLayer(2, 2, stride=(1, 1, 1)), {}, {X: (None,) * 4, "Weights": (2, None, 2, 2, 2)}),
    # Pooling
    (PoolingLayer(2, 2), {X: (3, 5, 4)}, {Y: (3, 2, 2)}),
    (PoolingLayer(2), {X: (3, 5)}, {Y: (3, 4)}),
    (PoolingLayer(2), {Y: (3, 4, 1)}, {X: (3, 5, 2)}),
    (PoolingLayer(2, 2), {Y: (3, 4)}, {X: (3, None)}),
    (PoolingLayer(2, dimensionality=2), {}, {X: (None,) * 3, Y: (None,) * 3}),
    (PoolingLayer(3, 2, padding_size="Same"), {X: (1, 5, 4)}, {Y: (1, 3, 2)}),
    (PoolingLayer((2, 3), interleaving=True), {X: (4, 4, 7)}, {Y: (3, 2, 7)}),
    # Shapes alone
    (FlattenLayer(), {}, {Y: (None,)}),
    (FlattenLayer(), {X: (2, 3, 4)}, {Y: (24,)}),
    (FlattenLayer(), {X: (2, None), Y: (8,)}, {X: (2, 4)}),
    (FlattenLayer(1), {X: (2, 3, 4)}, {Y: (6, 4)}),
    (FlattenLayer(-1), {X: (2, 3, 4)}, {Y: (2, 12)}),
    (FlattenLayer(-1), {X: (None, 3, 4), Y: (5, None)}, {X: (5, 3, 4), Y: (5, 12)}),
    (FlattenLayer(2), {X: (None, 3, 2, 7), Y: (12, None)}, {X: (2, 3, 2, 7), Y: (12, 7)}),
    (ReshapeLayer((2, AUTOMATIC)), {X: (3, 4)}, {Y: (2, 6)}),
    (ReshapeLayer((2, 6)), {X: (3, None)}, {X: (3, 4)}),
    (ReshapeLayer(("Inherited", AUTOMATIC)), {X: (3, 4, 5)}, {Y: (3, 20)}),
    (ReshapeLayer(("Inherited", 4)), {Y: (3, 4), X: (None, 4)}, {X: (3, 4)}),
    (ReshapeLayer(()), {X: (None,)}, {X: (1,), Y: ()}),
    (TransposeLayer(), {X: (2, 3)}, {Y: (3, 2)}),
    (TransposeLayer(), {Y: (3, 2, 4)}, {X: (2, 3, 4)}),
    (TransposeLayer((2, 3, 1)), {X: (2, 3, 4)}, {Y: (4, 2, 3)}),
    (TransposeLayer((2, 3, 1)), {Y: (4, 2, None)}, {X: (2, None, 4)}),
    (TransposeLayer(((1, 3), (1, 4))), {X: (3, 4, 5, 6)}, {Y: (6, 4, 3, 5)}),
    (TransposeLayer(((1, 3), (2, 4))), {X: (3, 4, 5, 6)}, {Y: (5, 6, 3, 4)}),
    (SoftmaxLayer(), {Y: (3,)}, {X: (3,)}),
    # Arrays
    (BatchNormalizationLayer(), {X: (3, 5)}, {Y: (3, 5), "MovingMean": (3,), "Scaling": (3,)}),
    (BatchNormalizationLayer(moving_mean=[0, 0]), {X: (None, 4)},
     {Y: (2, 4), "MovingVariance": (2,)}),
    (BatchNormalizationLayer(interleaving=True), {X: (5, 3)}, {"Biases": (3,)}),
    (NormalizationLayer(), {X: (3, 4, 5)}, {"Scaling": (3,), "Biases": (3,)}),
    (NormalizationLayer(ALL, "Same"), {X: (3, 4)}, {"Scaling": (3, 4)}),
    (NormalizationLayer((1, -1)), {X: (3, 4, 5)}, {"Scaling": (4,)}),
    (NormalizationLayer(Span(2, 2), 3), {X: (3, 4, None), "Biases": (5,)}, {X: (3, 4, 5)}),
    (ParametricRampLayer(), {X: (3, 4)}, {"Slope": (3,)}),
    (ParametricRampLayer(()), {X: (3, 4)}, {"Slope": ()}),
    (ParametricRampLayer((2, 1)), {X: (3, 4)}, {"Slope": (3, 4)}),
    (ParametricRampLayer((1, 2)), {X: (None, None, 3), "Slope": (5, 4)}, {Y: (5, 4, 3)}),
    (ConstantPlusLayer(), {"Biases": (2, 3)}, {X: (2, 3), Y: (2, 3)}),
    (ConstantTimesLayer(), {Y: (2,)}, {"Scaling": (2,), X: (2,)}),
    (NetArrayLayer(), {Y: (2, 3)}, {"Array": (2, 3)}),
    (NetArrayLayer(array=[[1, 2]]), {}, {Y: (1, 2)}),
    (EmbeddingLayer(3, 10), {X: (4,)}, {Y: (4, 3), "Weights": (10, 3)}),
    (EmbeddingLayer(), {"Weights": (10, 3), Y: (4, None)}, {X: (4,), Y: (4, 3)}),
    (EmbeddingLayer(), {Y: (7,)}, {X: (), "Weights": (None, 7)}),
    # Several inputs
    (TotalLayer(), {"1": (None, 3), "2": (2, None)}, {Y: (2, 3)}),
    (ThreadingLayer("Times"), {"1": None, "2": None, Y: (4,)}, {"1": (4,), "2": (4,)}),
    (CatenateLayer(), {"1": (2, 3), "2": (4, None)}, {Y: (6, 3), "2": (4, 3)}),
    (CatenateLayer(), {"1": (2,), "2": None, Y: (5,)}, {"2": (3,)}),
    (CatenateLayer(-1), {"1": (None, 2), "2": (3, 4)}, {Y: (3, 6), "1": (3, 2)}),
    (DotLayer(), {"1": (2, 3), "2": (3, 4)}, {Y: (2, 4)}),
    (DotLayer(), {"1": (2, None), "2": (3,)}, {Y: (2,), "1": (2, 3)}),
    (DotLayer(), {"1": (3,), "2": (None,)}, {Y: (), "2": (3,)}),
    (DotLayer(), {"1": (None, 3), "2": (None, None), Y: (2, 4)}, {"1": (2, 3), "2": (3, 4)}),
    (DotLayer(), {"1": (2, 3), "2": (3,), "3": (None, 5)}, {"3": (2, 5), Y: (5,)}),
    # Losses
    (MeanSquaredLossLayer(), {X: (3, None), "Target": (None, 2)}, {X: (3, 2), "Loss": ()}),
    (CrossEntropyLossLayer("Index"), {X: (4, 10)}, {"Target": (4,)}),
    (CrossEntropyLossLayer("Index"), {"Target": ()}, {X: (None,)}),
    (CrossEntropyLossLayer("Probabilities"), {"Target": (10,)}, {X: (10,)}),
    (CrossEntropyLossLayer("Binary"), {X: ()}, {"Target": ()}),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "known", "follows"), FOLLOWS)
def test_what_is_known_tells_the_rest(layer, known, follows):
    assert_follows(layer, known, follows)


CONFLICTS = [
    (ConvolutionLayer(2, 5), {X: (1, 3, 9)}, "a window of 5 does not fit into 3"),
    (ConvolutionLayer(2, 5, padding_size=1), {X: (1, 2, 9)},
     "a window of 5 does not fit into 2 padded to 4"),
    (ConvolutionLayer(2, 3, dilation=3), {X: (1, 6, 9)},
     "a window of 3 (spread over 7) does not fit into 6"),
    (ConvolutionLayer(2, 3), {X: (1, 6, 6), Y: (2, 4, 5)}, "size 4 is not 5"),
    (ConvolutionLayer(2, 3), {Y: (3, 4, 4)}, "out: size 2 is not 3"),
    (ConvolutionLayer(2, 2), {X: (4,)}, "windows move in 1, 2 or 3 directions, not 0"),
    (ConvolutionLayer(2, 2), {X: (4,) * 5}, "windows move in 1, 2 or 3 directions, not 4"),
    (ConvolutionLayer(2, (2, 2)), {X: (1, 4)}, "windows in 2 directions do not fit (4,)"),
    (ConvolutionLayer(2, 2, stride=(1, 2)), {X: (1, 4)}, "windows in 2 directions do not fit (4,)"),
    (ConvolutionLayer(4, 2, channel_groups=2), {X: (3, 4, 4)},
     "3 input channels cannot be divided into 2"),
    (ConvolutionLayer(2, 2, padding_size=4), {Y: (2, 3, 3)},
     "a window of 2 with padding (4, 4) takes more"),
    (PoolingLayer(5), {X: (1, 3)}, "a window of 5 does not fit into 3"),
    (PoolingLayer((2, 2)), {X: (1, 3)}, "a window in 2 directions does not fit (3,)"),
    (FlattenLayer(2), {X: (3, 4)}, "flattening to level 2 needs a rank of at least 3, not 2"),
    (FlattenLayer(), {X: (3, 4), Y: (11,)}, "size 11 is not 12"),
    (FlattenLayer(), {X: (3, 4), Y: (3, 4)}, "becomes of rank 1, not (3, 4)"),
    (FlattenLayer(), {X: (3, None), Y: (11,)}, "(3, ?) cannot hold 11 elements"),
    (ReshapeLayer((2, 3)), {X: (7,)}, "(7,) has 7 elements, and (2, 3) has 6"),
    (ReshapeLayer((2, AUTOMATIC)), {X: (7,)}, "(2, ?) cannot hold 7 elements"),
    (ReshapeLayer((2, "Inherited")), {X: (7,)}, "level 2 cannot be inherited: (7,) has none"),
    (TransposeLayer(), {X: (7,)}, "there is no level 2: a vector has one level"),
    (TransposeLayer(), {X: (7, 2), Y: (2,)}, "transposing keeps the rank, which is 2 and 1"),
    (SoftmaxLayer(), {X: ()}, "there is no level -1: a scalar has no levels"),
    (SoftmaxLayer(), {X: (1,)}, "a softmax of one number is always 1"),
    (SoftmaxLayer(3), {X: (2, 2)}, "there is no level 3: rank 2"),
    (NormalizationLayer(), {X: (3,)}, "levels 2;;-1 of rank 1 are none"),
    (NormalizationLayer((1, -1)), {X: (3,)}, "name one level twice"),
    (NormalizationLayer(()), {X: (3,)}, "no levels to take a mean over"),
    (NormalizationLayer(1, group_number=2), {X: (3,)}, "3 entries of level 1 cannot be divided"),
    (NormalizationLayer(ALL, group_number=(2, 1)), {X: (4,)}, "is for 2 levels, and 1 are"),
    (NormalizationLayer(1, group_number=4, unbiased=True), {X: (4,)}, "variance of one number"),
    (ParametricRampLayer(), {X: ()}, "there is no level 1: a scalar has no levels"),
    (TotalLayer(), {"1": (2,), "2": (3,)}, "size 2 is not 3"),
    (ThreadingLayer("Subtract"), {"1": (2,), "2": (2,), "3": (2,)},
     "Subtract takes 2 inputs, not 3"),
    (ThreadingLayer(lambda a, b: a - 2 * b), {"1": (2,)}, "(#1 - (2 * #2)) takes 2 inputs, not 1"),
    (CatenateLayer(), {"1": (2,), "2": (2, 2)}, "ranks 1, 2 cannot be joined"),
    (CatenateLayer(), {"1": (2, 3), "2": (2, 4)}, "4 in (2, 4) should be 3 as in (?, 3)"),
    (CatenateLayer(), {"1": (2,), "2": (2,), Y: (5,)}, "level 1 adds up to 4, not 5"),
    (CatenateLayer(), {"1": (2,), "2": (None,), Y: (2,)}, "level 1 adds up to more than 2"),
    (CatenateLayer(2), {"1": (2,), "2": (3,)}, "there is no level 2: a vector has one level"),
    (DotLayer(), {"1": (2, 3), "2": (4, 3)}, "3 in (2, 3) should be 4 as in (4, 3)"),
    (DotLayer(), {"1": (2,), "2": ()}, "factor 2 is a scalar"),
    (DotLayer(), {"1": (2,)}, "a product has two factors or more, not 1"),
    (DotLayer(), {"1": (2,), "2": (2,), "3": (2,)}, "factors 1 to 2 give a scalar"),
    (CrossEntropyLossLayer("Index"), {X: (3, 4), "Target": (4,)}, "size 3 is not 4"),
    (MeanSquaredLossLayer(), {X: (3,), "Target": ()}, "(3,) has rank 1, () has rank 0"),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "known", "said"), CONFLICTS)
def test_shapes_that_cannot_be_are_said_in_numbers(layer, known, said):
    assert_refused(layer, known, said)


@pytest.mark.parametrize(
    "build",
    [
        lambda: ConvolutionLayer(2, (3, 3), stride=(1,)),
        lambda: ConvolutionLayer(2, 3, weights=np.zeros((4, 1, 3))),
        lambda: ConvolutionLayer(2, (5,), input=(1, 3)),
        lambda: SoftmaxLayer(input=1),
        lambda: ThreadingLayer("Divide", ports={"1": 2, "2": 3}),
    ],
)
def test_shapes_are_checked_when_a_layer_is_made(build):
    with pytest.raises(ShapeError):
        build()


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: ConvolutionLayer(3, 2, channel_groups=2), "a multiple of 2"),
        (lambda: ConvolutionLayer(3, 0), "a positive integer"),
        (lambda: ConvolutionLayer(3, 2, padding_size=-1), "a number of at least 0"),
        (lambda: ConvolutionLayer(3, 2, padding_size="same"), '"Same" or numbers'),
        (lambda: ConvolutionLayer(3, 2, padding_size=((1, 2, 3),)), "a pair (before, after)"),
        (lambda: ConvolutionLayer(3, 2, stride=0), "a positive integer"),
        (lambda: PoolingLayer(), "needs 'kernel_size'"),
        (lambda: PoolingLayer(2, function="Min"), "'Max', 'Mean', 'Total'"),
        (lambda: PoolingLayer(2, padding_size=2), "a padding smaller than the window of 2"),
        (
            lambda: PoolingLayer((2, 3), padding_size=((0, 0), (3, 0))),
            "smaller than the window of 3",
        ),
        (lambda: PoolingLayer((2, 3), (1,)), "Stride (1,) is for 1 directions"),
        (lambda: PoolingLayer((2, 3), dimensionality=3), "directions"),
        (lambda: PoolingLayer(2, dimensionality=4), "1, 2 or 3 directions"),
        (lambda: SoftmaxLayer(0), "a level: from 1, or from -1 backwards"),
        (lambda: FlattenLayer(0), "a level: from 1, or from -1 backwards"),
        (lambda: ReshapeLayer((AUTOMATIC, AUTOMATIC)), "at most one AUTOMATIC size"),
        (lambda: TransposeLayer((1, 3)), "pairs of levels to swap such as ((1, 3),)"),
        (lambda: NormalizationLayer((1, 1)), "a tuple of different levels"),
        (lambda: NormalizationLayer(scaling_levels="All"), "'Same', 'Complement'"),
        (lambda: NormalizationLayer(group_number=(2, 0)), "a number of groups for each aggreg"),
        (lambda: NormalizationLayer((1, 2), group_number=2), "expected: 2 numbers"),
        (lambda: NormalizationLayer(method="RMS", unbiased=True), "where no mean is taken off"),
        (lambda: NormalizationLayer(Span("a", 2)), "a Span of levels"),
        (lambda: CrossEntropyLossLayer(), "needs 'form'"),
        (lambda: CrossEntropyLossLayer("index"), "'Index', 'Probabilities', 'Binary'"),
    ],
)
def test_parameters_that_cannot_be_say_what_can(build, said):
    with pytest.raises(OptionError) as caught:
        build()
    assert said in str(caught.value)


@given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
def test_same_padding_gives_the_input_divided_by_the_stride_and_the_fewest_zeros(
    size, kernel, stride, dilation
):
    layer = ConvolutionLayer(1, (kernel,), stride=stride, dilation=dilation, padding_size="Same")
    assert inferred(layer, {X: (1, size)})[Y] == (1, -(-size // stride))
    (window,) = layer._windows((kernel,))
    before, after = window.pads(size)
    assert 0 <= after - before <= 1
    if before + after:
        fewer = (size + before + after - 1 - window.extent) // stride + 1
        assert fewer < -(-size // stride)


@given(
    st.integers(1, 20), st.integers(1, 6), st.integers(0, 3), st.integers(0, 3), st.integers(1, 3)
)
def test_an_output_tells_the_input_that_gives_it(places, kernel, before, after, dilation):
    layer = ConvolutionLayer(1, (kernel,), padding_size=((before, after),), dilation=dilation)
    size = places + dilation * (kernel - 1) - before - after
    if size < 1:
        with pytest.raises(Mismatch):
            inferred(layer, {Y: (1, places)})
    else:
        assert inferred(layer, {Y: (1, places)})[X] == (None, size)
        assert inferred(layer, {X: (1, size)})[Y] == (1, places)
