"""SurnameNet: a recurrent net that says which letter of a surname comes next."""

from __future__ import annotations

from string import ascii_lowercase

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.layers import (
    DropoutLayer,
    EmbeddingLayer,
    GatedRecurrentLayer,
    LinearLayer,
    SoftmaxLayer,
)
from wlnet.models.model import Model
from wlnet.nets.chain import NetChain
from wlnet.nets.mapping import NetMapOperator

END = "."
ALPHABET = END + ascii_lowercase


def surnamenet() -> NetChain:
    """The net without numbers: 5 layers, 174,051 parameters.

    It takes the beginning of a surname, in small letters behind a full stop, and answers at every
    place with what comes next; a full stop is the end of the name.

    >>> list(surnamenet().nodes)
    ['letters', 'memory', 'dropout', 'guess', 'chances']

    Source: A. Graves, "Generating sequences with recurrent neural networks", 2013, whose text is
    written like this; the surnames are those of the US Census Bureau of 1990.
    """
    return NetChain(
        {
            "letters": EmbeddingLayer(24),
            "memory": GatedRecurrentLayer(224),
            "dropout": DropoutLayer(0.3),
            "guess": NetMapOperator(LinearLayer(len(ALPHABET))),
            "chances": SoftmaxLayer(),
        },
        input=NetEncoder("Characters", ALPHABET),
        output=NetDecoder("Characters", ALPHABET),
    )


SURNAMENET = Model(
    name="SurnameNet",
    net=surnamenet,
    takes="the beginning of a surname behind a full stop, as '.joh'",
    answers="at each place the next letter; '.' is the end",
    accuracy=0.3409,
    beside="perplexity 8.0; of n-grams 8.7 (n = 5)",
    data="88,799 surnames of the US Census of 1990, in the package names",
    licence="public domain",
)
