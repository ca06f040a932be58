"""Bring a net into wlnet from files of other programs, and out to them, by the suffixes of two.

From .wlnet (of wlnet and of the Wolfram Language), .wxf and .onnx comes a net. From .safetensors,
.weights.h5 (of Keras) and .npz come arrays for the net of --into: by the names of wlnet, else by
equal names, shapes and order, or as --map says. To .wlnet, .onnx and .wxf goes the net, to .wl its
InputForm, to .safetensors and .npz go its arrays.

  wlnet convert net.wlnet net.onnx
  wlnet convert model.safetensors trained.wlnet --into net.wlnet --map hidden=encoder.0
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from wlnet.cli.answer import Answer
from wlnet.cli.net_files import net_in
from wlnet.cli.outputs import add_force, places, write_text
from wlnet.cli.rule_texts import FROZEN, divided, part_of
from wlnet.core.errors import Fault, OptionError, RuleError, fail
from wlnet.core.net import Net
from wlnet.core.paths import as_path
from wlnet.io.named.hdf5 import SIGNATURE

LAYOUTS = ("PyTorch", "Keras", "wlnet")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("source", metavar="FROM", help=" ".join(SOURCES))
    parser.add_argument("output", metavar="TO", help=" ".join(GOALS))
    parser.add_argument(
        "--into", metavar="NET", help="the net that gets the arrays of FROM, .wlnet"
    )
    parser.add_argument(
        "--map",
        metavar="PART=NAME",
        action="append",
        default=[],
        help="a part of the net, and what its entries in FROM, or in the file of --like, begin "
        "with; none leaves it as it is",
    )
    parser.add_argument("--layout", choices=LAYOUTS, help="how FROM lays out its arrays")
    parser.add_argument(
        "--like", metavar="FILE", help="arrays go out under the names of this file, as it has them"
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="arrays without an entry stay, entries without one too",
    )
    parser.add_argument(
        "--encoders", action="store_true", help="an ONNX file begins with the net's encoders"
    )
    parser.add_argument(
        "--working-precision", metavar="PRECISION", help="of an ONNX file: Real32 or Real64"
    )
    add_force(parser)


def run(asked: argparse.Namespace) -> Answer:
    """Read, and write."""
    read = _by_suffix(asked.source, SOURCES, "FROM")
    write = _by_suffix(asked.output, GOALS, "TO")
    if asked.like is not None and write is not _to_arrays:
        what = "this is where arrays go out alone"
        raise fail(OptionError, Fault(what, at="--like", given=asked.output))
    path = places([asked.output], asked)[0]
    net, text, report = read(asked)
    write(net, path, asked)
    words = [text] if text else []
    return Answer("\n".join([*words, f"wrote {path}"]), {"File": str(path), "Arrays": report})


def _by_suffix(name: str, known: Mapping[str, Any], at: str) -> Any:
    """What reads or writes a file of this name. Raises OptionError."""
    file = as_path(name, at, "net.onnx").name.lower()
    for suffix, function in known.items():
        if file.endswith(suffix):
            return function
    what = "files of this kind are not converted"
    raise fail(OptionError, Fault(what, at=at, given=repr(name), known=known))


Read = tuple[Net, str, object]
"""The net of a file, and what became of the arrays there, in words and as a value."""


def _net(asked: argparse.Namespace) -> Read:
    _need_no_net(asked)
    with as_path(asked.source, "FROM", "net.wlnet").open("rb") as file:
        is_foreign = file.read(len(SIGNATURE)) == SIGNATURE
    # The Wolfram Language calls its files so, too; those are HDF5.
    return _from_wolfram(asked) if is_foreign else (net_in(asked.source), "", None)


def _from_wolfram(asked: argparse.Namespace) -> Read:
    import wlnet  # lazy: --help needs no net

    _need_no_net(asked)
    return wlnet.wolfram.read_net(asked.source), "", None


def _from_onnx(asked: argparse.Namespace) -> Read:
    import wlnet  # lazy: --help needs no net

    _need_no_net(asked)
    return wlnet.onnx.import_net(asked.source), "", None


def _arrays(asked: argparse.Namespace) -> Read:
    import wlnet  # lazy: as above

    if asked.into is None:
        what = "this file holds arrays, and no net that they belong to"
        raise fail(OptionError, Fault(what, at=asked.source, fix="--into net.wlnet"))
    wish = ["Net", "Report"]
    net, report = wlnet.net_import_arrays(
        net_in(asked.into), asked.source, partial=asked.partial, prop=wish, **_how(asked)
    )
    return net, str(report), report


def _need_no_net(asked: argparse.Namespace) -> None:
    given = {"--into": asked.into, "--partial": asked.partial}
    if asked.like is None:
        given |= {"--map": asked.map, "--layout": asked.layout}
    faults = [
        Fault("this is for files of arrays alone", at=name, given=asked.source)
        for name, value in given.items()
        if value
    ]
    if faults:
        raise fail(OptionError, faults)


def _how(asked: argparse.Namespace) -> dict[str, Any]:
    """How the arrays of a file belong to a net, as far as it is said. Raises OptionError."""
    options: dict[str, Any] = {} if asked.layout is None else {"layout": asked.layout}
    return options | ({"mapping": _mapping(asked.map)} if asked.map else {})


def _mapping(words: list[str]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    faults: list[Fault] = []
    for number, word in enumerate(words, 1):
        at = f"--map, number {number}"
        split = divided(word)
        if split is None:
            what = "a part of the net and the name of its entries stand on both sides of ="
            faults.append(Fault(what, at=at, given=word, fix="hidden=encoder.0"))
            continue
        try:
            found[part_of(split[0], at)] = None if split[1] in FROZEN else split[1]
        except RuleError as error:
            faults += error.faults
    if faults:
        raise fail(OptionError, faults)
    return found


def _to_net(net: Net, path: Path, asked: argparse.Namespace) -> None:
    import wlnet  # lazy: as above

    _need_no_onnx(asked)
    wlnet.save(net, path)


def _to_onnx(net: Net, path: Path, asked: argparse.Namespace) -> None:
    import wlnet  # lazy: as above

    precision = asked.working_precision
    options = {} if precision is None else {"working_precision": precision}
    wlnet.onnx.export_net(net, path, encoders=asked.encoders, **options)


def _to_wxf(net: Net, path: Path, asked: argparse.Namespace) -> None:
    import wlnet  # lazy: as above

    _need_no_onnx(asked)
    wlnet.wolfram.write_wxf(net, path)


def _to_input_form(net: Net, path: Path, asked: argparse.Namespace) -> None:
    import wlnet  # lazy: as above

    _need_no_onnx(asked)
    write_text(path, f"{wlnet.wolfram.input_form(net)}\n")


def _to_arrays(net: Net, path: Path, asked: argparse.Namespace) -> None:
    import wlnet  # lazy: as above

    _need_no_onnx(asked)
    if asked.like is None:
        wlnet.net_export_arrays(net, path)
    else:
        wlnet.net_export_arrays(net, path, asked.like, **_how(asked))


def _need_no_onnx(asked: argparse.Namespace) -> None:
    given = {"--encoders": asked.encoders, "--working-precision": asked.working_precision}
    faults = [
        Fault("this is for an ONNX file alone", at=name, given=asked.output)
        for name, value in given.items()
        if value
    ]
    if faults:
        raise fail(OptionError, faults)


SOURCES: Mapping[str, Callable[[argparse.Namespace], Read]] = MappingProxyType(
    {
        ".wlnet": _net,
        ".onnx": _from_onnx,
        ".wxf": _from_wolfram,
        ".safetensors": _arrays,
        ".h5": _arrays,
        ".npz": _arrays,
    }
)
"""Suffix -> what reads such a file."""
GOALS: Mapping[str, Callable[[Net, Path, argparse.Namespace], None]] = MappingProxyType(
    {
        ".wlnet": _to_net,
        ".onnx": _to_onnx,
        ".wxf": _to_wxf,
        ".wl": _to_input_form,
        ".safetensors": _to_arrays,
        ".npz": _to_arrays,
    }
)
"""Suffix -> what writes such a file."""
