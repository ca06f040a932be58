"""A few calls that are right of everything public; wrong ones are made of them."""

from __future__ import annotations

import functools
import inspect
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import wlnet as wl


@dataclass(frozen=True)
class Call:
    """A call that is right: the arguments by the names of the parameters, and those of a star."""

    name: str
    function: Callable[..., Any]
    given: dict[str, Any]
    star: tuple[Any, ...] = ()
    signature: inspect.Signature | None = None

    def slots(self) -> list[str | int]:
        """What can be given: parameters, and places after a star."""
        rows = (self.signature or inspect.signature(self.function)).parameters.values()
        named = [row.name for row in rows if row.kind not in (row.VAR_POSITIONAL, row.VAR_KEYWORD)]
        stars = any(row.kind is row.VAR_POSITIONAL for row in rows)
        return [*named, *(range(len(self.star) + 1) if stars else ())]

    def made(self, changes: dict[str | int, Any]) -> Any:
        """The answer to the call with some arguments changed."""
        star, given = list(self.star), dict(self.given)
        for slot, value in changes.items():
            if isinstance(slot, str):
                given[slot] = value
            elif slot < len(self.star):
                star[slot] = value
            else:
                star.append(value)
        rows = (self.signature or inspect.signature(self.function)).parameters.values()
        before = [row.name for row in rows if row.kind is row.POSITIONAL_OR_KEYWORD]
        places = []
        # What stands before a star cannot be given by name.
        if star or any(row.kind is row.VAR_POSITIONAL for row in rows):
            places = [given.pop(name) for name in before if name in given]
        return self.function(*places, *star, **given)


def half(x: float) -> float:
    return x / 2


@functools.cache
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="wlnet-calls-"))


@functools.cache
def net() -> Any:
    chain = wl.NetChain({"one": 3, "act": "Tanh", "two": 2}, input=4)
    return wl.net_initialize(chain)


@functools.cache
def classes() -> Any:
    return wl.net_initialize(
        wl.NetChain([2, wl.SoftmaxLayer()], input=4, output=wl.NetDecoder("Class", ["a", "b"]))
    )


@functools.cache
def two_inputs() -> Any:
    graph = wl.NetGraph({"a": 3, "b": 3, "sum": wl.TotalLayer()}, [("a", "sum"), ("b", "sum")],
                        ports={"Input1": 4, "Input2": 2})  # fmt: skip
    return wl.net_initialize(graph)


@functools.cache
def words() -> Any:
    encoder = wl.NetEncoder("Class", ["a", "b", "c"])
    return wl.net_initialize(wl.NetChain([wl.EmbeddingLayer(2), 3], input=encoder))


@functools.cache
def pictures() -> Any:
    encoder = wl.NetEncoder("Image", (4, 4), color_space="Grayscale")
    return wl.net_initialize(wl.NetChain([wl.ConvolutionLayer(2, 3), "Ramp"], input=encoder))


@functools.cache
def results() -> Any:
    data = np.ones((5, 4)), np.ones((5, 2))
    return wl.net_train(net(), data, wl.ALL, max_training_rounds=2,
                        training_progress_reporting=None)  # fmt: skip


@functools.cache
def checkpoint() -> Path:
    file = folder() / "run.wlnet"
    data = np.ones((5, 4)), np.ones((5, 2))
    wl.net_train(net(), data, max_training_rounds=2, training_progress_reporting=None,
                 training_progress_checkpointing=("File", file))  # fmt: skip
    return file


@functools.cache
def numbered() -> Any:
    return wl.net_initialize(wl.NetChain([3, "Tanh"], input=4))


@functools.cache
def idx_files() -> Path:
    place = folder() / "digits"
    place.mkdir()
    for name, count in (("train", 3), ("t10k", 2)):
        head = struct.pack(">BBBBiii", 0, 0, 8, 3, count, 28, 28)
        (place / f"{name}-images-idx3-ubyte").write_bytes(head + bytes(784 * count))
        head = struct.pack(">BBBBi", 0, 0, 8, 1, count)
        (place / f"{name}-labels-idx1-ubyte").write_bytes(head + bytes(count))
    return place


def of_layers() -> Iterator[Call]:
    """Layers and nets."""
    first: dict[str, dict[str, Any]] = {
        "AggregationLayer": {"function": "Mean", "input": (2, 3)},
        "PaddingLayer": {"margins": ((1, 2),), "input": 4},
        "PartLayer": {"part": 2, "input": 4},
        "ReplicateLayer": {"counts": 2, "input": 4},
        "ResizeLayer": {"sizes": (4,), "input": (1, 2)},
        "ConvolutionLayer": {"output_channels": 2, "kernel_size": 3, "input": (1, 6, 6)},
        "CrossEntropyLossLayer": {"form": "Index"},
        "WeightedLossLayer": {"form": "Binary"},
        "DropoutLayer": {"probability": 0.5},
        "ElementwiseLayer": {"function": "Ramp"},
        "ExtractLayer": {"input": (3, 2), "position": (2, 1)},
        "EmbeddingLayer": {"size": 2, "class_count": 3, "input": ("Varying", "Integer")},
        "CompiledLayer": {"function": half, "input": 3},
        "FunctionLayer": {"function": np.negative, "ports": {"Input": 3}},
        "ImageAugmentationLayer": {"size": (2, 3), "input": (1, 4, 4)},
        "LinearLayer": {"output_size": 3, "input": 4, "learning_rate_multipliers": {"Biases": 0}},
        "LongShortTermMemoryLayer": {"size": 2, "input": (3, 4)},
        "NetArrayLayer": {"array": np.ones((2, 3))},
        "NormalizationLayer": {"input": (2, 3)},
        "ParametricRampLayer": {"levels": (1,), "input": (2, 3)},
        "PoolingLayer": {"kernel_size": 2, "input": (1, 6, 6)},
        "ReshapeLayer": {"dimensions": (2, 6), "input": (3, 4)},
        "SpatialTransformationLayer": {"size": (2, 3), "input": (1, 4, 4)},
        "SoftmaxLayer": {"input": 3, "output": wl.NetDecoder("Class", ["a", "b", "c"])},
        "ThreadingLayer": {"function": "Plus"},
        "TransposeLayer": {"permutation": (2, 1), "input": (3, 4)},
    }
    for name in wl.__all__:
        if name.endswith("Layer"):
            yield Call(name, getattr(wl, name), first.get(name, {}))
    yield Call("NetArray", wl.NetArray, {"given": {"Name": "w", "Array": np.ones((2, 3))}})
    yield Call("NetChain", wl.NetChain, {"layers": [3, "Ramp", wl.LinearLayer(1)], "input": 4})
    yield Call("NetChain", wl.NetChain, {
        "layers": {"a": 3, "b": "Tanh"}, "ports": {"Input": 4},
        "learning_rate_multipliers": {("a", "Weights"): 0},
    })  # fmt: skip
    yield Call("NetGraph", wl.NetGraph, {
        "vertices": {"a": 3, "b": "Ramp", "c": wl.TotalLayer()},
        "edges": [("a", "b"), (["a", "b"], "c"), ("c", wl.NetPort("Output"))],
        "ports": {"Input": 4}, "learning_rate_multipliers": [("a", None)],
    })  # fmt: skip
    inner = wl.LinearLayer(2, input=2)
    yield Call("NetMapOperator", wl.NetMapOperator, {"net": inner, "input": (3, 2)})
    cell = wl.NetGraph({"s": "Plus"}, [([wl.NetPort("Input"), wl.NetPort("State")], "s")])
    yield Call("NetFoldOperator", wl.NetFoldOperator, {"net": cell, "input": (4, 2)})
    pairs = {"net": cell, "ports": {"Input": (4, 2)}}
    yield Call("NetMapThreadOperator", wl.NetMapThreadOperator, pairs)
    both = {"net": wl.GatedRecurrentLayer(2), "input": (4, 2)}
    yield Call("NetBidirectionalOperator", wl.NetBidirectionalOperator, both)
    game = {"nets": ([3], [4, wl.LinearLayer(())]), "loss": "Wasserstein"}
    yield Call("NetGANOperator", wl.NetGANOperator, game)
    pair = {"net": inner, "distance_function": "CosineDistance"}
    yield Call("NetPairEmbeddingOperator", wl.NetPairEmbeddingOperator, pair)
    yield Call("NetNestOperator", wl.NetNestOperator, {"net": inner, "iterations": 2})


def of_words() -> Iterator[Call]:
    """Words of parts and rules, methods, formulas and coders."""
    yield Call("Span", wl.Span, {"start": 1, "end": "act"})
    yield Call("Alternatives", wl.Alternatives, {}, ("one", 3))
    yield Call("NetPort", wl.NetPort, {}, ("one", "Output"))
    yield Call("NetPortGradient", wl.NetPortGradient, {}, ("one", "Output"))
    yield Call("NetSharedArray", wl.NetSharedArray, {"name": "w"})
    yield Call("Scaled", wl.Scaled, {"factor": 0.5})
    yield Call("Shard", wl.Shard, {"data": [1.0]})
    yield Call("Restricted", wl.Restricted, {"element": "Integer", "most": 5})
    yield Call("Phases", wl.Phases, {"rules": {1: {-1: 1, wl.ANY: None}, 3: 0.1}})
    for name in ("Adam", "RMSProp", "SGD", "SignSGD"):
        yield Call(name, getattr(wl, name), {"learning_rate": 0.1, "l2_regularization": {1: 0.1}})
    yield Call("ElementwiseLayer", wl.ElementwiseLayer, {"function": lambda x: x * 2})
    options: dict[str, dict[str, Any]] = {
        "Characters": {"alphabet": ["ab", wl.END_OF_STRING]},
        "Class": {"labels": ["a", "b"]},
        "FeatureExtractor": {"net": wl.NetChain(["Tanh"], input=2)},
        "Function": {"function": lambda x: [x, x], "dimensions": 2},
        "Image": {"image_size": (4, 4)},
        "SubwordTokens": {"vocabulary": ["a", " b", " "]},
        "Tokens": {"vocabulary": ["a", "b"]},
        "UnitVector": {"size": 3},
    }
    for door in (wl.NetEncoder, wl.NetDecoder):
        for kind, made in door.kinds.items():
            given = options.get(kind, {}) if kind != "Image" or door is wl.NetEncoder else {}
            yield Call(f"{door.__name__} {kind}", functools.partial(door, kind), given,
                       signature=inspect.signature(made))  # fmt: skip
        rest = inspect.Parameter("rest", inspect.Parameter.VAR_POSITIONAL)
        yield Call(door.__name__, door, {}, ("Class", ["a", "b"]), inspect.Signature([rest]))
    asked: list[tuple[Any, Any]] = [
        (wl.NetEncoder("Boolean"), True),
        (wl.NetEncoder("Characters", "ab"), ["aba", "bbb"]),
        (wl.NetEncoder("Class", ["a", "b"]), ["a", "b", "a"]),
        (wl.NetEncoder("Class", ["a", "b"], input_depth=2), [["a", "b"], ["b", "b"]]),
        (wl.NetEncoder("Class", ["a", "b"], "UnitVector"), "a"),
        (wl.NetEncoder("Function", lambda x: [x, x], 2), 1.0),
        (wl.NetEncoder("FeatureExtractor", wl.NetChain(["Tanh"], input=2)), np.ones((3, 2))),
        (wl.NetEncoder("Image", (4, 4)), np.zeros((2, 5, 5, 3), np.uint8)),
        (wl.NetEncoder("Scalar"), [1.0, 2.0]),
        (wl.NetEncoder("SubwordTokens", ["a", "b", " b"]), ["a b", "ab"]),
        (wl.NetEncoder("Tokens", ["a", "b"]), "a b a"),
        (wl.NetEncoder("Tokens", ["a", "b"], split_pattern=None), ["a", "c"]),
        (wl.NetEncoder("UTF8", "UnitVector", target_length=3), ["aba", "a"]),
        (wl.NetEncoder("UnitVector", 3), [1, 2]),
    ]
    for encoder, x in asked:
        yield Call(f"encoder {encoder.kind}", encoder, {"x": x})
    for decoder, array, prop in (
        (wl.NetDecoder("Boolean"), np.array([0.2, 0.7]), "Decision"),
        (wl.NetDecoder("Characters", "ab"), [[0.1, 0.9], [0.6, 0.4]], "Decision"),
        (wl.NetDecoder("Class", ["a", "b"]), [[0.1, 0.9]], ("TopProbabilities", 1)),
        (wl.NetDecoder("Image"), np.ones((3, 2, 2)), wl.AUTOMATIC),
        (wl.NetDecoder("Function", np.sum, 2), [[0.1, 0.9]], wl.AUTOMATIC),
        (wl.NetDecoder("Scalar"), [0.5, 0.25], "Scalar"),
    ):
        yield Call(f"decoder {decoder.kind}", decoder, {"array": array, "prop": prop})


def of_nets() -> Iterator[Call]:
    """What is asked of nets, and nets made of others."""
    from wlnet.evaluate.evaluation import evaluate

    rows = list(inspect.signature(evaluate).parameters.values())
    star = inspect.Signature(rows[1:])
    for name, called, x in (
        ("chain", net(), np.ones((2, 4))),
        ("classes", classes(), np.ones((2, 4))),
        ("two inputs", two_inputs(), {"Input1": np.ones((5, 4)), "Input2": np.ones((5, 2))}),
        ("words", words(), ["a", "b"]),
        ("pictures", pictures(), [np.zeros((4, 4), np.uint8)]),
    ):
        yield Call(f"net {name}", called, {}, (x,), star)
        yield Call(f"net {name}", called, {}, (x, None), star)
    yield Call("net part", net().__getitem__, {"part": ("one", "Weights")})
    for prop in ("Arrays", ["LayersCount", "InputPorts"]):
        yield Call("information", wl.information, {"net": net(), "prop": prop})
    yield Call("net_append", wl.net_append, {"net": numbered()}, (3, "Ramp"))
    yield Call("net_prepend", wl.net_prepend, {"net": net()}, (("first", "Ramp"),))
    yield Call("net_join", wl.net_join, {}, (numbered(), wl.NetChain([3])))
    yield Call("net_insert", wl.net_insert, {"chain": numbered(), "layer": "Ramp", "before": 2})
    yield Call("net_take", wl.net_take, {"net": net(), "part": wl.Span(1, 2)})
    yield Call("net_drop", wl.net_drop, {"chain": net(), "part": wl.Span(1, 2)})
    yield Call("net_delete", wl.net_delete, {"net": net(), "part": "act"})
    yield Call("net_extract", wl.net_extract, {"net": net(), "part": ("one", "Weights")})
    yield Call("net_flatten", wl.net_flatten, {"net": wl.NetChain([net(), 3])})
    gated = wl.net_initialize(wl.GatedRecurrentLayer(2, input=("Varying", 3)))
    state = {wl.NetPort("State"): np.ones(2)}
    yield Call("NetStateObject", wl.NetStateObject, {"net": gated, "states": state})
    yield Call("NetStateObject call", wl.NetStateObject(gated), {"x": np.ones((2, 3))})
    yield Call("net_unfold", wl.net_unfold, {"net": gated})
    yield Call("net_initialize", wl.net_initialize, {"net": net(), "all": True})
    yield Call("net_insert_shared_arrays", wl.net_insert_shared_arrays, {"net": net()})
    yield Call("net_rename", wl.net_rename, {"net": net(), "names": {"one": "first"}})
    yield Call("net_replace", wl.net_replace, {"net": net(), "replacements": [("Tanh", "Ramp")]})
    yield Call("net_replace_part", wl.net_replace_part, {
        "net": net(), "replacements": {("one", "Weights"): np.ones((3, 4)), "act": "Ramp"},
    })  # fmt: skip
    yield Call("layer_wise_decay", wl.layer_wise_decay, {"net": net(), "factor": 0.5})
    nested = wl.NetChain({"body": net(), "read": 2})
    yield Call("gradual_unfreezing", wl.gradual_unfreezing, {
        "net": nested, "every": 2, "factor": 0.5, "inside": "body",
    })  # fmt: skip
    yield Call("gradual_unfreezing", wl.gradual_unfreezing, {"net": net(), "groups": ["two", 1]})
    yield Call("net_program", wl.net_program, {"net": net(), "batch_size": 3})
    yield Call("net_model", wl.net_model, {"name": "LeNet", "trained": False})
    file = folder() / "net.wlnet"
    yield Call("save", wl.save, {"net": net(), "file": file})
    yield Call("save", wl.save, {"net": results(), "file": file})
    wl.save(net(), folder() / "kept.wlnet")
    yield Call("load", wl.load, {"file": folder() / "kept.wlnet"})
    arrays = wl.net_export_arrays(net(), folder() / "kept.safetensors")
    yield Call("net_export_arrays", wl.net_export_arrays, {
        "net": net(), "file": arrays, "like": arrays, "mapping": wl.AUTOMATIC, "layout": "wlnet",
    })  # fmt: skip
    yield Call("net_import_arrays", wl.net_import_arrays, {
        "net": net(), "file": arrays, "mapping": {1: None}, "transform": {"two": np.negative},
        "layout": "wlnet", "partial": True, "prop": ["Net", "Report"],
    })  # fmt: skip
    yield Call("data.digits", wl.data.digits, {})
    yield Call("data.mnist", wl.data.mnist, {"folder": idx_files()})
    yield Call("data.unpadded", wl.data.unpadded, {"padded": np.ones((2, 3)), "lengths": [1, 3]})
    yield from of_data()


def of_data() -> Iterator[Call]:
    """What tables, files and loaders are made into data by."""
    data = wl.data
    rows = {"age": [30, 41, None, 25], "city": ["Rome", "Oslo", "Rome", "Oslo"]}
    yield Call("data.table", data.table, {
        "source": rows, "target": "city", "features": ["age"], "ignore": (),
        "feature_types": {"age": "Numerical"}, "missing": {"age": "Mean"}, "embeddings": None,
    })  # fmt: skip
    like = data.table(rows, "city")
    yield Call("data.table", data.table, {"source": rows, "like": like})
    yield Call("data.Table", like.split, {"share": 0.5, "random_seeding": 3})
    yield Call("data.Table", like.net, {"net": [3, "Ramp", 2, wl.SoftmaxLayer()]})
    yield Call("data.column_encoders", data.column_encoders, {"source": rows})
    encoders = data.column_encoders(rows)
    yield Call("data.columns_net", data.columns_net, {
        "encoders": encoders, "embeddings": {},
    })  # fmt: skip
    files = [folder() / "one.npy", folder() / "two.npy"]
    for file in files:
        np.save(file, np.ones((3, 2)))
    yield Call("data.array_files", data.array_files, {"files": files, "shuffle": "Blocks"})
    yield Call("data.parquet_files", data.parquet_files, {
        "files": parquet_file(), "columns": {"Input": ["a", "b"]},
    })  # fmt: skip
    yield Call("data.images", data.images, {"folder": folder_of_pictures()})
    yield Call("data.batches", data.batches, {"loader": [(np.ones((2, 4)), np.ones((2, 2)))]})


@functools.cache
def parquet_file() -> Path:
    import pyarrow
    from pyarrow import parquet

    file = folder() / "columns.parquet"
    parquet.write_table(pyarrow.table({"a": [1.0, 2.0], "b": [3.0, 4.0]}), file)
    return file


@functools.cache
def folder_of_pictures() -> Path:
    from PIL import Image

    top = folder() / "pictures"
    for label in ("cat", "dog"):
        (top / label).mkdir(parents=True)
        Image.new("L", (4, 4)).save(top / label / "one.png")
    return top


def stop(state: Any) -> str:
    return "StopTraining"


def total(predictions: Any, targets: Any) -> float:
    return float(predictions.sum() + targets.sum())


def of_trainings() -> Iterator[Call]:
    """Trainings, measurements, and what is asked of their results."""
    x, y = np.ones((6, 4)), np.zeros((6, 2))
    usual: dict[str, Any] = {
        "max_training_rounds": 2, "training_progress_reporting": None, "batch_size": 4,
    }  # fmt: skip
    batch = x[:4], y[:4]
    labels = ["a", "b", "a", "b", "a", "b"]
    for trained, data, more in (
        (net(), (x, y), {"learning_rate_multipliers": {("one", "Weights"): 0, 3: 2}}),
        (net(), [(row, aim) for row, aim in zip(x, y, strict=True)], {"method": "SGD"}),
        (net(), {"Input": x, "Output": y}, {"validation_set": wl.Scaled(0.4)}),
        (net(), (lambda state: batch, {"RoundLength": 6}), {
            "loss_function": wl.MeanSquaredLossLayer(),
        }),
        (net(), (x, y), {
            "validation_set": (x, y),
            "training_stopping_criterion": {"Criterion": "Loss", "Patience": 1},
            "method": ("ADAM", {"Beta1": 0.9, "L2Regularization": {"one": 0.1}}),
        }),
        (classes(), {"Input": x, "Output": labels}, {
            "training_progress_measurements": ["ErrorRate", ("Accuracy", 1)],
        }),
        (classes(), {"Input": x, "Output": labels}, {
            "training_progress_measurements": {
                "Measurement": "Recall", "ClassAveraging": "Micro", "Key": "found",
                "Interval": "Round",
            },
        }),
        (two_inputs(), {"Input1": x, "Input2": y, "Output": np.ones((6, 3))}, {}),
        (words(), (["a", "b", "c"], np.ones((3, 3))), {"training_update_schedule": [1, 2]}),
    ):  # fmt: skip
        yield Call("net_train", wl.net_train, {"net": trained, "data": data, **usual, **more})
    yield Call("net_resume", wl.net_resume, {
        "file": checkpoint(), "data": (np.ones((5, 4)), np.ones((5, 2))), "prop": "RoundLoss",
    })  # fmt: skip
    yield Call("learning_rate_range", wl.learning_rate_range, {
        "net": net(), "data": (x, y), "steps": 4, "highest": 1.0, "batch_size": 4,
        "learning_rate_multipliers": {"one": 0.5}, "method": "SGD",
    })  # fmt: skip
    yield Call("net_measurements", wl.net_measurements, {
        "net": classes(), "data": {"Input": x, "Output": labels},
        "measurements": ["ErrorRate", "Loss", "ConfusionMatrix"],
    })  # fmt: skip
    yield Call("net_measurements", wl.net_measurements, {
        "net": classes(), "data": {"Input": x, "Output": labels},
        "measurements": [
            ("FScore", 0.5), "ROCCurve", wl.NetPort("Output"), total,
            {"Measurement": wl.NetPort("Output"), "Aggregation": None, "Key": "each"},
        ],
    })  # fmt: skip
    told, made = results()["Receipt"], (np.ones((5, 4)), np.ones((5, 2)))
    rest = [row for row in inspect.signature(wl.verify).parameters.values() if row.name != "again"]
    for given in (made, results()["TrainedNet"]):
        yield Call("verify", wl.verify, {
            "receipt": told, "net": net(), "data": given, "reporting": None,
        }, signature=inspect.Signature(rest))  # fmt: skip
    yield Call("NetTrainResults", results().__getitem__, {"name": "RoundLoss"},
               signature=inspect.Signature([inspect.Parameter("name",
                                            inspect.Parameter.POSITIONAL_OR_KEYWORD)]))  # fmt: skip


@functools.cache
def good_calls() -> tuple[Call, ...]:
    """All of them; the values in them are shared, and not to be changed."""
    return (*of_layers(), *of_words(), *of_nets(), *of_trainings())


@functools.cache
def slots() -> tuple[tuple[Call, str | int], ...]:
    """Everything that can be given anywhere."""
    return tuple((call, slot) for call in good_calls() for slot in call.slots())
