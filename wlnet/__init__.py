"""wlnet: nets as values, and rules that say how fast each part of them learns."""

from wlnet.coders import NetDecoder, NetEncoder
from wlnet.core.errors import (
    DataError,
    FormatError,
    NothingToTrainError,
    NotInitializedError,
    OptionError,
    PartError,
    RuleError,
    RuleWarning,
    ShapeError,
    TrainingWarning,
    WlnetError,
)
from wlnet.core.parts import Alternatives, NetPort, NetSharedArray, Span
from wlnet.core.scaled import Scaled
from wlnet.core.symbols import ALL, ANY, AUTOMATIC
