"""What every coder is: a frozen value with a kind, parameters, an array shape and a record.

`NetEncoder` and `NetDecoder` are the two doors: called with the name of a kind they return a
value of the class that the table in `wlnet/coders/__init__.py` names.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

from wlnet.coders.parameters import identity, is_same, shown, unchanged
from wlnet.core.catalogue import SOON_DECODERS, SOON_ENCODERS, not_there_yet
from wlnet.core.errors import (
    Fault,
    OptionError,
    PartError,
    ShapeError,
    WlnetError,
    brief,
    fail,
)
from wlnet.core.names import field_name, wolfram_name
from wlnet.core.ports import Flow
from wlnet.core.shapes import Partial, Shape, fits, shape_text
from wlnet.core.spelling import suggestion

Value = TypeVar("Value")


class KindTable(type):
    """The metaclass of coders. It lets a door (`NetEncoder`) return a value of the kind given.

    The class of a kind is called as any class is, once its arguments are checked.
    """

    kinds: dict[str, type]
    """The classes by their kind. Only a door has this table."""

    def __call__(cls, *arguments: Any, **options: object) -> Any:
        if "kinds" not in cls.__dict__:
            _check_call(cls, arguments, options)
            return super().__call__(*arguments, **options)
        door, kinds = cls.__name__, cls.kinds
        kind = arguments[0] if arguments else None
        if isinstance(kind, Coder) and kind.door == door:
            raise _there_already(kind, list(kinds))
        if isinstance(kind, Coder):
            other = kind.converse(kinds.get(kind.kind))
            return other._with(**_no_more(other, arguments[1:], options))
        if not isinstance(kind, str) or kind not in kinds:
            given = brief(kind) if arguments else "nothing"
            soon = SOON_ENCODERS if door == "NetEncoder" else SOON_DECODERS
            fix = suggestion(kind, kinds) if isinstance(kind, str) else None
            if isinstance(kind, str) and kind in soon:
                fix = not_there_yet(kind, soon)
            raise fail(
                OptionError,
                Fault(
                    f"{door} does not know this kind of coder",
                    at=door,
                    given=given,
                    known=list(kinds),
                    fix=fix or f"write the kind first: {door}({next(iter(kinds), '')!r}, ...)",
                ),
            )
        return kinds[kind](*arguments[1:], **options)


def _there_already(given: Coder, known: list[str]) -> WlnetError:
    """The error about a coder that its own door was called with."""
    what, fix = f"the {given.title} is there already", "it is given to a port as it is"
    return fail(OptionError, Fault(what, given.door, brief(given), known=known, fix=fix))


class Coder(metaclass=KindTable):
    """The part that encoders and decoders share. Parameters are the dataclass fields of a kind."""

    door: ClassVar[str]
    """The name of the door that makes it, "NetEncoder" or "NetDecoder"."""
    kind: ClassVar[str]
    """What the door is called with, such as "Class"."""

    @property
    def shape(self) -> Partial:
        """Array shape of one example: None for an unknown size, `()` for a scalar."""
        raise NotImplementedError

    @property
    def advice(self) -> str | None:
        """What helps where a net has arrays of another shape."""
        return None

    @property
    def element(self) -> Flow:
        """What the array holds: "Real" numbers, or an "Integer" that counts from 1."""
        return "Real"

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters by their Wolfram names, in declared order."""
        return {wolfram_name(name): getattr(self, name) for name in parameter_fields(type(self))}

    def replace(self, name: str, value: object) -> Self:
        """A new coder in which one parameter, given by its Wolfram name, has another value.

        Raises PartError for a name that is no parameter, OptionError for an impossible value.
        """
        known = list(self.parameters)
        if name not in known:
            raise fail(
                PartError,
                Fault(
                    f"the {self.title} has no such parameter",
                    at=self.title,
                    given=brief(name),
                    known=known,
                    fix=suggestion(name, known) if isinstance(name, str) else None,
                ),
            )
        return self._with(**{field_name(name): value})

    def fitted(self, shape: Shape) -> Self:
        """The coder for a port of this shape (None: a size still unknown), with the parameters that
        follow from it. ShapeError if it does not fit."""
        self._require(shape, fits(self.shape, shape))
        return self

    def over(self, levels: int) -> Self:
        """The coder of sequences, so many levels of them, of what this one is for. OptionError
        for one that knows no sequences."""
        raise fail(
            OptionError,
            Fault(
                f"the {self.title} is for single things, and knows no sequences of them",
                at=repr(self),
                given=f"a port with {levels} level{'' if levels == 1 else 's'} more",
                fix="encode the data yourself, and give the port a shape",
            ),
        )

    def converse(self, kind: Callable[..., Coder] | None) -> Coder:
        """The coder of the other door that turns back what this one does: of a kind there, with the
        parameters that both have. OptionError for one that cannot be turned back."""
        if kind is None:
            raise self._without_converse("no coder turns back what it does")
        names = set(parameter_fields(type(self)))
        shared = [name for name in parameter_fields(kind) if name in names]  # type: ignore[arg-type]
        return kind(**{name: getattr(self, name) for name in shared})

    def _without_converse(self, reason: str) -> WlnetError:
        """The error about a converse that there is not."""
        fix = "a coder of another kind, or a port without one"
        return fail(
            OptionError,
            Fault(f"the {self.title} has no converse: {reason}", at=repr(self), fix=fix),
        )

    @property
    def title(self) -> str:
        """How messages call this coder: `"Class" encoder`."""
        return f'"{self.kind}" {self.door.removeprefix("Net").lower()}'

    def _with(self, **changes: Any) -> Self:
        values = {name: getattr(self, name) for name in parameter_fields(type(self))}
        return type(self)(**{**values, **changes})

    def _set(self, **values: Any) -> None:
        """Store checked values; for `__post_init__` only, before anybody has seen the coder."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _require(self, shape: Shape, good: bool) -> None:
        if not good:
            raise fail(
                ShapeError,
                Fault(
                    f"the {self.title} does not fit the port",
                    at=repr(self),
                    given=f"a port of shape {shape_text(shape)}",
                    expected=f"shape {shape_text(self.shape)}",
                    fix="change the port, or give the coder other parameters",
                ),
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Coder):
            return NotImplemented
        return type(self) is type(other) and identity(self.parameters) == identity(other.parameters)

    def __hash__(self) -> int:
        return hash((type(self), identity(self.parameters)))

    def __repr__(self) -> str:
        words = [repr(self.kind)]
        # What follows a default that is left out can no longer be given by position.
        skipped = False
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            value = getattr(self, item.name)
            if item.default is not dataclasses.MISSING and is_same(value, item.default):
                skipped = True
                continue
            text = shown(item.metadata.get("show", unchanged)(value))
            words.append(f"{item.name}={text}" if item.kw_only or skipped else text)
        return f"{self.door}({', '.join(words)})"


@dataclass_transform(frozen_default=True)
def coder(kind: type[Value]) -> type[Value]:
    """Class decorator of a kind: a frozen dataclass with the equality and repr of `Coder`."""
    return dataclasses.dataclass(frozen=True, eq=False, repr=False)(kind)


def parameter_fields(kind: type) -> list[str]:
    """The snake_case names of the parameters of a kind, in declared order."""
    return [item.name for item in dataclasses.fields(kind)]


def later_fields(kind: type) -> dict[str, object]:
    """The names of the parameters that came after the kind, and their defaults: records have them
    where they are others."""
    return {
        item.name: item.default for item in dataclasses.fields(kind) if "later" in item.metadata
    }


def _no_more(
    made: Coder, arguments: tuple[Any, ...], options: dict[str, object]
) -> dict[str, object]:
    """The options that a coder made from one of the other door is given too."""
    known = parameter_fields(type(made))
    faults = [Fault("a coder is made from one other", at=made.title, given=brief(arguments[0]))
              for _ in arguments[:1]]  # fmt: skip
    faults += [
        Fault(f"unknown option {brief(name)}", made.title, known=known, fix=suggestion(name, known))
        for name in options
        if name not in known
    ]
    if faults:
        raise fail(OptionError, faults)
    return options


def _check_call(kind: type, arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    """Raise one OptionError for all arguments that a kind cannot take or lacks."""
    build: Callable[..., None] = kind.__init__  # type: ignore[misc]
    signature = inspect.signature(build)
    declared = list(signature.parameters.values())[1:]
    title = f'{kind.door}("{kind.kind}", ...)'  # type: ignore[attr-defined]
    names = [item.name for item in declared]
    positional = [item.name for item in declared if item.kind is item.POSITIONAL_OR_KEYWORD]
    faults = [
        Fault(
            f"unknown option {brief(name)}",
            at=title,
            known=names,
            fix=suggestion(field_name(name), names),
        )
        for name in options
        if name not in names
    ]
    if len(arguments) > len(positional):
        faults.append(
            Fault(
                "too many arguments",
                at=title,
                given=f"{len(arguments)} after the kind",
                expected=f"at most {len(positional)}: {', '.join(positional) or 'none'}",
                fix="give the others by name" if len(names) > len(positional) else None,
            )
        )
    faults += [
        Fault(f"{name} is given twice", at=title, given=f"by position, and {name}=")
        for name in positional[: len(arguments)]
        if name in options
    ]
    filled = {*positional[: len(arguments)], *options}
    faults += [
        Fault(f"{item.name} is missing", at=title, expected=f"{item.name} after the kind")
        for item in declared
        if item.default is item.empty and item.name not in filled
    ]
    if faults:
        raise fail(OptionError, faults)
