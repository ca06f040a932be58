"""The formula in the docstring of a layer is what the layer computes."""

from __future__ import annotations

import contextlib
import inspect
import re
from typing import Any

import numpy as np
import pytest

from docs.site.formulas import FOLDS, formula_of
from tests.bench import EXAMPLES, Case
from tests.formula_values import FUNCTIONS, Evaluation, MisfitError, names_in
from wlnet.core.symbols import AUTOMATIC
from wlnet.graph.expression import Expression
from wlnet.graph.functions import COMBINATIONS
from wlnet.graph.functions import FUNCTIONS as ELEMENTWISE
from wlnet.layers.declaring.fields import REQUIRED
from wlnet.layers.declaring.layer import LAYERS

FORMULAS = {
    name: formula
    for name, kind in LAYERS.items()
    if (formula := formula_of(inspect.getdoc(kind) or ""))
}


def parameters(layer: Any) -> dict[str, Any]:
    """The parameters of a layer by the names that formulas have for them."""
    found = {f.name: layer.parameters[name] for name, f in layer.declared_parameters.items()}
    if isinstance(found.get("function"), str):
        name = found["function"]
        table: dict[str, Any] = {**COMBINATIONS, **ELEMENTWISE}
        found["function"] = table[name].evaluate if name in table else name
    elif isinstance(found.get("function"), Expression):
        found["function"] = found["function"].evaluate
    return found


def compared(case: Case, formula: str, seed: int) -> None:
    """Hold a formula against the plain version of a layer. Raises MisfitError."""
    net, data = case.net, case.data(seed, count=1)
    arrays = {f.name: net.array_values[name] for name, f in net.declared_arrays.items()}
    arrays = {name: None if a is None else np.float64(a) for name, a in arrays.items()}
    if net.is_variadic:
        expected = net.reference(*data.values(), **arrays)
        named = [int(number) for number in re.findall(r"inputs\[(\d)\]", formula)]
        if named and max(named) != len(data):
            raise MisfitError
        inputs: dict[str, Any] = {"inputs": tuple(column[0] for column in data.values())}
    else:
        named = {net.port_fields[name].name: column for name, column in data.items()}
        expected = net.reference(**named, **arrays)
        inputs = {name: column[0] for name, column in named.items()}
    output = net.output_names[0]
    expected = np.asarray(expected[output] if isinstance(expected, dict) else expected)
    name = net.port_fields[output].name
    expected = expected[0]
    values = {**parameters(net), **arrays, **inputs}
    try:
        found = Evaluation(formula, values, expected.shape).result(name)
    except (TypeError, ValueError):  # rows where numbers are meant, several numbers for one
        raise MisfitError from None
    if found.shape != expected.shape:
        raise MisfitError
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def is_usual(layer: Any, formula: str) -> bool:
    """Whether a layer has the usual value of every parameter that its formula does not name."""
    named = {*names_in(formula)}
    fields = layer.declared_parameters.items()
    return all(
        f.name in named or f.default in (REQUIRED, AUTOMATIC) or layer.parameters[name] == f.default
        for name, f in fields
    )


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_is_what_the_layer_computes(name: str) -> None:
    asked = 0
    for case in (case for case in EXAMPLES if case.layer.kind == name):
        if is_usual(case.layer, FORMULAS[name]):
            with contextlib.suppress(MisfitError):
                for seed in range(1, 6):
                    compared(case, FORMULAS[name], seed)
                    asked += 1
    assert asked, "no example has the ranks that the formula speaks of"


@pytest.mark.parametrize("name", FORMULAS)
def test_a_formula_speaks_in_the_names_that_the_layer_declares(name: str) -> None:
    kind = LAYERS[name]
    fields = [*kind.declared_parameters.values(), *kind.declared_arrays.values(),
              *kind.declared_ports.values()]  # fmt: skip
    known = {field.name for field in fields} | {*FOLDS, *FUNCTIONS, "inputs", "mu", "sigma"}
    assert {each for each in names_in(FORMULAS[name]) if len(each) > 1} <= known


def test_most_layers_have_a_formula() -> None:
    without = {
        "CTCLossLayer", "DeconvolutionLayer", "LocalResponseNormalizationLayer",
        "AggregationLayer", "CompiledLayer", "DropoutLayer", "ExtractLayer", "FlattenLayer",
        "FunctionLayer", "ImageAugmentationLayer",
        "OrderingLayer", "PaddingLayer", "PartLayer", "RandomArrayLayer", "ReshapeLayer",
        "ResizeLayer", "PlaceholderLayer", "SpatialTransformationLayer",
    }  # fmt: skip
    assert set(LAYERS) - set(FORMULAS) <= without, "words say more of these"


@pytest.mark.parametrize(
    ("formula", "values", "expected"),
    [
        ("y[i] = sum(j, a[i, j] * x[j])", {"a": [[1, 2], [3, 4]], "x": [5, 6]}, [17, 39]),
        ("y[i] = x[i + 1] - x[i - 1]", {"x": [1, 2, 4]}, [2, 3, -2]),
        ("y[i] = y[i - 1] + x[i]", {"x": [1, 2, 4]}, [1, 3, 7]),
        ("y = max(k <= 2, x[k])", {"x": [1, 2, 4]}, 2),
        ("y[i] = z[i] * 2; z[i] = 1 if x[i] > 1 else 0", {"x": [1, 2, 4]}, [0, 2, 2]),
        ("y = mean(i, x[i]) ** 2", {"x": [1, 2, 6]}, 9),
    ],
)
def test_a_formula_is_worked_out(formula: str, values: dict[str, Any], expected: Any) -> None:
    given = {name: np.array(value, float) for name, value in values.items()}
    found = Evaluation(formula, given, np.shape(expected)).result("y")
    np.testing.assert_allclose(found, expected)
