"""The command line: argument parsing and printing, nothing else. precompile.py: what the kernels of
a container are compiled by."""
