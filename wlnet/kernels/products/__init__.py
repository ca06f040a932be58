"""Matrix products: GEMM, batched, with bias, activation or the gradient of one as its epilogue.

tiles.py: the micro-kernel (register tiling). products.py: the loops around it, and how the results
are divided among the workers. gate_tiles.py: tiles whose results lie apart, for recurrences.
"""
