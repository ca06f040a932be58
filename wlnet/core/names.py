"""One spelling runs through all: field `moving_mean` = "MovingMean" = argument `moving_mean`."""

from __future__ import annotations


def wolfram_name(field: str) -> str:
    """
    >>> wolfram_name("learning_rate_multipliers")
    'LearningRateMultipliers'
    >>> wolfram_name("l2_regularization")
    'L2Regularization'
    """
    return "".join(word[:1].upper() + word[1:] for word in field.split("_"))


def field_name(name: str) -> str:
    """
    >>> field_name("PaddingSize")
    'padding_size'
    >>> field_name("L2Regularization")
    'l2_regularization'
    """
    out = ""
    for letter in name:
        out += ("_" if out and letter.isupper() else "") + letter.lower()
    return out


def is_number(name: str) -> bool:
    """Whether a name is a number from 1, as it is usually written.

    So nodes without names are called, and the inputs of layers that take any number of them.

    >>> is_number("12"), is_number("012"), is_number("-1"), is_number("9" * 5000)
    (True, False, False, False)
    """
    return name.isascii() and name.isdecimal() and len(name) < 9 and name[0] != "0"


def a(kind: str) -> str:
    """A word with its article.

    >>> a("ElementwiseLayer"), a("NetChain")
    ('an ElementwiseLayer', 'a NetChain')
    """
    return f"{'an' if kind[:1] in 'AEIOU' else 'a'} {kind}"
