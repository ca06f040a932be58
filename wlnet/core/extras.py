"""Libraries that do not come with wlnet: each is imported when it is used, and whoever does not
have it hears which command of pip brings it.

>>> EXTRAS["onnx"], install("onnx")
('onnx', "pip install 'wlnet[onnx]'")
"""

from __future__ import annotations

import importlib
import importlib.util
from types import MappingProxyType
from typing import Any

from wlnet.core.errors import Fault, MissingExtraError, fail

EXTRAS = MappingProxyType(
    {
        "PIL": "images",
        "dask": "dask",
        "distributed": "dask",
        "h5py": "hdf5",
        "matplotlib": "plot",
        "mpi4py": "mpi",
        "onnx": "onnx",
        "pandas": "tables",
        "pyarrow": "tables",
        "rich": "progress",
        "sklearn": "sklearn",
        "wolframclient": "wolfram",
    }
)
"""Module -> the extra of wlnet that brings it; what an extra consists of stands in setup.cfg."""

CALLED = {"PIL": "Pillow", "sklearn": "scikit-learn"}
"""Libraries whose modules have another name."""


def install(module: str) -> str:
    """The command that brings a module of an extra."""
    return f"pip install 'wlnet[{EXTRAS[module.partition('.')[0]]}]'"


def is_installed(module: str) -> bool:
    """Whether a module of an extra could be imported; it is not."""
    return importlib.util.find_spec(module) is not None


def needed(module: str, purpose: str) -> Any:
    """A module of an extra, imported. purpose: what it is needed for, "writing an ONNX file".

    Raises MissingExtraError, an ImportError, with the command that brings it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        top = module.partition(".")[0]
        is_absent = (
            isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] == top
        )
        name = CALLED.get(top, top)
        what = f"{purpose} needs {name}, which {'is not installed' if is_absent else 'fails'}"
        given = None if is_absent else f"{type(error).__name__}: {error}"
        fault = Fault(what, given=given, fix=install(module))
        raise fail(MissingExtraError, fault) from error
