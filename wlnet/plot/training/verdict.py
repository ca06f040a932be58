"""What became of a training, in a sentence or two."""

from __future__ import annotations

from wlnet.core.durations import time_text
from wlnet.plot.charts.numbers import short
from wlnet.results.results import TrainingRecord

ENDS = {
    "MaxTrainingRounds": "all rounds were run",
    "MaxTrainingBatches": "all batches were run",
    "TimeGoal": "the time was over",
    "StoppingCriterion": "the stopping criterion was met",
    "ManualStop": "it was stopped by hand",
    "Aborted": "it was aborted",
    "WeightsDiverged": "it diverged: numbers were no longer finite",
}
"""Why a training ended, by its reason."""
BAD = "WeightsDiverged", "Aborted"


def verdict(r: TrainingRecord) -> str:
    """Rounds, loss, the best validation, why it ended, seconds, and who learned."""
    rounds, batches = len(r.round_losses), len(r.batch_losses)
    over = batches - (r.round_positions or (0,))[-1]
    ran = f"{_count(rounds, 'round')} of training"
    if not rounds:
        ran = f"{_count(batches, 'batch', 'batches')} of training, no whole round"
    elif over:
        ran += f" and {_count(over, 'batch', 'batches')} of the next one"
    words = [f"{ran} in {time_text(r.seconds)}"]
    if r.round_losses:
        words.append(f"loss {short(r.round_losses[-1])}")
    elif r.batch_losses:
        words.append(f"loss of the last batch {short(r.batch_losses[-1])}")
    best = r.best_validation_round
    if best is not None:
        at = r.validation_rounds.index(best)
        found = f"validation loss {short(r.validation_losses[at])}"
        is_last = at == len(r.validation_losses) - 1
        words.append(f"{found} in round {best}, the {'last and ' if is_last else ''}best one, "
                     "whose net this is")  # fmt: skip
    why = ENDS.get(r.reason, r.reason)
    # Of a training that diverged, the message stands by itself.
    told = f" ({r.message})" if r.message and r.reason != "WeightsDiverged" else ""
    return f"{'; '.join(words)}. It ended as {why}{told}. {learners(r)}"


def learners(r: TrainingRecord) -> str:
    """How many arrays learned, and how many rested: in all phases."""
    tables = [phase.table for phase in r.phases] or [r.multipliers]
    moved = {row.key for table in tables for row in table if row.trained}
    ran = {row.key for table in tables for row in table if row.statistic and row.multiplier != 0}
    total = len(r.multipliers)
    frozen = total - len(moved) - len(ran)
    words = f"{len(moved)} of {_count(total, 'array')} learned"
    words += f", {frozen} {'was' if frozen == 1 else 'were'} frozen" if frozen else ""
    words += f", {_count(len(ran), 'running statistic')} followed the data" if ran else ""
    return f"{words}."


def warning(r: TrainingRecord) -> str:
    """What a reader has to know first; empty where all is well."""
    if r.reason == "WeightsDiverged":
        return f"The training diverged after batch {len(r.batch_losses):,}: {r.message or ''}"
    if r.reason == "Aborted":
        return "The training was aborted: the net was not validated at its end."
    return ""


def _count(number: int, word: str, words: str = "") -> str:
    return f"{number:,} {word if number == 1 else words or word + 's'}"
