"""Attention, forwards and back, without writing what is not needed: some queries at a time.

Read in this order: band_tiles.py, the micro-kernels; band_products.py, the loops around them, for
products of which each row has a part; score_columns.py, softmax of scores that lie side by side by
query; turning.py, how they come to lie so. attend.py: all of attention, and its way back, in one
kernel each. The same step by step, for nets that need what is in between: causal_products.py,
attention_weights.py. Both ways give the same bits.
"""
