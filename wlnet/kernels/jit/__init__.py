"""From a kernel to its address, and the loop that calls it: compiler, cache on disk, linker.

target.py: the SIMD width. compiling.py: to object code, through Numba. cache.py, storing.py,
objects.py, private_folder.py: what is kept on disk, and what of it may be run. loading.py: linking
into this process. functions.py: functions of a user, for this process alone. precompiling.py: many
kernels at once, in several processes. apart.py, locks.py: signals and forks meanwhile. notices.py:
what a user is told. running.py: the dispatch loop of a program, with the barrier of its workers; it
is a kernel itself.
"""
