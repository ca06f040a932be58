"""Write the files of PyTorch and Keras that tests/io reads: python -m tests.peers.write_files."""

from __future__ import annotations

import numpy as np

from tests.io.nets_of_peers import FILES
from tests.peers import keras_models, torch_modules

if __name__ == "__main__":
    for room, names in (
        (torch_modules, torch_modules.MODULES),
        (keras_models, keras_models.MODELS),
    ):
        for name in names:
            x, y = room.write(name, FILES, seed=1)
            np.savez(FILES / f"{name}.npz", Input=x, Output=y)
