"""CellNet: a perceptron that tells malignant tumours from benign ones by measurements of cells."""

from __future__ import annotations

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.core.parts import NetPort
from wlnet.layers import CatenateLayer, DropoutLayer, LinearLayer, SoftmaxLayer
from wlnet.models.model import Model
from wlnet.nets.chain import NetChain
from wlnet.nets.netgraph import NetGraph

COLUMNS = {
    "mean radius": (14.1491, 3.53769),
    "mean texture": (19.3964, 4.43175),
    "mean perimeter": (92.0951, 24.3885),
    "mean area": (656.918, 352.094),
    "mean smoothness": (0.0958411, 0.0139883),
    "mean compactness": (0.104117, 0.0535566),
    "mean concavity": (0.0879627, 0.0792291),
    "mean concave points": (0.0485809, 0.0386358),
    "mean symmetry": (0.180609, 0.0278118),
    "mean fractal dimension": (0.0627104, 0.00727074),
    "radius error": (0.405275, 0.28843),
    "texture error": (1.22199, 0.551502),
    "perimeter error": (2.87785, 2.12964),
    "area error": (40.4123, 48.1212),
    "smoothness error": (0.00706379, 0.00309577),
    "compactness error": (0.0258918, 0.018207),
    "concavity error": (0.0319253, 0.0276246),
    "concave points error": (0.0119502, 0.00619943),
    "symmetry error": (0.0207254, 0.00859649),
    "fractal dimension error": (0.00377253, 0.00243598),
    "worst radius": (16.2323, 4.76156),
    "worst texture": (25.7117, 6.2611),
    "worst perimeter": (106.948, 33.0806),
    "worst area": (874.47, 548.959),
    "worst smoothness": (0.131254, 0.0230229),
    "worst compactness": (0.253336, 0.161346),
    "worst concavity": (0.269734, 0.209921),
    "worst concave points": (0.113551, 0.0652357),
    "worst symmetry": (0.289082, 0.0653611),
    "worst fractal dimension": (0.0835479, 0.018605),
}
"""The mean and the deviation of each column in the rows that were trained on, to six figures."""
TARGET = "diagnosis"
LABELS = "benign", "malignant"


def cellnet() -> NetGraph:
    """The net without numbers: 1,058 parameters; what `wl.data.table(...).net(...)` makes.

    It takes a dict of thirty columns, raw: mean, standard error and worst value of ten measurements
    of the nuclei in a picture of cells from a breast; and answers "benign" or "malignant". It shows
    how a table is learned, and is no means of diagnosis.

    >>> cellnet().output_names, len(cellnet().input_names)
    (('diagnosis',), 30)

    Source: W. Wolberg, O. Mangasarian, N. Street and W. Street, Breast Cancer Wisconsin
    (Diagnostic), UCI Machine Learning Repository 1993, https://doi.org/10.24432/C5DW2B, licence
    CC BY 4.0.
    """
    encoders = {name: NetEncoder("Number", *scale) for name, scale in COLUMNS.items()}
    to_vector = [(NetPort(name), "vector") for name in encoders]
    front = NetGraph({"vector": CatenateLayer()}, to_vector, ports=encoders)
    net = NetChain([32, "Tanh", DropoutLayer(0.5), LinearLayer(len(LABELS)), SoftmaxLayer()])
    edges = [(NetPort(name), NetPort("columns", name)) for name in encoders]
    return NetGraph(
        {"columns": front, "net": net},
        [*edges, ("columns", "net"), ("net", NetPort(TARGET))],
        ports={**encoders, TARGET: NetDecoder("Class", LABELS)},
    )


CELLNET = Model(
    name="CellNet",
    net=cellnet,
    takes="thirty measurements of cells from a breast, by name",
    answers="benign or malignant",
    accuracy=167 / 171,
    beside="171 tumours; a logistic regression 97.7%",
    data="Breast Cancer Wisconsin (Diagnostic), W. Wolberg and others, UCI, in scikit-learn",
    licence="CC BY 4.0",
)
