"""The back end: from calls that are settled to a blueprint with an arena.

assemble.py goes through it: order.py (scheduling), then the rows of calls/, then lifetimes.py
(liveness analysis, allocation of the arena by first fit, barriers between workers).
"""
