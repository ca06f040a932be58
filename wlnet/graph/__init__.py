"""What a net computes, as a graph of primitives: values with shapes, and one derivative each.

Read in this order. **The graph:** graph.py (values and calls, in single assignment), rows.py (what
a primitive declares: operands, attributes, shapes), primitives.py (the closed set, a row each),
elements.py (Reals and Integers), apart.py (batching rules: where the examples of a batch lie in
results), keys.py (names of gradients, states, kept values), table.py (tables that say which row is
missing). **Writing one:** builder.py, what the `lower` of a layer is given. **Derivatives:**
derivatives.py (vector-Jacobian products, a rule for each primitive), maps.py (functions of one
number, and their slopes), gradient.py (reverse mode, along trained arrays alone). **What it
means:** reference.py interprets a graph in NumPy, with map_reference.py, window_reference.py,
recurrence_reference.py and scan_reference.py. **Loops:** bodies.py (a graph that is applied step by
step), scans.py (how one is written), scan_gradients.py (its derivative, a loop the other way);
backward.py is the walk back that both derivatives share. **Tidying:** tidying.py (dead code
elimination, common subexpression elimination), provenance.py (what a value was made of).
**Functions of users:** functions.py (named ones), expression.py (formulas as values), lowered.py
(their rows in primitives), tracing.py and calling.py (a Python callable is traced to a formula),
rewritings.py and conditions.py (forms that lose no figures). **Of arrays:** array_formula.py
(functions of arrays as values), array_operations.py (what they are made of, a row each),
array_shapes.py, array_checks.py and array_rows.py (what may stand there), array_products.py,
folds.py and entries.py (sums, products and parts in primitives); array_tracing.py,
traced_array.py and array_ports.py (how one is written down), array_functions.py and
array_parts.py (NumPy's functions).

Nothing is computed here but by the reference, and nothing is known of kernels or of memory. How to
add a primitive: docs/how-to/a-primitive-of-your-own.md.
"""
