"""The loop that runs a program: kernels called by address, workers meeting where they must.

The dispatch loop of an interpreter whose instructions are kernels, with a spinning barrier. There
are two of it: one that only runs, and one that also notes how long calls and waits take.
"""

from __future__ import annotations

import platform
from typing import Any, Final

from llvmlite import ir

from wlnet.kernels.emit.instructions import call, set_word, word, worker, workers
from wlnet.kernels.emit.vectors import INDEX, WORD, Kit
from wlnet.kernels.language import Routine, instruction, native, routine

ARRIVED, STOP, LAST, BAD, ABORT = 0, 8, 16, 24, 32
"""Words shared by the workers, each in a line of cache of its own: how many arrivals there were;
set from outside to end after this step; the number of the last step; the number of the first step
with numbers that are not finite; set from outside to give up waiting."""
SHARED_WORDS: Final = 40
CALL_WORDS: Final = 3
"""A call: the address of the kernel, that of its record, and whether to wait for all before it. The
end of a loop stands as one without a kernel, with a record of the loop."""
TIMES, TURN, BACK, MOVING, FIRST_MOVE = range(5)
"""Words of such a record: how many turns (iterations) the loop has; which one this is, from 0; the
call that it goes back to; and how many words of records move with each turn. For each of these
follow its address and by how much."""
WORKED, WAITED, TIME_WORDS = range(3)
"""The times of a call in a step: how long its kernel takes, and how long it is from there to the
beginning of the next: ends of loops, and waiting for others. All of a step is in one of them."""
SPINS = 4000
_MACHINE = {"AMD64": "x86_64", "arm64": "aarch64"}.get(platform.machine(), platform.machine())
_PAUSE = {"x86_64": "llvm.x86.sse2.pause"}.get(_MACHINE)
_YIELD = None if platform.system() == "Windows" else "sched_yield"


@instruction("word", "word", "word")
def shared(kit: Kit, address: Any, i: Any) -> Any:
    """A word that other workers write."""
    place = kit.at(address, kit.builder.shl(i, ir.Constant(WORD, 3)))
    return kit.builder.load_atomic(place, "acquire", 8, typ=WORD)


@instruction("none", "word", "word", "word")
def set_shared(kit: Kit, address: Any, i: Any, value: Any) -> Any:
    """Write a word that other workers read."""
    offset = kit.builder.shl(i, ir.Constant(WORD, 3))
    # An untyped pointer is not taken here.
    place = kit.builder.inttoptr(kit.builder.add(address, offset), WORD.as_pointer())
    kit.builder.store_atomic(value, place, "release", 8)


@instruction("word", "word")
def arrive(kit: Kit, address: Any) -> Any:
    """Add one; how many there were before."""
    return kit.builder.atomic_rmw("add", kit.at(address), ir.Constant(WORD, 1), "seq_cst")


@instruction("none")
def pause(kit: Kit) -> Any:
    """Tell the CPU that this is a waiting loop."""
    if _PAUSE is not None:
        kit.call(_PAUSE, ir.VoidType(), [])


@instruction("none")
def give_way(kit: Kit) -> Any:
    """Let another thread have the core: without it, waiting workers stop those they wait for."""
    if _YIELD is not None:
        kit.call(_YIELD, INDEX, [])


@instruction("word")
def rounding(kit: Kit) -> Any:
    """How this thread rounds: its control word for floating point."""
    if _MACHINE == "x86_64":
        place = kit.builder.alloca(INDEX)
        kit.call("llvm.x86.sse.stmxcsr", ir.VoidType(), [place])
        return kit.builder.zext(kit.builder.load(place, typ=INDEX), WORD)
    if _MACHINE == "aarch64":
        return kit.call("llvm.aarch64.get.fpcr", WORD, [])
    return ir.Constant(WORD, 0)


@instruction("none", "word")
def set_rounding(kit: Kit, control: Any) -> Any:
    """Let this thread round as it did when `rounding` gave this."""
    if _MACHINE == "x86_64":
        place = kit.builder.alloca(INDEX)
        kit.builder.store(kit.builder.trunc(control, INDEX), place)
        kit.call("llvm.x86.sse.ldmxcsr", ir.VoidType(), [place])
    if _MACHINE == "aarch64":
        kit.call("llvm.aarch64.set.fpcr", ir.VoidType(), [control])


@instruction("word")
def clock(kit: Kit) -> Any:
    """What a counter shows that runs evenly, and is one for all cores; 0 where none is known."""
    if _MACHINE == "x86_64":
        return kit.call("llvm.readcyclecounter", WORD, [])
    if _MACHINE == "aarch64":
        # Cycles may not be counted by everybody there.
        kind = ir.FunctionType(WORD, [])
        return kit.builder.asm(kind, "mrs $0, cntvct_el0", "=r", [], side_effect=True)
    return ir.Constant(WORD, 0)


HAS_CLOCK: Final = _MACHINE in ("x86_64", "aarch64")
"""Whether `clock` shows anything on this machine."""
FLUSHED: Final = {"x86_64": 0x8040, "aarch64": 1 << 24}.get(_MACHINE, 0)
"""The bits of the control word that make zeros of denormal numbers."""


@routine
def wait(context, control):  # type: ignore[no-untyped-def]
    """Wait until all workers are here."""
    count = workers(context)
    if count == 1:
        return
    target = (arrive(control) // count + 1) * count
    spins = 0
    while shared(control, ARRIVED) < target and shared(control, ABORT) == 0:
        pause()
        spins += 1
        if spins > SPINS:
            give_way()


@routine
def move(loop, turns):  # type: ignore[no-untyped-def]
    """Move what moves with a loop by so many turns."""
    for k in range(word(loop, MOVING)):
        place = word(loop, FIRST_MOVE + 2 * k)
        set_word(place, 0, word(place, 0) + turns * word(loop, FIRST_MOVE + 2 * k + 1))


@routine
def after_turn(loop, here):  # type: ignore[no-untyped-def]
    """The call after a turn: the first of the loop again, or the one behind it, where all stands as
    before the loop."""
    turn = word(loop, TURN) + 1
    if turn < word(loop, TIMES):
        move(loop, 1)
        set_word(loop, TURN, turn)
        return word(loop, BACK)
    move(loop, 1 - turn)
    set_word(loop, TURN, 0)
    return here + 1


@routine
def leave(calls, count):  # type: ignore[no-untyped-def]
    """Put back what moved with loops that are given up."""
    for i in range(count):
        at = calls + 8 * CALL_WORDS * i
        if word(at, 0) == 0:
            move(word(at, 1), -word(word(at, 1), TURN))
            set_word(word(at, 1), TURN, 0)


@routine
def note(times, call, which, then):  # type: ignore[no-untyped-def]
    """Add to a time of a call what went by since then; what it is now."""
    now = clock()
    place = times + 8 * (TIME_WORDS * call + which)
    set_word(place, 0, word(place, 0) + now - then)
    return now


def _loop(is_timed: bool) -> Routine:
    """The loop over steps and calls. is_timed: whether it notes how long they take; if not, there
    is nothing of that in its code."""

    @routine
    def steps_done(context, calls, start, count, begin, steps, control, times):  # type: ignore[no-untyped-def]
        """Run calls of the steps; of how many. See `run`, and `run_timed` for times."""
        done = 0
        if is_timed:
            # What stands before the first call is noted behind all calls.
            before, now = count, clock()
        for step in range(begin, begin + steps):
            set_word(context, 3, step)
            if worker(context) == 0 and shared(control, STOP) != 0:
                set_shared(control, LAST, step + 1)
            i = start
            while i < count:
                at = calls + 8 * CALL_WORDS * i
                if word(at, 0) == 0:
                    i = after_turn(word(at, 1), i)
                    continue
                if word(at, 2) != 0:
                    wait(context, control)
                    if shared(control, ABORT) != 0:
                        leave(calls, count)
                        return done
                if is_timed:
                    now = note(times, before, WAITED, now)
                call(word(at, 0), word(at, 1), context)
                if is_timed:
                    now, before = note(times, i, WORKED, now), i
                i += 1
            # A worker that is already in the next step writes larger numbers: all decide alike.
            wait(context, control)
            if is_timed:
                now = note(times, before, WAITED, now)
                times += 8 * TIME_WORDS * (count + 1)
            if shared(control, ABORT) != 0:
                break
            done = step + 1 - begin
            last, bad = shared(control, LAST), shared(control, BAD)
            if last == step + 1 or bad == step + 1:
                break
        return done

    return steps_done


plain_steps, timed_steps = _loop(is_timed=False), _loop(is_timed=True)


@native
def run(context, calls, apart, start, count, begin, steps, control, flush):  # type: ignore[no-untyped-def]
    """Every call of a program, `steps` times; after it word 4 of the context says how many were
    run.

    start, count: the first call of a step, and the one behind its last; who runs a step in pieces
    leaves no loop in its midst. Steps are numbered from `begin` on.

    Ends after a step in which a kernel met numbers that are not finite, or in which STOP was set.
    apart: how many bytes lie between the calls of one worker and those of the next: each turns
    loops by itself. flush: whether denormal numbers count as zero meanwhile.
    """
    usual = rounding()
    if flush != 0:
        set_rounding(usual | FLUSHED)
    own = calls + worker(context) * apart
    set_word(context, 4, plain_steps(context, own, start, count, begin, steps, control, 0))
    set_rounding(usual)


@native
def run_timed(  # type: ignore[no-untyped-def]
    context, calls, apart, start, count, begin, steps, control, flush, times, times_apart
):
    """The same, and how long each call took, by `clock`.

    times: for each worker, `times_apart` bytes from one to the next, and in it for each step, the
    times of every call, and of none; to be zeros before. All turns of a loop are added up.
    """
    usual = rounding()
    if flush != 0:
        set_rounding(usual | FLUSHED)
    own, noted = calls + worker(context) * apart, times + worker(context) * times_apart
    set_word(context, 4, timed_steps(context, own, start, count, begin, steps, control, noted))
    set_rounding(usual)


@native
def read_clock(context, told):  # type: ignore[no-untyped-def]
    """What `clock` shows."""
    set_word(told, 0, clock())
