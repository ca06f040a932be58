"""How wide words are, and words that fit a box.

Nobody knows the font that a reader has. Widths are those of DejaVu Sans, one of the widest: what
fits by them fits in others.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from functools import cache
from itertools import accumulate

from wlnet.core.terminal import in_one_line as visible

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue','DejaVu Sans',sans-serif"
MONOSPACE = "ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace"
# fmt: off
WIDTHS = (
    318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770, 632,
    575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989, 685,
    611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634, 278, 278, 579,
    278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838,
)
# fmt: on
"""Of the letters from " " to "~", in thousandths of the size."""
BOLD = 1.13
"""How much wider bold letters are, at most."""
OTHER, SIGN, WIDE = 0.9, 1.0, 1.2
"""Of a small letter that stands in no table; of a capital and a sign; of letters of East Asia and
small pictures, or of what is drawn where no font has them."""
CUT = "…"


def width_of(words: str, size: float = 12.0, bold: bool = False) -> float:
    """How wide words are, as they are seen.

    >>> width_of("il") < width_of("mw")
    True
    """
    return sum(map(_letter, visible(words))) * size * (BOLD if bold else 1.0)


@cache
def _letter(letter: str) -> float:
    plain = unicodedata.normalize("NFD", letter)[0]
    if " " <= plain <= "~":
        return WIDTHS[ord(plain) - ord(" ")] / 1000
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me"):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return WIDE
    return SIGN if kind[0] in "SPN" or kind == "Lu" else OTHER


def shortened(words: str, width: float, size: float = 12.0, bold: bool = False) -> str:
    """Words that are no wider, as they are seen: in long ones the middle is left out, as both ends
    tell something.

    >>> shortened("a_very_long_name_of_a_layer", 60.0)
    'a_ve…yer'
    """
    words = visible(words)
    if width_of(words, size, bold) <= width:
        return words

    def short(kept: int) -> str:
        return words[: (kept + 1) // 2] + CUT + words[len(words) - kept // 2 :]

    # The more letters are kept, the wider: those before it fit.
    fits = bisect_right(range(1, len(words)), width, key=lambda n: width_of(short(n), size, bold))
    return short(fits) if fits else CUT


def lines_of(words: str, width: float, size: float = 12.0, bold: bool = False) -> list[str]:
    """Words in lines that are no wider, as they are seen: broken at blanks, and where there are
    none anywhere.

    >>> lines_of("two words", 40.0)
    ['two', 'words']
    """
    found: list[str] = []
    line = ""
    for word in visible(words).split(" "):
        if not word:  # one of several blanks
            continue
        longer = f"{line} {word}" if line else word
        if width_of(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            found.append(line)
        while width_of(word, size, bold) > width and len(word) > 1:
            wide = [*accumulate(width_of(letter, size, bold) for letter in word)]
            # A hair less: sums differ in their last digits by how they are made.
            fits = bisect_right(wide, width * (1 - 1e-9), hi=len(word) - 1) or 1
            found.append(word[:fits])
            word = word[fits:]
        line = word
    return [*found, line] if line or not found else found
