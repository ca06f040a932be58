"""Tables: columns of a frame or a file, with the encoders that bring them into a net."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.errors import (
    Fault,
    OptionError,
    brief,
    fail,
)
from wlnet.core.gathered import Gathered
from wlnet.core.held_out import divided
from wlnet.core.net import Net
from wlnet.core.scalars import as_real
from wlnet.core.scaled import Scaled
from wlnet.core.streams import as_seed
from wlnet.data.columns import Array
from wlnet.data.features import Feature, decoder_of, encoder_of
from wlnet.data.front import columns_net, joined
from wlnet.nets.inference import inferred_port
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.shorthand import as_net


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of a table, and what brings them into a net: `table` makes it.

    encoders: by column, in the order of the ports of the net. decoders: by target. missing,
    embeddings: as they were asked for.
    """

    at: str
    features: Mapping[str, Feature]
    targets: Mapping[str, Feature]
    encoders: Mapping[str, Any]
    decoders: Mapping[str, Any]
    embeddings: Mapping[str, int]
    missing: Mapping[str, str]

    @property
    def data(self) -> dict[str, Array]:
        """All columns by name, targets too: what net_train, net_measurements and a
        validation_set take."""
        return {**self.inputs, **self.outputs}

    @property
    def inputs(self) -> dict[str, Array]:
        """The columns without the targets: what the net is called with."""
        return {name: each.values for name, each in self.features.items()}

    @property
    def outputs(self) -> dict[str, Array]:
        """The targets."""
        return {name: each.values for name, each in self.targets.items()}

    @property
    def front(self) -> NetGraph:
        """The net from the columns to one vector."""
        return columns_net(self.encoders, self.embeddings)

    def net(self, net: object) -> NetGraph:
        """A net, or layers of a chain, with the columns in front and the targets behind.

        Its ports are called like the columns. It takes raw rows by these names, in any order, and
        answers with labels, or with numbers in the unit of the target. In it the front is
        `"columns"`, and what was given is `"net"`. What ends in `LinearLayer()` or `SoftmaxLayer()`
        has as many outputs as the target needs. Raises OptionError for what is no net, ShapeError
        for one that does not fit.

        >>> from wlnet.data import table
        >>> from wlnet import LinearLayer
        >>> people = table({"age": [30, 41, 52], "pay": [2.5, 3.1, 4.0]}, "pay")
        >>> people.net([4, "Ramp", LinearLayer()]).port_names
        ('age', 'pay')
        """
        made = net if isinstance(net, Net) else as_net(net, "net")
        return joined(self.front, made, self._decoders_for(made))

    def _decoders_for(self, net: Net) -> dict[str, Any]:
        """The decoders of the targets; truth values are one number where the net has one output
        for them."""
        from wlnet.coders import NetDecoder

        found = dict(self.decoders)
        for name, target in self.targets.items():
            port = net.output_names[0] if len(net.output_names) == 1 else name
            is_one = port in net.output_names and inferred_port(net, port).shape == ()
            if target.type == "Boolean" and is_one:
                found[name] = NetDecoder("Boolean")
        return found

    def split(self, share: object, random_seeding: Any = 1234) -> tuple[Table, Table]:
        """Two tables: rows to train on, and a share of the rows to judge by.

        Means and deviations are those of the first alone, and both have them. Which rows are held
        out is what `validation_set=Scaled(share)` would say: each class of the targets gives its
        share. Raises DataError where one of them would have no rows.

        >>> from wlnet.data import table
        >>> train, test = table({"x": range(10), "y": [0.5] * 5 + [1.5] * 5}, "y").split(0.2)
        >>> len(train), len(test), train.encoders == test.encoders
        (8, 2, True)
        """
        part = as_real(share.factor if isinstance(share, Scaled) else share)
        if part is None or not 0 < part < 1:
            expected = "a share of the rows, between 0 and 1"
            raise fail(OptionError, Fault("no such share", "split", brief(share), expected))
        classes = [
            _places(each.labels, each.values)
            for each in self.targets.values()
            if each.labels is not None
        ]
        stay, held = divided(len(self), part, as_seed(random_seeding), classes, "split")
        first = self._of(stay)
        gathered = Gathered()
        encoders = {
            name: gathered.attempt(partial(self._again, each, first.at))
            for name, each in first.features.items()
        }
        decoders = {
            name: decoder_of(each, f"{first.at}, column {name}")
            for name, each in first.targets.items()
        }
        gathered.tell()
        first = replace(first, encoders=encoders, decoders=decoders)
        return first, replace(self._of(held), encoders=encoders, decoders=decoders)

    def _again(self, it: Feature, at: str) -> Any:
        """The encoder of some rows of a column: as wide as that of all of them."""
        before = self.encoders[it.name]
        if it.labels is not None:
            return before
        return encoder_of(it, False, before.missing, f"{at}, column {it.name}")

    def _of(self, rows: Array) -> Table:
        return replace(
            self,
            features={name: each.of(rows) for name, each in self.features.items()},
            targets={name: each.of(rows) for name, each in self.targets.items()},
        )

    def __len__(self) -> int:
        """How many rows there are."""
        return len(next(iter((*self.features.values(), *self.targets.values()))).values)

    def __repr__(self) -> str:
        lines = [f"a table of {len(self):,} rows"]
        width = max(len(name) for name in self.data)
        for name, each in (*self.features.items(), *self.targets.items()):
            coder = self.decoders[name] if name in self.targets else self.encoders[name]
            gaps = int(each.absent.sum())
            words = [each.type, *([f"{gaps:,} missing"] if gaps else [])]
            if each.labels is None:
                words += [f"mean {coder.mean:.5g}", f"deviation {coder.deviation:.5g}"]
            else:
                words.append(f"{len(each.labels):,} labels {brief(list(each.labels), 60)}")
            words += [f"vectors of {self.embeddings[name]}"] if name in self.embeddings else []
            words += ["target"] if name in self.targets else []
            lines.append(f"  {name:{width}}  {', '.join(words)}")
        return "\n".join(lines)


def _places(labels: Sequence[Any], values: Array) -> Array:
    """The place of each value among labels; of those that are not there, the one behind them."""
    places = {label: place for place, label in enumerate(labels)}
    return np.array([places.get(value, len(places)) for value in values.tolist()])
