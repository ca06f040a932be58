"""How arrays are updated: one optimizer step, alone or fused with the gradient of weights.

formulas.py: the update rules, the one place where they stand. flat_updates.py: an optimizer step of
a contiguous array. updates.py: the same behind a product or a sum, whose gradient is never whole in
memory. packed_updates.py: for packed weights, software-pipelined with the product. replacing.py:
running statistics. norms.py: the norm of all gradients of a step.
"""
