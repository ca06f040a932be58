"""Any value as JSON holds it: for people's programs, not to be read back.

What JSON has no word for is an object that says what it is, as in receipts: {"Float": "nan"},
{"Symbol": "AUTOMATIC"}. Arrays of a net have the names that they have in its file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Set
from typing import Any

import numpy as np

from wlnet.core.parts import NetSharedArray
from wlnet.core.records import Json
from wlnet.core.scalars import scalar
from wlnet.core.symbols import Symbol
from wlnet.core.table import Table
from wlnet.io.keys import escaped, key_of


def json_text(value: object) -> str:
    """The JSON of any value, in ASCII, whole and valid.

    >>> print(json_text({("a", "Weights"): np.float32([1, np.inf])}))
    {
     "a/Weights": [
      1.0,
      {
       "Float": "inf"
      }
     ]
    }
    """
    return json.dumps(plain(value), indent=1, allow_nan=False)


def plain(value: object) -> Json:
    """Any value as JSON holds it.

    >>> plain({1: (True, float("nan")), "x": {2}})
    {'1': [True, {'Float': 'nan'}], 'x': [2]}
    """
    if isinstance(value, np.float32) and np.isfinite(value):
        return float(str(value))
    value = scalar(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"Float": repr(value)}
    if isinstance(value, np.ndarray):
        return _of_array(value)
    if isinstance(value, Mapping):
        return _of_mapping(value)
    if isinstance(value, NetSharedArray):
        return key_of(value)
    if isinstance(value, Symbol):
        return {"Symbol": value.name}
    if isinstance(value, Table):
        return [_of_mapping(row) for row in value.to_records()]
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, Set):
        return [plain(each) for each in sorted(value, key=repr)]
    picture = getattr(value, "to_svg", None)
    return str(picture()) if callable(picture) else str(value)


def _of_array(value: np.ndarray[Any, Any]) -> Json:
    if value.dtype == np.float32:
        # By the digits that Real32 needs: 0.1, not 0.10000000149011612.
        return [plain(each) for each in value] if value.ndim else plain(value[()])
    if value.dtype.kind in "biu" or (value.dtype.kind == "f" and np.isfinite(value).all()):
        found: Json = value.tolist()
        return found
    return plain(value.tolist())


def _of_mapping(value: Mapping[Any, Any]) -> Json:
    names = {key: name_of(key) for key in value}
    if len(set(names.values())) < len(names):
        # Such as 1 beside "1": an object would lose one of them.
        return {"Dict": [[plain(key), plain(each)] for key, each in value.items()]}
    return {names[key]: plain(each) for key, each in value.items()}


def name_of(key: object) -> str:
    """A key of a dict as a name: a string as it is, an array of a net as its file calls it.

    >>> name_of("a"), name_of(("a/b", 1, "Weights")), name_of(NetSharedArray("w")), name_of(2)
    ('a', 'a~2f;b/1/Weights', '~shared/w', '2')
    """
    if isinstance(key, tuple) and key and all(type(step) in (int, str) for step in key):
        return key_of(key)
    if isinstance(key, NetSharedArray):
        return key_of(key) if isinstance(key.name, str) else f"~shared/{escaped(str(key.name))}"
    return str(scalar(key))
