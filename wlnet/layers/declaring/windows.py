"""Windows that move over the space of an array: what convolution and pooling have in common; and
sizes of images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.shapes import Mismatch, Pattern, Size, Sizes, merge_size, shape_text
from wlnet.core.symbols import AUTOMATIC
from wlnet.layers.declaring.fields import integer, positive

T = TypeVar("T")
Pads = tuple[int, int]
Padding = int | str | tuple[int | Pads, ...]


def padding(value: object) -> Padding:
    """A number for all sides, a tuple with a number or (before, after) a direction, or "Same"."""
    if isinstance(value, str):
        if value != "Same":
            raise ValueError('"Same" or numbers')
        return value
    if not isinstance(value, (tuple, list)):
        return _pad(value)
    pads: list[int | Pads] = []
    for side in value:
        if isinstance(side, (tuple, list)):
            if len(side) != 2:
                raise ValueError("a pair (before, after) in each direction")
            pads.append((_pad(side[0]), _pad(side[1])))
        else:
            pads.append(_pad(side))
    if not pads:
        raise ValueError("a padding in each direction")
    return tuple(pads)


def _pad(value: object) -> int:
    number = integer(value)
    if number < 0:
        raise ValueError("a number of at least 0")
    return number


def height_and_width(value: object) -> tuple[int, int]:
    """A pair of sizes."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError("a height and a width, such as (28, 28)")
    height, width = map(positive, value)
    return height, width


def each(value: int | tuple[T, ...], rank: int, what: str) -> tuple[T | int, ...]:
    """One value a direction. Raises Mismatch when there are more or fewer of them."""
    if not isinstance(value, tuple):
        return (value,) * rank
    if len(value) != rank:
        raise Mismatch(f"{what} {value} is for {len(value)} directions, and there are {rank}")
    return value


@dataclass(frozen=True)
class Window:
    """How a window moves along one direction.

    kernel: its size, None while unknown. padding: None is "Same".
    """

    kernel: Size
    stride: int
    padding: Pads | None
    dilation: int = 1

    @property
    def extent(self) -> int:
        """From the first to the last element under the window."""
        assert self.kernel is not None
        return self.dilation * (self.kernel - 1) + 1

    def pads(self, size: int) -> Pads:
        """Zeros before and after: "Same" gives ceil(size / stride) places, an odd zero is after."""
        if self.padding is not None:
            return self.padding
        places = -(-size // self.stride)
        total = max((places - 1) * self.stride + self.extent - size, 0)
        return total // 2, total - total // 2

    def places(self, size: int) -> int:
        """How many places the window takes in a space of this size. Raises Mismatch."""
        before, after = self.pads(size)
        if self.extent > size + before + after:
            spread = f" (spread over {self.extent})" if self.dilation > 1 else ""
            padded = f" padded to {size + before + after}" if before + after else ""
            raise Mismatch(f"a window of {self.kernel}{spread} does not fit into {size}{padded}")
        return (size + before + after - self.extent) // self.stride + 1

    def size(self, places: int) -> Size:
        """The size of the space when it can be told: only for windows that move by 1."""
        if self.stride > 1:
            return None
        if self.padding is None:
            return places
        size = places + self.extent - 1 - sum(self.padding)
        if size < 1:
            raise Mismatch(
                f"a window of {self.kernel} with padding {self.padding} takes more than "
                f"{places} places"
            )
        return size


def windows(
    kernel: tuple[Size, ...],
    stride: int | tuple[int, ...],
    padding: Padding,
    dilation: int | tuple[int, ...] = 1,
) -> list[Window]:
    """One window a direction. Raises Mismatch where the directions do not agree."""
    rank = len(kernel)
    # A string is "Same".
    same = (None,) * rank
    pads = same if isinstance(padding, str) else each(padding, rank, "PaddingSize")
    return [
        Window(k, s, (p, p) if isinstance(p, int) else p, d)
        for k, s, p, d in zip(
            kernel,
            each(stride, rank, "Stride"),
            pads,
            each(dilation, rank, "Dilation"),
            strict=True,
        )
    ]


def split_channels(sizes: Sizes, run: str, channels: str, space: str, interleaving: bool) -> None:
    """Tie the run of all sizes to its channels and its space, both ways."""
    pattern: Pattern = (space, channels) if interleaving else (channels, space)
    sizes.match(pattern, sizes.run(run))
    sizes.set(run, sizes.build(pattern))


def check_groups(kind: str, channels: Any, groups: int) -> None:
    """Raise OptionError for output channels, where they are known, that no groups can divide."""
    if channels is not AUTOMATIC and channels % groups:
        raise fail(OptionError, Fault(
            "output channels that cannot be divided into groups", at=kind,
            given=f"OutputChannels {channels}, ChannelGroups {groups}",
            expected=f"a multiple of {groups}",
        ))  # fmt: skip


def relate_groups(sizes: Sizes, groups: int, divided: str) -> None:
    """Tie the channels of a group to those of the side, "in" or "out", that weights have by groups,
    both ways."""
    for name, size in (("input", sizes["in"]), ("output", sizes["out"])):
        if size is not None and size % groups:
            raise Mismatch(f"{size} {name} channels cannot be divided into {groups} groups")
    channels = sizes[divided]
    if channels is not None:
        sizes.set("group", channels // groups)
    if sizes["group"] is not None:
        sizes.set(divided, sizes["group"] * groups)


def check_rank(kind: str, dimensionality: Any, options: Mapping[str, object]) -> None:
    """Raise OptionError where the number of directions, as it is told, is not that of an option."""
    if dimensionality is AUTOMATIC:
        return
    ranks = {len(value) for value in options.values() if isinstance(value, tuple)}
    if dimensionality > 3 or ranks - {dimensionality}:
        told = ", ".join(f"{n} {brief(v)}" for n, v in options.items() if isinstance(v, tuple))
        raise fail(OptionError, Fault(
            "a window that cannot be", at=kind,
            given=f"Dimensionality {dimensionality}{told and ', '}{told}",
            expected="1, 2 or 3 directions, the same everywhere",
        ))  # fmt: skip


def relate_rank(
    sizes: Sizes, kernel_size: object, options: Iterable[object], spaces: Sequence[str]
) -> None:
    """Tell in how many directions a kernel has sizes: as many as it is given, or one of the options
    has, or a space."""
    if isinstance(kernel_size, tuple):
        sizes.set("*kernel", kernel_size)
    for value in (*options, *map(sizes.run, spaces)):
        if isinstance(value, tuple) and sizes.run("*kernel") is None:
            sizes.set("*kernel", (None,) * len(value))
    kernel = sizes.run("*kernel")
    if kernel is not None and isinstance(kernel_size, int):
        sizes.set("*kernel", (kernel_size,) * len(kernel))


def relate_space(
    sizes: Sizes,
    before: str,
    after: str,
    directions: list[Window],
    forth: Callable[[Window, int], int] = Window.places,
    back: Callable[[Window, int], Size] = Window.size,
) -> None:
    """Tie the space before and after windows have moved over it, both ways.

    forth, back: the size after from that before, and the other way, as far as it can be told.
    """
    rank = len(directions)
    if not 1 <= rank <= 3:
        raise Mismatch(f"windows move in 1, 2 or 3 directions, not {rank}")
    for run in (before, after):
        known = sizes.run(run)
        if known is not None and len(known) != rank:
            raise Mismatch(f"windows in {rank} directions do not fit {shape_text(known)}")
        sizes.set(run, (None,) * rank)
    ends, starts = sizes.run(after), sizes.run(before)
    assert ends is not None
    assert starts is not None
    found = []
    for i, window in enumerate(directions):
        if window.kernel is None:
            found.append((starts[i], ends[i]))
            continue
        size, places = starts[i], ends[i]
        if size is None and places is not None:
            size = back(window, places)
        if size is not None:
            places = merge_size(forth(window, size), places)
        found.append((size, places))
    sizes.set(before, tuple(size for size, _ in found))
    sizes.set(after, tuple(places for _, places in found))


class Move(TypedDict):
    """How windows move, as the primitives take it: a number and a padding a direction."""

    stride: tuple[int, ...]
    padding: tuple[Pads, ...]


def moved(directions: list[Window], space: tuple[int, ...]) -> Move:
    """Stride and padding as the primitives take them.

    A window that moves by more than there is takes one place: what a step of it costs follows from
    the space, not from the stride.
    """
    pads = tuple(w.pads(size) for w, size in zip(directions, space, strict=True))
    whole = [size + sum(pad) for size, pad in zip(space, pads, strict=True)]
    return {
        "stride": tuple(min(w.stride, size) for w, size in zip(directions, whole, strict=True)),
        "padding": pads,
    }
