"""Options as other libraries call them: each names its counterpart here, and that works."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import wlnet as wl
from tests.training_cases import classes, classifier, numbers, perceptron
from wlnet.core.elsewhere import ELSEWHERE, counterpart
from wlnet.core.names import wolfram_name
from wlnet.methods import METHODS

TRAIN = list(inspect.signature(wl.net_train).parameters)
METHOD_OPTIONS = {row.name for method in METHODS.values() for row in fields(method)}
NAMES = [
    *("epochs", "lr", "weight_decay", "sample_weight", "callbacks", "validation_split", "shuffle"),
    *("verbose", "optimizer", "momentum", "betas", "patience", "device", "seed", "loss", "metrics"),
    *("batch", "validation_data", "random_state", "early_stopping", "n_jobs", "dtype", "eps"),
    *("class_weight", "trainable", "clipnorm", "scheduler", "max_iter", "num_epochs", "alpha"),
    *("n_iter_no_change", "solver", "warm_start", "freeze", "nesterov", "save_steps", "ckpt_path"),
]
"""Names of PyTorch, Keras and scikit-learn."""


@pytest.mark.parametrize("name", NAMES)
def test_an_option_of_another_library_is_told_by_its_name_here(name: str) -> None:
    net, data = classifier(), classes(12)
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(net, data, **{name: 1})
    (fault,) = error.value.faults
    assert fault.what == f"net_train has no option {name!r}"
    assert fault.fix == counterpart(name, TRAIN)
    assert fault.fix is not None


@pytest.mark.parametrize("name", sorted(METHOD_OPTIONS - {"learning_rate"}))
@pytest.mark.parametrize("spelt", [str, wolfram_name])
def test_an_option_of_a_method_is_told_by_its_place(name: str, spelt: Any) -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(classifier(), classes(12), **{spelt(name): 1})
    (fault,) = error.value.faults
    assert fault.fix is not None
    assert fault.fix.startswith("method=(")


@pytest.mark.parametrize(
    ("name", "repair"),
    [
        ("checkpoint_dir", 'training_progress_checkpointing=("Directory", "runs", {"Keep": 3})'),
        ("resume_from_checkpoint", "net_resume(file, data)"),
    ],
)
def test_checkpoints_and_what_goes_on_from_them_are_told(name: str, repair: str) -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(classifier(), classes(12), **{name: "runs"})
    assert repair in str(error.value)


@pytest.mark.parametrize("name", ["prop", "top_k", "return_probabilities", "ports"])
def test_what_a_called_net_is_asked_for_has_no_name(name: str) -> None:
    with pytest.raises(wl.OptionError) as error:
        classifier()([0.0] * 4, **{name: 1})
    (fault,) = error.value.faults
    assert fault.known is not None
    assert "net" not in fault.known
    assert "net(x, " in str(fault.fix)


def test_every_counterpart_is_an_option_of_something() -> None:
    functions = (wl.net_train, wl.net_measurements, wl.net_initialize)
    known = {name for function in functions for name in inspect.signature(function).parameters}
    known |= METHOD_OPTIONS | {"net_evaluation_mode", "patience", "absolute_change", "criterion"}
    layers = [getattr(wl, name) for name in wl.__all__ if name.endswith("Layer")]
    known |= {name for layer in layers for name in inspect.signature(layer).parameters}
    for name, counterparts in ELSEWHERE.items():
        assert name == name.lower()
        for each in counterparts:
            assert each.option is None or each.option in known, name
            assert each.value or each.word, name


def suggested() -> dict[str, Any]:
    """What is suggested for net_train, each once: option and value."""
    found = {}
    for counterparts in ELSEWHERE.values():
        first = next((each for each in counterparts if each.option in (None, *TRAIN)), None)
        if first is not None and first.option not in (None, "data") and first.value:
            found[f"{first.option}={first.value}"] = first
    return found


@pytest.mark.parametrize("text", suggested())
@pytest.mark.filterwarnings("ignore:a stopping criterion without a validation set")
def test_what_is_suggested_for_net_train_is_taken_by_it(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    option, value = suggested()[text][:2]
    is_loss = option == "loss_function"
    net, (x, y) = (perceptron(), numbers(12)) if is_loss else (classifier(), classes(12))
    names: dict[str, Any] = {"inputs": x, "outputs": y, "part": 1, "rate": 2}
    names |= {"weights": [1.0] * 12}
    names |= {"f": lambda state: None}
    given = eval(value.replace(", ...}", "}"), {**vars(wl), **names})
    options = {"max_training_rounds": 1, "training_progress_reporting": None, option: given}
    assert wl.net_train(net, (x, y), **options) is not None


CALLS: dict[str, tuple[Any, str]] = {
    "a criterion": (
        lambda: wl.net_train(
            classifier(), classes(12), training_stopping_criterion={"min_delta": 1, "monitor": "x"}
        ),
        '{"AbsoluteChange": 0.01}',
    ),
    "inputs and outputs apart": (
        lambda: wl.net_train(classifier(), *classes(12)),
        "net_train(net, (inputs, outputs))",
    ),
    "a net": (lambda: classifier()([0.0] * 4, training=True), 'net_evaluation_mode="Train"'),
    "a net, another": (lambda: classifier()([0.0] * 4, device="cuda"), 'target_device="CPU"'),
    "ADAM": (lambda: wl.Adam(lr=0.1), "learning_rate=0.001"),
    "ADAM, betas": (lambda: wl.Adam(betas=(0.9, 0.99)), "beta1=0.9, and beta2"),
    "SGD": (lambda: wl.SGD(l2=0.1), "l2_regularization=0.01"),
    "SGD, decay": (lambda: wl.SGD(wd=0.1), "weight_decay=0.01"),
    "SGD, norm": (lambda: wl.SGD(max_grad_norm=1), "gradient_norm=1.0"),
    "ADAM, warm-up": (lambda: wl.Adam(warmup_steps=9), '("Constant", {"Warmup": 0.1})'),
    "RMSProp": (lambda: wl.RMSProp(rho=0.9), "beta=0.95"),
    "a method by name": (
        lambda: wl.net_train(classifier(), classes(12), method=("SGD", {"lr": 1})),
        '{"LearningRate": 0.001}',
    ),
    "net_measurements": (
        lambda: wl.net_measurements(classifier(), classes(12), metrics="Accuracy"),
        'measurements=["Accuracy", "Loss"]',
    ),
    "net_initialize": (
        lambda: wl.net_initialize(classifier(), seed=3, initializer="x"),
        'method="Xavier"',
    ),
    "net_initialize, another": (
        lambda: wl.net_initialize(classifier(), seed=3),
        "random_seeding=1234",
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_so_it_is_for_nets_methods_and_other_functions(case: str) -> None:
    call, repair = CALLS[case]
    with pytest.raises(wl.OptionError) as error:
        call()
    assert repair in str(error.value)


LAYERS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "units": (wl.LinearLayer, {"units": 3}, "output_size=64"),
    "out_channels": (wl.ConvolutionLayer, {"out_channels": 3}, "output_channels=64"),
    "bias": (wl.LinearLayer, {"bias": False}, "biases=None"),
    "activation": (wl.LinearLayer, {"activation": "relu"}, 'NetChain([64, "Ramp"])'),
    "padding": (wl.ConvolutionLayer, {"padding": 1}, "padding_size=1"),
    "p": (wl.DropoutLayer, {"p": 0.1}, "probability=0.5"),
    "input_shape": (wl.LinearLayer, {"input_shape": (3,)}, "input=3"),
    "vocab_size": (wl.EmbeddingLayer, {"vocab_size": 3}, "class_count=1000"),
}


@pytest.mark.parametrize("case", LAYERS)
def test_and_for_layers(case: str) -> None:
    layer, options, repair = LAYERS[case]
    with pytest.raises(wl.OptionError) as error:
        layer(**options)
    assert repair in str(error.value)


def test_a_setting_that_a_method_does_not_have_is_told_with_those_that_are_wrong() -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.Adam(lr=0.1, beta1=7, epsilon=-1)
    assert len(error.value.faults) == 3
    with pytest.raises(wl.OptionError, match="did you mean 'beta1'"):
        wl.Adam(bata1=0.5)
    with pytest.raises(wl.OptionError, match="too many settings"):
        wl.Adam(*[0.1] * 11)
    with pytest.raises(wl.OptionError, match="'learning_rate' of Adam is given twice"):
        wl.Adam(0.1, learning_rate=0.2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: wl.net_train(),
        lambda: wl.net_train(classifier()),
        lambda: wl.net_train(classifier(), classes(12), "TrainedNet", 3),
        lambda: wl.net_measurements(classifier(), classes(12)),
        lambda: wl.net_initialize(),
        lambda: wl.information(),
        lambda: wl.save(),
    ],
)
def test_a_call_that_lacks_an_argument_or_has_one_too_many_is_an_option_error(call: Any) -> None:
    with pytest.raises(wl.OptionError, match=r"missing a required argument|too many positional"):
        call()


def test_a_lacking_argument_is_told_with_unknown_ones() -> None:
    with pytest.raises(wl.OptionError) as error:
        wl.net_train(classifier(), epochs=3)
    assert [fault.what for fault in error.value.faults] == [
        "net_train has no option 'epochs'",
        "net_train: missing a required argument: 'data'",
    ]
