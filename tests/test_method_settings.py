"""Settings of methods: defaults, what is refused, names, schedules."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wlnet.core.errors import OptionError
from wlnet.core.symbols import ANY, AUTOMATIC
from wlnet.methods import (
    METHODS,
    SGD,
    Adam,
    Method,
    RMSProp,
    SignSGD,
    as_method,
    as_schedule,
    factor,
)

NAMES = {"Adam": Adam, "RMSProp": RMSProp, "SGD": SGD, "SignSGD": SignSGD, "AUTOMATIC": AUTOMATIC}
COMMON = {
    "L2Regularization": None,
    "GradientClipping": None,
    "WeightClipping": None,
    "WeightDecay": None,
    "GradientNorm": None,
}
FRACTIONS = st.floats(0, 1, exclude_max=True)
RULES = st.one_of(
    st.none(),
    st.floats(1e-9, 1e9),
    st.lists(
        st.tuples(st.sampled_from(["a", 3, ("b", "Weights")]), st.floats(1e-9, 9) | st.none())
    ),
)
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "learning_rate": st.floats(1e-9, 10) | st.just(AUTOMATIC),
        "learning_rate_schedule": st.sampled_from(
            [None, "Polynomial", ("Cosine", {"Warmup": 0.1}), ("Steps", {"At": [9, 0.5]})]
        ),
        "l2_regularization": RULES,
        "gradient_clipping": RULES,
        "weight_clipping": RULES,
        "weight_decay": RULES,
        "gradient_norm": st.none() | st.floats(1e-9, 1e9),
    },
)
ANY_METHOD = st.one_of(
    st.builds(
        lambda common, **own: Adam(**common, **own),
        SETTINGS,
        beta1=FRACTIONS,
        beta2=FRACTIONS,
        epsilon=st.floats(1e-12, 0.01),
    ),
    st.builds(lambda common, **own: RMSProp(**common, **own), SETTINGS, beta=FRACTIONS),
    *(
        st.builds(
            lambda common, kind=kind, **own: kind(**common, **own),
            SETTINGS,
            momentum=FRACTIONS | st.none(),
        )
        for kind in (RMSProp, SGD, SignSGD)
    ),
)


def test_defaults_are_those_of_the_documentation() -> None:
    assert {name: as_method(name).options() for name in METHODS} == {
        "ADAM": {
            "LearningRate": 0.001,
            "Beta1": 0.9,
            "Beta2": 0.999,
            "Epsilon": 1e-5,
            "LearningRateSchedule": None,
            **COMMON,
        },
        "RMSProp": {
            "LearningRate": 0.001,
            "Beta": 0.95,
            "Momentum": 0.9,
            "Epsilon": 1e-6,
            "LearningRateSchedule": None,
            **COMMON,
        },
        "SGD": {
            "LearningRate": 0.01,
            "Momentum": 0.93,
            "LearningRateSchedule": "Polynomial",
            **COMMON,
        },
        "SignSGD": {
            "LearningRate": 0.01,
            "Momentum": 0.93,
            "LearningRateSchedule": None,
            **COMMON,
        },
    }


@pytest.mark.parametrize(
    "spec",
    [
        ("ADAM", {"Beta1": 0.95}),
        ["ADAM", {"Beta1": 0.95}],
        Adam(beta1=0.95),
        ("ADAM", {"Beta1": np.float64(0.95), "InitialLearningRate": AUTOMATIC}),
        ("ADAM", {"Beta1": Fraction(19, 20)}),
    ],
)
def test_every_way_to_say_a_method_gives_the_same_value(spec: Any) -> None:
    assert as_method(spec) == Adam(beta1=0.95)
    assert type(as_method(spec).beta1) is float  # type: ignore[attr-defined]


@pytest.mark.parametrize("spec", [AUTOMATIC, "ADAM", ("ADAM",), ["ADAM", {}], Adam()])
def test_automatic_is_adam_with_its_defaults(spec: Any) -> None:
    assert as_method(spec) == Adam()


def test_old_names_are_understood() -> None:
    given = ("StochasticGradientDescent", {"InitialLearningRate": 0.5})
    assert as_method(given) == SGD(learning_rate=0.5)


@given(ANY_METHOD)
def test_repr_reads_back(method: Method) -> None:
    assert eval(repr(method), dict(NAMES)) == method


@given(ANY_METHOD)
def test_a_method_is_the_same_again_through_its_name_and_options(method: Method) -> None:
    again = as_method((method.name, method.options()))
    assert again.options() == method.options()
    assert again == type(method)(**{**vars(method), "learning_rate": method.rate()})


@pytest.mark.parametrize("kind", METHODS.values())
@pytest.mark.parametrize(
    ("setting", "faulty"),
    [
        ("learning_rate", [0, -0.1, None, math.nan, math.inf, True, "0.1", 1j, 10**400]),
        ("beta1", [1, -0.1, 1.5, math.nan, None, False, "0.9", AUTOMATIC]),
        ("beta2", [1, -1e-9, math.nan, None, [0.9]]),
        ("beta", [1.0, -0.1, math.nan, None]),
        ("momentum", [1, -0.1, math.nan, True, "0.9", np.True_]),
        ("epsilon", [0, -1e-9, math.nan, math.inf, None]),
        ("learning_rate_schedule", ["Linaer", 1, True, AUTOMATIC, lambda t: 1, [1, 2]]),
        ("l2_regularization", [-1, math.nan, math.inf, True, "a", {"a": -1}, [("a", True)], [1]]),
        ("gradient_clipping", [0, -1, math.nan, math.inf, True, {"a": 0}, [("a", 1, 2)], ["ab"]]),
        ("weight_decay", [-1, math.nan, math.inf, True, "a", {"a": -1}, [("a", True)], [1]]),
        ("gradient_norm", [0, -1, math.nan, math.inf, True, "1", {"a": 1.0}, [1.0]]),
        ("weight_clipping", [0, -1, math.inf, "1", {"a": "1"}, [("a", math.nan)], ("a", 1)]),
    ],
)
def test_a_setting_out_of_its_range_is_refused_by_name(
    kind: type[Method], setting: str, faulty: list[Any]
) -> None:
    if setting not in kind.__dataclass_fields__:
        return
    for value in faulty:
        with pytest.raises(OptionError, match=rf"\({setting}\)"):
            kind(**{setting: value})


def test_epsilon_of_adam_is_at_most_a_hundredth_and_that_of_rmsprop_is_free() -> None:
    assert Adam(epsilon=0.01).options()["Epsilon"] == 0.01
    assert RMSProp(epsilon=2).options()["Epsilon"] == 2
    with pytest.raises(OptionError, match=r"above 0 up to 0\.01"):
        Adam(epsilon=0.0100001)


def test_all_faults_of_a_constructor_are_told_at_once() -> None:
    with pytest.raises(OptionError) as caught:
        SGD(learning_rate=-1, momentum=2, weight_clipping={"a": 0, "b": 1, "c": math.nan})
    message = str(caught.value)
    assert message.startswith("4 faults")
    for words in ("'LearningRate'", "'Momentum'", "rule 1", "rule 3", "given:    nan"):
        assert words in message
    assert "rule 2" not in message


def test_all_faults_of_a_specification_are_told_at_once() -> None:
    options = {
        "Betta1": 0.9,
        "Beta2": 3,
        "LearningRate": 1,
        "InitialLearningRate": 2,
        "Momentum": 0,
    }
    with pytest.raises(OptionError) as caught:
        as_method(("ADAM", options))
    message = str(caught.value)
    assert message.startswith("4 faults")
    for words in (
        "'Betta1'",
        "did you mean 'Beta1'",
        "'Beta2'",
        "twice",
        "'Momentum'",
        "known:    LearningRate, Beta1, Beta2, Epsilon, LearningRateSchedule, L2Regularization",
    ):
        assert words in message


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("Adam", r"known: +ADAM, RMSProp, SGD, SignSGD\s+fix: +did you mean 'ADAM'"),
        (("StochasticGradient", {}), "did you mean 'StochasticGradientDescent'"),
        (Adam, r"not a method[\s\S]*fix: +Adam\(\)"),
        (("ADAM", {"Beta1": 2}), "at: +method ADAM, option 'Beta1'"),
        (("ADAM", 0.1), "not a method"),
        (("ADAM", {}, {}), "not a method"),
        (None, "AUTOMATIC"),
        (1, "not a method"),
    ],
)
def test_what_is_no_method_is_refused_with_what_there_is(spec: Any, words: str) -> None:
    with pytest.raises(OptionError, match=words):
        as_method(spec)


def test_a_method_is_frozen_and_does_not_change_with_what_it_was_made_from() -> None:
    rules: dict[Any, Any] = {("head", "Weights"): 1, ANY: None}
    method = Adam(l2_regularization=rules)
    rules.clear()
    assert method.l2_regularization == ((("head", "Weights"), 1.0), (ANY, None))
    method.options()["L2Regularization"].clear()
    assert method == Adam(l2_regularization=[(["head", "Weights"], 1.0), [ANY, None]])
    assert hash(method) == hash(Adam(l2_regularization=method.l2_regularization))
    with pytest.raises(FrozenInstanceError):
        method.beta1 = 0.5  # type: ignore[misc]


def test_no_momentum_and_no_l2_can_be_said_by_zero() -> None:
    assert SGD(momentum=0).start(3) == () == SGD(momentum=None).start(3)
    assert SGD(l2_regularization=0).l2_regularization == 0.0


def test_the_rate_of_net_train_wins_over_the_method_and_the_method_over_its_default() -> None:
    assert Adam().rate() == 0.001
    assert SGD().rate(AUTOMATIC) == 0.01
    assert SGD(learning_rate=0.5).rate(AUTOMATIC) == 0.5
    assert SGD(learning_rate=0.5).rate(2) == 2.0


@pytest.mark.parametrize("rate", [0, -1, None, True, math.nan, math.inf, "0.1"])
def test_what_is_no_learning_rate_is_refused(rate: Any) -> None:
    with pytest.raises(OptionError, match="no learning rate"):
        Adam().rate(rate)


@given(st.integers(1, 500), st.integers(1, 500))
def test_the_polynomial_schedule_is_the_root_of_what_is_left(t: int, total: int) -> None:
    expected = math.sqrt(1 - min(t, total) / (total + 1))
    assert factor("Polynomial", t, total) == pytest.approx(expected, rel=1e-15)
    assert 0 < factor("Polynomial", t, total) < 1
    assert factor(None, t, total) == 1


def test_a_schedule_function_counts_from_zero_to_one_before_the_end() -> None:
    seen = []

    def halves(t: int, total: int) -> float:
        seen.append((t, total))
        return 0.5**t

    assert [factor(halves, t, 3) for t in (1, 2, 3)] == [1.0, 0.5, 0.25]
    assert factor(halves, 9, 3) == 0.25  # the total was only an estimate
    assert seen == [(0, 3), (1, 3), (2, 3), (2, 3)]


@pytest.mark.parametrize("size", [0, 1, 2.5, np.float32(0.5), Fraction(1, 2)])
def test_a_schedule_function_may_give_any_finite_real_that_is_not_negative(size: Any) -> None:
    assert factor(lambda t, T: size, 1, 2) == float(size)


@pytest.mark.parametrize(
    "size", [-1e-9, math.nan, math.inf, True, None, "1", 1j, np.array([1.0]), Fraction(10**400)]
)
def test_a_schedule_function_that_gives_no_factor_is_told_with_its_step(size: Any) -> None:
    def wrong(t: int, total: int) -> Any:
        return size

    with pytest.raises(OptionError, match=r"t = 4 of T = 9[\s\S]*wrong[\s\S]*given:"):
        factor(wrong, 5, 9)


def test_a_schedule_is_looked_at_before_it_is_used() -> None:
    for good in (None, "Polynomial", lambda t, T: 1, min, lambda t, T, rate: 1):
        assert as_schedule(good) is good
    with pytest.raises(OptionError, match="did you mean 'Polynomial'"):
        as_schedule("polynomal")
    for bad in (1.0, lambda t: 1, lambda a, b, c, d: 1):
        with pytest.raises(OptionError, match="schedule"):
            as_schedule(bad)


def test_settings_do_not_load_numba() -> None:
    code = "import sys, wlnet.methods as m; m.Adam().start(3); sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
