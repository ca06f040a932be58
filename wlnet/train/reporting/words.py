"""Where a training stands, in words, for lines of a terminal or a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from wlnet.core.durations import time_text as time_text
from wlnet.core.speeds import SPEEDS, USUAL
from wlnet.results.ending import best_text
from wlnet.results.ending import value_text as value_text
from wlnet.results.progress import Figure, Points, Progress
from wlnet.train.reporting.fitted import Item, item, plain

BLOCKS = " ▏▎▍▌▋▊▉█"
LEVELS = "▁▂▃▄▅▆▇█"
STEEP = 20.0
"""From this ratio of its largest to its smallest value on, a curve is drawn by powers of ten."""
TITLES = {"Loss": "loss", "ErrorRate": "errors", "Accuracy": "right"}
GREEN, RED, YELLOW, DIM, BOLD = "32", "31", "33", "2", "1"
ENDS = {"MaxTrainingRounds": GREEN, "WeightsDiverged": RED, "Error": RED}


def title_of(name: str) -> str:
    """What a loss or measurement is called in a line.

    >>> title_of("ErrorRate"), title_of("Output2Loss")
    ('errors', 'Output2Loss')
    """
    return TITLES.get(name, plain(name))


def speed_text(per_second: float) -> str:
    """How many examples a second.

    >>> speed_text(12345.6), speed_text(0.52)
    ('12,346 examples/s', '0.52 examples/s')
    """
    return f"{per_second:,.0f} examples/s" if per_second >= 10 else f"{per_second:.2g} examples/s"


def bar(fraction: float | None, width: int, letters: bool, beat: int = 0) -> str:
    """A bar; where the end is not known, a piece that moves with each beat.

    >>> bar(0.5, 4, False), bar(None, 5, False, 1), bar(0.6, 4, True)
    ('[##--]', '[-#---]', '██▍░')
    """
    if fraction is None:
        span = max(width - 1, 1)
        at = span - abs(beat % (2 * span) - span)
        full, empty = ("█", "·") if letters else ("#", "-")
        drawn = empty * at + full + empty * (width - at - 1)
        return drawn if letters else f"[{drawn}]"
    done = min(max(fraction, 0.0), 1.0) * width
    if not letters:
        return f"[{'#' * int(done)}{'-' * (width - int(done))}]"
    part = BLOCKS[int((done % 1) * 8)].strip()
    return f"{'█' * int(done)}{part}"[:width].ljust(width, "░")


def sparkline(points: Points, width: int) -> str:
    """A curve in one line of letters.

    >>> sparkline(((1, 8.0), (2, 4.0), (3, 1.0)), 8)
    '█▄▁'
    """
    values = [y for _, y in points]
    if len(values) > width:
        ends = [len(values) * i // width for i in range(width + 1)]
        values = [sum(values[a:b]) / (b - a) for a, b in pairwise(ends) if b > a]
    values = _heights(values)
    return "".join("·" if math.isnan(y) else LEVELS[min(int(y * 8), 7)] for y in values)


def is_steep(values: Sequence[float]) -> bool:
    """Whether a curve is better drawn by powers of ten."""
    finite = [y for y in values if math.isfinite(y)]
    return bool(finite) and min(finite) > 0 and max(finite) / min(finite) >= STEEP


def _heights(values: Sequence[float]) -> list[float]:
    """Values from 0 to 1; NaN for what is no number."""
    if is_steep(values):
        values = [math.log(y) if math.isfinite(y) else math.nan for y in values]
    finite = [y for y in values if math.isfinite(y)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    span = high - low or 1.0
    return [(y - low) / span if math.isfinite(y) else math.nan for y in values]


def learning_words(p: Progress) -> tuple[str, str, str]:
    """How many arrays learn, in the end how many did: with the kinds of their rates, where one is
    not the usual; without; and shorter."""
    learn = "learn" if p.learned is None else "learned"
    words, kinds = f"{p.learning} of {p.arrays} arrays {learn}", _kinds(p)
    return f"{words} ({kinds})" if kinds else "", words, f"{p.learning}/{p.arrays} {learn}"


def _kinds(p: Progress) -> str:
    """How many arrays learn at what kind of rate, but for the usual one."""
    kinds = ", ".join(f"{p.rates[word]} {word}" for word in KINDS if p.rates.get(word))
    return f"{p.rates_of} {kinds}" if kinds and p.rates_of else kinds


KINDS = tuple(word for word in SPEEDS if word != USUAL)


def rate_words(p: Progress) -> tuple[str, str]:
    """The learning rate, and shorter."""
    rate = f"{p.learning_rate:.3g}"
    return f"learning rate {rate}", f"lr {rate}"


def left_words(p: Progress) -> str:
    """How long it will take, or, where nobody knows, how long it has taken."""
    return time_text(p.seconds) if p.left is None else f"{time_text(p.left)} left"


def phase_words(p: Progress) -> tuple[str, ...]:
    """Which phase it is: with what that has changed, if anything; without; and shorter. Nothing
    where there is only one."""
    if p.phases == 1:
        return ()
    words, short = f"phase {p.phase} of {p.phases}", f"phase {p.phase}/{p.phases}"
    return f"{words}: {plain(p.phase_words)}" if p.phase_words else "", words, short


def place_words(p: Progress) -> tuple[str, ...]:
    """Which round it is, from long to short."""
    number = f"{p.round:>{len(str(p.rounds or p.round))}}"
    unit = f" ({p.unit})" if p.unit else ""
    if p.rounds is None:
        return tuple(dict.fromkeys((f"round {number}{unit}", f"round {number}")))
    words = f"round {number} of {p.rounds}"
    return tuple(dict.fromkeys((words + unit, words, f"{number}/{p.rounds}")))


def place_forms(p: Progress) -> list[tuple[str, int]]:
    """The same with their ranks: the last one always stays."""
    words = place_words(p)
    return [*zip(words, (70, 18, 0)[-len(words) :], strict=True)]


def batch_words(p: Progress) -> tuple[str, ...]:
    """Which batch it is, from long to short."""
    if p.batches is None:
        return f"batch {p.batch:,}", f"batch {p.batch:,}"
    if p.batches == 1:
        return ()
    number = f"{p.batch:>{len(str(p.batches))}}"
    return f"batch {number} of {p.batches}", f"batch {number}/{p.batches}"


def figure_items(p: Progress, apart: int) -> list[Item]:
    """Losses and measurements: of training, then of validation, then the best round. apart: added
    to the ranks of all but the first."""
    found: list[Item] = []
    for number, each in enumerate(p.figures):
        found += _items(each, each.training, "", min(50 + number + apart, 79) if number else 10)
    # At the end the best validation is told apart: where it is the last one, once is enough.
    for number, each in enumerate(() if p.ended and p.is_best else p.figures):
        rank = min(40 + number + apart, 78) if number else 20
        found += _items(each, each.validation, "validation ", rank, number == 0)
    if p.best_round is not None and p.ended is None:
        words = "best so far" if p.is_best else f"best round {p.best_round}"
        found.append(item((words, 45), (f"best {p.best_round}", 44), color=GREEN))
    return found


def _items(each: Figure, value: float | None, of: str, rank: int, first: bool = True) -> list[Item]:
    if value is None:
        return []
    # Lines below each other shall be read as columns, and one that moves shall not tremble.
    title, text = title_of(each.name), value_text(value, each.is_share).ljust(6)
    if not of or not first:
        return [item((f"{title} {text}", rank))]
    return [item((f"{of}{title} {text}", max(rank, 60)), (f"validation {text}", rank))]


def best_item(p: Progress) -> list[Item]:
    """The best round with what it came to."""
    if p.best_round is None:
        return []
    told = [
        f"{'validation ' if each is p.figures[0] else ''}{title_of(each.name)} "
        f"{value_text(each.best, each.is_share)}"
        for each in p.figures
        if each.best is not None
    ]
    short = best_text(p.best_round, p.round)
    words = f"{short}: "
    # Before the last validation: this is the net that comes back.
    return [item((words + ", ".join(told), 19), (words + "".join(told[:1]), 17), (short, 15))]
