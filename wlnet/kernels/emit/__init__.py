"""How vector code is written: Python that emits LLVM, for what plain loops do not do fast enough.

vectors.py: `Kit`, a builder of SIMD code. lanes.py: vectors with the signs of arithmetic, of which
nothing is reordered. instructions.py: the intrinsics of nearly every kernel (pointers, words, the
share of a worker). lines.py: reductions and maps over contiguous numbers with a masked remainder.
places.py: an iterator over strided operands. Read them in this order.
"""
