"""The raw results: one JSON file, in which a run replaces what it measured and keeps the rest.

Each case, and the kernels, have one entry a machine: a run replaces that of its own machine.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import re
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.cases import Case
from tests.benchmarks.kernels import Figure
from tests.benchmarks.race import Outcome

FILE = Path(__file__).with_name("results.json")


class Results:
    """What was measured so far, and on which machines."""

    def __init__(self, content: dict[str, Any] | None = None) -> None:
        empty: dict[str, Any] = {"machines": [], "cases": {}, "kernels": []}
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

    def forget(self, machine: int) -> None:
        """Leave out all that was measured on a machine, by its number from 0."""
        for name, entries in list(self.cases.items()):
            self.cases[name] = [entry for entry in entries if entry["machine"] != machine]
            if not self.cases[name]:
                del self.cases[name]
        self.content["kernels"] = [each for each in self.kernels if each["machine"] != machine]

    @property
    def machines(self) -> list[dict[str, Any]]:
        """The machines, in the order in which they came."""
        found: list[dict[str, Any]] = self.content["machines"]
        return found

    @property
    def cases(self) -> dict[str, list[dict[str, Any]]]:
        """What came of each case on each machine, by its name."""
        found: dict[str, list[dict[str, Any]]] = self.content["cases"]
        return found

    def of(self, name: str) -> list[dict[str, Any]]:
        """What came of a case, machine by machine."""
        return sorted(self.cases.get(name, []), key=lambda entry: int(entry["machine"]))

    @property
    def usual_rounds(self) -> int:
        """How many runs most entries have."""
        counts = statistics.multimode(
            entry["rounds"] for entries in self.cases.values() for entry in entries
        )
        return counts[0] if counts else 0

    @property
    def kernels(self) -> list[dict[str, Any]]:
        """The figures of the kernels, machine by machine."""
        found: list[dict[str, Any]] = self.content["kernels"]
        return sorted(found, key=lambda entry: int(entry["machine"]))

    def add(
        self,
        case: Case,
        outcome: Outcome,
        rounds: int,
        machine: dict[str, Any],
        commit: str | None = None,
        allowed: dict[str, Any] | None = None,
    ) -> None:
        """A case that was run. allowed: what the machine could do then, see limits.py."""
        entry = {
            **dataclasses.asdict(outcome),
            **self._stamp(machine, commit),
            "seconds": _short(outcome.seconds),
            "longer": _short(outcome.longer),
            "rounds": rounds,
            "amount": case.amount,
            "allowed": allowed,
        }
        self._replace(self.cases.setdefault(case.name, []), entry)

    def add_kernels(
        self, figures: Sequence[Figure], machine: dict[str, Any], commit: str | None = None
    ) -> None:
        """The figures of the kernels."""
        rows = [dataclasses.asdict(figure) for figure in figures]
        self._replace(self.content["kernels"], {**self._stamp(machine, commit), "rows": rows})

    @staticmethod
    def _replace(entries: list[dict[str, Any]], entry: dict[str, Any]) -> None:
        """Put an entry in the place of that of the same machine."""
        entries[:] = [each for each in entries if each["machine"] != entry["machine"]] + [entry]

    def _stamp(self, machine: dict[str, Any], commit: str | None) -> dict[str, Any]:
        if machine not in self.machines:
            self.machines.append(machine)
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        return {"machine": self.machines.index(machine), "date": today, "commit": commit}

    def _entries(self) -> list[dict[str, Any]]:
        return [*(entry for entries in self.cases.values() for entry in entries), *self.kernels]


def _short(seconds: dict[str, list[float]]) -> dict[str, list[float]]:
    """Five digits of each."""
    return {name: [float(f"{one:.5g}") for one in runs] for name, runs in seconds.items()}
