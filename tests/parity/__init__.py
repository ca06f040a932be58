"""Layers beside their counterparts in PyTorch: `make parity`.

draws.py: random configurations, as nets and as plain words of what they are. torch_layers.py: what
these words mean in PyTorch, in the environment of the peers, which knows no wlnet. __main__.py:
both on the same numbers, forwards and back, in both precisions, and the largest errors.
"""
