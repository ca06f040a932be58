"""AttentionLayer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.keywords import checked_keywords
from wlnet.core.net import Net
from wlnet.core.parts import NetPort, Path
from wlnet.core.ports import port_table
from wlnet.core.shapes import Pattern
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.builder import Builder
from wlnet.graph.graph import Value
from wlnet.layers import DotLayer, LinearLayer
from wlnet.layers.declaring.fields import boolean, one_of, positive, real
from wlnet.nets.container import Lowering, Values
from wlnet.nets.edges import Edge
from wlnet.nets.netgraph import NetGraph
from wlnet.nets.operators import Operator
from wlnet.nets.pairs import KEYS, PAIRS, QUERIES, Pairs
from wlnet.nets.patterns import PatternCell
from wlnet.nets.wires import ShapeWalk, Wire, title

SCORING = "ScoringNet"
DEFAULTS: Mapping[str, object] = {
    "Mask": None,
    "MultiHead": False,
    "ScoreRescaling": None,
    "Dropout": 0.0,
}
OPTIONS = {
    "Mask": "mask", "MultiHead": "multi_head", "ScoreRescaling": "score_rescaling",
    "Dropout": "dropout",
}  # fmt: skip


class AttentionLayer(Operator):
    """For each query, a weighted mean of values: the weights are the softmax of scores, which a net
    gives for the query and the key of each value.

    net: "Bilinear", query . (weights . key) with a learned matrix; "Dot", query . key; or a net
    with inputs "Input", a key, and "Query", whose output is a number. It is the part "ScoringNet".
    mask: "Causal": the i-th query sees the first i keys and values, and nothing of the others goes
    into any bit of its output; ("Causal", n): the last n of these. There are then as many queries
    as keys. multi_head: True: the level before the last counts heads, each of which attends by
    itself, with one scoring net for all. score_rescaling: scores are divided by the square root of
    the size of a query ("DimensionSqrt"), or of how many keys the query sees ("LengthSqrt").
    dropout: the probability that a weight becomes 0 in training; the others grow by as much.

    Ports: key (keys, ..., size), value (keys, ..., size), query (queries, ..., size), or () for a
    single one; output (queries, ..., size). Keys and queries may have several levels, or none for
    queries. With several heads (keys, ..., heads, size), and so on.
    What depends on the key or the query alone, in the scoring net, is computed once for each, not
    once for each pair. Raises OptionError.

    >>> attend = AttentionLayer("Dot", key=(2, 1), value=(2, 3), query=(4, 1))
    >>> attend({"Key": [[0], [0]], "Value": [[1, 2, 3], [3, 2, 1]], "Query": [[1]] * 4})[0].tolist()
    [2.0, 2.0, 2.0]

    Wolfram Language: AttentionLayer. Bahdanau et al. 2014; Vaswani et al. 2017.
    """

    kind = "AttentionLayer"
    place = SCORING

    @checked_keywords
    def __init__(
        self,
        net: object = "Bilinear",
        *,
        mask: object = None,
        multi_head: object = False,
        score_rescaling: object = None,
        dropout: object = 0.0,
        key: object = AUTOMATIC,
        value: object = AUTOMATIC,
        query: object = AUTOMATIC,
        output: object = AUTOMATIC,
        ports: Mapping[str, object] | None = None,
        learning_rate_multipliers: object = AUTOMATIC,
    ) -> None:
        gathered = Gathered()
        table = gathered.attempt(lambda: port_table(ports, "an AttentionLayer")) or {}
        given = {"Key": key, "Value": value, "Query": query, "Output": output}
        said = [(name, spec) for name, spec in given.items() if spec is not AUTOMATIC]
        options = {
            "Mask": mask, "MultiHead": multi_head, "ScoreRescaling": score_rescaling,
            "Dropout": dropout,
        }  # fmt: skip
        self._start(gathered, net, options, [*table.items(), *said], learning_rate_multipliers)

    @classmethod
    def net_of(cls, given: object, where: str | None = None) -> Net:
        if isinstance(given, str):
            return _named(given, where or cls.kind)
        return super().net_of(given, where)

    @classmethod
    def read(cls, inner: Net | None, given: Mapping[str, object]) -> dict[str, object]:
        faults = []
        if inner is not None and not _gives_scores(inner):
            told = f"inputs {list(inner.input_names)}, outputs {list(inner.output_names)}"
            faults.append(
                Fault("a net that gives scores has two inputs and an output", SCORING, told,
                      'inputs "Input", for a key, and "Query"',
                      fix="net_rename names the ports of a NetGraph")
            )  # fmt: skip
        found: dict[str, object] = {}
        for name, check in CHECKS.items():
            try:
                found[name] = check(given.get(name))
            except ValueError as error:
                what = f"{OPTIONS[name]} of an AttentionLayer cannot be this"
                fix = None
                if name == "MultiHead":
                    fix = "True: the level before the last of keys, values and queries counts heads"
                faults.append(
                    Fault(what, given=brief(given.get(name)), expected=str(error), fix=fix)
                )
        if faults:
            raise fail(OptionError, faults)
        return found

    @classmethod
    def ports_for(
        cls, inner: Net, parameters: Mapping[str, object]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return ("Key", "Value", "Query"), ("Output",)

    @property
    def repeats(self) -> int | None:
        return None

    @property
    def is_causal(self) -> bool:
        """Whether a query does not see all keys."""
        return self.parameters["Mask"] is not None

    def links(self) -> list[Edge]:
        (score,) = self.inner.output_names
        return [
            Edge(None, "Key", SCORING, KEYS),
            Edge(None, "Query", SCORING, QUERIES),
            Edge(SCORING, score, None, "Output"),
            Edge(None, "Value", None, "Output"),
        ]

    def arguments(self) -> list[str]:
        return [
            f"{OPTIONS[name]}={value!r}"
            for name, value in self.parameters.items()
            if value != DEFAULTS[name]
        ]

    def exchanged(self, key: str | int, node: Net) -> AttentionLayer | None:
        return self._with(nodes={key: node}) if _gives_scores(node) else None

    def wire(self, walk: ShapeWalk, path: Path, wires: dict[str, Wire]) -> None:
        heads = ("heads",) if self.parameters["MultiHead"] else ()
        # What is masked is one sequence, with a query for each key.
        keys = ("length",) if self.is_causal else ("length", "*keys")
        queries = ("length",) if self.is_causal else ("*queries",)
        (score,) = self.inner.output_names
        inside = {name: Wire() for name in (KEYS, QUERIES, score)}
        patterns: dict[str, Pattern] = {
            "Key": (*keys, *heads, "key"),
            "Value": (*keys, *heads, "value"),
            "Query": (*queries, *heads, "query"),
            "Output": (*queries, *heads, "value"),
        }
        tied = {name: (wires[name], pattern) for name, pattern in patterns.items()}
        tied |= {
            f"{SCORING} {KEYS}": (inside[KEYS], ("key",)),
            f"{SCORING} {QUERIES}": (inside[QUERIES], ("query",)),
            f"{SCORING} {score}": (inside[score], ()),
        }
        for name in ("Value", "Output"):
            wires[name].carry("Real", f"{title(path, self)} {name}")
        alike = [[wires["Key"], inside[KEYS]], [wires["Query"], inside[QUERIES]]]
        wanted = ", ".join(f"{name} ({', '.join(map(str, p))})" for name, p in patterns.items())
        walk.cells.append(PatternCell(title(path, self), tied, alike, wanted))
        walk.visit(self.inner, (*path, SCORING), inside)

    def lower(self, walk: Lowering, path: Path, inputs: Values, batch: int) -> Values:
        g = Builder(walk.graph, batch=batch, mode=walk.mode, origin=walk.told(path))
        lead = 1 + bool(self.parameters["MultiHead"])
        shapes = {name: walk.shape((path, name)) for name in ("Key", "Value", "Query")}
        heads = shapes["Key"][-2:-1] if lead == 2 else ()
        groups = batch * math.prod(heads)
        keys, queries = (math.prod(shapes[name][:-lead]) for name in ("Key", "Query"))

        def in_rows(x: Value) -> Value:
            """All keys, or queries, of a head of an example one after another."""
            split = (batch, math.prod(x.shape[1:-lead]), *heads, x.shape[-1])
            x = g.reshape(x, split)
            return g.move_axis(x, 2, 1) if heads else x

        count = keys if self.is_causal else None
        window = None if count is None else self._window(count)
        pairs = Pairs(walk, groups, keys, queries, window)
        own: Values = {}
        for outer, name, rows in (("Key", KEYS, keys), ("Query", QUERIES, queries)):
            if outer in inputs:
                x = in_rows(inputs[outer])
                own[name] = g.reshape(x, (groups * rows, x.shape[-1]))
                pairs.sides[own[name]] = frozenset({name})
        made = pairs.visit(self.inner, (*path, SCORING), own, batch)
        for port, sides in pairs.parts.items():
            value = walk.made[port]
            if value.shape[:1] == (pairs.rows(sides),):
                front = (batch, *heads, *pairs.front(sides)[1:])
                walk.made[port] = g.reshape(value, (*front, *value.shape[1:]))
        score = made.get(self.inner.output_names[0])
        if score is None or "Value" not in inputs:
            return {}
        scores = g.reshape(pairs.spread(g, score, PAIRS), (groups, queries, keys))
        values = in_rows(inputs["Value"])
        values = g.reshape(values, (groups, keys, values.shape[-1]))
        outputs = self._weighted(g, scores, values, window, shapes["Query"][-1])
        result = g.reshape(outputs, (batch, *heads, queries, values.shape[-1]))
        result = g.move_axis(result, 1, 2) if heads else result
        return {"Output": g.reshape(result, (batch, *shapes["Query"][:-1], values.shape[-1]))}

    def _window(self, count: int) -> int:
        """How many keys up to its own a query sees at most."""
        mask: Any = self.parameters["Mask"]
        return count if mask == "Causal" else min(count, mask[1])

    def _weighted(
        self, g: Builder, scores: Value, values: Value, window: int | None, size: int
    ) -> Value:
        """The values, weighted by scores (groups, queries, keys)."""
        keys, scale = scores.shape[-1], 1.0
        if self.parameters["ScoreRescaling"] == "DimensionSqrt":
            scale = 1 / math.sqrt(size)
        elif self.parameters["ScoreRescaling"] == "LengthSqrt" and window is None:
            scale = 1 / math.sqrt(keys)
        elif self.parameters["ScoreRescaling"] == "LengthSqrt" and window is not None:
            seen = [1 / math.sqrt(min(i, window)) for i in range(1, keys + 1)]
            scores = g.multiply(scores, g.constant(seen, (keys, 1)))
        weights = g.attention_weights(scores, scale, window)
        keep = 1 - float(str(self.parameters["Dropout"]))
        if g.training and keep < 1:
            mask = g.random_mask(weights.shape, keep)
            weights = g.multiply(weights, g.multiply(mask, 1 / keep))
        if window is None:
            return g.matmul(weights, values)
        return g.causal_product(weights, values, "Past", window)


def _gives_scores(net: Net) -> bool:
    return set(net.input_names) == PAIRS and len(net.output_names) == 1


def _named(net: str, where: str) -> Net:
    """A scoring net by its name. Raises OptionError."""
    input, query = NetPort(KEYS), NetPort(QUERIES)
    vectors = {"ports": {KEYS: "Varying", QUERIES: "Varying"}}
    if net == "Dot":
        return NetGraph({"Dot": DotLayer()}, [([query, input], "Dot")], **vectors)
    if net == "Bilinear":
        nodes = {"Linear": LinearLayer(biases=None, output="Varying"), "Dot": DotLayer()}
        return NetGraph(nodes, [(input, "Linear"), ([query, "Linear"], "Dot")], **vectors)
    what, known = "a scoring net is a net, or one of these names", ["Bilinear", "Dot"]
    raise fail(OptionError, Fault(what, at=where, given=brief(net), known=known))


def _mask(value: object) -> object:
    """None, "Causal", or ("Causal", n)."""
    if value is None or value == "Causal":
        return value
    if isinstance(value, tuple) and len(value) == 2 and value[0] == "Causal":
        return "Causal", positive(value[1])
    raise ValueError('None, "Causal", or ("Causal", n) for the last n')


def _rescaling(value: object) -> object:
    return None if value is None else one_of("DimensionSqrt", "LengthSqrt")(value)


CHECKS = {
    "Mask": _mask,
    "MultiHead": boolean,
    "ScoreRescaling": _rescaling,
    "Dropout": real(0, 1, open_high=True),
}
