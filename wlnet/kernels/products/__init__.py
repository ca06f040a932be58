"""Matrix products: GEMM, batched, with bias, activation or the gradient of one as its epilogue.

tiles.py: the micro-kernel (register tiling). blocks.py: blocks that the caches hold, and panels.py
what is copied for them. products.py: how the results are divided among the workers. gate_tiles.py:
tiles whose results lie apart, and gate_products.py their product, for recurrences.
"""
