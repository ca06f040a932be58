"""What a layer tells of its wires: its ports and arrays, by its declaration."""

from __future__ import annotations

import textwrap
from contextlib import suppress
from functools import partial

from wlnet.core.errors import Fault, ShapeError, fail
from wlnet.core.gathered import Gathered
from wlnet.core.parts import Path
from wlnet.core.shapes import Mismatch, Sizes, is_known, shape_text
from wlnet.layers.declaring.layer import Layer
from wlnet.nets.wires import WHAT, Cell, Wire, agree, anywhere, title


class LayerCell(Cell):
    """A layer ties its ports and arrays by its declaration."""

    def __init__(
        self, layer: Layer, path: Path, wires: dict[str, Wire], arrays: dict[str, Wire]
    ) -> None:
        super().__init__([*wires.values(), *arrays.values()])
        self.layer, self.title, self.wires, self.arrays = layer, title(path, layer), wires, arrays
        either = [name for name in wires if layer.port_element(name) == "Either"]
        self.given = [wires[name] for name in either if name not in layer.output_names]
        self.made = [wires[name] for name in either if name in layer.output_names]
        """What comes and what goes, where the layer moves whatever comes."""
        outputs = map(layer.port_field, layer.output_names)
        self.makes_indices = any(field.below is not None for field in outputs)

    def declare(self, gathered: Gathered) -> None:
        """Say what kind of numbers flows through the ports of the layer."""
        for name, wire in self.wires.items():
            element = self.layer.port_element(name)
            if element != "Either":
                gathered.attempt(partial(wire.carry, element, f"{self.title} {name}"))

    def update(self, settle: bool = False) -> None:
        """Ask the layer what follows from what is known."""
        agree([*self.given, *self.made])
        sent = [wire.sent for wire in self.given if wire.sent is not None]
        for wire in self.made:
            wire.sent = wire.sent or (max(sent) if len(sent) == len(self.given) > 0 else None)
        ports = {name: wire.shape for name, wire in self.wires.items()}
        arrays = {name: wire.shape for name, wire in self.arrays.items()}
        try:
            flows = {name: wire.sent for name, wire in self.wires.items()}
            new_ports, new_arrays = self.layer.infer(ports, arrays, settle=settle, sent=flows)
            for name, shape in new_ports.items():
                self.wires[name].refine(shape, f"{self.title} {name}")
            for name, shape in new_arrays.items():
                self.arrays[name].refine(shape, f"{self.title} {name}")
            if self.makes_indices:
                for name, made in self.layer.largest_made(self._sizes()).items():
                    self.wires[name].sent = made
        except Mismatch as error:
            conflict = self._conflict(error)
            self._tell_outputs()
            raise conflict from None

    def _tell_outputs(self) -> None:
        """What the parameters alone say of the outputs holds whatever else is wrong: so what comes
        after this layer is looked at too."""
        with suppress(Mismatch):
            alone, _ = self.layer.infer(dict.fromkeys(self.wires), dict.fromkeys(self.arrays))
            for name in self.layer.output_names:
                self.wires[name].refine(alone[name], f"{self.title} {name}")

    def _conflict(self, error: Mismatch) -> ShapeError:
        words = []
        advice = [wire.advice for wire in self.wires.values() if wire.advice]
        for name, wire in [*self.wires.items(), *self.arrays.items()]:
            if wire.shape is not None:
                here = wire.source in ("", f"{self.title} {name}")
                words.append(
                    f"{name} {shape_text(wire.shape)}{'' if here else f' from {wire.source}'}"
                )
        given = self.layer.parameters.items()
        words.append(", ".join(f"{name}={_words(value)}" for name, value in given))
        text = "; ".join(word for word in words if word)
        expected = f"shapes that agree, but {error}"
        fault = Fault(WHAT, self.title, text, expected, fix=advice[0] if advice else None)
        return fail(ShapeError, fault)

    def _sizes(self) -> Sizes:
        ports = {name: wire.shape for name, wire in self.wires.items()}
        return self.layer.sizes(ports, {name: wire.shape for name, wire in self.arrays.items()})

    def limit_indices(self) -> None:
        """Note on the wires of indices how large an index may be. Raises ShapeError where larger
        ones are made."""
        limits = {name: self.layer.largest_index(name) for name in self.wires}
        if not any(limits.values()):
            return
        sizes = self._sizes()
        for name, limit in limits.items():
            if limit is None:
                continue
            run = sizes.run(limit) if limit.startswith("*") else (sizes[limit],)
            if is_known(run):
                self.wires[name].limit(run if limit.startswith("*") else run[0])
                self._check_made(name, max(run))

    def _check_made(self, name: str, most: int) -> None:
        sent = self.wires[name].sent
        if sent is not None and sent.most > most:
            what = "indices that are larger than what they are looked up in"
            given, expected = f"1 to {sent.most}", f"1 to {most}"
            raise fail(ShapeError, Fault(what, f"{self.title} {name}", given, expected))

    def pass_limits(self) -> bool:
        news = [
            wire.limit(made.below if self._in_columns(wire, made) else anywhere(made.below))
            for made in self.made
            for wire in self.given
        ]
        return any(news)

    def _in_columns(self, wire: Wire, made: Wire) -> bool:
        """Whether what is moved stays where it stands in the last level. It may come to stand
        elsewhere: then a coordinate is one for another level of an array."""
        if not wire.shape or not made.shape or wire.shape[-1] != made.shape[-1]:
            return False
        rank = max(len(each.shape or ()) for each in self.given)
        return made.shape[-1] is not None and self.layer.keeps_columns(rank)


def _words(value: object) -> str:
    """A parameter in an error: a formula as it is read, not as it is written in Python."""
    return textwrap.shorten(str(value), 200) if hasattr(value, "to_record") else repr(value)
