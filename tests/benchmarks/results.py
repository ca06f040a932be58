"""The raw results: one JSON file, in which a run replaces what it measured and keeps the rest."""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.kernels import Figure
from tests.benchmarks.race import Outcome

FILE = Path(__file__).with_name("results.json")


class Results:
    """What was measured so far, and on which machines."""

    def __init__(self, content: dict[str, Any] | None = None) -> None:
        empty: dict[str, Any] = {"machines": [], "cases": {}, "kernels": None}
        self.content = empty if content is None else content

    @staticmethod
    def read(file: Path = FILE) -> Results:
        """The results in a file; none where there is no file."""
        return Results(json.loads(file.read_text("utf-8")) if file.exists() else None)

    def write(self, file: Path = FILE) -> None:
        """Keep them: machines that no result stands for any more are left out."""
        used = sorted({entry["machine"] for entry in self._entries()})
        for entry in self._entries():
            entry["machine"] = used.index(entry["machine"])
        self.content["machines"] = [self.machines[number] for number in used]
        text = json.dumps(self.content, indent=1)
        # Numbers beside one another: a line for each would hide the rest.
        text = re.sub(r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()), text)
        file.write_text(text + "\n", "utf-8")

    @property
    def machines(self) -> list[dict[str, Any]]:
        """The machines, in the order in which they came."""
        found: list[dict[str, Any]] = self.content["machines"]
        return found

    @property
    def cases(self) -> dict[str, dict[str, Any]]:
        """What came of each case, by its name."""
        found: dict[str, dict[str, Any]] = self.content["cases"]
        return found

    @property
    def usual_rounds(self) -> int:
        """How many runs most cases have."""
        counts = statistics.multimode(entry["rounds"] for entry in self.cases.values())
        return counts[0] if counts else 0

    @property
    def kernels(self) -> dict[str, Any] | None:
        """The figures of the kernels, if there are any."""
        found: dict[str, Any] | None = self.content["kernels"]
        return found

    def add(
        self,
        name: str,
        outcome: Outcome,
        rounds: int,
        machine: dict[str, Any],
        commit: str | None = None,
    ) -> None:
        """A case that was run."""
        self.cases[name] = {
            **dataclasses.asdict(outcome),
            **self._stamp(machine, commit),
            "seconds": _short(outcome.seconds),
            "longer": _short(outcome.longer),
            "rounds": rounds,
        }

    def add_kernels(
        self, figures: Sequence[Figure], machine: dict[str, Any], commit: str | None = None
    ) -> None:
        """The figures of the kernels."""
        rows = [dataclasses.asdict(figure) for figure in figures]
        self.content["kernels"] = {**self._stamp(machine, commit), "rows": rows}

    def _stamp(self, machine: dict[str, Any], commit: str | None) -> dict[str, Any]:
        if machine not in self.machines:
            self.machines.append(machine)
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        return {"machine": self.machines.index(machine), "date": today, "commit": commit}

    def _entries(self) -> list[dict[str, Any]]:
        return [*self.cases.values(), *([self.kernels] if self.kernels else [])]


def _short(seconds: dict[str, list[float]]) -> dict[str, list[float]]:
    """Five digits of each."""
    return {name: [float(f"{one:.5g}") for one in runs] for name, runs in seconds.items()}
