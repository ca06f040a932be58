"""Nets that come with the package, trained, by name. lenet.py: LeNet, which reads digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.spelling import suggestion
from wlnet.io import load
from wlnet.models.lenet import lenet

MODELS: dict[str, Callable[[], Net]] = {"LeNet": lenet}
"""Every model by name: the function that makes it without numbers."""


def net_model(name: str, *, trained: bool = True) -> Net:
    """A net that comes with the package.

    name: "LeNet", which reads handwritten digits: it takes uint8 images of 28 x 28 pixels, white
    on black, and answers 0 to 9. trained: False gives the same net without numbers in its arrays.
    Raises OptionError for an unknown name, DataError when the file of a trained net is missing.

    >>> net_model("LeNet", trained=False) == lenet()
    True

    Wolfram Language: NetModel.
    """
    faults = []
    if not isinstance(name, str) or name not in MODELS:
        near = suggestion(name, MODELS) if isinstance(name, str) else None
        fault = Fault("there is no model of this name", given=brief(name), known=MODELS, fix=near)
        faults.append(fault)
    if not isinstance(trained, bool):
        faults.append(Fault("trained is True or False", given=brief(trained)))
    if faults:
        raise fail(OptionError, faults)
    if not trained:
        return MODELS[name]()
    file = model_file(name)
    try:
        found: Net = load(file)
        return found
    except FileNotFoundError:
        missing = Fault(
            f"the file of the trained {name} is missing",
            at=str(file),
            fix=f"`make train-{name.lower()}` makes it; with trained=False no file is needed",
        )
        raise fail(DataError, missing) from None


def model_file(name: str) -> Path:
    """Where the trained net of a model lies in the package.

    >>> model_file("LeNet").name
    'lenet.wlnet'
    """
    return Path(__file__).with_name(f"{name.lower()}.wlnet")


__all__ = ["MODELS", "lenet", "model_file", "net_model"]
