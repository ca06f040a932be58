"""Every script in examples/ runs from anywhere, keeps its own promises and tells its story."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"

STORIES = {
    "train_last_layer.py": (
        "(1, 'Weights')   rate 0   bit for bit the same",
        "(3, 'Weights')   rate 1   moved by up to",
        "Without the rules layer 1 learns as well",
    ),
    "frozen_layer.py": (
        "inner/known/Weights",
        "weights of the frozen layer are still [[1.0, 0.0, -1.0], [0.5, 0.5, 0.5]]",
        "The layer stayed frozen in both nets.",
    ),
    "replace_option.py": (
        "net_extract(frozen, (1, 'LearningRateMultipliers')) gives 0\n",
        "net_extract(net, (1, 'LearningRateMultipliers')) gives AUTOMATIC\n",
        "layer 1 is unchanged, layer 3 has learnt",
    ),
    "transfer_letters.py": (
        "1/Weights   20x1x5x5   0 frozen  rule 2: ANY -> 0.0",
        "10/Weights  3x500      1         rule 1: -2 -> 1.0",
        "round 1   loss",
        "SHA-256 of the 6 frozen arrays before: ",
        "the other arrays are bit for bit what they were",
    ),
    "from_pytorch.py": (
        "conv1/Weights  8x1x3x3   conv1.weight  8x1x3x3      as it lies  by name",
        "rule 3: ('fc1', 'Weights') -> 0.3",
        "   1  1.691387",
        "After 60 steps both have the same losses",
        "bit for bit what PyTorch has learnt",
    ),
    "fine_tune.py": (
        "from round 3   {10: 1, 8: 0.1, ANY: None}",
        "Killed after batch 150, round 5.",
        "The last is of batch 140: 4 rounds were over, and 8 batches of the next.",
        "8/Weights   500x800    0 -> 0.1 -> 0.5  rule 2: 8 -> 0.5    165",
        "statements were checked, the training was made again",
        "the net is the undisturbed\none to the last bit",
    ),
    "results_multipliers.py": (
        "(1, 'Weights')   rate 0.5  from 1: 0.5",
        "(4, 'Weights')   rate 0    from 4: 0              unchanged",
        "(8, 'Biases')    rate 2    from (8, 'Biases'): 2",
        "Now LeNet reads",
    ),
    "shared_one_rule.py": (
        "NetSharedArray('w')    0.5",
        "at both places alike",
    ),
    "shared_conflict.py": (
        "NetSharedArray('w'): 2, (1, 'Biases'): 2, (3, 'Biases'): 5",
        "NetSharedArray('w'): 5, (1, 'Biases'): 2, (3, 'Biases'): 5",
        "the shared array follows (3, 0.0), which beat (1, 1.0)",
    ),
    "rules_at_construction.py": (
        "The same rules given to NetChain:",
        "The same rules given to NetGraph:",
        "every array is what net_train's rules gave",
    ),
}
"""The stories, and lines of each that only a run which came out right prints."""

NO_STORY = {
    "letters.py": "a module of the stories of letters, tested in tests/examples/",
    "models.py": "a module of the scripts that train models, tested in tests/models/",
    "serve.py": "a server, which has no end of its own: tested in tests/examples/",
    "train_cellnet.py": "makes a file of the package, tested in tests/models/: make train-cellnet",
    "train_letternet.py": "takes minutes, and an archive of letters: make train-letternet",
    "train_surnamenet.py": "takes minutes, and an archive of names: make train-surnamenet",
    "train_lenet.py": "trains on 55,000 digits and takes minutes: make train-lenet",
}


def told(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a script prints, started in another folder, every warning an error.

    PYTHONPATH makes a checkout that is not installed do as well.
    """
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-W", "error", str(EXAMPLES / script)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=300
    )


def test_every_script_in_the_folder_is_known_here() -> None:
    there = {file.name for file in EXAMPLES.glob("*.py")}
    assert there - set(NO_STORY) == set(STORIES)


@pytest.mark.parametrize("script", STORIES)
def test_a_script_keeps_its_promises_and_tells_its_story(script: str, tmp_path: Path) -> None:
    if script in ("transfer_letters.py", "fine_tune.py"):
        for needed in ("PIL", "matplotlib"):
            if importlib.util.find_spec(needed) is None:
                pytest.skip(f"the letters are drawn with {needed}")
    done = told(script, tmp_path)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    missing = [line for line in STORIES[script] if line not in done.stdout]
    assert not missing, f"not told: {missing}\n{done.stdout}"
    assert not list(tmp_path.iterdir()), "an example leaves no files behind"


@pytest.mark.parametrize("script", STORIES)
def test_a_script_says_in_its_first_lines_what_it_shows(script: str) -> None:
    text = (EXAMPLES / script).read_text("utf-8")
    assert text.startswith('"""'), script
    assert "Wolfram Language page of LearningRateMultipliers" in " ".join(text[:600].split())


@pytest.mark.parametrize("script", STORIES)
def test_a_script_checks_what_it_tells_and_says_what_it_expected(script: str) -> None:
    nodes = ast.walk(ast.parse((EXAMPLES / script).read_bytes()))
    checks = [node for node in nodes if isinstance(node, ast.Assert)]
    assert len(checks) >= 3
    assert all(check.msg is not None for check in checks)


def test_make_demo_runs_the_story_of_the_letters() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (after,) = [part for part in makefile.split("\n\n") if part.startswith("demo:")]
    assert "examples/transfer_letters.py" in after
