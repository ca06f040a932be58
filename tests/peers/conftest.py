"""These files import what is not installed everywhere: `make test-peers` runs them."""

import importlib.util

import pytest

PEERS = "torch", "keras"
if not all(importlib.util.find_spec(peer) for peer in PEERS):
    collect_ignore_glob = ["*.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What the peers are warned of is not ours to mend.
    for item in items:
        if "peers" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings("default"))
