"""What an installed package has to do, told by its folder: run by another process, far from here.

python installed_trial.py FOLDER
"""

import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import entry_points, version
from pathlib import Path

import numpy as np

import wlnet as wl

folder = Path(sys.argv[1]).resolve()
assert Path(wl.__file__).resolve().is_relative_to(folder), wl.__file__
assert version("wlnet") == wl.__version__

(x, y), (x_test, y_test) = wl.data.digits()
net = wl.NetChain([wl.FlattenLayer(), 16, "Ramp", 10, wl.SoftmaxLayer()], input=(8, 8))
data = x[:500].astype(np.float32) / x.max(), y[:500]
rules = {2: 0.5, wl.ANY: 1}
results = wl.net_train(
    net, data, wl.ALL, learning_rate_multipliers=rules, max_training_rounds=3,
    training_progress_reporting=None,
)  # fmt: skip
trained = results["TrainedNet"]
with tempfile.TemporaryDirectory() as place:
    again = wl.load(wl.save(trained, f"{place}/digits.wlnet"), precompile=True)
assert again(data[0][:5]) == trained(data[0][:5])
assert wl.net_model("LeNet")(np.zeros((28, 28), np.uint8)) in range(10)
for row in wl.net_model():
    wl.net_initialize(wl.net_model(row["model"]), all=None)

(script,) = entry_points(group="console_scripts", name="wlnet")
assert callable(script.load())
places = [folder / "bin", Path(sysconfig.get_path("scripts"))]
command = next(place / "wlnet" for place in places if (place / "wlnet").exists())
for start in ([sys.executable, str(command)], [sys.executable, "-m", "wlnet"]):
    done = subprocess.run([*start, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"wlnet {wl.__version__}", done.stdout
print(f"wlnet {wl.__version__} works")
