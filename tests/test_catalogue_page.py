"""docs/catalogue.md tells what is there and what was measured of it."""

from __future__ import annotations

from collections import Counter

import wlnet as wl
from docs.catalogue import EVERY, PAGE, measured, names, page
from docs.tiers import ABSENT, BEYOND_THE_BENCH, CODER_TIERS, OTHER_NAMES, TIERS
from tests.bench import EXAMPLES, OPERATORS
from tests.parity.places import WAYS, every
from tests.parity.step_cases import STEPS
from wlnet.core.catalogue import SOON, SOON_DECODERS, SOON_ENCODERS, SOON_FUNCTIONS


def test_the_page_is_made_of_what_is_there_now() -> None:
    assert PAGE.read_text("utf-8") == f"{page()}\n", "run: python -m docs.catalogue"


def test_the_page_has_every_public_layer_and_operator() -> None:
    public = {name for name in wl.__all__ if name.endswith(("Layer", "Operator"))}
    assert {*names(), *OTHER_NAMES} >= public
    assert set(names()) - {"NetChain", "NetGraph"} <= public


def test_slopes_were_measured_of_every_case() -> None:
    found = {kind: row["cases"] for kind, row in measured("slopes").items()}
    assert found == Counter(case.layer.kind for case in [*EXAMPLES, *OPERATORS]), (
        "run: python -m tests.parity.slopes"
    )
    assert set(names()) - set(found) == set(BEYOND_THE_BENCH)
    errors = [row["error"] for row in measured("slopes").values() if row["error"] is not None]
    assert max(errors) < 1e-6


def test_it_was_tried_of_every_case_where_it_can_go() -> None:
    found, why = measured("places"), "run: python -m tests.parity.places"
    counts = Counter(kind for kind, _ in every())
    coders = Counter(f"{coder.door} {coder.kind}" for coder in EVERY)
    told = {kind: {sum(row[way].values()) for way in WAYS} for kind, row in found["layers"].items()}
    assert told == {kind: {count} for kind, count in counts.items()}, why
    told = {kind: {sum(way.values()) for way in row.values()}
            for kind, row in found["coders"].items()}  # fmt: skip
    assert told == {kind: {count} for kind, count in coders.items()}, why


def test_a_step_of_every_configuration_was_timed_beside_pytorch() -> None:
    steps = measured("steps")
    assert list(steps["layers"]) == sorted(STEPS), "run: python -m tests.parity.steps PYTHON"
    assert all(min(row["wlnet"], row["PyTorch"]) > 0 for row in steps["layers"].values())
    assert set(STEPS) <= set(names())


def test_no_name_stands_in_two_tiers_and_each_is_there() -> None:
    tiered = [name for each in TIERS.values() for name in each.split()]
    assert len(tiered) == len(set(tiered)) and set(tiered) <= set(names())
    for door, tiers in CODER_TIERS.items():
        kinds = [kind for each in tiers.values() for kind in each.split()]
        assert len(kinds) == len(set(kinds)) and set(kinds) <= set(getattr(wl, door).kinds)


def test_it_is_told_of_all_that_is_not_there_why() -> None:
    assert set(ABSENT) == {*SOON, *SOON_ENCODERS, *SOON_DECODERS, *SOON_FUNCTIONS}
