"""What a NetStateObject holds between two calls: a value, which each call makes anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np

from wlnet.core.errors import DataError, Fault, ShapeError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.parts import NetPort
from wlnet.core.shapes import shape_text
from wlnet.core.spelling import suggestion
from wlnet.evaluate.holding import Array, check_finite
from wlnet.evaluate.places import Place
from wlnet.graph.keys import KeptStateKey

Sizes = Mapping[KeptStateKey, tuple[int, ...]]


@dataclass(frozen=True)
class HeldStates:
    """now: an example a row; None before the first call, when any number of examples may come.
    single: whether they are those of one example, and not of a batch. calls: how many there
    were."""

    sizes: Sizes
    now: Mapping[KeptStateKey, Array] | None = None
    single: bool = True
    calls: int = 0

    def given(self, states: Mapping[Any, object] | None) -> Self:
        """With other states, by port; what is not given stays, zeros before the first call. Raises
        ShapeError, DataError."""
        if states is None:
            return type(self)(self.sizes, calls=self.calls)
        ports = {NetPort(*key.path, key.name): key for key in self.sizes}
        if not isinstance(states, Mapping) or not states:
            what = "states are a dict from ports to arrays"
            fix = f"{{{next(iter(ports))!r}: ...}}, as `states` gives them"
            raise fail(ShapeError, Fault(what, given=brief(states), fix=fix))
        gathered = Gathered()
        found: dict[KeptStateKey, Array] = {}
        for port, value in states.items():
            # A path, as information tells the places of states, is as good as a port.
            port = NetPort(*port) if isinstance(port, tuple) else port
            if port not in ports:
                known = list(map(repr, ports))
                what = f"there is no state {brief(port)}"
                gathered.add(Fault(what, known=known, fix=suggestion(repr(port), known)))
                continue
            key = ports[port]
            array = gathered.attempt(partial(_read, self.sizes[key], key, value))
            if array is not None:
                found[key] = array
        gathered.tell()
        levels = {array.ndim - len(self.sizes[key]) for key, array in found.items()}
        single = levels == {0}
        rows = {key: array[None] if single else array for key, array in found.items()}
        counts = {len(array) for array in rows.values()} if len(levels) == 1 else set()
        if len(counts) != 1:
            told = ", ".join(f"{key.name} {array.shape}" for key, array in found.items())
            what = "states are all of one example, or all of one batch"
            raise fail(ShapeError, Fault(what, at="states", given=told))
        (count,) = counts
        missing = [key for key in self.sizes if key not in rows]
        if self.now is not None and missing and (single, count) != (self.single, self._count()):
            fault = Fault(
                "other states stay as they are, and are of other examples",
                at="states",
                given="of one example" if single else f"of a batch of {count}",
                expected="of one example" if self.single else f"of a batch of {self._count()}",
                fix="states of all ports: " + ", ".join(map(repr, ports)),
            )
            raise fail(ShapeError, fault)
        kept = self.now or {
            key: np.zeros((count, *size), np.float32) for key, size in self.sizes.items()
        }
        return type(self)(self.sizes, {**kept, **rows}, single, self.calls)

    def _count(self) -> int:
        """How many examples there are states of, once there are some."""
        return len(next(iter((self.now or {}).values())))

    def rows(self, count: int, dtype: Any) -> Mapping[KeptStateKey, Array]:
        """What so many examples begin with. Raises DataError for another number than before."""
        if self.now is None:
            return {key: np.zeros((count, *size), dtype) for key, size in self.sizes.items()}
        known = self._count()
        if known != count:
            fault = Fault(
                "a NetStateObject has the states of other examples",
                given=f"{count} examples",
                expected=f"as many as there are states of: {known}",
                fix="reset() begins anew; a NetStateObject for each sequence goes on by itself",
            )
            raise fail(DataError, fault)
        return self.now

    def after(self, ended: Mapping[KeptStateKey, Array], single: bool) -> Self:
        """What is held after a call."""
        return type(self)(self.sizes, dict(ended), single, self.calls + 1)

    def told(self) -> dict[NetPort, np.ndarray]:
        """Copies, by port."""
        now = self.rows(1, np.float32) if self.now is None else self.now
        return {
            NetPort(*key.path, key.name): (array[0] if self.single else array).copy()
            for key, array in now.items()
        }


def _read(size: tuple[int, ...], key: KeptStateKey, value: object) -> Array:
    """A state of one example, or of a batch. Raises ShapeError, DataError."""
    at = repr(NetPort(*key.path, key.name))
    try:
        is_wide = isinstance(value, np.ndarray) and value.dtype == np.float64
        array = np.array(value, np.float64 if is_wide else np.float32)
    except (ValueError, TypeError):
        raise fail(DataError, Fault("a state is an array", at=at, given=brief(value))) from None
    if array.shape[array.ndim - len(size) :] != size or array.ndim - len(size) not in (0, 1):
        what = "a state of another shape"
        expected = f"{shape_text(size)}, or a row of this for each example of a batch"
        raise fail(ShapeError, Fault(what, at=at, given=f"shape {array.shape}", expected=expected))
    check_finite(array.reshape(-1, *size), Place(at))
    return array
