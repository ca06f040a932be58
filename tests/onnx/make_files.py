"""Makes tests/onnx/files: what PyTorch, Keras and scikit-learn export, with inputs and answers.

It needs these libraries, which the tests do not: `python tests/onnx/make_files.py` in an
environment with torch, keras, scikit-learn, onnx, onnxscript and skl2onnx. A file NAME.onnx has
NAME.npz beside it, with "x" and "y"; NAME_tuned.npz has batches, the rate of each array, and what
PyTorch's own training with these came to.

From the exports of torch.export what an exporter writes down about the Python source is taken away,
except for the modules that nodes stand in and for what was a parameter: it is most of such a file,
and tells of folders.
"""

import os
import sys
import warnings
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import numpy as np
import onnx
import torch
from torch import nn

FILES = Path(__file__).parent / "files"
SIGNATURE = "pkg.torch.export.ExportedProgram.graph_signature"
SCOPES = "pkg.torch.onnx.name_scopes"


class Block(nn.Module):
    """A residual block."""

    def __init__(self, into, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride != 1 or into != out:
            self.downsample = nn.Sequential(
                nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )

    def forward(self, x):
        y = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """As torchvision's, but small."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = nn.Sequential(Block(4, 4, 1))
        self.layer2 = nn.Sequential(Block(4, 8, 2), Block(8, 8, 1))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer2(self.layer1(x))
        return self.fc(torch.flatten(self.avgpool(x), 1))


class Transformer(nn.Module):
    """An encoder of two layers, over tokens."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.position = nn.Parameter(torch.randn(6, 8) / 10)
        layer = nn.TransformerEncoderLayer(
            8, 2, 16, batch_first=True, dropout=0.0, activation="gelu"
        )
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.read = nn.Linear(8, 3)

    def forward(self, x):
        return self.read(self.encoder(self.embed(x) + self.position).mean(1))


class Recurrent(nn.Module):
    """A recurrent layer, the last element of which is read."""

    def __init__(self, kind, **options):
        super().__init__()
        self.rnn = kind(3, 4, batch_first=True, **options)
        self.read = nn.Linear(8 if options.get("bidirectional") else 4, 3)

    def forward(self, x):
        return self.read(self.rnn(x)[0][:, -1])


class Classifier(nn.Module):
    """Of a text, from the last state of a recurrent layer: the usual way."""

    def __init__(self, kind, read, **options):
        super().__init__()
        self.embed = nn.Embedding(9, 4)
        self.rnn = kind(4, 5, batch_first=True, **options)
        self.fc = nn.Linear(10 if options.get("bidirectional") else 5, 3)
        self.last = read

    def forward(self, x):
        return self.fc(self.last(self.rnn(self.embed(x))[1]))


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(3, 4, 2, padding=1), nn.Tanh(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(16, 8), nn.Sigmoid(), nn.Dropout(0.2),
        nn.Linear(8, 3), nn.Softmax(-1),
    )  # fmt: skip


def models():
    """Each model of PyTorch and a batch for it."""
    torch.manual_seed(1)
    return {
        "mlp": (nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3)), torch.randn(3, 4)),
        "lenet": (lenet(), torch.randn(3, 1, 8, 8)),
        "resnet": (ResNet(), torch.randn(3, 1, 8, 8)),
        "transformer": (Transformer(), torch.randint(0, 11, (3, 6))),
        "lstm": (Recurrent(nn.LSTM), torch.randn(3, 5, 3)),
        "gru": (Recurrent(nn.GRU, bidirectional=True), torch.randn(3, 5, 3)),
        "rnn": (Recurrent(nn.RNN, num_layers=2), torch.randn(3, 5, 3)),
        **classifiers(),
    }


def classifiers():
    """Models that read a last state, and texts for them."""
    made = {
        "gru_last": Classifier(nn.GRU, lambda h: h[-1]),
        "rnn_last": Classifier(nn.RNN, lambda h: h[-1], num_layers=2),
        "gru_both": Classifier(
            nn.GRU, lambda h: torch.cat([h[-2], h[-1]], 1), bidirectional=True
        ),
        "lstm_last": Classifier(nn.LSTM, lambda hc: hc[0][-1], num_layers=2),
        "lstm_cell": Classifier(nn.LSTM, lambda hc: hc[1].squeeze(0)),
        "lstm_both": Classifier(
            nn.LSTM, lambda hc: torch.cat([hc[0][-2], hc[0][-1]], 1), bidirectional=True,
            num_layers=2,
        ),
    }  # fmt: skip
    return {name: (model, torch.randint(0, 9, (3, 6))) for name, model in made.items()}


def settled(model):
    """The model with arrays that are not those of a new one: no two of them are equal."""
    with torch.no_grad():
        for name, array in model.state_dict().items():
            if array.dtype.is_floating_point:
                lift = 1.0 if name.endswith("running_var") else 0.0
                array += lift + (torch.rand_like(array) - 0.5) / 4
    return model.eval()


def exported(name, model, x):
    """Both exporters of PyTorch."""
    legacy, dynamo = FILES / f"torch_{name}_legacy.onnx", FILES / f"torch_{name}_dynamo.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (x,), str(legacy), dynamo=False, input_names=["x"], output_names=["y"],
            dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}},
            # What is to be trained again keeps its batch normalization.
            training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        )  # fmt: skip
        model.eval()
        torch.onnx.export(
            model, (x,), str(dynamo), dynamo=True, external_data=False, verbose=False,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )  # fmt: skip
    slim(dynamo)
    with torch.no_grad():
        for file in (legacy, dynamo):
            np.savez(file.with_suffix(".npz"), x=x.numpy(), y=model(x).numpy())


def slim(path):
    """Take away what an exporter tells of the source."""
    model = onnx.load(path)
    graph = model.graph
    signature = [item for item in graph.metadata_props if item.key == SIGNATURE]
    del model.metadata_props[:], graph.metadata_props[:]
    graph.metadata_props.extend(signature)
    for node in graph.node:
        kept = [item for item in node.metadata_props if item.key == SCOPES]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""
    for each in (*graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del each.metadata_props[:]
    onnx.save(model, path)


def open_models():
    """Files for sequences of any length, which one of the exporters can tell of each model."""
    torch.manual_seed(5)
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0)
    attention = nn.Sequential(
        nn.Embedding(11, 8), nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
    )
    recurrent = Recurrent(nn.GRU, bidirectional=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x, file = torch.randn(3, 5, 3), FILES / "torch_gru_open.onnx"
        torch.onnx.export(
            settled(recurrent), (x,), str(file), dynamo=False, input_names=["x"],
            dynamic_axes={"x": {0: "batch", 1: "time"}},
        )  # fmt: skip
        ids, other = torch.randint(0, 11, (3, 6)), FILES / "torch_attention_open.onnx"
        sizes = {0: torch.export.Dim("batch"), 1: torch.export.Dim("words")}
        torch.onnx.export(
            settled(attention), (ids,), str(other), dynamo=True, external_data=False,
            verbose=False, dynamic_shapes=(sizes,),
        )  # fmt: skip
    slim(other)
    with torch.no_grad():
        for path, model, given, more in (
            (file, recurrent, x, torch.randn(3, 9, 3)),
            (other, attention, ids, torch.randint(0, 11, (3, 2))),
        ):
            np.savez(
                path.with_suffix(".npz"), x=given.numpy(), y=model(given).numpy(),
                x_other=more.numpy(), y_other=model(more).numpy(),
            )  # fmt: skip


RATES = {
    "resnet": {"layer2": 0.1, "fc": 1.0},
    "transformer": {"encoder.layers.1": 0.1, "read": 1.0, "position": 0.5},
    "lstm": {"rnn": 0.1, "read": 1.0},
    "gru": {"rnn": 0.1, "read": 1.0},
    **{
        name: {"rnn": 0.1, "fc": 1.0}
        for name in ("gru_last", "rnn_last", "gru_both", "lstm_last", "lstm_cell", "lstm_both")
    },
}
"""Model -> how fast its modules learn; what is not named is frozen."""
STEPS, BATCH, RATE = 6, 8, 0.2


def tuned(name, model):
    """A training by PyTorch itself: groups of parameters, statistics of batches at rest."""
    generator = np.random.default_rng(2)
    rows = {"transformer": 11}.get(name, 9 if "_" in name else None)
    shape = {"resnet": (1, 8, 8)}.get(name, (6,) if rows else (5, 3))
    draw = (STEPS * BATCH, *shape)
    x = generator.integers(0, rows, draw) if rows else generator.standard_normal(draw, np.float32)
    y = generator.integers(0, 3, STEPS * BATCH)
    groups, frozen = [], []
    for key, array in model.named_parameters():
        rate = next((r for part, r in RATES[name].items() if key.startswith(part)), None)
        array.requires_grad_(rate is not None)
        if rate is None:
            frozen.append(key)
        else:
            groups.append({"params": [array], "lr": RATE * rate})
    optimizer = torch.optim.SGD(groups, lr=RATE)
    model.eval()
    losses = []
    for start in range(0, len(x), BATCH):
        rows = slice(start, start + BATCH)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(
            model(torch.from_numpy(x[rows])), torch.from_numpy(y[rows])
        )
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        answers = model(torch.from_numpy(x[:BATCH])).numpy()
    np.savez(
        FILES / f"torch_{name}_tuned.npz", x=x, y=y, losses=np.float32(losses), answers=answers,
        frozen=np.array(frozen),
        **{f"array {key}": array.numpy() for key, array in model.state_dict().items()},
    )  # fmt: skip


def normalizations():
    """A net with much that is no parameter, and what PyTorch's training of it comes to."""
    torch.manual_seed(6)
    model = nn.Sequential(
        nn.Linear(4, 6), nn.Unflatten(1, (6, 1)), nn.GroupNorm(2, 6), nn.Flatten(),
        nn.BatchNorm1d(6, affine=False), nn.Softplus(2.0, 15.0), nn.GELU(), nn.Linear(6, 1),
    )  # fmt: skip
    x, y = torch.randn(BATCH, 4), torch.randn(BATCH, 1)
    exported("norms", settled(model), x)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    with torch.no_grad():
        answers = model(x).numpy()
    np.savez(FILES / "torch_norms_tuned.npz", x=x.numpy(), y=y.numpy(), answers=answers)


def keras_models():
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    generator = np.random.default_rng(3)
    cnn = keras.Sequential([
        keras.Input((8, 8, 1)), layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.BatchNormalization(), layers.MaxPooling2D(2), layers.Flatten(),
        layers.Dropout(0.2), layers.Dense(3, activation="softmax"),
    ])  # fmt: skip
    mlp = keras.Sequential([
        keras.Input((4,)), layers.Dense(5, activation="elu"), layers.Dense(3),
    ])  # fmt: skip
    for name, model in {"cnn": cnn, "mlp": mlp}.items():
        x = generator.standard_normal((3, *model.input_shape[1:]), np.float32)
        model.set_weights([w + generator.random(w.shape) / 4 for w in model.get_weights()])
        y = model.predict(x, verbose=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.export(str(FILES / f"keras_{name}.onnx"), format="onnx", verbose=False)
        np.savez(FILES / f"keras_{name}.npz", x=x, y=y)


def classical_models():
    from skl2onnx import to_onnx
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    generator = np.random.default_rng(4)
    x = generator.standard_normal((60, 4)).astype(np.float32)
    y = (x[:, 0] > 0) * 1 + (x[:, 1] > 0) * 1
    size = {"hidden_layer_sizes": (5,), "max_iter": 30, "random_state": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = {
            "classes": (MLPClassifier(**size).fit(x, y + 7), {}),
            "words": (
                make_pipeline(StandardScaler(), MLPClassifier(activation="tanh", **size)).fit(
                    x, np.array(["low", "mid", "top"])[y]
                ),
                {"zipmap": False},
            ),
            "two": (MLPClassifier(activation="logistic", **size).fit(x, y > 0), {}),
            "numbers": (MLPRegressor(**size).fit(x, x @ [1, 2, 3, 4]), None),
        }
        for name, (model, options) in made.items():
            more = {} if options is None else {"options": options}
            content = to_onnx(model, x[:1], **more).SerializeToString()
            (FILES / f"sklearn_{name}.onnx").write_bytes(content)
            told = {"x": x[:5], "y": model.predict(x[:5])}
            if options is not None:
                told["p"] = model.predict_proba(x[:5])
            np.savez(FILES / f"sklearn_{name}.npz", **told)


def main(names):
    FILES.mkdir(exist_ok=True)
    for name, (model, x) in models().items():
        if names and name not in names:
            continue
        exported(name, settled(model), x)
        if name in RATES:
            tuned(name, model)
    if not names or "open" in names:
        open_models()
    if not names or "norms" in names:
        normalizations()
    if not names or "keras" in names:
        keras_models()
    if not names or "sklearn" in names:
        classical_models()


if __name__ == "__main__":
    main(sys.argv[1:])
