"""Layers beside their counterparts in PyTorch: `make parity`.

draws.py, and the files beside it: random configurations, as nets and as plain words of what they
are. torch_layers.py, and the files beside it: what these words mean in PyTorch; torch_answers.py:
the process in the environment of the peers that answers, which knows no wlnet. questions.py: what
is asked, and how far the two differ. __main__.py: both on the same numbers, forwards and back, in
both precisions, and the largest errors, kept in account.json. vectors.py: a few answers, kept in
vectors.npz, which test_vectors.py holds every layer against where there is no PyTorch.

What else is measured of layers stands beside it: slopes.py, errors of gradients; places.py, whether
they are kept in a frozen prefix and where they can go; steps.py, the time of a step beside PyTorch,
of the configurations of step_cases.py. docs/catalogue.md tells of all of it.
"""
