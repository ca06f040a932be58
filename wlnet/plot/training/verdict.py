"""What became of a training, in a sentence or two."""

from __future__ import annotations

from wlnet.results.ending import best_text, counted, ran, value_text, why
from wlnet.results.learned import learned_in, parts_of_record
from wlnet.results.results import TrainingRecord


def verdict(r: TrainingRecord) -> str:
    """Rounds, seconds, loss, the best validation, why it ended, and who learned: in the words of
    those who watched it, and of all calls."""
    rounds, in_round = len(r.round_losses), r.moment.in_round
    told = ran(rounds, rounds, in_round, r.batches_per_round, r.seconds)
    words = [told + (f", by {counted(len(r.calls), 'call')}" if len(r.calls) > 1 else "")]
    loss = loss_of(r)
    if loss is not None:
        words.append(f"loss {value_text(loss)}")
    best = r.best_validation_round
    if best is not None:
        at = r.validation_rounds.index(best)
        is_last = at == len(r.validation_losses) - 1
        found = f"validation loss {value_text(r.validation_losses[at])}, whose net this is"
        words.append(f"{best_text(best, rounds)}{', the last one' if is_last else ''}: {found}")
    ended = why(r.reason, r.message)
    learned = learned_in(parts_of_record(r), r.multipliers)
    return f"{'; '.join(words)}. {ended[0].upper()}{ended[1:]}. {learned.words}."


def loss_of(r: TrainingRecord) -> float | None:
    """The loss of the last round that is over; where none is, of the batches there were."""
    if r.round_losses:
        return r.round_losses[-1]
    seen = r.moment.seen.get("Loss")
    if seen is None:
        return None
    total, examples = seen[1][0]
    return float(total / examples)


def warning(r: TrainingRecord) -> str:
    """What a reader has to know first; empty where all is well."""
    if r.reason == "WeightsDiverged":
        return f"The training diverged after batch {len(r.batch_losses):,}: {r.message or ''}"
    if r.reason == "Aborted":
        return "The training was aborted: the net was not validated at its end."
    return ""
