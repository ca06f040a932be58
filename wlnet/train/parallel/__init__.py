"""A batch in parts, on one machine or on many: what is summed over them, and who does what.

division.py: which numbers of arrays and gradients belong to whom. tree.py: the sums over all parts,
the same additions for any number of ranks. parted_program.py: a step of a batch in parts, run like
any program. exchange.py: what ranks send one another; mpi.py: by MPI.

Data parallelism with a reduction whose tree is part of the problem; recursive halving and doubling:
Rabenseifner, "Optimization of collective reduction operations", 2004; optimizer state divided as in
Rajbhandari et al., "ZeRO", 2020.
"""
