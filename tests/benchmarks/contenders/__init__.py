"""Who runs: one file a library. Each has `prepare(work, variant)`, which gives the timed function.

`prepare` makes nets and data, and runs nothing; the function it gives does so many rounds of the
work and returns when the last number is there. Nets are the same everywhere: see `work.Net`.
"""
