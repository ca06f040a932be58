"""Which cases there are, and which are meant: by name, by pattern, or by the name of a group."""

from __future__ import annotations

import sys
from dataclasses import replace
from fnmatch import fnmatch

from tests.benchmarks.cases import (
    ANSWERS,
    GOALS,
    OTHERS,
    RECURRENT,
    RESIDUAL,
    SEQUENCES,
    WIDE,
    Case,
)
from tests.benchmarks.growth import SERIES

KERNELS = "kernels"
"""The name of what is no case: products, convolutions and updates alone."""


SHORT = (
    "mlp_256", "mlp_6x1024", "mlp_3x2048", "mlp_4x1500",
    "residual_64_32", "residual_256_16", "residual_13_28_1", "residual_48_24_5",
    "residual_64_16_64", "residual_200_12_8",
    "lstm_32_128", "lstm_16_256", "gru_16_256", "lstm_40_32", "lstm_24_200",
    "attention_64_128", "attention_256_512", "heads_32_64", "causal_128_256", "heads_256_512",
    "infer_mlp_2", "infer_mlp_32", "infer_mlp_256", "infer_mlp_1000",
    "infer_lenet_1", "infer_lenet_5", "infer_lenet_32",
)  # fmt: skip
GROUPS: dict[str, tuple[str, ...]] = {
    "goals": tuple(case.name for case in GOALS),
    "wide": tuple(case.name for case in WIDE),
    "residuals": tuple(case.name for case in RESIDUAL),
    "sequences": tuple(case.name for case in SEQUENCES),
    "recurrent": tuple(case.name for case in RECURRENT),
    "answers": tuple(case.name for case in (*GOALS, *ANSWERS) if case.work.task == "evaluate"),
    "short": SHORT,
}
"""Names under which many cases can be run at once; short: some of each, in about 25 minutes."""


def all_cases() -> tuple[Case, ...]:
    """The whole table, in the order of the page: goals, others, and all series."""
    return (*GOALS, *OTHERS, *(case for series in SERIES for case in series.cases))


def wanted(patterns: str) -> tuple[list[Case], bool]:
    """The cases that patterns and groups name, in the order of the table; and whether the kernels
    are among what is named."""
    names = [*(case.name for case in all_cases()), KERNELS]
    chosen: set[str] = set()
    for pattern in patterns.split(","):
        found = GROUPS.get(pattern) or [name for name in names if fnmatch(name, pattern)]
        if not found:
            known = f"{' '.join(names)}\nand groups:\n  {' '.join(GROUPS)}"
            sys.exit(f"no case is named {pattern!r}; there are:\n  {known}")
        chosen.update(found)
    return [case for case in all_cases() if case.name in chosen], KERNELS in chosen


def small(case: Case) -> Case:
    """The same case with one step: to see that everybody can do it."""
    return replace(case, work=replace(case.work, examples=case.work.batch, rounds=1))
