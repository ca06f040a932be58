"""Passes: graph in, graph out. stages.py says in what order they run.

rewriting.py is what most are written with. Read fusion.py first (operator fusion by patterns), then
cross_entropy.py, attention_weights.py and attention.py, large patterns. relaying.py brings values
into another layout and back (layout transformation): channels.py puts channels side by side (NHWC)
where convolution gains by it (channels_worth.py), lanes.py images side by side (NCHWc).
whole_windows.py has pools of whole images be sums. winograd.py chooses between two algorithms of
convolution, packing.py lays weights out in panels, and gates.py those of recurrences. updates.py
makes a step of training of a graph: what is fetched, updated, kept; and fuses optimizer steps with
gradients. prefix.py cuts a graph in two: what is the same in every round (partial evaluation), and
the rest. loops.py runs stages on the bodies of scans, and moves out of them what is the same in all
turns (loop-invariant code motion). norms.py has steps look at their gradients. checks.py has
programs tell of inputs that are not finite.
"""
