"""Workers that serve several runs, one after another: the loop in which one waits for work, and the
call by which it is given.

A thread pool of which each thread has a desk: words that it and whoever has work write. Between two
runs a worker waits in a loop, not for long; then it closes its desk and goes. Whoever has work
holds a desk first, so that the worker does not go; nobody waits for one that is gone. A run that
finds no worker is done by whoever asked for it.
"""

from __future__ import annotations

from typing import Any, Final

from wlnet.kernels.emit.instructions import call, set_word, word
from wlnet.kernels.emit.vectors import WORD, Kit
from wlnet.kernels.jit.running import give_way, pause, set_shared, shared
from wlnet.kernels.language import instruction, native, routine

POSTED, DONE, FUNCTION, RECORD, CONTEXT, BEFORE, LEAVE = 0, 8, 16, 17, 18, 19, 24
"""Words of a desk: the number of the last run that was posted, or one of those below; the last one
that is done, in a line of cache of its own; then what is to be called, and POSTED before the desk
was held; and whether the worker is to go as soon as it has nothing to do."""
CLOSED, HELD = -1, -2
"""The worker is gone; the worker has to stay."""
DESK_WORDS: Final = 32
NEAR: Final = 2000
"""Turns of waiting until a worker gives way to other threads: about a tenth of a millisecond."""
COUNT, AMONG = 5, 1
"""Words of a context: of how many workers the last run was; among how many it is divided."""


@instruction("word", "word", "word", "word")
def exchange(kit: Kit, address: Any, expected: Any, new: Any) -> Any:
    """Put a new word where the expected one stands; the word that stood there."""
    place = kit.builder.inttoptr(address, WORD.as_pointer())
    found = kit.builder.cmpxchg(place, expected, new, "seq_cst", "seq_cst")
    return kit.builder.extract_value(found, 0)


@native
def serve(context, desk, patience):  # type: ignore[no-untyped-def]
    """Do what is posted at a desk, until nothing was for so many turns; then close it."""
    seen, idle = shared(desk, DONE), 0
    while True:
        now = shared(desk, POSTED)
        if now > seen:
            call(word(desk, FUNCTION), word(desk, RECORD), word(desk, CONTEXT))
            set_shared(desk, DONE, now)
            seen, idle = now, 0
            continue
        pause()
        idle += 1
        if idle > NEAR:
            give_way()
        is_over = idle > patience or shared(desk, LEAVE) != 0
        if is_over and exchange(desk, seen, CLOSED) == seen:
            return


@routine
def hold(desk):  # type: ignore[no-untyped-def]
    """Have a worker stay; whether it is there."""
    posted = shared(desk, POSTED)
    if posted < 0:
        return False
    set_word(desk, BEFORE, posted)
    return exchange(desk, posted, HELD) == posted


@native
def lead(context, desks, wanted, function, record, apart):  # type: ignore[no-untyped-def]
    """Call a kernel, by the workers of those of some desks that are not closed and by this one.

    The contexts of the others lie so many bytes apart behind this one's. Word COUNT of it says
    afterwards how many workers there were.
    """
    among = 1
    for i in range(wanted):
        if hold(word(desks, i)):
            among += 1
    set_word(context, AMONG, among)
    number = 0
    for i in range(wanted):
        desk = word(desks, i)
        if shared(desk, POSTED) == HELD:
            number += 1
            set_word(context + number * apart, AMONG, among)
            set_word(desk, FUNCTION, function)
            set_word(desk, RECORD, record)
            set_word(desk, CONTEXT, context + number * apart)
            set_shared(desk, POSTED, word(desk, BEFORE) + 1)
    call(function, record, context)
    for i in range(wanted):
        desk = word(desks, i)
        turns = 0
        while shared(desk, POSTED) > shared(desk, DONE):
            pause()
            turns += 1
            if turns > NEAR:
                give_way()
    set_word(context, COUNT, among)
