"""What every property answers with: a test of the answer by the name of the property."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from wlnet import AUTOMATIC, NetSharedArray
from wlnet.core.table import Table

SIZE = re.compile(r"\d+(\.\d+)?(e\+\d+)? (B|kB|MB|GB)")


def is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def is_path(key: Any) -> bool:
    return isinstance(key, NetSharedArray) or (
        isinstance(key, tuple) and all(type(step) in (int, str) for step in key)
    )


def by_path(test: Any) -> Any:
    return lambda v: isinstance(v, dict) and all(is_path(k) and test(x) for k, x in v.items())


def listed(test: Any) -> Any:
    return lambda value: isinstance(value, list) and all(test(x) for x in value)


def by_name(test: Any) -> Any:
    return lambda v: isinstance(v, dict) and all(type(k) is str and test(x) for k, x in v.items())


def is_array(value: Any) -> bool:
    return value is AUTOMATIC or (
        isinstance(value, np.ndarray) and value.dtype == np.float32 and not value.flags.writeable
    )


def is_shape(value: Any) -> bool:
    return value is None or isinstance(value, tuple)


def is_picture(value: Any) -> bool:
    return value.to_svg().startswith("<svg") and value.to_svg().endswith("</svg>")


def is_source(value: Any) -> bool:
    return set(value) == {"Multiplier", "Rule", "SetAt", "Beaten"} and type(value["SetAt"]) is str


def count_or_automatic(value: Any) -> bool:
    return value is AUTOMATIC or is_count(value)


ANSWERS = {
    "Arrays": by_path(is_array),
    "ArraysByteCounts": by_path(count_or_automatic),
    "ArraysCount": is_count,
    "ArraysDimensions": by_path(is_shape),
    "ArraysElementCounts": by_path(count_or_automatic),
    "ArraysLearningRateMultiplierSources": by_path(is_source),
    "ArraysLearningRateMultipliers": by_path(lambda value: type(value) is float),
    "ArraysLearningRateMultipliersTable": lambda value: type(value) is Table,
    "ArraysList": listed(is_array),
    "ArraysPositionList": listed(is_path),
    "ArraysSizes": by_path(lambda v: v is AUTOMATIC or SIZE.fullmatch(v) is not None),
    "ArraysTotalByteCount": count_or_automatic,
    "ArraysTotalElementCount": count_or_automatic,
    "ArraysTotalSize": lambda value: value is AUTOMATIC or SIZE.fullmatch(value) is not None,
    "FullSummaryGraphic": is_picture,
    "InputForm": lambda value: type(value) is str,
    "InputPortNames": listed(lambda value: type(value) is str),
    "InputPorts": by_name(lambda value: True),
    "LayerTypeCounts": by_name(is_count),
    "Layers": by_path(lambda value: hasattr(value, "lower")),
    "LayersCount": is_count,
    "LayersGraph": listed(lambda edge: len(edge) == 2 and all(map(is_path, edge))),
    "LayersList": listed(lambda value: hasattr(value, "lower")),
    "MXNetNodeGraph": listed(lambda row: type(row[0]) is str),
    "MXNetNodeGraphPlot": is_picture,
    "OutputPortNames": listed(lambda value: type(value) is str),
    "OutputPorts": by_name(lambda value: True),
    "Program": lambda value: value.calls and value.arena_bytes > 0 and not value.left_out,
    "Properties": listed(lambda value: type(value) is str),
    "RecurrentStatesCount": is_count,
    "RecurrentStatesPositionList": listed(is_path),
    "SharedArraysCount": is_count,
    "SummaryGraphic": is_picture,
    "TopologyHash": lambda value: re.fullmatch("[0-9a-f]{64}", value) is not None,
}
NEEDS_SHAPES = {"MXNetNodeGraph", "MXNetNodeGraphPlot", "Program"}
ENOUGH = [
    "Arrays",
    "ArraysByteCounts",
    "ArraysCount",
    "ArraysDimensions",
    "ArraysElementCounts",
    "ArraysLearningRateMultipliers",
    "ArraysList",
    "ArraysPositionList",
    "ArraysSizes",
    "ArraysTotalByteCount",
    "ArraysTotalElementCount",
    "ArraysTotalSize",
    "FullSummaryGraphic",
    "InputForm",
    "InputPortNames",
    "InputPorts",
    "LayerTypeCounts",
    "Layers",
    "LayersCount",
    "LayersGraph",
    "LayersList",
    "MXNetNodeGraph",
    "MXNetNodeGraphPlot",
    "OutputPortNames",
    "OutputPorts",
    "Properties",
    "RecurrentStatesCount",
    "RecurrentStatesPositionList",
    "SharedArraysCount",
    "SummaryGraphic",
    "TopologyHash",
]
"""What semantics §6 names."""


# Of trainings

ROUNDS, COUNT, BATCH = 4, 10, 4
PER_ROUND, HELD = math.ceil(COUNT / BATCH), 5


def is_number(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def numbers(count: int) -> Any:
    return lambda value: (
        isinstance(value, list) and len(value) == count and all(map(is_number, value))
    )


def lists_of(count: int) -> Any:
    return by_name(numbers(count))


def is_net(value: Any) -> bool:
    return hasattr(value, "nodes")


TOTAL = ROUNDS * PER_ROUND
DIGEST = re.compile("[0-9a-f]{64}")


def is_told(told: Any) -> bool:
    """What a report tells of an array."""
    steps = sum(phase["Steps"] for phase in told["Phases"])
    return (
        set(told)
        == {
            *("Rate", "Rule", "Steps", "NormBefore", "NormAfter", "Moved", "RelativeMoved"),
            *("Changed", "DigestBefore", "DigestAfter", "Phases"),
        }
        and all(map(is_number, (told["Rate"], told["NormBefore"], told["NormAfter"])))
        and all(DIGEST.fullmatch(told[name]) for name in ("DigestBefore", "DigestAfter"))
        and told["Steps"] == steps == (TOTAL if told["Rate"] else 0)
        and told["Changed"] == (told["Moved"] > 0) == (told["Rate"] != 0)
    )


def is_plots(value: Any) -> bool:
    names = ["Loss", "ErrorRate", "LearningRate", "LearningRateMultipliers", "LearningRates",
             "Movement", "Net"]  # fmt: skip
    return list(value) == names and all(map(is_picture, value.values()))


RECORDS: dict[str, Any] = {
    "ArraysLearningRateMultipliers": by_path(lambda value: type(value) is float),
    "ArraysLearningRateMultiplierSources": by_path(is_source),
    "ArraysLearningRateMultipliersByPhase": lambda value: (
        list(value) == [1] and by_path(lambda rate: type(rate) is float)(value[1])
    ),
    "ArraysLearningRateMultipliersTable": lambda value: type(value) is Table,
    "ArraysReport": by_path(is_told),
    "ArraysReportTable": lambda value: type(value) is Table,
    "BatchesPerRound": lambda value: value == PER_ROUND,
    "BatchLearningRateList": numbers(TOTAL),
    "BatchLossList": numbers(TOTAL),
    "BatchMeasurements": by_name(is_number),
    "BatchMeasurementsLists": lists_of(TOTAL),
    "BatchSize": lambda value: value == BATCH,
    "BestValidationRound": lambda value: value is None or 1 <= value <= ROUNDS,
    "CheckpointingFiles": lambda value: value == [],
    "ExamplesProcessed": lambda value: value == ROUNDS * COUNT,
    "FinalLearningRate": lambda value: value == 0.001,
    "FinalPlots": is_plots,
    "FinalWeights": by_path(is_array),
    "GradientsRMS": lambda value: value == {},
    "InitialLearningRate": lambda value: value == 0.001,
    "LossPlot": is_picture,
    "MeanBatchesPerSecond": is_number,
    "MeanExamplesPerSecond": is_number,
    "OptimizationMethod": lambda value: value[0] == "ADAM" and value[1]["Beta1"] == 0.9,
    "Properties": listed(lambda value: type(value) is str),
    "ReasonMessage": lambda value: value is None or type(value) is str,
    "ReasonTrainingStopped": lambda value: value == "MaxTrainingRounds",
    "Receipt": lambda value: value.startswith('{\n "Schema": "wlnet receipt 1"'),
    "RoundLearningRateList": lambda value: value == [0.001] * ROUNDS,
    "RoundLoss": is_number,
    "RoundLossList": numbers(ROUNDS),
    "RoundMeasurements": by_name(is_number),
    "RoundMeasurementsLists": lists_of(ROUNDS),
    "RoundPositions": lambda value: value == [PER_ROUND * i for i in range(1, ROUNDS + 1)],
    "BatchPermutation": lambda value: len(value) == PER_ROUND,
    "NetTrainInputForm": lambda value: value.startswith("net_train(net, data"),
    "SkippedTrainingData": lambda value: value == [],
    "TargetDevice": lambda value: value == "CPU",
    "TotalBatches": lambda value: value == TOTAL,
    "TotalRounds": lambda value: value == ROUNDS,
    "TotalTrainingTime": lambda value: is_number(value) and value > 0,
    "TrainedNet": is_net,
    "TrainingExamples": lambda value: value == COUNT,
    "TrainingNet": is_net,
    "UpdatesRMS": lambda value: value == {},
    "ValidationExampleNumbers": lambda value: value is None,
    "ValidationExamples": lambda value: value in (None, HELD),
    "ValidationLoss": lambda value: value is None or is_number(value),
    "ValidationLossList": lambda value: numbers(0)(value) or numbers(ROUNDS)(value),
    "ValidationMeasurements": by_name(is_number),
    "ValidationMeasurementsLists": lambda value: lists_of(0)(value) or lists_of(ROUNDS)(value),
    "ValidationPositions": lambda value: (
        value in ([], [PER_ROUND * i for i in range(1, ROUNDS + 1)])
    ),
    "WeightsRMS": lambda value: value == {},
}
