"""Which arrays of a net do not learn, told beside them in a file."""

from __future__ import annotations

import json

from wlnet.core.multipliers import multiplier_table
from wlnet.core.net import Net
from wlnet.core.symbols import AUTOMATIC
from wlnet.io.keys import key_of

RESTING = "arrays that rest"
"""Where the metadata of a file lists arrays that no gradient moves, as JSON."""


def resting(net: Net) -> dict[str, str]:
    """The names in a file of what the net froze for itself, and of running statistics."""
    rows = multiplier_table(net, AUTOMATIC, warnings=False)
    names = [key_of(row.key) for row in rows if not row.trained]
    return {RESTING: json.dumps(names)} if names else {}
