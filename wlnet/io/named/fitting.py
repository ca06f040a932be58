"""Whether the entries of a file are the arrays of a layer, by their shapes; and these arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault
from wlnet.core.parts import path_text
from wlnet.core.shapes import fits, is_known, shape_text
from wlnet.io.named.layouts import (
    ANY_NAME,
    KERAS_CLASSES,
    ONE_OF_TWO,
    RECURRENT,
    SCALED_ALONE,
    Piece,
    Pieces,
    kernel_of_each_channel,
    pieces_of,
)
from wlnet.io.named.pictures import MIXED, OPEN, Run
from wlnet.io.named.sources import Entry
from wlnet.io.named.units import FileUnit, NetUnit

_ROWS = {"input": 0, "state": 1}
IN_DOUBT = (
    "nothing tells the order in which a row has the numbers of an array (Keras: channels last)"
)
CHANNELS_LAST = frozenset({"Keras"})
"""Layouts in which channels stand last."""


@dataclass(frozen=True)
class Fitted:
    """An array of a net, and the entries that hold it."""

    unit: NetUnit
    array: str
    piece: Piece
    entries: tuple[tuple[Entry, int | None], ...]
    """With the row of the entry, where it has the arrays of several."""
    empty: tuple[Entry, int | None] | None
    turns_picture: bool
    channels_last: bool
    """In the file."""

    @property
    def names(self) -> list[str]:
        return [entry.name for entry, _ in self.entries]

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The shape that the entries give; None where they give none, or different ones."""
        shapes = {self.piece.shape(_row_shape(*held)) for held in self.entries}
        return shapes.pop() if len(shapes) == 1 else None

    @property
    def words(self) -> str:
        return self.piece.words + (", places and channels exchanged" if self.turns_picture else "")

    @property
    def in_doubt(self) -> list[Run]:
        """What was put in a row, or is made of one, in an order that nothing tells."""
        picture, raised = self.unit.picture, self.unit.raised
        found = picture.doubts(self.channels_last) if picture and _goes_by_input(self) else []
        return [*found, Run(raised, MIXED)] if raised and self.channels_last else found

    def is_fitting(self) -> bool:
        """Whether the shape is that of the array, as far as this is known."""
        shape, wanted = self.shape, self.unit.shapes[self.array]
        if shape is None:
            return False
        if self.piece.squeezes:
            wanted = None if wanted is None else tuple(size for size in wanted if size != 1)
        return fits(shape, wanted)

    def made(self, numbers: Mapping[str, Array]) -> Array:
        """The array of the net."""
        parts = [self.piece.taken(_row(numbers[entry.name], row)) for entry, row in self.entries]
        array = parts[0] if len(parts) == 1 else np.sum(parts, axis=0, dtype=parts[0].dtype)
        if self.turns_picture:
            assert self.unit.picture is not None
            array = self.unit.picture.turned(array, self.channels_last)
        wanted = self.unit.shapes[self.array]
        if self.piece.squeezes and is_known(wanted):
            array = array.reshape(wanted)
        return np.asarray(array, order="C")

    def put(self, array: Array, entries: Mapping[str, Array]) -> None:
        """Write the array of the net into entries of a file: of several that are added up, into
        the first, and zeros into the others."""
        if self.turns_picture:
            assert self.unit.picture is not None
            array = self.unit.picture.turned(array, self.channels_last, back=True)
        for number, (entry, row) in enumerate(self.entries):
            place = self.piece.place(_row(entries[entry.name], row))
            place[...] = 0 if number else array.reshape(place.shape)

    def without_a_place(self, numbers: Mapping[str, Array]) -> Fault | None:
        """The fault of numbers for which the layer has no place."""
        if self.empty is None:
            return None
        entry, row = self.empty
        rest = self.piece.taken(_row(numbers[entry.name], row))
        if not rest.any():
            return None
        return Fault(
            f"{entry.name} has numbers for which {self.unit.kind} has no place: biases of the "
            "memory gate that its reset gate acts on",
            at=path_text((*self.unit.path, self.array)),
            given=f"up to {float(abs(rest).max()):.3g}",
            expected="zeros",
            fix="train it with these biases at zero, or write the cell as a NetFoldOperator",
        )


@dataclass(frozen=True)
class Fit:
    """How a layer and entries of a file meet. missing: slots that are not there; rest: entries that
    are not wanted; misshapen: arrays whose shape is another."""

    fitted: tuple[Fitted, ...]
    missing: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    doubt: Fault | None = None

    @property
    def misshapen(self) -> list[Fitted]:
        return [each for each in self.fitted if not each.is_fitting()]

    @property
    def is_whole(self) -> bool:
        return not (self.missing or self.rest or self.misshapen)


def fit(unit: NetUnit, there: FileUnit, layout: str) -> Fit | None:
    """How a layer and a unit of a file meet in a layout; None where it does not know the layer."""
    pieces = pieces_of(layout, unit.kind, list(unit.keys))
    if pieces is None or not _is_of_class(unit, there, layout):
        return None
    best = _fit(unit, there, pieces, layout)
    if unit.kind == "ConvolutionLayer" and layout == "Keras" and not best.is_whole:
        other = _fit(unit, there, kernel_of_each_channel(pieces), layout)
        return other if other.is_whole else best
    return best


def _fit(unit: NetUnit, there: FileUnit, pieces: Pieces, layout: str) -> Fit:
    slots = _slots(unit, there, pieces)
    fitted, missing = [], []
    used: set[str] = set()
    for array, piece in pieces.items():
        if ANY_NAME in slots:
            piece = _alone(piece)
        held = [_held(slots, slot) for slot in piece.slots]
        found = [each for each in held if each is not None]
        empty = _held(slots, piece.empty) if piece.empty else None
        used |= {entry.name for entry, _ in [*found, *([empty] if empty else [])]}
        if len(found) < len(held) or not found:
            if array not in unit.shared:
                missing += [s for s, each in zip(piece.slots, held, strict=True) if each is None]
            continue
        turns, last = _turns(unit, array, layout), layout in CHANNELS_LAST
        fitted.append(Fitted(unit, array, piece, tuple(found), empty, turns, last))
    rest = [entry.name for entry in there.slots.values() if entry.name not in used]
    doubt = _doubt(unit, there) if _is_numbered(there) else None
    return Fit(tuple(fitted), tuple(dict.fromkeys(missing)), tuple(rest), doubt)


def _is_numbered(there: FileUnit) -> bool:
    return all(slot.isdecimal() for slot in there.slots)


def _is_of_class(unit: NetUnit, there: FileUnit, layout: str) -> bool:
    """Whether a unit that is called after a class of Keras is called after that of a layer."""
    if layout != "Keras" or not _is_numbered(there):
        return True
    return KERAS_CLASSES.get(_class_of(there), unit.kind) == unit.kind


def _class_of(there: FileUnit) -> str:
    """What Keras calls the class of a layer, where it has no other name."""
    return re.sub(r"_[0-9]+$", "", there.name.rpartition("/")[2])


def _doubt(unit: NetUnit, there: FileUnit) -> Fault | None:
    if unit.kind not in ONE_OF_TWO or len({"Scaling", "Biases"} & set(unit.keys)) != 1:
        return None
    (array,) = {"Scaling", "Biases"} & set(unit.keys)
    if _class_of(there) in SCALED_ALONE and array == "Scaling":
        return None
    return Fault(
        "nothing in the file tells whether this layer has scaling or biases",
        at=unit.name,
        given=", ".join(entry.name for entry in there.slots.values()),
        fix=f"name its arrays: mapping={{{(*unit.path, array)!r}: "
        f"{there.slots[min(there.slots, key=int)].name!r}, ...}}",
    )


def _slots(unit: NetUnit, there: FileUnit, pieces: Pieces) -> Mapping[str, Entry]:
    """The entries of a unit by slot; by the order of slots where they are numbered."""
    if not _is_numbered(there):
        return there.slots
    names = dict.fromkeys(
        slot.partition(".")[0] for piece in pieces.values() for slot in piece.slots
    )
    entries = [there.slots[slot] for slot in sorted(there.slots, key=int)]
    return dict(zip([*names, *there.slots], entries, strict=False))


def _alone(piece: Piece) -> Piece:
    """Where an array stands that is an entry by itself."""
    return Piece((ANY_NAME,), piece.turn, squeezes=piece.squeezes, joins=piece.joins)


def _held(slots: Mapping[str, Entry], slot: str) -> tuple[Entry, int | None] | None:
    name, _, row = slot.partition(".")
    entry = slots.get(name)
    if entry is None:
        return None
    if not row:
        return entry, None
    return (entry, _ROWS[row]) if len(entry.shape) > 1 and entry.shape[0] == 2 else None


def _row_shape(entry: Entry, row: int | None) -> tuple[int, ...]:
    return entry.shape if row is None else entry.shape[1:]


def _row(array: Array, row: int | None) -> Array:
    return array if row is None else array[row]


def _turns(unit: NetUnit, array: str, layout: str) -> bool:
    if unit.picture is None or layout == "wlnet":
        return False
    if unit.kind == "LinearLayer" and array != "Weights":
        return False
    shape = unit.shapes[array]
    if not shape or shape[-1] != unit.picture.size:
        return False
    return unit.picture.matters(layout in CHANNELS_LAST)


def _goes_by_input(fitted: Fitted) -> bool:
    """Whether an array has a number for each number that comes into its layer."""
    unit, array = fitted.unit, fitted.array
    if unit.kind in ("LinearLayer", *RECURRENT):
        return array.endswith("Weights") and "State" not in array
    shape = unit.shapes[array]
    return shape is None or (len(shape) > 0 and shape[-1] != 1)


def doubt(fitted: Fitted) -> Fault:
    """The fault of an array that goes by an order that nothing tells."""
    runs = fitted.in_doubt
    shapes = ", ".join(shape_text(run.shape) for run in runs)
    part = (*fitted.unit.path, fitted.array)
    if any(run.channels != MIXED and not is_known(run.shape) for run in runs):
        fix = "give the net the shape of its input"
    else:
        fix = (
            f"transform={{{part!r}: lambda w: w}} if the net has it in the order of the file, "
            "else a function that puts its numbers in the order of the net"
        )
        if all(run.channels == OPEN and run.shape and len(run.shape) > 2 for run in runs):
            fix = f"layout='Keras' if it is a picture, with its channels first here; or {fix}"
    return Fault(
        IN_DOUBT,
        at=path_text(part),
        given=f"{', '.join(fitted.names)}, for {shapes} in a row",
        fix=fix,
    )


def misfit(fitted: Fitted) -> Fault:
    """The fault of an array of another shape, with both."""
    wanted, shape = fitted.unit.shapes[fitted.array], fitted.shape
    told = ", ".join(f"{entry.name} {shape_text(entry.shape)}" for entry, _ in fitted.entries)
    transposes = shape is not None and len(shape) > 1 and fits(shape[::-1], wanted)
    return Fault(
        "an array of another shape",
        at=path_text((*fitted.unit.path, fitted.array)),
        given=told + (f", read as {shape_text(shape)}" if _is_turned(fitted) else ""),
        expected=shape_text(wanted),
        fix="transpose? layout= says whose file it is, transform= may turn it"
        if transposes
        else None,
    )


def _is_turned(fitted: Fitted) -> bool:
    entry, _ = fitted.entries[0]
    return fitted.shape is not None and fitted.shape != entry.shape
