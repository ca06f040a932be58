"""net_measurements: how good a net is on data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.errors import DataError, Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.engine.program import Program
from wlnet.nets.arrays import arrays_of
