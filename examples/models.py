"""What the scripts share that train the nets of the package: data, schedule, and what is kept.

Data come out of the source archives of packages, which are read and not installed; what is read is
known by its SHA-256, so that the same data make the same net.
"""

import hashlib
import math
import tarfile
import time
from pathlib import Path
from typing import Any

import wlnet as wl


def member(archive: Path, name: str, digest: str) -> bytes:
    """A file of an archive, if it is the one that was trained on."""
    with tarfile.open(archive) as files:
        held = files.extractfile(name)
        assert held is not None, f"{archive} should have a file {name}"
        found = held.read()
    given = hashlib.sha256(found).hexdigest()
    assert given == digest, f"{name} in {archive}: SHA-256 {digest} expected, got {given}"
    return found


def falling(t: int, total: int) -> float:
    """Half a cosine: the full rate at first, none at the end: the last rounds only polish."""
    return 0.5 * (1 + math.cos(math.pi * t / total))


def told(state: dict[str, Any]) -> None:
    """One line a round."""
    speed = f"{state['ExamplesPerSecond']:,.0f} examples/s"
    print(f"round {state['Round']:3}   loss {state['RoundLoss']:.5f}   {speed}", flush=True)


def trained(net: Any, data: Any, seed: int, rounds: int, **options: Any) -> Any:
    """The net after so many rounds, at a rate that falls to nothing; and how long that took."""
    start = time.perf_counter()
    found = wl.net_train(
        net,
        data,
        max_training_rounds=rounds,
        random_seeding=seed,
        training_progress_function=told,
        training_progress_reporting=None,
        **options,
    )
    print(f"That took {time.perf_counter() - start:.0f} s.")
    return found


def kept(net: Any, file: Path, share: float, least: float) -> None:
    """Save a net that is good enough, and see that it comes back."""
    assert share >= least, f"at least {least:.1%} expected, got {share:.2%}: nothing was saved"
    wl.save(net, file)
    assert wl.load(file) == net, "what comes back from the file should be the net"
    print(f"Saved to {file} ({file.stat().st_size:,} bytes).")
