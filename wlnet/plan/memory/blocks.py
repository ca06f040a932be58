"""The step of a chain: its calls, block by block, with buffers for what nobody else reads."""

from __future__ import annotations

from collections.abc import Sequence

from wlnet.engine.blueprint import Address, Code, Field, Listed, Step, View, Words
from wlnet.kernels.elementwise.chains import CALL_WORDS, chain, scratch_bytes


def block_by_block(steps: Sequence[Step], inner: set[int]) -> Step:
    """The step that does steps number by number. inner: slots that lie in buffers."""
    buffers, count = _buffers(steps, inner)
    calls: list[Field] = []
    moves: list[int] = []
    for step, numbers in zip(steps, buffers, strict=True):
        assert len(step.fields) < CALL_WORDS, step.kernel.fields
        calls.append(Code(step.kernel))
        for word in step.fields:
            is_inner = isinstance(word, Address) and word.slot in inner
            if isinstance(word, Address) and is_inner:
                moves += len(calls), numbers[word.slot]
            calls.append(0 if is_inner else word)
        calls += [0] * (-len(calls) % CALL_WORDS)
    first = steps[0]
    assert first.share is not None
    reads, writes, own = _touched(steps, inner)
    fields = first.share[0], len(steps), Listed(tuple(calls)), len(moves) // 2, Words(tuple(moves))
    return Step(
        "chain",
        chain,
        fields,
        reads,
        writes,
        first.origin,
        scratch_bytes(len(steps), count),
        work=sum(step.work for step in steps),
        what=" + ".join(step.what for step in steps),
        share=first.share,
        own=own,
        chained=tuple(steps),
    )


def _touched(
    steps: Sequence[Step], inner: set[int]
) -> tuple[tuple[View, ...], tuple[View, ...], frozenset[View]]:
    """What a chain reads that it has not made itself, what it writes, and which of these each
    worker touches by its share alone."""
    reads: dict[View, None] = {}
    writes: dict[View, None] = {}
    for step in steps:
        made = {(view.slot, view.offset, view.moves) for view in writes}
        reads |= {v: None for v in step.reads
                  if v.slot not in inner and (v.slot, v.offset, v.moves) not in made}  # fmt: skip
        writes |= {view: None for view in step.writes if view.slot not in inner}
    foreign = {v for step in steps for v in (*step.reads, *step.writes) if v not in step.own}
    return tuple(reads), tuple(writes), frozenset({*reads, *writes} - foreign)


def _buffers(steps: Sequence[Step], inner: set[int]) -> tuple[list[dict[int, int]], int]:
    """For each step the numbers of the buffers that slots lie in, and how many buffers there are.

    The step that reads a buffer last may write into it: kernels read each number before they
    write one in its place.
    """
    last = {view.slot: i for i, step in enumerate(steps) for view in (*step.reads, *step.writes)}
    found: list[dict[int, int]] = []
    now: dict[int, int] = {}
    idle: list[int] = []
    count = 0
    for i, step in enumerate(steps):
        read, written = ({v.slot for v in views} & inner for views in (step.reads, step.writes))
        told = {slot: now[slot] for slot in read}
        idle += [now.pop(slot) for slot in read if last[slot] == i]
        for slot in written:
            told[slot] = now[slot] = idle.pop() if idle else count
            count = max(count, told[slot] + 1)
            if last[slot] == i:
                idle.append(now.pop(slot))
        found.append(told)
    return found, count
