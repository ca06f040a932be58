"""From a graph of primitives to a program: a compiler of nets, whose machine code is kernel calls.

Read in this order. **compile.py**: the driver, from a net to a blueprint. **stages.py**: all stages
in the order they run. **passes/**: graph in, graph out; first rewriting.py, fusion.py,
relaying.py, lanes.py (the layout NCHWc), then packing.py, updates.py, prefix.py, and the two of one
pattern, cross_entropy.py and winograd.py. **words/**: the intermediate representation, a row for
each primitive that passes may make. **layouts.py**: which values are views (strides), which are
copied. **calls/**: by which kernels each primitive is computed (instruction selection).
**memory/**: order (scheduling), chains (loop fusion), liveness, places in the arena (allocation),
barriers.
**report.py**: what will run, to be read by a user; call_rows.py: a call of it; ways.py: its way.
**timed_report.py**, timing.py: the same with what was measured.

Dead code elimination, common subexpression elimination and the simplification of transposes are in
graph/tidying.py, as they know primitives alone. The derivative is in graph/gradient.py.

A new pass is a function Graph -> Graph in passes/ and a line in stages.py; a word that it makes is
a row in words/ and one in calls/. Tests leave out each stage, and hold every graph against words/
after every stage.
"""
