"""The largest errors of gradients beside slopes: `python -m tests.parity.slopes`.

Every example of every layer and operator goes through it, in both modes and in 64 bits, as in
tests/test_every_layer.py. An error is told in units of the terms that a derivative is the sum of,
or of a tenth of the largest of these where that is more. It is that of the slope as well: a step of
1e-5 in numbers of 64 bits leaves about 1e-10. Kept in slopes.json; docs/catalogue.md tells of it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

from tests.bench import EXAMPLES, OPERATORS, Case, Run, slopes
from wlnet.graph.builder import Mode

KEPT = Path(__file__).parent / "slopes.json"


def error_of(case: Case) -> float | None:
    """The largest error of a case; None where there is nothing to differentiate by, or none of its
    numbers goes into what comes out."""
    errors = []
    for mode in ("Test", "Train"):
        found = [*slopes(Run(case.net, case.data(), cast(Mode, mode)).run())]
        least = 0.1 * max((one.size for one in found), default=0.0)
        errors += [abs(one.slope - one.derivative) / max(one.size, least) for one in found if least]
        assert all(abs(one.slope) < 1e-9 for one in found if not least)
    return max(errors, default=None)


def main() -> None:
    kinds: dict[str, dict[str, float | int | None]] = {}
    for case in [*EXAMPLES, *OPERATORS]:
        row = kinds.setdefault(case.layer.kind, {"cases": 0, "error": None})
        error = error_of(case)
        row["cases"] = (row["cases"] or 0) + 1
        told = [each for each in (row["error"], error) if each is not None]
        row["error"] = max(told, default=None)
    kept = {kind: kinds[kind] for kind in sorted(kinds)}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    for kind, row in kept.items():
        print(f"{kind:<34}{row['cases']:>4}  {row['error']}")


if __name__ == "__main__":
    main()
