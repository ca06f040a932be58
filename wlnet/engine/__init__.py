"""Memory and running: a virtual machine for programs, and the only room whose arrays change.

Read in this order. blueprint.py: what a program is before it has memory, slots and steps; the plan
makes it. program.py: a blueprint with memory (an arena), and its run; records.py: the words of its
calls, and how they change (a linker); fixed.py: what programs of a net have together; the loop
itself is a kernel (kernels/jit/running.py).
team.py: workers, threads for the length of one call, and how interrupts reach it; crew.py: those
that stay for a moment after a short one (a thread pool); native.py: machine code as Python calls
it. resources.py: how many workers are worth it; turnout.py: how many of them do a short run, as
measured; sharing.py: how many there are cores for, where others train too; spreading.py: each on a
core of its own (affinity). timing.py: how long each call takes.
packed.py: matrices in panels, as products read them, to and fro.

Arrays belong to who trains them: a program uses them where they lie.
"""
