"""How a training ended, in words: the same in a line, in a panel and on the page of its record."""

from __future__ import annotations

from wlnet.core.durations import time_text

WHY = {
    "MaxTrainingRounds": "all rounds were run",
    "TimeGoal": "the time is up",
    "StoppingCriterion": "stopped early",
    "ManualStop": "stopped by a function",
    "Aborted": "aborted",
    "WeightsDiverged": "diverged",
    "Error": "broken off by an error",
    "Checkpoint": "under way",
}
"""Why a training ended, by its reason."""


def why(reason: str, message: str | None = None) -> str:
    """Why a training ended. message: what is known besides.

    >>> why("TimeGoal"), why("ManualStop", "interrupted"), why("Error", "KeyError")
    ('the time is up', 'stopped by the user', 'broken off by KeyError')
    """
    if reason == "ManualStop" and message == "interrupted":
        return "stopped by the user"
    if reason == "Error" and message:
        return f"broken off by {message}"
    return WHY.get(reason, reason)


def ran(rounds: int, over: int, in_round: int, batches: int | None, seconds: float) -> str:
    """What was run, and how long that took. rounds: of this call; over: of all calls. in_round: how
    many batches were run of a round that is not over, of so many batches.

    >>> ran(3, 8, 0, 5, 0.01), ran(8, 8, 2, 5, 4)
    ('3 rounds (8 in all) in 0.01 s', '8 rounds and 2 of 5 batches in 4.0 s')
    >>> ran(1, 1, 5, 5, 1)
    '1 round and all 5 batches of the next one in 1.0 s'
    """
    done = counted(rounds, "round")
    if in_round and batches is None:
        done += f" and {counted(in_round, 'batch', 'batches')}"
    elif in_round == batches:
        done += f" and all {counted(in_round, 'batch', 'batches')} of the next one"
    elif in_round:
        done += f" and {in_round:,} of {counted(batches or 0, 'batch', 'batches')}"
    if rounds != over:
        done += f" ({over:,}{' rounds' if in_round else ''} in all)"
    return f"{done} in {time_text(seconds)}"


def best_text(number: int, over: int) -> str:
    """Which round was the best. over: how many rounds have ended.

    >>> best_text(3, 8), best_text(9, 8)
    ('best round 3', 'best round 9 (unfinished)')
    """
    return f"best round {number}" + (" (unfinished)" if number > over else "")


def value_text(value: float, is_share: bool = False) -> str:
    """A loss or a measurement.

    >>> value_text(0.25), value_text(0.25, is_share=True)
    ('0.2500', '25.00%')
    """
    return f"{value:.2%}" if is_share else f"{value:#.4g}".rstrip(".")


def counted(number: int, word: str, words: str = "") -> str:
    """So many of something.

    >>> counted(1, "round"), counted(1200, "batch", "batches")
    ('1 round', '1,200 batches')
    """
    return f"{number:,} {word if number == 1 else words or word + 's'}"
