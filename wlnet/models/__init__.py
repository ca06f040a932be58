"""Nets that come with the package, trained, by name.

A model is a file, which has the net without numbers and a row for the table of models
(model.py says what is in a row), and beside it lies the trained net. lenet.py reads digits,
letternet.py small letters; surnamenet.py spells surnames, cellnet.py judges cells.
"""

from __future__ import annotations

from pathlib import Path
from typing import overload

from wlnet.core.errors import DataError, Fault, OptionError, brief, fail
from wlnet.core.net import Net
from wlnet.core.spelling import suggestion
from wlnet.core.table import Table
from wlnet.io import load
from wlnet.models.cellnet import CELLNET
from wlnet.models.lenet import LENET, lenet
from wlnet.models.letternet import LETTERNET
from wlnet.models.model import COLUMNS, Model
from wlnet.models.surnamenet import SURNAMENET

MODELS: dict[str, Model] = {each.name: each for each in (LENET, LETTERNET, SURNAMENET, CELLNET)}
"""Every model by name."""


@overload
def net_model() -> Table: ...
@overload
def net_model(name: None, *, trained: bool = True) -> Table: ...
@overload
def net_model(name: str, *, trained: bool = True) -> Net: ...
def net_model(name: str | None = None, *, trained: bool = True) -> Net | Table:
    """A net that comes with the package, or the table of all of them.

    name: "LeNet", which reads handwritten digits: it takes uint8 images of 28 x 28 pixels, white
    on black, and answers 0 to 9; or another one of the table that `net_model()` gives, which says
    of each what it takes and answers, how large it is, how much of what it had never seen it tells
    right, and on whose data it was trained. trained: False gives the same net without numbers in
    its arrays.
    Raises OptionError for an unknown name, DataError when the file of a trained net is missing.

    >>> net_model("LeNet", trained=False) == lenet()
    True
    >>> [row["model"] for row in net_model()]
    ['LeNet', 'LetterNet', 'SurnameNet', 'CellNet']

    Wolfram Language: NetModel.
    """
    faults = []
    if name is not None and (not isinstance(name, str) or name not in MODELS):
        near = suggestion(name, MODELS) if isinstance(name, str) else None
        fault = Fault("there is no model of this name", given=brief(name), known=MODELS, fix=near)
        faults.append(fault)
    if not isinstance(trained, bool):
        faults.append(Fault("trained is True or False", given=brief(trained)))
    elif name is None and not trained:
        what = "the table of all models has no nets in it that could be without numbers"
        faults.append(
            Fault(what, "trained", brief(trained), fix='net_model("LeNet", trained=False)')
        )
    if faults:
        raise fail(OptionError, faults)
    if name is None:
        rows = tuple(model.row for model in MODELS.values())
        return Table(COLUMNS, rows, "Nets that come with the package", "models")
    if not trained:
        return MODELS[name].net()
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
    return MODELS[name].file


__all__ = ["MODELS", "lenet", "model_file", "net_model"]
