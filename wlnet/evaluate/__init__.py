"""Evaluation: from what the user gives to a net, to what the net's decoder answers.

The way of `net(x)`, and the order to read the files in: evaluation.py (the call from end to end),
arguments.py (what is given, by port: one example or a batch), asked.py (what is asked for: outputs,
ports inside, gradients), columns.py (columns as arrays, by the encoder of a port), holding.py
(finite numbers, truth values, indices in range), ragged.py (examples of several shapes), groups.py
(run in groups of one shape), runner.py (programs of a net, kept by it, run a chunk at a time),
pieces.py (how many examples in one go), quick.py (the short way of calls like
earlier ones), first_calls.py (all of it but the run, beforehand).
places.py words where data stand, for messages. state_object.py goes the same way with states that
are kept from call to call (held_states.py).

Training encodes its columns with columns.py and holding.py as well: what can be evaluated and what
can be learnt are told by the same words.
"""

from wlnet.evaluate.evaluation import evaluate as evaluate
