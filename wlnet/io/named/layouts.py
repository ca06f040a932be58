"""How frameworks lay out the arrays of layers: one table.

A `Piece` says where an array of wlnet stands in the entries of a file: in which ones (those of
several are added up), how they have to be turned, and which of several gates it is. A layout gives,
for each kind of layer, a piece for each array.

Sources: https://pytorch.org/docs/stable/nn.html (shapes of the variables of each module; gates in
the order i, f, g, o and r, z, n); https://keras.io/api/layers/ and the code of Keras 3 (`build`:
gates in the order i, f, c, o and z, r, h).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wlnet.core.arrays import Array
from wlnet.core.errors import Fault, brief
from wlnet.core.gathered import Gathered
from wlnet.core.symbols import AUTOMATIC

Shape = tuple[int, ...]
ANY_NAME = "*"
"""The slot of an entry that stands for itself."""


@dataclass(frozen=True)
class Turn:
    """How the levels of an array in a file become those of the net. words: for people."""

    words: str
    axes: Callable[[int], Sequence[int]]

    def of(self, array: Array) -> Array:
        return array.transpose(tuple(self.axes(array.ndim)))

    def shape(self, shape: Shape) -> Shape:
        return tuple(shape[axis] for axis in self.axes(len(shape)))


AS_IT_LIES = Turn("as it lies", range)
TRANSPOSED = Turn("transposed", lambda rank: range(rank)[::-1])
KERNEL = Turn(
    "kernel and channels to channels and kernel",
    lambda rank: (*range(rank)[:-3:-1], *range(rank - 2)) if rank > 2 else range(rank),
)
"""(*kernel, in, out) to (out, in, *kernel); of a deconvolution in and out change places on both
sides."""
DEPTHWISE = Turn(
    "kernel and channels to channels and kernel",
    lambda rank: (*range(rank)[-2:], *range(rank - 2)) if rank > 2 else range(rank),
)
"""(*kernel, in, times) to (in, times, *kernel); the first two are one level of the net."""
LAST_FIRST = Turn(
    "the last level first",
    lambda rank: (rank - 1, *range(rank - 1)) if rank else (),
)


@dataclass(frozen=True)
class Piece:
    """Where an array of wlnet stands in a file.

    slots: the entries of a layer in the file, which are added up. gate, of_gates: it is this one,
    from 0, of several of equal size, one behind the other along the first level of the turned
    entries. empty: a slot whose same piece has no place in the net, and has to be 0. joins: the
    first two levels of the turned entry are one. squeezes: levels of size 1 do not count.
    """

    slots: tuple[str, ...]
    turn: Turn = AS_IT_LIES
    gate: int = 0
    of_gates: int = 1
    empty: str | None = None
    joins: bool = False
    squeezes: bool = False

    def shape(self, shape: Shape) -> Shape | None:
        """The shape of the array that an entry of a shape gives; None where it gives none."""
        turned = self.turn.shape(shape)
        if self.squeezes:
            turned = tuple(size for size in turned if size != 1)
        if self.joins:
            if len(turned) < 3:
                return None
            turned = (turned[0] * turned[1], 1, *turned[2:])
        if self.of_gates == 1:
            return turned
        if not turned or turned[0] % self.of_gates:
            return None
        return (turned[0] // self.of_gates, *turned[1:])

    def taken(self, entry: Array) -> Array:
        """The array of the net that an entry holds."""
        turned = self.turn.of(entry)
        if self.squeezes:
            turned = turned.squeeze()
        if self.joins:
            turned = turned.reshape(turned.shape[0] * turned.shape[1], 1, *turned.shape[2:])
        size = len(turned) // self.of_gates if self.of_gates > 1 else 0
        return turned[self.gate * size : (self.gate + 1) * size] if size else turned

    def place(self, entry: Array) -> Array:
        """The part of an entry that is the array, as a view to write to."""
        turned = self.turn.of(entry)
        turned = turned.squeeze() if self.squeezes else turned
        size = len(turned) // self.of_gates if self.of_gates > 1 else 0
        return turned[self.gate * size : (self.gate + 1) * size] if size else turned[...]

    @property
    def words(self) -> str:
        """What is done with the entries, for people."""
        words = [self.turn.words] if self.turn is not AS_IT_LIES else []
        if self.of_gates > 1:
            words.append(f"gate {self.gate + 1} of {self.of_gates}")
        if len(self.slots) > 1:
            words.append("sum")
        return ", ".join(words) or AS_IT_LIES.words


Pieces = Mapping[str, Piece]
"""Array of a layer -> where it stands."""


def _gates(
    order: Mapping[str, int], what: str, *slots: str, turn: Turn = AS_IT_LIES, empty: str = ""
) -> dict[str, Piece]:
    """The pieces of all gates of one kind of arrays. order: gate -> which one it is in a file.
    empty: the slot that the memory gate alone does not have."""
    found = {}
    for gate, number in order.items():
        left = empty if gate == "Memory" and empty else None
        kept = tuple(slot for slot in slots if slot != left)
        found[f"{gate}Gate{what}"] = Piece(kept, turn, number, len(order), left)
    return found


LSTM = {"Input": 0, "Forget": 1, "Memory": 2, "Output": 3}
"""The order of gates of both frameworks."""
TORCH_GRU = {"Reset": 0, "Input": 1, "Memory": 2}
KERAS_GRU = {"Input": 0, "Reset": 1, "Memory": 2}


def _recurrent(
    order: Mapping[str, int], names: tuple[str, str, tuple[str, ...]], turn: Turn, empty: str = ""
) -> dict[str, Piece]:
    into, state, biases = names
    return {
        **_gates(order, "InputWeights", into, turn=turn),
        **_gates(order, "StateWeights", state, turn=turn),
        **_gates(order, "Biases", *biases, empty=empty),
    }


def _plain(turn: Turn = AS_IT_LIES, **slots: str) -> dict[str, Piece]:
    return {array: Piece((slot,), turn) for array, slot in slots.items()}


_TORCH = "weight_ih", "weight_hh", ("bias_ih", "bias_hh")
_KERAS = "kernel", "recurrent_kernel", ("bias",)
_KERAS_TWO = "kernel", "recurrent_kernel", ("bias.input", "bias.state")

# What an entry of a name of its own may be.
_ALONE = {
    "NetArrayLayer": _plain(Array=ANY_NAME),
    "ConstantTimesLayer": _plain(Scaling=ANY_NAME),
    "ConstantPlusLayer": _plain(Biases=ANY_NAME),
}

TORCH: Mapping[str, Pieces] = {
    "LinearLayer": _plain(Weights="weight", Biases="bias"),
    "ConvolutionLayer": _plain(Weights="weight", Biases="bias"),
    "DeconvolutionLayer": _plain(Weights="weight", Biases="bias"),
    "EmbeddingLayer": _plain(Weights="weight"),
    "BatchNormalizationLayer": _plain(
        Scaling="weight", Biases="bias", MovingMean="running_mean", MovingVariance="running_var"
    ),
    "NormalizationLayer": _plain(Scaling="weight", Biases="bias"),
    "ParametricRampLayer": {"Slope": Piece(("weight",), squeezes=True)},
    "LongShortTermMemoryLayer": _recurrent(LSTM, _TORCH, AS_IT_LIES),
    "GatedRecurrentLayer": _recurrent(TORCH_GRU, _TORCH, AS_IT_LIES, "bias_hh"),
    "BasicRecurrentLayer": {
        "InputWeights": Piece(("weight_ih",)),
        "StateWeights": Piece(("weight_hh",)),
        "Biases": Piece(("bias_ih", "bias_hh")),
    },
    **_ALONE,
}

KERAS: Mapping[str, Pieces] = {
    "LinearLayer": {"Weights": Piece(("kernel",), TRANSPOSED), "Biases": Piece(("bias",))},
    "ConvolutionLayer": {"Weights": Piece(("kernel",), KERNEL), "Biases": Piece(("bias",))},
    "DeconvolutionLayer": {"Weights": Piece(("kernel",), KERNEL), "Biases": Piece(("bias",))},
    "EmbeddingLayer": _plain(Weights="embeddings"),
    "BatchNormalizationLayer": _plain(
        Scaling="gamma", Biases="beta", MovingMean="moving_mean", MovingVariance="moving_variance"
    ),
    "NormalizationLayer": _plain(Scaling="gamma", Biases="beta"),
    "ParametricRampLayer": {"Slope": Piece(("alpha",), LAST_FIRST, squeezes=True)},
    "LongShortTermMemoryLayer": _recurrent(LSTM, _KERAS, TRANSPOSED),
    "GatedRecurrentLayer": _recurrent(KERAS_GRU, _KERAS_TWO, TRANSPOSED, "bias.state"),
    "BasicRecurrentLayer": {
        "InputWeights": Piece(("kernel",), TRANSPOSED),
        "StateWeights": Piece(("recurrent_kernel",), TRANSPOSED),
        "Biases": Piece(("bias",)),
    },
    **_ALONE,
}

LAYOUTS: Mapping[str, Mapping[str, Pieces] | None] = {
    "PyTorch": TORCH,
    "Keras": KERAS,
    "wlnet": None,
}
"""Layout -> kind of layer -> pieces. None: every array is an entry, as it lies."""

KERAS_CLASSES: Mapping[str, str | None] = {
    "dense": "LinearLayer",
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d", "depthwise_conv1d", "depthwise_conv2d"), "ConvolutionLayer"
    ),
    **dict.fromkeys(
        ("conv1d_transpose", "conv2d_transpose", "conv3d_transpose"), "DeconvolutionLayer"
    ),
    "embedding": "EmbeddingLayer",
    "batch_normalization": "BatchNormalizationLayer",
    **dict.fromkeys(
        ("layer_normalization", "group_normalization", "rms_normalization"), "NormalizationLayer"
    ),
    "p_re_lu": "ParametricRampLayer",
    "lstm": "LongShortTermMemoryLayer",
    "gru": "GatedRecurrentLayer",
    "simple_rnn": "BasicRecurrentLayer",
    **dict.fromkeys(
        (
            "separable_conv1d", "separable_conv2d", "einsum_dense",
            "spectral_normalization", "conv_lstm1d", "conv_lstm2d", "conv_lstm3d",
        )
    ),
}  # fmt: skip
"""How Keras calls layers in a .weights.h5 file, before a number -> the layer of wlnet; None: there
is none that computes the same from the same arrays."""
RECURRENT = frozenset({"BasicRecurrentLayer", "GatedRecurrentLayer", "LongShortTermMemoryLayer"})
ONE_OF_TWO = frozenset({"BatchNormalizationLayer", "NormalizationLayer"})
"""Layers of which a file that numbers its entries does not tell whether it has scaling or biases,
if it has one of them."""
SCALED_ALONE = frozenset({"rms_normalization"})
"""Those of Keras that never have biases."""

ALIASES: Mapping[str, Mapping[str, str]] = {
    # Names of TensorFlow's first transformers, which went into files of PyTorch.
    "PyTorch": {"gamma": "weight", "beta": "bias"},
    "Keras": {"depthwise_kernel": "kernel"},
}
"""Other names of slots."""


def pieces_of(layout: str, kind: str, arrays: Sequence[str], groups: object = 1) -> Pieces | None:
    """Where the arrays of a layer stand in files of a layout; None where that is not known.

    groups: into how many groups its channels are divided, where it has channels.
    """
    table = LAYOUTS[layout]
    if table is None:
        return {array: Piece((array,)) for array in arrays}
    found = table.get(kind)
    if found is None or not set(arrays) <= set(found):
        return None
    return {array: found[array] for array in arrays}


def kernel_of_each_channel(pieces: Pieces) -> Pieces:
    """The pieces of a convolution of each channel by itself, which Keras has as a layer."""
    return {**pieces, "Weights": Piece(("kernel",), DEPTHWISE, joins=True)}


def slot_names(layout: str) -> frozenset[str]:
    """The names of slots that a layout knows, aliases too."""
    table = LAYOUTS[layout] or {}
    slots = {
        slot.partition(".")[0]
        for pieces in table.values()
        for piece in pieces.values()
        for slot in (*piece.slots, piece.empty or ANY_NAME)
    }
    return frozenset(slots - {ANY_NAME}) | frozenset(ALIASES.get(layout, ()))


def layout_of(given: object, gathered: Gathered) -> str | None:
    """The layout that was asked for; None for AUTOMATIC, or with a fault noted."""
    if given is AUTOMATIC:
        return None
    if isinstance(given, str) and given in LAYOUTS:
        return given
    expected = f"{', '.join(map(repr, LAYOUTS))}, or AUTOMATIC"
    gathered.add(Fault("layout cannot be this", given=brief(given), expected=expected))
    return None
