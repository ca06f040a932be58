"""What stands for the functions and the data of a call that was read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NoReturn

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.methods.base import Method

LONGEST_NAME = 200
"""Letters of the name of a function."""


@dataclass(frozen=True)
class Unsaved:
    """What an option was given that no file holds, such as a validation set.

    option: its name. name: what it was, in a few words. digest: SHA-256 of the numbers of an array;
    "" of others.
    """

    option: str
    name: str
    digest: str = ""


@dataclass(frozen=True)
class UnsavedFunction(Unsaved):
    """A function that an option was given, by its name. To call it is an OptionError."""

    def __call__(self, first: object = None, second: object = None) -> NoReturn:
        what = "a file holds no functions: this one has to be given again"
        fix = f"{self.option}=..., in the call that goes on"
        raise fail(OptionError, Fault(what, at=self.option, given=self.name, fix=fix))


def name_of(function: object) -> str:
    """The name of a function, for messages and records."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name)[:LONGEST_NAME]


def unsaved_in(value: object) -> list[Unsaved]:
    """All that no file holds in the value of an option."""
    if isinstance(value, Unsaved):
        return [value]
    inside: list[object] = []
    if isinstance(value, Method):
        inside = [getattr(value, each.name) for each in fields(value)]
    elif isinstance(value, Mapping):
        inside = [each for pair in value.items() for each in pair]
    elif isinstance(value, (list, tuple)):
        inside = [*value]
    return [found for each in inside for found in unsaved_in(each)]
