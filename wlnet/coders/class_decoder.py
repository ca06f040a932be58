"""The "Class" decoder: a vector of probabilities becomes a label, or a table of labels."""

from __future__ import annotations

from dataclasses import KW_ONLY, field
from typing import Any, Self

import numpy as np

from wlnet.coders.class_encoder import ClassEncoder
from wlnet.coders.coder import coder
from wlnet.coders.label_decoder import Draw, LabelDecoder, source
from wlnet.coders.label_sets import decisions, entropies, samples
from wlnet.coders.labels import Labels, as_labels
from wlnet.coders.lengths import DEPTHS
from wlnet.coders.parameters import choice_faults, is_automatic
from wlnet.coders.worth import worths
from wlnet.core.errors import OptionError, fail
from wlnet.core.shapes import Shape, fits
from wlnet.core.symbols import AUTOMATIC, Symbol


@coder
class ClassDecoder(LabelDecoder):
    """`NetDecoder("Class", labels)`: reads probability vectors of shape (number of labels,).

    Labels AUTOMATIC become 1..n when the port's size n is known. Properties:

    * "Decision" (the default): the label of the largest number, the first on ties
    * `("TopDecisions", n)`: the n likeliest labels, likeliest first
    * "Probabilities": dict label to number, in the order of the labels
    * "TopProbabilities": dict of those above a tenth of the largest, likeliest first;
      `("TopProbabilities", n)`: of the n likeliest
    * `("Probability", label)`: one number
    * "Entropy": -sum p log p, in nats, of the numbers divided by their sum
    * "RandomSample": a label drawn with these probabilities from the generator `rng`

    Labels come back as the objects that were given. With input_depth=2 it reads sequences of such
    vectors, shape (None, number of labels), and what is told of each comes in a list; with 3 in
    lists of lists, and so on.

    With multilabel=True each label has a probability by itself, as of a net that ends in
    "LogisticSigmoid": "Decision" is the list of all labels whose number is above a half, in the
    order of the labels; "Entropy" the sum of the entropies of all labels; "RandomSample" a list of
    labels, each drawn with its own probability. The other properties are the same.

    >>> import numpy as np
    >>> from wlnet import NetDecoder
    >>> decoder = NetDecoder("Class", ["x", "y", "z"])
    >>> p = np.array([[0.2, 0.7, 0.1]])
    >>> decoder.decode(p), decoder.decode(p, ("TopDecisions", 2))
    (['y'], [['y', 'x']])
    >>> decoder.decode(p, ("TopProbabilities", 1))
    [{'y': 0.7}]
    >>> NetDecoder("Class", ["x", "y"], input_depth=2)(np.array([[0.2, 0.8], [0.7, 0.3]]))
    ['y', 'x']
    >>> NetDecoder("Class", ["x", "y", "z"], multilabel=True)(np.array([0.9, 0.2, 0.6]))
    ['x', 'z']

    Source: https://reference.wolfram.com/language/ref/netdecoder/Class.html
    """

    kind = "Class"
    labels: Labels | Symbol = field(default=AUTOMATIC, metadata={"show": worths})
    _: KW_ONLY
    input_depth: int = 1
    multilabel: bool = False

    def __post_init__(self) -> None:
        faults = choice_faults(
            self.title,
            input_depth=(self.input_depth, DEPTHS),
            multilabel=(self.multilabel, (False, True)),
        )
        if faults:
            raise fail(OptionError, faults)
        self._set(labels=as_labels(self.labels, self.title))

    @property
    def shape(self) -> Shape:
        count = None if isinstance(self.labels, Symbol) else len(self.labels)
        return (*(None,) * (self.input_depth - 1), count)

    @property
    def advice(self) -> str:
        count = "n" if isinstance(self.labels, Symbol) else len(self.labels)
        last = '"LogisticSigmoid"' if self.multilabel else "SoftmaxLayer()"
        text = f"a number for each label: LinearLayer({count}), then {last}"
        if self.multilabel:
            return text
        text += ', or "LogisticSigmoid" with multilabel=True'
        return text + (', or one number for NetDecoder("Boolean")' if count in ("n", 2) else "")

    def fitted(self, shape: Shape) -> Self:
        self._require(shape, fits(self.shape, shape) and 0 not in shape)
        if is_automatic(self.labels) and shape[-1] is not None:
            return self._with(labels=range(1, shape[-1] + 1))
        return self

    def over(self, levels: int) -> Self:
        return self._with(input_depth=self.input_depth + levels)

    def target_encoder(self) -> ClassEncoder:
        encoder: ClassEncoder = ClassEncoder(
            self.labels, input_depth=self.input_depth, multilabel=self.multilabel
        )
        return encoder

    def _told(
        self, numbers: np.ndarray, labels: Labels, name: str, value: Any, draw: Draw
    ) -> list[Any]:
        if self.multilabel and name == "Decision":
            return decisions(numbers, labels)
        if self.multilabel and name == "Entropy":
            return entropies(numbers, draw.places)
        if self.multilabel and name == "RandomSample":
            return samples(numbers, labels, draw.places, source(draw.rng))
        return super()._told(numbers, labels, name, value, draw)
