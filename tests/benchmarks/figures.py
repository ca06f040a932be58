"""From seconds to figures: medians, ratios, units, and which goal was reached."""

from __future__ import annotations

from statistics import median
from typing import Any

from tests.benchmarks.cases import Case, Peer


def middle(entry: dict[str, Any], contender: str) -> float | None:
    """The median of a contender's runs in seconds, None if it has none."""
    runs = entry["seconds"].get(contender)
    return median(runs) if runs else None


def best_of(entry: dict[str, Any], peer: Peer) -> tuple[float, str] | None:
    """The seconds of a peer's fastest variant, and which one it was."""
    seconds = {variant: middle(entry, variant) for variant in peer.variants}
    return min(((one, variant) for variant, one in seconds.items() if one), default=None)


def ratio(case: Case, entry: dict[str, Any], peer: Peer) -> float | None:
    """How many times as fast wlnet's first variant was as the best one of a peer."""
    own, best = middle(entry, case.own[0]), best_of(entry, peer)
    return best[0] / own if own and best else None


def verdict(reached: float, must: float | None, aim: float | None) -> str:
    """Which of the goals was reached."""
    if aim is not None and reached >= aim:
        return "aim reached"
    if must is None:
        return "" if aim is None else "below aim"
    return "must reached" if reached >= must else "**below must**"


def verdict_on_seconds(seconds: float, must: float | None, aim: float | None) -> str:
    """The same for goals in seconds, where less is better."""
    return verdict(-seconds, *(None if goal is None else -goal for goal in (must, aim)))


def amount(value: float, unit: str) -> str:
    """Three digits that count, with thousands apart."""
    digits = f"{float(f'{value:.3g}'):,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{digits} {unit}"


def told(case: Case, seconds: float) -> str:
    """Seconds of a run in the unit of the case."""
    return amount(seconds if case.unit == "s" else case.amount / seconds, case.unit)


def step(case: Case, seconds: float | None) -> str:
    """The time of one step, from the seconds of a run."""
    return "" if seconds is None else amount(seconds / case.work.steps * 1e6, "µs")
