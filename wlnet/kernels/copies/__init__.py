"""What only moves numbers: strided copies, layouts, rows by index, batches.

blocks.py: copies of rows and blocked transposes, the inner loops. copies.py: copies between any
strides, from them. lane_blocks.py: to the batch-blocked layout and back, and packing of matrices.
masking.py: its padding. rows.py: gather, scatter-add, one-hot, the fetching of a shuffled batch.
places.py: the order of numbers, and parts by their places.
"""
