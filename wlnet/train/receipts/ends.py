"""Where a call of a receipt ended, and how a repetition is made to end there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wlnet.train.calls import Call
from wlnet.train.intervals import Every
from wlnet.train.listeners import Listener


@dataclass(frozen=True)
class End:
    """Where a call ended, or was broken off, as the receipt tells.

    batch: its last. is_judged: whether the net was validated there. is_over: whether the round is
    over that ends with this batch, if one does. goes_on: whether it had begun the next round.
    """

    batch: int
    is_judged: bool
    is_over: bool
    goes_on: bool = False


def began(call: Any) -> int:
    """How many batches were over when a call began, or took up the one before."""
    found: int = call["FirstBatch"] if call["ResumedAt"] is None else call["ResumedAt"]
    return found


def end_of(receipt: Any, number: int) -> End:
    """Where a call ended: the number-th, from 1."""
    calls, told, rounds = receipt["Calls"], receipt["UnfinishedRound"], receipt["Rounds"]
    if number < len(calls):
        batch = began(calls[number])
        over = _rounds_before(calls[number])
    else:
        batch = told["LastBatch"] if told else rounds[-1]["LastBatch"] if rounds else 0
        over = len(rounds)
    is_over = any(row["LastBatch"] == batch for row in rounds[:over])
    phases = calls[number - 1]["Phases"]
    goes_on = bool(phases) and phases[-1]["FirstBatch"] == batch + 1
    return End(batch, batch in _judged(receipt), is_over, goes_on)


def breaks_of(receipt: Any, number: int, every: int) -> list[End]:
    """Where a call was stopped and then taken up as if it had not been: it was validated there.

    every: how many rounds there are from one validation to the next.
    """
    rounds = {row["LastBatch"]: place for place, row in enumerate(receipt["Rounds"], 1)}
    first, last = began(receipt["Calls"][number - 1]), end_of(receipt, number).batch
    return [
        End(batch, True, batch in rounds)
        for batch in sorted(_judged(receipt))
        if first < batch < last and (batch not in rounds or rounds[batch] % every)
    ]


def _judged(receipt: Any) -> set[int]:
    return {row["Batch"] for row in receipt["Validations"]}


def _rounds_before(call: Any) -> int:
    """How many rounds were over when a call began."""
    phases = call["Phases"]
    found: int = phases[0]["FirstRound"] - 1 if phases else call["FirstRound"]
    return found


def at_latest(batch: int, rounds: int) -> tuple[Listener, ...]:
    """What stops a training that does not end before by itself, after a batch or a round."""
    return (_stop("AbortTraining", Every(rounds)), _stop("AbortTraining", _batches(batch)))


def stops(call: Call, end: End, rounds: int, interrupted: list[int]) -> tuple[Listener, ...]:
    """What stops a call where it ended. rounds: how many there are at most.

    interrupted: gets the batch where the call is stopped as an interrupt does it.
    """

    def interrupt(state: Mapping[str, Any]) -> None:
        interrupted.append(end.batch)
        raise KeyboardInterrupt

    def answer(state: Mapping[str, Any]) -> str:
        return word

    word = "StopTraining" if end.is_judged else "AbortTraining"
    found = [_stop("AbortTraining", Every(rounds))]
    if not end.is_judged:
        found.append(_at(end.batch, "ValidationStarted", answer if end.is_over else interrupt))
        if end.batch <= call.start.batch:
            found.append(_at(end.batch, "TrainingStarted", interrupt))
    if end.batch <= call.start.batch or end.goes_on:
        found.append(_at(end.batch, "RoundStarted", answer))
    else:
        found.append(_stop(word, _batches(end.batch)))
    return tuple(found)


def _batches(batch: int) -> Every:
    return Every(max(batch, 1), "Batches")


def _stop(word: str, interval: Every) -> Listener:
    return Listener(lambda state: word, interval)


def _at(batch: int, event: str, function: Callable[[Mapping[str, Any]], object]) -> Listener:
    """Calls a function at an event after a batch."""

    def heard(state: Mapping[str, Any]) -> object:
        return function(state) if state["AbsoluteBatch"] == batch else None

    return Listener(heard, None, events=(event,))
