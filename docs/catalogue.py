"""Writes docs/catalogue.md: a row of each layer, operator and coder, and what was measured of it.

python -m docs.catalogue

What the package says of itself is read from it; what was measured, from the files of
tests/parity, which `python -m tests.parity.slopes`, `.places` and `.steps` and `make parity` make.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from docs.reference import section
from docs.tiers import (
    ABSENT,
    ALSO,
    BEYOND_THE_BENCH,
    CODER_TIERS,
    NO_WOLFRAM,
    OPERATORS,
    OTHER_NAMES,
    PORTS,
    TIERS,
    tier,
)
from tests.coders.test_every_coder import EVERY
from tests.parity.test_vectors import ALONE
from wlnet.core.catalogue import SOON, SOON_DECODERS, SOON_ENCODERS, SOON_FUNCTIONS
from wlnet.layers.declaring.layer import LAYERS
from wlnet.onnx.exporting.coded_ports import ENCODERS

PAGE = Path(__file__).with_suffix(".md")
MEASURED = Path(__file__).parents[1] / "tests" / "parity"
HEAD = """# Catalogue

Every layer, operator and coder: what it holds and takes, how exact and how fast it is, and where it
can go. This page is made by `python -m docs.catalogue`, of the code and of what was measured."""
WHAT = """Tiers: A is what a first net is made of, B is common, C is the rest of the catalogue of
the Wolfram Language, and + is not in these lists. A size with dots is any number of levels.
*Cases* are the examples that go through each law of `tests/test_every_layer.py`."""
EXACT = """*Slope*: the largest error of a gradient beside the slope that differences tell, in 64
bits, over all cases and both modes, in units of the terms that it is the sum of; 1e-10 is about
what differences leave. *64* and *32*: the largest errors beside {library}, forwards and of
gradients, over {configurations} random configurations, in these bits, in units of the largest
number."""
FAST = """A step on one thread in 32 bits, forwards and back (the gradients by arrays and inputs),
of {examples} examples, beside {library} as it comes. **One configuration each**
(`tests/parity/step_cases.py`): it tells what is slow, not how fast nets are, which
[benchmarks](benchmarks.md) measure with more care. Medians of {turns} turns, in which both ran one
after the other, on {machine}, {date}."""
PLACES = """*Kept*: whether a frozen one at the inputs of a net is computed once a training and not
for every batch: *yes*; *with more*: it is quick, so only where a frozen layer that takes longer
stands in the same part; *no*, and why. ONNX and Wolfram: whether [a file](how-to/onnx.md) or [an
expression](how-to/wolfram-files.md) can be written (*out*), and gives the same when it is read
(*in*), of how many cases, and what stops the others. Of chains, graphs and their like it is one
case, of layers that go everywhere."""
CODERS = """*Arrays*: what examples are to the net, for the cases of `tests/coders`. A file of ONNX
has the arithmetic of an encoder where that is asked; no coder comes back from one."""


def measured(name: str) -> Any:
    """A file of tests/parity."""
    return json.loads((MEASURED / f"{name}.json").read_text("utf-8"))


def names() -> list[str]:
    """Layers and operators."""
    return sorted({*LAYERS, *OPERATORS})


def shape(pattern: Iterable[str | int]) -> str:
    """A pattern of sizes as it is written: "*input" has dots."""
    sizes = [str(size).replace("#", "") for size in pattern]
    return f"({', '.join(size[1:] + '…' if size[0] == '*' else size for size in sizes)})"


def arrays(name: str) -> str:
    """Names and shapes; gates of a recurrent layer are folded into one."""
    if name in OPERATORS:
        return OPERATORS[name][0]
    told: dict[str, list[str]] = {}
    for array in LAYERS[name].declared_arrays.values():
        gate, _, rest = array.wolfram.rpartition("Gate")
        kind = f"{f'*Gate{rest}' if gate else array.wolfram} {shape(array.pattern)}"
        told.setdefault(kind + (" or None" if array.optional else ""), []).append(gate)
    gates = next((each for each in told.values() if each[0]), [])
    words = f"; gates: {', '.join(gates)}" if gates else ""
    return (", ".join(told).replace("*Gate", "…Gate") + words) or "-"


def ports(name: str) -> str:
    """Shapes of inputs and outputs; a port alone on its side needs no name."""
    if name in OPERATORS:
        return OPERATORS[name][1]
    if name in PORTS:
        return PORTS[name]
    sides: dict[str, list[str]] = {"in": [], "out": []}
    for port in LAYERS[name].declared_ports.values():
        usual = port.wolfram in ("Input", "Output")
        kind = "Integer " if port.element == "Integer" else ""
        many = ", …" if port.variadic else ""
        told = kind + shape(port.pattern) + many
        sides[port.direction].append(told if usual else f"{port.wolfram} {told}")
    states = [f"{each.wolfram} {shape(each.pattern)}"
              for each in LAYERS[name].declared_states.values()]  # fmt: skip
    before, after = (", ".join([*side, *states]) for side in sides.values())
    return f"{before} → {after}" if before else f"→ {after}"


def number(value: float | None) -> str:
    """An error as it is told."""
    return "-" if value is None else "0" if value == 0 else f"{value:.0e}".replace("e-0", "e-")


def what_each_is() -> list[tuple[str, ...]]:
    """Rows of arrays, ports and cases."""
    slopes = measured("slopes")
    return [
        (f"`{name}`", tier(name, TIERS), arrays(name), ports(name),
         str(slopes[name]["cases"]) if name in slopes else f"- ({BEYOND_THE_BENCH[name]})")
        for name in names()
    ]  # fmt: skip


def errors(name: str, account: Mapping[str, Any]) -> tuple[str, ...]:
    """The largest ones beside PyTorch, over all configurations; or why there are none."""
    found = [account[each] for each in (name, *ALSO.get(name, ())) if each in account]
    if not found:
        return f"- ({ALONE.get(name, 'made of layers')})", "-", "-", "-"
    ways = [(p, way) for p in ("Real64", "Real32") for way in ("forward", "gradient")]
    told = [[one[p][way] for one in found if one[p][way] is not None] for p, way in ways]
    return tuple(number(max(each, default=None)) for each in told)


def how_exact() -> list[tuple[str, ...]]:
    """Rows of errors."""
    slopes, account = measured("slopes"), measured("account")["layers"]
    return [
        (f"`{name}`", number(slopes.get(name, {}).get("error")), *errors(name, account))
        for name in names()
    ]


def how_fast() -> list[tuple[str, ...]]:
    """Rows of times."""
    steps = measured("steps")["layers"]
    rows = []
    for name in sorted({*LAYERS, *steps}):
        row = steps.get(name)
        told = (f"- ({ALONE.get(name, 'no configuration yet')})", "-", "-") if row is None else (
            f"{row['wlnet']:,.1f}", f"{row['PyTorch']:,.1f}",
            f"{row['wlnet'] / row['PyTorch']:.2f}")  # fmt: skip
        rows.append((f"`{name}`", *told))
    return rows


def why(reason: str) -> str:
    """A reason in few words."""
    if "has no counterpart" in reason:
        what = reason.split(" has no counterpart")[0]
        return what.split(" of a")[0] if " of a" in what else "no such layer there"
    if "examples of a batch would meet" in reason:
        return "true and false samples are one batch"
    if reason.startswith("an operator that is not known: "):
        return reason.rpartition(": ")[2]
    return {
        "a layer that is not known yet: nothing can be computed with it": "nothing to compute",
        "an ONNX file does not hold what is drawn at random": "drawn at random",
        "an output that no net has: it is an array that is known, whatever the input is":
            "the same whatever comes in",
        "the codes of BPE or WordPiece: there is no Unigram, and no UnitVector":
            "no Unigram, no UnitVector",
    }.get(reason, reason)  # fmt: skip


def how_many(counts: Mapping[str, int], short: bool = False) -> str:
    """Of all cases: "yes", "no (why)", or how many, and what stops the others."""
    total, fine = sum(counts.values()), counts.get("yes", 0)
    if fine == total:
        return "yes"
    reasons = ", ".join(dict.fromkeys(why(each) for each in counts if each != "yes"))
    return f"{fine} of {total} ({reasons})" if fine else "no" if short else f"no ({reasons})"


def kept(counts: Mapping[str, int]) -> str:
    """Whether cases are computed once and kept."""
    fine = ("yes", "with more")
    if len(counts) == 1:
        (one,) = counts
        return one if one in fine else f"no ({one})"
    return ", ".join(
        f"{each} {count}" if each in fine else f"no {count} ({each})"
        for each, count in sorted(counts.items(), key=lambda one: -one[1])
    )


def where_each_goes() -> list[tuple[str, ...]]:
    """Rows of what is kept, and of files."""
    places = measured("places")["layers"]
    return [
        (f"`{name}`", kept(row["prefix"]), how_many(row["onnx out"]),
         how_many(row["onnx in"], row["onnx in"] == row["onnx out"]), how_many(row["wolfram out"]),
         how_many(row["wolfram in"], row["wolfram in"] == row["wolfram out"]))
        for name, row in places.items()
    ]  # fmt: skip


def coders() -> list[tuple[str, ...]]:
    """Rows of encoders and decoders."""
    places = measured("places")["coders"]
    rows = []
    for title, row in places.items():
        door, kind = title.split()
        those = [each for each in EVERY if (each.door, each.kind) == (door, kind)]
        shapes = dict.fromkeys(
            ("Integer " if each.element == "Integer" else "") + _sizes(each.shape) for each in those
        )
        told = how_many(row["wolfram out"])
        wolfram = f"no ({NO_WOLFRAM[kind]})" if told.startswith("no (") else told
        if door == "NetEncoder":
            onnx = "yes" if kind in ENCODERS else "no (more than arithmetic)"
        else:
            onnx = "its labels" if kind == "Class" else "no (left to who runs it)"
        name, letter = f'`{door}("{kind}")`', tier(kind, CODER_TIERS[door])
        rows.append((name, letter, ", ".join(shapes), str(len(those)), onnx, wolfram))
    return rows


def _sizes(sizes: Any) -> str:
    if sizes is None:
        return "any"
    return f"({', '.join('…' if size is None else str(size) for size in sizes)})"


def absent() -> list[tuple[str, ...]]:
    """Rows of what is not there."""
    tables = {"layer": SOON, "encoder": SOON_ENCODERS, "decoder": SOON_DECODERS,
              "function": SOON_FUNCTIONS}  # fmt: skip
    return [
        (f"`{name}`", kind, ABSENT[name], f"`{instead}`" if "(" in instead else instead)
        for kind, table in tables.items()
        for name, instead in table.items()
    ]


def told(text: str, **values: Any) -> str:
    """A paragraph on one line."""
    return " ".join(text.format(**values).split())


def below(title: str, text: str, columns: Iterable[str], rows: list[tuple[str, ...]]) -> str:
    """A section with a paragraph between its heading and its table."""
    head, _, table = section(title, columns, rows).partition("\n\n")
    return "\n\n".join(part for part in (head, text, table) if part)


def page() -> str:
    """The whole page."""
    account, steps = measured("account"), measured("steps")
    exact = told(EXACT, library=account["library"], configurations=account["configurations"])
    fast = told(FAST, library=steps["library"], date=steps["date"], turns=steps["turns"],
                examples=steps["examples"], machine=steps["machine"]["CPU"])  # fmt: skip
    return "\n\n".join([
        HEAD,
        below("What each is", told(WHAT), ("name", "tier", "arrays", "ports", "cases"),
              what_each_is()),
        below("How exact", exact,
              ("name", "slope", "64", "64 gradient", "32", "32 gradient"), how_exact()),
        below("How fast", fast, ("name", "wlnet µs", "PyTorch µs", "ratio"), how_fast()),
        below("Where each can go", told(PLACES), ("name", "kept", "ONNX out", "ONNX in",
              "Wolfram out", "Wolfram in"), where_each_goes()),
        below("Coders", told(CODERS), ("name", "tier", "arrays", "cases", "ONNX out",
              "Wolfram out and in"), coders()),
        below("Under other names", "", ("name", "what it is here"),
              [(f"`{name}`", said) for name, said in OTHER_NAMES.items()]),
        below("Not there", "", ("name", "kind", "why", "what stands in"), absent()),
    ])  # fmt: skip


if __name__ == "__main__":
    PAGE.write_text(f"{page()}\n", "utf-8")
