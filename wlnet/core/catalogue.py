"""Names of the Wolfram catalogue that are not there yet, and what stands in for each.

A stand-in computes the same, where its remark holds; what is only like it is in `ALIKE`, and is not
called a stand-in. Either is Python where it can be, checked by running it; else words. A name that
gets built leaves this table.
"""

from __future__ import annotations

SOON: dict[str, str] = {}
"""Layers, operators and words that stand at the doorplate in the Wolfram Language."""

ALIKE: frozenset[str] = frozenset()
"""Names for which something is told that computes something else, or stands elsewhere."""

SOON_ENCODERS: dict[str, str] = {
    **dict.fromkeys(
        (
            "Audio",
            "AudioMFCC",
            "AudioMelSpectrogram",
            "AudioSTFT",
            "AudioSpectrogram",
            "Image3D",
            "VideoFrames",
        ),
        'NetEncoder("Function", f)',
    ),
}
SOON_DECODERS: dict[str, str] = dict.fromkeys(
    ("CTCBeamSearch", "Image3D"),
    "net(x, None), and a function of yours on what it gives",
)
SOON_FUNCTIONS: dict[str, str] = {
    "Surd": "lambda x: np.sign(x) * np.abs(x) ** (1 / 5)  # Surd[x, 5]; CubeRoot for 3",
}
"""Functions that an ElementwiseLayer of the Wolfram Language takes, and formulas that say them."""


def not_there_yet(name: str, soon: dict[str, str]) -> str:
    """What a message says of a name of the catalogue.

    >>> not_there_yet("OracleLayer", {"OracleLayer": "LinearLayer(3)"})
    'OracleLayer is not there yet; what stands in: LinearLayer(3)'
    """
    word = "something like it" if name in ALIKE else "what stands in"
    return (
        f"{name} is not there yet; {f'{word}: {soon[name]}' if soon[name] else 'nothing like it'}"
    )
