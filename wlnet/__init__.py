"""wlnet: nets as values, and rules that say how fast each part of them learns.

>>> import wlnet as wl
>>> net = wl.net_initialize(wl.NetChain([3, "Ramp", 1], input=2))
>>> trained = wl.net_train(net, ([[0, 1], [1, 0]], [[1], [2]]), max_training_rounds=5,
...                        learning_rate_multipliers={1: None})
>>> (wl.net_extract(trained, (1, "Weights")) == wl.net_extract(net, (1, "Weights"))).all()
np.True_
"""

import importlib
from functools import cache as _cache
from inspect import isfunction as _isfunction
from typing import TYPE_CHECKING, Any

from wlnet import data as data
from wlnet.coders import NetDecoder as NetDecoder
from wlnet.coders import NetEncoder as NetEncoder
from wlnet.core.catalogue import SOON as _SOON
from wlnet.core.catalogue import not_there_yet as _not_there_yet
from wlnet.core.errors import DataError as DataError
from wlnet.core.errors import Fault as _Fault
from wlnet.core.errors import FormatError as FormatError
from wlnet.core.errors import MissingExtraError as MissingExtraError
from wlnet.core.errors import MissingNameError as MissingNameError
from wlnet.core.errors import NothingToTrainError as NothingToTrainError
from wlnet.core.errors import NotInitializedError as NotInitializedError
from wlnet.core.errors import OptionError as OptionError
from wlnet.core.errors import PartError as PartError
from wlnet.core.errors import RankError as RankError
from wlnet.core.errors import RuleError as RuleError
from wlnet.core.errors import RuleWarning as RuleWarning
from wlnet.core.errors import ShapeError as ShapeError
from wlnet.core.errors import TrainingWarning as TrainingWarning
from wlnet.core.errors import WlnetError as WlnetError
from wlnet.core.errors import fail as _fail
from wlnet.core.keywords import checked_keywords as _checked
from wlnet.core.net import Services as _Services
from wlnet.core.net_arrays import NetArray as NetArray
from wlnet.core.parts import Alternatives as Alternatives
from wlnet.core.parts import NetPort as NetPort
from wlnet.core.parts import NetPortGradient as NetPortGradient
from wlnet.core.parts import NetSharedArray as NetSharedArray
from wlnet.core.parts import Span as Span
from wlnet.core.phases import Phases as Phases
from wlnet.core.restricted import Restricted as Restricted
from wlnet.core.scaled import Scaled as Scaled
from wlnet.core.shard import Shard as Shard
from wlnet.core.spelling import suggestion as _suggestion
from wlnet.core.symbols import ALL as ALL
from wlnet.core.symbols import ANY as ANY
from wlnet.core.symbols import AUTOMATIC as AUTOMATIC
from wlnet.core.symbols import END_OF_STRING as END_OF_STRING
from wlnet.core.symbols import START_OF_STRING as START_OF_STRING
from wlnet.graph.array_formula import ArrayFormula as ArrayFormula
from wlnet.graph.expression import Expression as Expression
from wlnet.graph.functions import function_names as _function_names
from wlnet.kernels.jit.apart import apart as _apart
from wlnet.kernels.jit.locks import new_lock as _new_lock
from wlnet.layers import *  # noqa: F403  # every layer is public; layers/__init__.py lists them
from wlnet.methods import SGD as SGD
from wlnet.methods import Adam as Adam
from wlnet.methods import RMSProp as RMSProp
from wlnet.methods import SignSGD as SignSGD
from wlnet.nets.attention import AttentionLayer as AttentionLayer
from wlnet.nets.bidirectional import NetBidirectionalOperator as NetBidirectionalOperator
from wlnet.nets.chain import NetChain as NetChain
from wlnet.nets.feature_extractor_encoder import FeatureExtractorEncoder as _FeatureExtractor
from wlnet.nets.fold import NetFoldOperator as NetFoldOperator
from wlnet.nets.gan import NetGANOperator as NetGANOperator
from wlnet.nets.information import information as information
from wlnet.nets.initialize import net_initialize as net_initialize
from wlnet.nets.mapping import NetMapOperator as NetMapOperator
from wlnet.nets.mapping import NetMapThreadOperator as NetMapThreadOperator
from wlnet.nets.nest import NetNestOperator as NetNestOperator
from wlnet.nets.netgraph import NetGraph as NetGraph
from wlnet.nets.old_names import ConstantArrayLayer as ConstantArrayLayer
from wlnet.nets.old_names import DotPlusLayer as DotPlusLayer
from wlnet.nets.old_names import InstanceNormalizationLayer as InstanceNormalizationLayer
from wlnet.nets.old_names import SequenceAttentionLayer as SequenceAttentionLayer
from wlnet.nets.pair_embedding import NetPairEmbeddingOperator as NetPairEmbeddingOperator
from wlnet.nets.rule_makers import gradual_unfreezing as gradual_unfreezing
from wlnet.nets.rule_makers import layer_wise_decay as layer_wise_decay
from wlnet.nets.show import show as _show
from wlnet.nets.surgery.connect import connect as _connect
from wlnet.nets.surgery.delete import net_delete as net_delete
from wlnet.nets.surgery.extract import net_extract as net_extract
from wlnet.nets.surgery.flatten import net_flatten as net_flatten
from wlnet.nets.surgery.insert import net_insert as net_insert
from wlnet.nets.surgery.join import net_append as net_append
from wlnet.nets.surgery.join import net_join as net_join
from wlnet.nets.surgery.join import net_prepend as net_prepend
from wlnet.nets.surgery.rename import net_rename as net_rename
from wlnet.nets.surgery.replace import net_replace_part as net_replace_part
from wlnet.nets.surgery.replace_pattern import net_replace as net_replace
from wlnet.nets.surgery.shared import net_insert_shared_arrays as net_insert_shared_arrays
from wlnet.nets.surgery.take import net_drop as net_drop
from wlnet.nets.surgery.take import net_take as net_take
from wlnet.nets.surgery.unfold import net_unfold as net_unfold
from wlnet.results import NetTrainResults as NetTrainResults
from wlnet.results.receipts import Receipts as _Receipts
from wlnet.results.saving import Saving as _Saving
from wlnet.version import VERSION as __version__  # noqa: F401  # for wlnet.__version__

_LAZY = {
    "NetStateObject": "wlnet.evaluate.state_object",
    "net_export_arrays": "wlnet.io",
    "net_import_arrays": "wlnet.io",
    "net_measurements": "wlnet.train.net_measurements",
    "learning_rate_range": "wlnet.train.learning_rate_range",
    "load": "wlnet.io",
    "net_model": "wlnet.models",
    "net_program": "wlnet.train.net_program",
    "net_resume": "wlnet.train.net_resume",
    "net_train": "wlnet.train.net_train",
    "save": "wlnet.io",
    "verify": "wlnet.train.receipts.verify",
}
"""Names whose rooms bring Numba: they are opened when they are first asked for."""
_EXTRA_ROOMS = {"onnx", "sklearn", "wolfram"}
"""Rooms that are asked for by their own name, `wlnet.onnx`: each works with a library that does not
come with wlnet."""


if TYPE_CHECKING:  # the same names, for those who read types and run nothing
    from wlnet import onnx as onnx
    from wlnet import sklearn as sklearn
    from wlnet import wolfram as wolfram
    from wlnet.evaluate.state_object import NetStateObject as NetStateObject
    from wlnet.io import load as load
    from wlnet.io import net_export_arrays as net_export_arrays
    from wlnet.io import net_import_arrays as net_import_arrays
    from wlnet.io import save as save
    from wlnet.models import net_model as net_model
    from wlnet.train.learning_rate_range import learning_rate_range as learning_rate_range
    from wlnet.train.net_measurements import net_measurements as net_measurements
    from wlnet.train.net_program import net_program as net_program
    from wlnet.train.net_resume import net_resume as net_resume
    from wlnet.train.net_train import net_train as net_train
    from wlnet.train.receipts.verify import verify as verify
else:

    def __getattr__(name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name in _EXTRA_ROOMS:
            return _opened(f"{__name__}.{name}")
        if name not in _LAZY:
            raise _missing(name)
        value = _found(_LAZY[name], name)
        globals()[name] = value
        return value


def _missing(name: str) -> MissingNameError:
    if name in _SOON:
        what, fix = "a name of the Wolfram catalogue", _not_there_yet(name, _SOON)
    elif name in _function_names():
        what, fix = "a function is named by a string", repr(name)
    else:
        what, fix = "a name that is not there", _suggestion(name, __all__) or ""
    return _fail(MissingNameError, _Fault(what, at=__name__, given=name, fix=fix))


def __dir__() -> list[str]:
    return sorted({*__all__, *_EXTRA_ROOMS, "__version__"})


_opening = _new_lock()


def _opened(room: str) -> Any:
    """A room, which is opened where no signal comes: Numba and LLVM, half imported, could not be
    imported again. One after the other: whoever was called away left one that goes on, and two that
    want parts of each other would be at a standstill.
    """

    def opens(is_wanted: Any) -> None:
        with _opening:
            importlib.import_module(room)

    _apart(opens)
    return importlib.import_module(room)


def _found(room: str, name: str) -> Any:
    """A function of a room that is opened for it."""
    return _checked(getattr(_opened(room), name))


def _later(room: str, name: str) -> Any:
    """A function of a room that is opened when it is first called."""

    @_cache
    def opened() -> Any:
        return _found(room, name)

    def call(*args: Any, **options: Any) -> Any:
        return opened()(*args, **options)

    return call


# What a fork waits for has to be known before a first thread compiles, or opens a room. The last
# one is waited for first: then the locks of what was being imported are known.
for _watch in ("wlnet.kernels.jit.locks", "wlnet.core.late_imports"):
    importlib.import_module(_watch)

NetEncoder.kinds["FeatureExtractor"] = _FeatureExtractor
_Services.show = _show
_Services.extract = net_extract
_Services.connect = _connect
_Services.evaluate = _later("wlnet.evaluate.evaluation", "evaluate")
_Services.precompile = _later("wlnet.evaluate.first_calls", "precompile")
_Services.html = _later("wlnet.plot.pages", "html")
_Services.picture = _later("wlnet.plot.pictures", "picture")
_Services.operations = _later("wlnet.lowering.operations", "operations")
_Services.program = _later("wlnet.plan.report", "evaluation_report")
_Saving.written = _later("wlnet.train.saving.records", "written")
_Receipts.text = _later("wlnet.train.receipts.writing", "receipt_text")
_Saving.rebuilt = _later("wlnet.train.saving.records", "rebuilt")

# A misspelt keyword of a public function is an OptionError with what was probably meant.
globals().update(
    {name: _checked(it) for name, it in globals().items() if _isfunction(it) and name[0] != "_"}
)
_ROOMS = {
    "coders",
    "core",
    "graph",
    "kernels",
    "layers",
    "methods",
    "nets",
    "results",
    "version",
    "importlib",
    "Any",
    "TYPE_CHECKING",
}
__all__ = sorted({name for name in globals() if not name.startswith("_")} - _ROOMS | {*_LAZY})
