"""Benchmarks: wlnet and its peers at the same work, in turn. `make bench` runs them."""
