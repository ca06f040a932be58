"""From seconds to figures: medians, ratios, spreads, units, and which goal was reached."""

from __future__ import annotations

from statistics import median
from typing import Any, NamedTuple

from tests.benchmarks.cases import Case, Peer
from tests.benchmarks.limits import Allowed

WITHIN = "within the spread"


class Span(NamedTuple):
    """A figure, and how far single runs are from it."""

    least: float
    middle: float
    most: float

    def holds(self, goal: float) -> bool:
        """Whether some runs reach a goal and others do not."""
        return self.least < goal <= self.most


def middle(entry: dict[str, Any], contender: str) -> float | None:
    """The median of a contender's runs in seconds, None if it has none."""
    runs = entry["seconds"].get(contender)
    return median(runs) if runs else None


def best_of(entry: dict[str, Any], peer: Peer) -> tuple[float, str] | None:
    """The seconds of a peer's fastest variant, and which one it was."""
    seconds = {variant: middle(entry, variant) for variant in peer.variants}
    return min(((one, variant) for variant, one in seconds.items() if one), default=None)


def ratio(case: Case, entry: dict[str, Any], peer: Peer) -> Span | None:
    """How many times as fast wlnet's first variant was as the best one of a peer.

    At least and at most: the slowest run of one beside the fastest of the other.
    """
    own, best = entry["seconds"].get(case.own[0]), best_of(entry, peer)
    if not own or not best:
        return None
    others = entry["seconds"][best[1]]
    return Span(min(others) / max(own), best[0] / median(own), max(others) / min(own))


def verdict(reached: Span, must: float | None, aim: float | None) -> str:
    """Which of the goals was reached, and whether single runs say otherwise."""
    if aim is not None and reached.middle >= aim:
        words, goal = "aim reached", aim
    elif must is not None:
        words, goal = "must reached" if reached.middle >= must else "**below must**", must
    elif aim is not None:
        words, goal = "below aim", aim
    else:
        return ""
    return f"{words}, {WITHIN}" if reached.holds(goal) else words


def verdict_on_seconds(runs: list[float], must: float | None, aim: float | None) -> str:
    """The same for goals in seconds, where less is better."""
    span = Span(-max(runs), -median(runs), -min(runs))
    return verdict(span, *(None if goal is None else -goal for goal in (must, aim)))


def amount(value: float, unit: str) -> str:
    """Three digits that count, with thousands apart."""
    digits = f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{digits} {unit}"


def told(case: Case, entry: dict[str, Any], seconds: float) -> str:
    """Seconds of a run in the unit of the case; the entry knows how much the runs did."""
    return amount(seconds if case.unit == "s" else entry["amount"] / seconds, case.unit)


def share(case: Case, entry: dict[str, Any]) -> tuple[float, float] | None:
    """The seconds that products and memory alone would take, and how much of that speed wlnet
    reaches; None where that was not looked at."""
    own = middle(entry, case.own[0])
    if not own or not entry["allowed"]:
        return None
    # A run may have done more or less work then.
    least = Allowed(**entry["allowed"]).seconds(case.work) * entry["amount"] / case.amount
    return least, least / own


def steps_alone(case: Case, entry: dict[str, Any]) -> dict[str, Any]:
    """The same entry with the seconds of one step, by what the longer run of each turn took more.

    Nothing for a contender without longer runs, or with one that took no longer: it was disturbed.
    """
    steps = {
        contender: [
            (long - short) / case.work.more_steps
            for short, long in zip(entry["seconds"][contender], runs, strict=True)
        ]
        for contender, runs in entry.get("longer", {}).items()
    }
    return {**entry, "seconds": {name: runs for name, runs in steps.items() if min(runs) > 0}}


def set_up(case: Case, entry: dict[str, Any], contender: str) -> float | None:
    """The seconds that a run takes beside its steps, None if nobody knows what those take."""
    runs, steps = entry["seconds"], steps_alone(case, entry)["seconds"]
    if contender not in steps:
        return None
    pairs = zip(runs[contender], steps[contender], strict=True)
    return max(0.0, median(run - case.work.steps * step for run, step in pairs))
