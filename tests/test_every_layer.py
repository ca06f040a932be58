"""Laws that every layer and operator keeps: each goes through each, with each of its examples."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wlnet as wl
from tests.bench import BATCH, EXAMPLES, OPERATORS, Case, Run, behind_frozen_layers, slopes
from tests.thoroughness import one_of, two_of_each
from wlnet.core.errors import OptionError, ShapeError, WlnetError
from wlnet.core.net import same
from wlnet.engine.program import Program
from wlnet.graph.builder import Mode
from wlnet.graph.graph import Call, Graph, Value
from wlnet.graph.keys import GradientKey, OutputKey
from wlnet.graph.primitives import axis_after
from wlnet.kernels.language import PerTarget
from wlnet.layers.declaring.layer import LAYERS
from wlnet.lowering.lower import lower
from wlnet.nets.arrays import arrays_of
from wlnet.nets.container import CONTAINERS
from wlnet.nets.operators import Operator
from wlnet.plan import stages
from wlnet.plan.compile import finish, training_blueprint
from wlnet.plan.stages import STAGES
from wlnet.plan.words.checking import check

pytestmark = pytest.mark.usefixtures("chains_of_few_numbers")

ASKED = Counter[str]()
"""On how many cases each law has been asked."""

CASES = [*EXAMPLES, *OPERATORS]
every_case = pytest.mark.parametrize("case", CASES, ids=str)
WITH_INPUTS = [case for case in CASES if case.shapes]
with_inputs_only = pytest.mark.parametrize("case", WITH_INPUTS, ids=str)
WITH_ARRAYS = [case for case in CASES if wl.information(case.bare, "ArraysCount")]
with_arrays_only = pytest.mark.parametrize("case", WITH_ARRAYS, ids=str)
WITH_SEVERAL_ARRAYS = [case for case in WITH_ARRAYS if len(case.learning) > 1]
with_several_arrays = pytest.mark.parametrize(
    "case", two_of_each(WITH_SEVERAL_ARRAYS, lambda case: case.layer.kind), ids=str
)
both_modes = pytest.mark.parametrize("mode", ["Test", "Train"])
# What is drawn at random depends on the precision and on the place in the net.
DRAWS = {"DropoutLayer": ["Train"], "ImageAugmentationLayer": ["Train"],
         "RandomArrayLayer": ["Test", "Train"]}  # fmt: skip


def draws(case: Case, mode: str) -> bool:
    """Whether a layer draws in a mode."""
    drops = case.layer.parameters.get("Dropout") is not None and mode == "Train"
    return drops or mode in DRAWS.get(case.layer.kind, [])


DETERMINED = [(case, mode) for case in CASES for mode in ("Test", "Train") if not draws(case, mode)]
where_nothing_is_drawn = pytest.mark.parametrize(("case", "mode"), DETERMINED, ids=str)
two_cases_a_layer = pytest.mark.parametrize(
    "case", two_of_each(CASES, lambda case: case.layer.kind), ids=str
)


@pytest.fixture(scope="session", autouse=True)
def _count(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\nlaws x cases: {ASKED.total()}", file=sys.__stdout__, flush=True)


@pytest.fixture(autouse=True)
def _asked(request: pytest.FixtureRequest) -> None:
    if "case" in request.fixturenames:
        ASKED[request.function.__name__] += 1


def assert_close(given: Any, expected: Any, tolerance: float) -> None:
    given, expected = np.asarray(given), np.asarray(expected)
    assert given.shape == expected.shape
    size = np.abs(expected).max(initial=0.0)
    np.testing.assert_allclose(given, expected, rtol=tolerance, atol=tolerance * size)


def referred(case: Case, net: Any, data: dict[str, Any]) -> Any:
    """What the plain reference of a layer gives, in float64."""
    arrays = {f.name: net.array_values[name] for name, f in net.declared_arrays.items()}
    arrays = {name: None if array is None else np.float64(array) for name, array in arrays.items()}
    if net.is_variadic:
        return net.reference(*data.values(), **arrays)
    fields = net.port_fields
    found = net.reference(**{fields[name].name: column for name, column in data.items()}, **arrays)
    return found[net.output_names[0]] if isinstance(found, dict) else found


def test_every_layer_has_at_least_two_examples() -> None:
    counts = Counter(case.layer.kind for case in EXAMPLES)
    assert {kind for kind in LAYERS if counts[kind] < 2} == {"PlaceholderLayer"}
    # Old names are functions.
    layers = {name for name in wl.__all__ if name.endswith("Layer")
              and isinstance(getattr(wl, name), type)}  # fmt: skip
    assert set(LAYERS) == layers - set(CONTAINERS)
    operators = {name for name, kind in CONTAINERS.items() if issubclass(kind, Operator)}
    assert operators == {case.layer.kind for case in OPERATORS}


# 1. The derivative is the slope


@both_modes
@every_case
def test_the_derivative_is_the_slope_in_a_random_direction(case: Case, mode: Any) -> None:
    for key, slope, derivative, size in slopes(Run(case.net, case.data(), mode).run()):
        assert slope == pytest.approx(derivative, rel=1e-6, abs=1e-6 * size + 1e-9), key


# 2 and 3. Forward is the reference, in both precisions


WITH_REFERENCE = [case for case, mode in DETERMINED if mode == "Test" and case in EXAMPLES]


@pytest.mark.parametrize("case", WITH_REFERENCE, ids=str)
def test_what_a_layer_gives_is_what_its_reference_gives(case: Case) -> None:
    net, data = case.net, case.data()
    expected = referred(case, net, data)
    expected = expected if data else expected[None] if np.ndim(expected) == 0 else expected
    given = case.answer(net, data, working_precision="Real64")
    reals = np.asarray(expected).dtype.kind == "f"
    assert given.dtype == (np.float64 if reals else np.int32)
    assert_close(given, np.reshape(expected, given.shape), 1e-12)
    narrow = case.answer(net, data)
    assert narrow.dtype == (np.float32 if reals else np.int32)
    assert_close(narrow, np.reshape(expected, given.shape), 1e-5)


@where_nothing_is_drawn
def test_float32_agrees_with_float64_forward_and_backward(case: Case, mode: Any) -> None:
    wide, narrow = (Run(case.net, case.data(), mode, p).run() for p in ("Real64", "Real32"))
    for name in wide.outputs:
        assert_close(narrow.outputs[name], wide.outputs[name], 2e-5)
    for key in wide.sources:
        assert_close(narrow.derivatives[key], wide.derivatives[key], 1e-4)


# 4. Memory


@both_modes
@every_case
def test_memory_starts_as_nan_and_none_of_it_shows(case: Case, mode: Any) -> None:
    run = Run(case.net, case.data(), mode)
    first = run.run()
    before = {**first.outputs, **first.derivatives}
    run.poison()
    again = run.run()
    for key, array in {**again.outputs, **again.derivatives}.items():
        assert not np.isnan(array).any(), key
        assert same(array, before[key]), key


# 5. Arguments


@every_case
def test_data_and_net_come_back_untouched(case: Case) -> None:
    net, data = case.net, case.data()
    for dtype in (np.float32, np.float64):
        given = {n: x if x.dtype.kind == "i" else x.astype(dtype) for n, x in data.items()}
        copies = {name: x.copy() for name, x in given.items()}
        arrays = {key: x.copy() for key, x in wl.information(net, "Arrays").items()}
        for mode in ("Test", "Train"):
            case.answer(net, given, net_evaluation_mode=mode)
        assert all(same(given[name], copies[name]) for name in given)
        assert all(same(x, arrays[key]) for key, x in wl.information(net, "Arrays").items())


@every_case
def test_what_a_layer_answers_is_no_view_of_its_memory(case: Case) -> None:
    net, data = case.net, case.data()
    first = case.answer(net, data)
    kept = np.copy(first)
    case.answer(net, case.data(seed=9))
    assert same(np.asarray(first), kept)


# 6. The same bits


@both_modes
@two_cases_a_layer
def test_the_same_bits_come_twice_and_from_one_two_and_four_workers(case: Case, mode: Any) -> None:
    data, answers = case.data(), []
    for workers in (1, 2, 4):
        net = case.net  # made anew: nothing of an earlier program is left
        options = {"workers": workers, "net_evaluation_mode": mode, "random_seeding": 3}
        answers += [case.answer(net, data, **options) for _ in range(2)]
    assert all(same(np.asarray(answer), np.asarray(answers[0])) for answer in answers)


@pytest.mark.parametrize(("precision", "mode"), one_of(2, ["Real32", "Real64"], ["Test", "Train"]))
@two_cases_a_layer
def test_gradients_too_have_the_same_bits_with_one_two_and_four_workers(
    case: Case, mode: Any, precision: Any
) -> None:
    first, *others = (
        Run(case.net, case.data(), mode, precision, workers=workers).run() for workers in (1, 2, 4)
    )
    for other in others:
        for key, array in {**other.outputs, **other.derivatives}.items():
            assert same(array, {**first.outputs, **first.derivatives}[key]), key


# 7. Examples do not meet


def meet(case: Case, mode: Mode) -> bool:
    """Whether the primitives of a layer say that examples of a batch meet on their way through."""
    graph = lower(case.net, BATCH, mode)
    axes, mixed = dict.fromkeys(graph.inputs.values(), 0), set[Value]()
    for call in graph.calls:
        if not mixed.isdisjoint(call.inputs):
            mixed.update(call.outputs)
        elif not axes.keys().isdisjoint(call.inputs):
            axis = axis_after(call, axes, BATCH)
            if axis is None:
                mixed.update(call.outputs)
            else:
                axes |= dict.fromkeys(call.outputs, axis)
    outputs = set(graph.outputs.values())
    # What is the same for all examples has no axis of them.
    assert all(axes.get(value, 0) == 0 for value in outputs - mixed)
    return not mixed.isdisjoint(outputs)


@both_modes
@with_inputs_only
def test_examples_of_a_batch_meet_where_the_primitives_say_so_and_nowhere_else(
    case: Case, mode: Any
) -> None:
    data, other = case.data(), case.data(seed=2)
    run = Run(case.net, data, mode, "Real32").run()
    for name, column in data.items():
        run.data[name] = np.concatenate([column[:1], other[name][1:2], column[2:]])
    outputs, derivatives = run.outputs, run.derivatives
    moved = run.run()
    rows = [(outputs[name], moved.outputs[name]) for name in outputs]
    rows += [(derivatives[name], moved.derivatives[name]) for name in data if name in derivatives]
    others = [same(x[[0, 2]], y[[0, 2]]) for x, y in rows]
    assert meet(case, mode) != all(others)
    assert all(others) or (case.layer.kind, mode) == ("BatchNormalizationLayer", "Train")


@with_inputs_only
def test_a_batch_gives_what_its_examples_give_one_by_one(case: Case) -> None:
    net, data = case.net, case.data()
    together = case.answer(net, data)
    for i in range(BATCH):
        alone = case.answer(net, {name: column[i] for name, column in data.items()})
        assert alone.shape == together[i].shape
        assert_close(alone, together[i], 1e-6)


# 8. Frozen arrays


@with_arrays_only
def test_a_frozen_array_gets_no_gradient_and_the_others_get_the_same_one(case: Case) -> None:
    net, (loss,), keys = case.net, case.net.output_names, case.learning
    everything = stepped(case, net, loss, keys)
    for frozen in keys:
        others = [key for key in keys if key != frozen]
        found = stepped(case, net, loss, others)
        assert GradientKey(frozen) not in found
        for key in others:
            assert same(found[GradientKey(key)], everything[GradientKey(key)])


def stepped(case: Case, net: Any, loss: str, trained: list[Any]) -> dict[Any, Any]:
    """What one step of training computes, when these arrays are trained."""
    blueprint = training_blueprint(net, BATCH, {loss: 1.0}, trained)
    program = Program(blueprint, dict(arrays_of(net)))
    for name, column in case.data().items():
        program.inputs[name][...] = column
    program.run(seed=1)
    return {key: array.copy() for key, array in program.outputs.items()}


WITH_ONE_INPUT = [case for case in CASES if len(case.net.input_names) == 1]
KEPT_FOR_NOTHING = {
    "CatenateLayer", "DropoutLayer", "EmbeddingLayer", "FlattenLayer", "ImageAugmentationLayer",
    "ReplicateLayer", "ReshapeLayer", "SequenceIndicesLayer", "SequenceLastLayer",
    "SequenceMostLayer", "SequenceRestLayer", "ThreadingLayer", "TotalLayer", "TransposeLayer",
    "UnitVectorLayer",
}  # fmt: skip
"""Of one input these compute nothing, or draw, or read a table: nothing need be kept."""


@pytest.mark.parametrize("case", two_of_each(WITH_ONE_INPUT, lambda case: case.layer.kind), ids=str)
def test_what_is_kept_of_a_frozen_layer_changes_no_bit_of_the_training_behind_it(
    case: Case,
) -> None:
    net, data = behind_frozen_layers(case)
    rules = {"learning_rate_multipliers": {"head": 1, wl.ANY: None}}
    kept, again = (
        wl.information(
            wl.net_train(
                net, data, frozen_prefix_bytes=limit, batch_size=3, max_training_rounds=2,
                random_seeding=1, **rules,
            ), "Arrays",
        )
        for limit in (wl.AUTOMATIC, 0)
    )  # fmt: skip
    assert same(kept, again)
    assert not same(kept, wl.information(net, "Arrays"))


def test_of_most_frozen_layers_something_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    # A chain of steps is told under the layer of its first one.
    monkeypatch.setattr("wlnet.plan.memory.assemble.FEWEST", PerTarget(lambda target: 2**62))
    kept, not_kept = set[str](), set[str]()
    for case in WITH_ONE_INPUT:
        if case.layer.kind in kept:
            continue
        net, _ = behind_frozen_layers(case)
        rules = {"head": 1, wl.ANY: None}
        report = wl.net_program(net, batch_size=3, learning_rate_multipliers=rules)
        found = any(row.layer[:1] == ("layer",) for row in report.prefix)
        (kept if found else not_kept).add(case.layer.kind)
    assert not_kept - kept <= KEPT_FOR_NOTHING


@with_several_arrays
def test_training_leaves_a_frozen_array_as_it_is_and_moves_the_others_as_before(case: Case) -> None:
    net = case.net
    rng = np.random.default_rng(4)
    shape = wl.information(net, "OutputPorts")["Output"]
    data = case.data() | {"Output": rng.normal(size=(BATCH, *shape))}

    def trained(rules: Any) -> dict[Any, Any]:
        options = {"method": ("SGD", {"Momentum": None}), "max_training_rounds": 1}
        new = wl.net_train(net, data, learning_rate_multipliers=rules, **options)
        return wl.information(new, "Arrays")

    free, before = trained(wl.AUTOMATIC), wl.information(net, "Arrays")
    for frozen in case.learning:
        after = trained({frozen: None})
        assert same(after[frozen], before[frozen])
        for key in case.learning:
            if key != frozen:
                assert same(after[key], free[key])
                assert not same(after[key], before[key])


# 9. Wrong shapes


@with_inputs_only
def test_data_of_a_wrong_shape_is_a_shape_error_that_names_the_port(case: Case) -> None:
    net, data = case.net, case.data()
    for name, column in data.items():
        rank = column.ndim - 1
        wrong = [column[..., None, None, None]]
        wrong += [np.concatenate([column, column], axis) for axis in range(1, rank + 1)]
        for bad in wrong:
            with pytest.raises(ShapeError, match=rf"port {name}\b"):
                net({**data, name: bad})


@with_inputs_only
def test_data_of_a_wrong_shape_inside_a_chain_or_graph_names_the_port_too(case: Case) -> None:
    net, data = inside_a_graph(case.net), case.data()
    for name, column in data.items():
        port = f"P{name}"
        bad = {f"P{n}": c for n, c in data.items()} | {port: column[..., None, None, None]}
        with pytest.raises(ShapeError, match=rf"port {port}\b"):
            net(bad)


# 10. Written and read back


WRITTEN = [case for case in CASES if not getattr(case.layer, "holds_code", False)]
"""A file holds no code, nor does a line of Python that a function was defined in another one."""
every_written_case = pytest.mark.parametrize("case", WRITTEN, ids=str)


@every_written_case
def test_repr_reads_back_as_the_same_layer(case: Case) -> None:
    for layer in (case.layer, case.bare):
        assert eval(repr(layer), dict(vars(wl))) == layer


@every_written_case
def test_a_saved_layer_is_loaded_as_the_same_layer(case: Case, tmp_path: Path) -> None:
    for number, layer in enumerate((case.layer, case.bare, case.net)):
        file = tmp_path / f"{number}.wlnet"
        wl.save(layer, file)
        loaded = wl.load(file)
        assert loaded == layer
        assert repr(loaded) == repr(layer)
    answers = [case.answer(net, case.data(), random_seeding=1) for net in (loaded, case.net)]
    assert same(np.asarray(answers[0]), np.asarray(answers[1]))


# 11. Alone or inside


def inside_a_graph(net: Any) -> Any:
    """The net as the one vertex of a graph whose ports have other names."""
    edges: list[Any] = [(wl.NetPort(f"P{name}"), wl.NetPort("v", name)) for name in net.input_names]
    return wl.NetGraph({"v": net}, [*edges, ("v", wl.NetPort("Out"))])


@where_nothing_is_drawn
def test_a_layer_inside_a_net_does_what_it_does_alone(case: Case, mode: Any) -> None:
    net, data = case.net, case.data()
    alone = case.answer(net, data, net_evaluation_mode=mode)
    renamed = {f"P{name}": column for name, column in data.items()}
    graph = inside_a_graph(net)
    assert same(case.answer(graph, renamed, net_evaluation_mode=mode), alone)
    if not net.is_variadic and len(net.input_names) <= 1:
        for chain in (wl.NetChain([net]), wl.NetChain({"a": [net]})):
            assert same(case.answer(chain, data, net_evaluation_mode=mode), alone)


# 12. Passes


PASSES = [stage.name for stage in STAGES if stage.part == "form"]
ASKED_BY_OTHERS = ("transform_windows", "place", "rows")
"""Switches that more goes by than the pass of their name."""


def run_and_passes(case: Case, mode: Mode) -> tuple[Run, list[str]]:
    """The run of a case, and the passes that change its graph: without one of the others all that
    follows is the same."""
    made: list[tuple[str, list[Call], dict[OutputKey, Value]]] = []

    def watch(stage: str, graph: Graph) -> None:
        check(stage, graph)
        made.append((stage, [*graph.calls], dict(graph.outputs)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stages, "WATCH", watch)
        run = Run(case.net, case.data(), mode).run()
    changing = {made[0][0], *(after[0] for before, after in pairwise(made)
                              if before[1:] != after[1:])}  # fmt: skip
    return run, [name for name in dict.fromkeys(PASSES) if name in changing]


@both_modes
@two_cases_a_layer
def test_a_pass_left_out_changes_nothing(case: Case, mode: Any) -> None:
    every = (*PASSES, *ASKED_BY_OTHERS)
    full, changing = run_and_passes(case, mode)
    for without in (*((name,) for name in dict.fromkeys((*changing, *ASKED_BY_OTHERS))), every):
        run = Run(case.net, case.data(), mode, without=without).run()
        for key, array in {**run.outputs, **run.derivatives}.items():
            expected = {**full.outputs, **full.derivatives}[key]
            assert_close(array, expected, 1e-13)


@every_case
def test_nothing_that_nobody_wants_is_left_by_the_prune_pass(case: Case) -> None:
    graph = lower(case.net, BATCH, "Train")
    graph.updates.clear()
    kept = finish(graph, "Real32")

    wanted, steps = {view.slot for view in kept.outputs.values()}, (*kept.once, *kept.steps)
    for _ in range(2):  # what a turn of a loop writes last, the next one reads first
        for step in reversed(steps):
            if wanted & {view.slot for view in step.writes}:
                wanted |= {view.slot for view in step.reads}
    for step in steps:
        assert wanted & {view.slot for view in step.writes}, step.primitive


# 13. Initialised shapes; options


@every_case
def test_an_initialised_layer_has_the_shapes_that_were_inferred(case: Case) -> None:
    net = wl.net_initialize(case.bare)
    dimensions = wl.information(case.bare, "ArraysDimensions")
    assert {k: x.shape for k, x in wl.information(net, "Arrays").items()} == dimensions
    assert wl.information(net, "ArraysDimensions") == dimensions
    assert all(x.dtype == np.float32 for x in wl.information(net, "ArraysList"))


@every_case
def test_the_inferred_output_is_what_comes_out(case: Case) -> None:
    (shape,) = wl.information(case.bare, "OutputPorts").values()
    shape = tuple(size for size in shape if size != "Integer")
    answer = case.answer(case.net, case.data())
    assert answer.shape == ((BATCH, *shape) if case.shapes else tuple(shape))


def first_of(kind: str) -> Any:
    """The layer of the first example; a placeholder has none, as it computes nothing."""
    return next((example.layer for example in LAYERS[kind].examples()), None) or LAYERS[kind]()


@pytest.mark.parametrize("kind", sorted(LAYERS))
def test_a_misspelt_option_is_an_error_that_tells_the_right_one(kind: str) -> None:
    cls = LAYERS[kind]
    layer = first_of(kind)
    given = {f.name: layer.parameters[name] for name, f in cls.declared_parameters.items()}
    names = [f.name for f in cls.declared_arrays.values()]
    names += [f.name for f in cls.declared_ports.values() if not f.variadic] + [*given]
    for name in names:
        wrong = (
            name[:-2] + name[-1] + name[-2] if len(set(name[-2:])) == 2 else name[:-1] or name * 2
        )
        with pytest.raises(OptionError) as caught:
            cls(**{k: v for k, v in given.items() if v is not wl.AUTOMATIC}, **{wrong: 1})
        assert kind in str(caught.value)
        assert repr(wrong) in str(caught.value)
        assert f"did you mean {name!r}" in str(caught.value)


@pytest.mark.parametrize("kind", sorted(LAYERS))
def test_multipliers_are_an_option_of_what_has_arrays_and_of_nothing_else(kind: str) -> None:
    layer = first_of(kind)
    if layer.declared_arrays:
        frozen = wl.net_replace_part(layer, {("LearningRateMultipliers",): 0})
        rates = wl.information(frozen, "ArraysLearningRateMultipliers")
        assert set(rates.values()) == {0.0}
    else:
        given = {f.name: layer.parameters[n] for n, f in layer.declared_parameters.items()}
        given = {name: value for name, value in given.items() if value is not wl.AUTOMATIC}
        with pytest.raises(WlnetError, match="no arrays"):
            type(layer)(**given, learning_rate_multipliers=0)
