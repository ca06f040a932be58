"""The "FeatureExtractor" encoder: a net that is there already turns an item into features.

It stands here and not among the other encoders, as it has to know nets.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from wlnet.coders.coder import coder
from wlnet.coders.encoder import Encoded, NetEncoder, batch_items
from wlnet.core.arrays import Dtype
from wlnet.core.errors import DataError, Fault, OptionError, ShapeError, brief, fail
from wlnet.core.gate import Column, as_column, shape_of
from wlnet.core.names import a
from wlnet.core.net import Net
from wlnet.core.ports import Flow, PortType
from wlnet.core.shapes import Partial, Shape, fits
from wlnet.nets.arrays import is_initialized
from wlnet.nets.inference import inferred_port


@coder
class FeatureExtractorEncoder(NetEncoder):
    """`NetEncoder("FeatureExtractor", net)`: what an initialized net of one input and one output
    gives for an item; shape and entries are those of its output, without its decoder.

    Items are what the net takes, by an encoder of its own where it has one: the features of
    pictures, of texts, of anything. The net stays as it is: its arrays are part of the encoder, and
    none of the net that it stands at, so no training changes them, and they have no multipliers. A
    training encodes its examples once, in batches, and then only goes through the net behind. The
    net runs as in net(x), without dropout and with the statistics that it has.

    Errors: OptionError for what is no such net; DataError, naming the example, for what the net
    does not take.

    >>> from wlnet import NetChain, NetDecoder, NetEncoder
    >>> squares = NetChain([lambda x: x * x], input=2)
    >>> encoder = NetEncoder("FeatureExtractor", squares)
    >>> encoder([[1, 2], [3, 4]])
    array([[ 1.,  4.],
           [ 9., 16.]], dtype=float32)

    Source: https://reference.wolfram.com/language/ref/netencoder/FeatureExtractor.html, where the
    extractor is a FeatureExtractorFunction.
    """

    kind = "FeatureExtractor"
    net: Net

    def __post_init__(self) -> None:
        given: Any = self.net
        if not isinstance(given, Net):
            what, fix = (
                "features are what a net makes",
                'NetEncoder("Function", f) takes a function',
            )
            raise fail(OptionError, Fault(what, at=self.title, given=brief(given), fix=fix))
        faults = []
        if not len(given.input_names) == len(given.output_names) == 1:
            told = f"inputs {list(given.input_names)}, outputs {list(given.output_names)}"
            what = "a net that makes features has one input and one output"
            faults.append(Fault(what, at=self.title, given=f"{a(given.kind)} with {told}"))
        if not is_initialized(given):
            what = "a net that makes features is never trained, and needs its numbers before"
            fix = "net_initialize(net), or a net that was trained"
            faults.append(Fault(what, at=self.title, given=a(given.kind), fix=fix))
        if faults:
            raise fail(OptionError, faults)

    @property
    def takes_anything(self) -> bool:  # type: ignore[override]
        """Whether items go to a function of the user's as they are."""
        return bool(getattr(self._input.coder, "takes_anything", False))

    @property
    def shape(self) -> Partial:
        return self._output.shape

    @property
    def element(self) -> Flow:
        return self._output.flow or "Real"

    @property
    def _input(self) -> PortType:
        return inferred_port(self.net, self.net.input_names[0])

    @property
    def _output(self) -> PortType:
        return inferred_port(self.net, self.net.output_names[0])

    def fitted(self, shape: Shape) -> FeatureExtractorEncoder:
        self._require(shape, fits(self.shape, shape))
        return self

    def converse(self, kind: object) -> NoReturn:
        raise self._without_converse("many things have the same features")

    def is_single(self, x: object) -> bool:
        port = self._input
        if port.coder is not None:
            return bool(port.coder.is_single(x))
        given = shape_of(x)
        return port.shape is not None and given is not None and len(given) == len(port.shape)

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> Encoded:
        batch = as_column(items, where, is_raw=True) if self.takes_anything else batch_items(
            items, where)  # fmt: skip
        kind = np.dtype(np.int64 if self.element == "Integer" else dtype)
        if not len(batch):
            return np.zeros((0, *(size or 0 for size in self.shape or ())), kind)
        own = f"port {self.net.input_names[0]}"
        precision = "Real64" if kind == np.float64 else "Real32"
        given = batch if isinstance(batch, np.ndarray) else list(batch)
        try:
            found = self.net(given, None, working_precision=precision)
        except (DataError, ShapeError) as error:
            # The net speaks of its own port.
            faults = [replace(each, at=where + str(each.at or own).removeprefix(own))
                      for each in error.faults]  # fmt: skip
            raise fail(DataError, faults) from None
        if isinstance(found, list):
            return [np.asarray(each, kind) for each in found]
        return np.array(found, kind)
