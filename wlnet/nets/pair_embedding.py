"""NetPairEmbeddingOperator."""

from __future__ import annotations

import math
from collections.abc import Mapping

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import Path
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers import ContrastiveLossLayer
from wlnet.nets.container import Lowering, Values
from wlnet.nets.operators import Operator, refuse_other_ports
from wlnet.nets.patterns import PatternCell
from wlnet.nets.wires import ShapeWalk, Wire, title

DISTANCES = ("EuclideanDistance", "CosineDistance")


class NetPairEmbeddingOperator(Operator):
    """How far apart two things are in the space that a net embeds them in: the net is applied to
    both, with the same arrays (a siamese net), and what it gives is compared.

    net: one input, one output of any shape, which is read as one vector.
    distance_function: "EuclideanDistance", the root of the sum of squares of differences;
    "CosineDistance", 1 less the cosine of the angle, from 0 to 2, and 1 where a vector is all
    zeros.
    Ports: Input, a pair, so of one level more, of size 2; Output, a number. The net is the part
    "Net". A training that is told no loss takes ContrastiveLossLayer(): a target is True where the
    two differ.
    Raises OptionError for a net with other ports and an unknown distance.

    >>> from wlnet.nets.chain import NetChain
    >>> op = NetPairEmbeddingOperator(NetChain([lambda x: 2 * x]), input=(2, 2))
    >>> float(op([[1, 2], [1, 0.5]]))
    3.0

    Wolfram Language: NetPairEmbeddingOperator. Bromley et al. 1993; Hadsell et al. 2006.
    """

    kind = "NetPairEmbeddingOperator"

    @checked_keywords
    def __init__(
        self,
        net: object,
        *,
        distance_function: str = "EuclideanDistance",
        input: object = AUTOMATIC,
        output: object = AUTOMATIC,
        learning_rate_multipliers: object = AUTOMATIC,
    ) -> None:
        told = {"DistanceFunction": distance_function}
        ports = [("Input", input), ("Output", output)]
        self._start(Gathered(), net, told, ports, learning_rate_multipliers)

    @classmethod
    def read(cls, inner: Net | None, given: Mapping[str, object]) -> dict[str, object]:
        gathered = Gathered()
        gathered.attempt(lambda: refuse_other_ports(cls.kind, inner))
        name = gathered.attempt(lambda: _distance(given.get("DistanceFunction")))
        gathered.tell()
        return {"DistanceFunction": name}

    @property
    def repeats(self) -> int | None:
        return None

    @property
    def made_losses(self) -> Mapping[str, Net | None]:
        return {"Output": ContrastiveLossLayer()}

    def arguments(self) -> list[str]:
        name = self.parameters["DistanceFunction"]
        return [] if name == DISTANCES[0] else [f"distance_function={name!r}"]

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        at = title(path, self)
        given, made, pair, real = Wire(), Wire(), Wire((2,)), Wire(element="Real", teller=at)
        tied = {
            "Input": (wires["Input"], ("two", "*thing")),
            "a pair": (pair, ("two",)),
            "Input inside": (given, ("*thing",)),
            "Output": (wires["Output"], ()),
        }
        alike = [[wires["Input"], given], [real, wires["Output"], made]]
        wanted = "a pair of what the net takes, and a number"
        walk.cells.append(PatternCell(at, tied, alike, wanted))
        own = {self.inner.input_names[0]: given, self.inner.output_names[0]: made}
        walk.visit(self.inner, (*path, "Net"), own)

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        at, rows = (*path, "Net"), 2 * batch
        g = Builder(walk.graph, origin=walk.told(path))
        # An input that nobody needs is left out.
        both = [g.reshape(x, (rows, *x.shape[2:])) for x in inputs.values()]
        own = dict(zip(self.inner.input_names, both, strict=False))
        made = walk.visit(self.inner, at, own, rows)
        # Whoever asks inside is told of both things of a pair.
        for key, value in walk.made.items():
            if key[0][: len(at)] == at and value.shape[:1] == (rows,):
                walk.made[key] = g.reshape(value, (batch, 2, *value.shape[1:]))
        found = {}
        for x in made.values():
            size = math.prod(x.shape[1:])
            vectors = g.reshape(x, (batch, 2, size))
            one, two = (g.reshape(g.slice(vectors, 1, i, i + 1), (batch, size)) for i in (0, 1))
            is_angle = self.parameters["DistanceFunction"] == "CosineDistance"
            found["Output"] = _cosine(g, one, two) if is_angle else _length(g, g.subtract(one, two))
        return found


def _length(g: Builder, x: Value) -> Value:
    """The length of each vector. Of zeros it is 0, and so is its slope: no way leads further."""
    squares = _sum(g, g.map("Square", x))
    is_any = g.greater(squares, 0.0)
    return g.choose(is_any, g.map("Sqrt", squares), 0.0)


def _cosine(g: Builder, a: Value, b: Value) -> Value:
    """Half the square of what is between both on the unit sphere: 1 less the cosine, but exact to
    the last figures where it is small."""
    lengths = [_length(g, x) for x in (a, b)]
    are_any = [g.greater(length, 0.0) for length in lengths]
    units = [
        g.divide(x, g.reshape(g.choose(is_any, length, 1.0), (x.shape[0], 1)))
        for x, length, is_any in zip((a, b), lengths, are_any, strict=True)
    ]
    apart = g.multiply(_sum(g, g.map("Square", g.subtract(*units))), 0.5)
    return g.choose(g.multiply(*are_any), apart, 1.0)


def _sum(g: Builder, x: Value) -> Value:
    return g.reshape(g.sum(x, [-1]), (x.shape[0],))


def _distance(name: object) -> str:
    if not isinstance(name, str) or name not in DISTANCES:
        what = "a NetPairEmbeddingOperator does not know this distance"
        fix = suggestion(name, DISTANCES) if isinstance(name, str) else None
        raise fail(OptionError, Fault(what, given=brief(name), known=DISTANCES, fix=fix))
    return name
