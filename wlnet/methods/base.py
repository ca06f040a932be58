"""What every method is: frozen settings, state per array, one step."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import Field, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from wlnet.core.errors import Fault, OptionError, ShapeError, brief, fail
from wlnet.core.keywords import unknown_option
from wlnet.core.names import wolfram_name
from wlnet.core.symbols import AUTOMATIC
from wlnet.kernels.language import Kernel
from wlnet.methods.intervals import POSITIVE, as_number
from wlnet.methods.schedules import as_options, factor, looks_at_total
from wlnet.methods.settings import (
    Clipping,
    LearningRate,
    Norm,
    Penalty,
    RateSchedule,
    readers,
)

Flat = NDArray[np.floating[Any]]
State = tuple[Flat, ...]


class Method(ABC):
    """Settings of a method. Two are equal when all their settings are.

    A method is a frozen dataclass: it names its settings as fields, in the order of its
    documentation, and says how many state arrays it keeps for an array and how one step goes.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]
    name: ClassVar[str]
    default_learning_rate: ClassVar[float]

    learning_rate: LearningRate
    learning_rate_schedule: RateSchedule
    l2_regularization: Penalty
    gradient_clipping: Clipping
    weight_clipping: Clipping
    weight_decay: Penalty
    gradient_norm: Norm

    def __new__(cls, *args: object, **options: object) -> Self:
        known = [setting.name for setting in fields(cls)]
        faults = [
            unknown_option(cls.__name__, name, value, known)
            for name, value in options.items()
            if name not in known
        ]
        if len(args) > len(known):
            what = f"too many settings for {cls.__name__}"
            faults.append(Fault(what, given=brief(args[len(known)]), known=known))
        twice = [name for name in known[: len(args)] if name in options]
        faults += [
            Fault(f"{brief(name)} of {cls.__name__} is given twice", given=brief(options[name]))
            for name in twice
        ]
        if faults:
            # What is known is read as well: all faults of the call are told at once.
            rest = {name: value for name, value in options.items() if name in known}
            _, unfit = cls.read(rest, cls.__name__)
            raise fail(OptionError, [*faults, *unfit])
        return super().__new__(cls)

    def __post_init__(self) -> None:
        given = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        values, faults = self.read(given, type(self).__name__)
        if faults:
            raise fail(OptionError, faults)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @classmethod
    def read(cls, given: Mapping[str, object], at: str) -> tuple[dict[str, Any], list[Fault]]:
        """What is to be kept of the settings given by field name, and all that is wrong."""
        values, faults = {}, []
        for name, reader in readers(cls).items():
            if name in given:
                where = f"{at}, option {wolfram_name(name)!r} ({name})"
                values[name], found = reader(given[name], where)
                faults += found
        return values, faults

    def __repr__(self) -> str:
        changed = [
            f"{setting.name}={value!r}"
            for setting in fields(self)
            if (value := getattr(self, setting.name)) != setting.default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def options(self) -> dict[str, Any]:
        """Every option by its Wolfram name with its value, all defaults filled in.

        A rule list comes as [(part, number), ...]. `as_method((method.name, method.options()))`
        is the same method, with its learning rate written out.
        """
        found: dict[str, Any] = {}
        for setting in fields(self):
            value = getattr(self, setting.name)
            found[wolfram_name(setting.name)] = list(value) if isinstance(value, tuple) else value
        found["LearningRate"] = self.rate()
        found["LearningRateSchedule"] = as_options(self.learning_rate_schedule)
        return found

    def rate(self, learning_rate: object = AUTOMATIC) -> float:
        """The learning rate before multiplier and schedule.

        A learning rate given to net_train wins over the method's own, which wins over the
        default of the method. Anything but a finite number > 0 or AUTOMATIC raises `OptionError`.
        """
        if learning_rate is AUTOMATIC:
            own = self.learning_rate
            return own if isinstance(own, float) else self.default_learning_rate
        value = as_number(learning_rate, POSITIVE)
        if value is None:
            fault = Fault(
                "this is no learning rate",
                at="learning_rate",
                given=brief(learning_rate),
                expected=f"{POSITIVE}, or AUTOMATIC",
                fix="a negative step or none at all is the work of learning_rate_multipliers",
            )
            raise fail(OptionError, fault)
        return value

    def factor(self, t: int, total: int) -> float:
        """The schedule's factor for update t = 1, 2, ... out of `total`."""
        return factor(self.learning_rate_schedule, t, total, self.rate())

    @property
    def looks_at_total(self) -> bool:
        """Whether the learning rate goes by how many updates there will be."""
        return looks_at_total(self.learning_rate_schedule)

    @property
    @abstractmethod
    def state_names(self) -> tuple[str, ...]:
        """What is kept for each number that is trained, by name, in the order of the kernel."""

    @property
    def state_arrays(self) -> int:
        """How many numbers are kept for each number that is trained."""
        return len(self.state_names)

    @property
    @abstractmethod
    def kernel(self) -> Kernel:
        """The flat kernel of one step; see wlnet/kernels/updates/flat_updates.py."""

    @property
    @abstractmethod
    def kernel_settings(self) -> tuple[float, ...]:
        """What the kernel is told of the settings, up to four numbers."""

    def corrections(self, updates: NDArray[np.int64]) -> NDArray[np.float64]:
        """What step sizes are multiplied by at the updates t = 1, 2, ... of an array."""
        return np.ones(len(updates))

    def fields(
        self,
        l2: float = 0.0,
        gradient_clip: float | None = None,
        weight_clip: float | None = None,
    ) -> dict[str, Any]:
        """The numbers in the record of the flat kernel."""
        settings = (*self.kernel_settings, 0.0, 0.0, 0.0, 0.0)
        return {
            "l2": float(l2),
            "gradient_clip": math.inf if gradient_clip is None else float(gradient_clip),
            "weight_clip": math.inf if weight_clip is None else float(weight_clip),
            **{f"setting{i}": float(settings[i]) for i in range(4)},
        }

    def start(self, size: int, dtype: DTypeLike = np.float32) -> State:
        """The state before the first update of an array of `size` numbers: zeros, of its type."""
        return tuple(np.zeros(size, dtype) for _ in range(self.state_arrays))

    def step(
        self,
        values: Flat,
        gradients: Flat,
        state: State,
        t: int,
        rate: float,
        l2: float = 0.0,
        gradient_clip: float | None = None,
        weight_clip: float | None = None,
        weight_decay: float = 0.0,
    ) -> None:
        """One update, in place on values and state; the gradients stay as they are.

        All arrays are one-dimensional, of one size and one type (float32, float64); otherwise
        `ShapeError`. t = 1, 2, ... counts the updates of this array; rate is multiplier x learning
        rate x schedule, of either sign; a clip is a number > 0 or None. weight_decay: the
        array first loses rate x weight_decay of itself.
        """
        for array in (gradients, *state):
            # The kernel does not look: it would write past the end of a shorter array.
            if array.shape != values.shape or array.dtype != values.dtype or array.ndim != 1:
                raise fail(ShapeError, self._mismatch(values, gradients, state))
        if len(state) != self.state_arrays:
            raise fail(ShapeError, self._mismatch(values, gradients, state))
        from wlnet.engine.team import call_alone
        from wlnet.kernels.updates.flat_updates import flat_fields

        call_alone(
            self.kernel,
            "Real32" if values.itemsize == 4 else "Real64",
            **flat_fields(
                state,
                count=values.size,
                values=values,
                gradients=np.ascontiguousarray(gradients),
                rates=np.array([rate * self.corrections(np.array([t]))[0]]),
                decays=np.array([rate * weight_decay]) if weight_decay else 0,
                status=np.zeros(1, np.int64),
                **self.fields(l2, gradient_clip, weight_clip),
            ),
        )

    def _mismatch(self, values: Flat, gradients: Flat, state: State) -> Fault:
        arrays = ", ".join(f"{array.dtype} {array.shape}" for array in (values, gradients, *state))
        return Fault(
            f"the arrays of a step of {self.name} do not belong together",
            given=arrays,
            expected=f"values, gradients and {self.state_arrays} more, flat, of one size and type",
            fix=f"state = method.start({values.size}, {values.dtype.name!r})",
        )
