"""What docs/catalogue.py cannot read off the package: how common each name is, what operators hold,
and why something is not there."""

TIERS: dict[str, str] = {
    "A": """LinearLayer ConvolutionLayer PoolingLayer ElementwiseLayer FlattenLayer SoftmaxLayer
        DropoutLayer BatchNormalizationLayer MeanSquaredLossLayer MeanAbsoluteLossLayer
        CrossEntropyLossLayer NetArrayLayer NetChain NetGraph NetMapOperator NetNestOperator
        ThreadingLayer TotalLayer CatenateLayer""",
    "B": """EmbeddingLayer NormalizationLayer ConstantPlusLayer ConstantTimesLayer
        ParametricRampLayer LocalResponseNormalizationLayer DeconvolutionLayer BasicRecurrentLayer
        GatedRecurrentLayer LongShortTermMemoryLayer AttentionLayer DotLayer TransposeLayer
        ReshapeLayer ReplicateLayer PartLayer AppendLayer PrependLayer PaddingLayer
        AggregationLayer SummationLayer SequenceLastLayer SequenceMostLayer SequenceRestLayer
        SequenceReverseLayer OrderingLayer ExtractLayer UnitVectorLayer ResizeLayer
        ImageAugmentationLayer NetBidirectionalOperator NetFoldOperator NetMapThreadOperator
        NetPairEmbeddingOperator ContrastiveLossLayer""",
    "C": """CTCLossLayer SpatialTransformationLayer SequenceIndicesLayer RandomArrayLayer
        PlaceholderLayer FunctionLayer NetGANOperator""",
}
"""A: what a first net is made of. B: common. C: the rest of what the Wolfram Language has."""
CODER_TIERS: dict[str, dict[str, str]] = {
    "NetEncoder": {
        "A": "Image Class", "B": "Boolean Characters Tokens UTF8 Function Scalar",
        "C": "FeatureExtractor SubwordTokens",
    },
    "NetDecoder": {
        "A": "Class", "B": "Boolean Image Characters Tokens Function", "C": "SubwordTokens",
    },
}  # fmt: skip
OPERATORS: dict[str, tuple[str, str]] = {
    "AttentionLayer": (
        "those of `ScoringNet`",
        "Key (keys…, size), Value (keys…, width), Query (queries…, size) → (queries…, width)",
    ),
    "NetBidirectionalOperator": (
        "those of `Forward`, `Backward`", "(length, in…) → (length, out…)"),
    "NetChain": ("those of its layers", "those of its first and last layer"),
    "NetFoldOperator": ("those of `Net`", "(length, in…), State → (length, out…)"),
    "NetGANOperator": (
        "those of `Generator`, `Discriminator`",
        "Sample, Latent → LossReal (), LossFake (), GeneratedFake",
    ),
    "NetGraph": ("those of its layers", "any, by name"),
    "NetMapOperator": ("those of `Net`", "(length, in…) → (length, out…)"),
    "NetMapThreadOperator": ("those of `Net`", "by name, each with a level more or without"),
    "NetNestOperator": ("those of `Net`", "(in…) → (in…)"),
    "NetPairEmbeddingOperator": ("those of `Net`", "(2, in…) → ()"),
}  # fmt: skip
"""Nets that hold nets: their arrays, and their ports."""
BEYOND_THE_BENCH: dict[str, str] = {
    "NetBidirectionalOperator": "it makes a NetGraph",
    "NetChain": "random nets of all layers go through these laws",
    "NetGANOperator": "two outputs and a reversed gradient have tests of their own",
    "NetGraph": "random nets of all layers go through these laws",
    "PlaceholderLayer": "it computes nothing",
}
"""Why the laws of tests/test_every_layer.py have no case of them."""
PORTS: dict[str, str] = {
    "CrossEntropyLossLayer":
        "(places…, classes), Target Integer (places…) or like the input → Loss ()",
    "FunctionLayer": "the arguments of the function → what it gives",
    "PlaceholderLayer": "as they are told",
    "WeightedLossLayer": "(places…, classes), Target Integer (places…) or like the input, "
        "Weight (places…) → Loss ()",
}  # fmt: skip
"""Ports that a declaration leaves to each layer of a kind."""
OTHER_NAMES: dict[str, str] = {
    "ConstantArrayLayer": "the old name of NetArrayLayer",
    "DotPlusLayer": "the old name of LinearLayer",
    "InstanceNormalizationLayer": "the old name of a NormalizationLayer over all levels but one",
    "NetMeasurements": "the function `net_measurements`",
    "NetPortGradient": "asked for as a property: `net(x, NetPortGradient(port))`",
    "NetStateObject": "a net with its states: `NetStateObject(net)`",
    "NetUnfold": "the function `net_unfold`",
    "SequenceAttentionLayer": "the old name of an AttentionLayer of one sequence",
}
SOUND = "needs sounds as values, and their spectra"
ABSENT: dict[str, str] = {
    "Audio": "needs sounds as values", "AudioMFCC": SOUND, "AudioMelSpectrogram": SOUND,
    "AudioSTFT": SOUND, "AudioSpectrogram": SOUND,
    "CTCBeamSearch": "needs a search through sequences of classes",
    "Image3D": "needs pictures with depth as values",
    "Surd": "an odd root of a number as an argument, for which the function has to be traced",
    "VideoFrames": "needs films as values",
}  # fmt: skip
"""Why what wlnet/core/catalogue.py names is not there."""
NO_WOLFRAM: dict[str, str] = {
    "FeatureExtractor": "not written", "Function": "functions are not written",
    "Number": "no such coder there", "UTF8": "no such coder there",
}  # fmt: skip
"""Why a coder is not told to the Wolfram Language."""
ALSO: dict[str, tuple[str, ...]] = {
    "AttentionLayer": ("MultiheadAttention",),
    "BatchNormalizationLayer": ("BatchNormalizationInTraining",),
    "NormalizationLayer": ("InstanceNormalization",),
}
"""Configurations of a layer that stand under another name beside PyTorch."""


def tier(name: str, tiers: dict[str, str]) -> str:
    """Which tier a name is in; "+" for what is not among them."""
    return next((letter for letter, names in tiers.items() if name in names.split()), "+")
