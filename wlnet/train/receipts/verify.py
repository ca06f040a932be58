"""verify: whether the receipt of a training holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wlnet.core.errors import Fault, OptionError, fail
from wlnet.core.net import Net
from wlnet.core.records import Table
from wlnet.train.receipts.arguments import wrong_arguments, wrong_calls
from wlnet.train.receipts.comparing import compare_machine, compare_seal, compare_training
from wlnet.train.receipts.reading import read_receipt
from wlnet.train.receipts.repeating import repeated
from wlnet.train.receipts.resting import compare_nets
from wlnet.train.receipts.verification import Checks, Verification


def verify(
    receipt: Any, net: Any, data: Any, *, reporting: Any = "Print", **again: Any
) -> Verification:
    """Check a receipt: train again and compare, or look at what was frozen; prints a report.

    receipt: the text results["Receipt"], the object of this JSON, or the results of a training.
    net: the net as it was given to net_train, before its training. data: as given to net_train, or
    the net after the training: then nothing is trained, and no data are needed. Where calls of a
    training that went on had several data, {1: first, 2: from the second call on}.
    reporting: "Print" prints the report, whose last line is the verdict; None prints nothing.
    again: options of net_train that no receipt can hold, functions, data to validate on, and nets
    with arrays, by name; by call, as data, where they were several. Options that change no number
    (workers, frozen_prefix_bytes, training_progress_reporting) may be others; progress functions
    and checkpoints may be given, and are left out.

    The answer is true or false; its `faults` tell every statement that does not hold, down to the
    array, the column, and the first round that has another number. All that can be checked without
    training is checked first, and where that is wrong the training is not made again.
    `unverified` are statements that nobody can check, such as that somebody stopped the training
    by hand. What the receipt says of options that change no number, such as workers, is not looked
    at.

    With two nets, every array that the receipt says was frozen in all phases is checked to be the
    same bytes in both nets and in the receipt; the other arrays by their digests before and after,
    and the structure of both. What led from one net to the other is among `unverified`.

    Raises FormatError for what is no receipt, OptionError for what is no net, no data, or no option
    of net_train, and for the number of a call that there was not.

    >>> from wlnet.nets.chain import NetChain
    >>> from wlnet.train.net_train import net_train
    >>> from wlnet.core.symbols import ALL
    >>> net, data = NetChain([1]), ([[1.0], [2.0]], [[2.0], [4.0]])
    >>> results = net_train(net, data, ALL, max_training_rounds=3)
    >>> bool(verify(results["Receipt"], net, data, reporting=None))
    True

    Wolfram Language: nothing like it.
    """
    faults = wrong_arguments(net, data, reporting, again)
    if faults:
        raise fail(OptionError, faults)
    told = read_receipt(receipt)
    faults = wrong_calls(told, {"data": data, **again})
    if faults:
        raise fail(OptionError, faults)
    found = _of_nets(told, net, data) if isinstance(data, Net) else _again(told, net, data, again)
    if reporting is not None:
        print(found)
    return found


def _again(receipt: Table, net: Net, data: object, again: Mapping[str, object]) -> Verification:
    checks = Checks()
    compare_seal(checks, receipt)
    record = repeated(checks, receipt, net, data, again)
    if record is not None:
        compare_training(checks, receipt, record)
    else:
        what = "what came of the training: it was not made again, as it begins with something else"
        checks.unverified.append(Fault(what))
    compare_machine(checks, receipt)
    return checks.verified("the training was made again")


def _of_nets(receipt: Table, before: Net, after: Net) -> Verification:
    checks = Checks()
    compare_seal(checks, receipt)
    count = compare_nets(checks, receipt, before, after)
    arrays = f"{count} {'array was' if count == 1 else 'arrays were'} frozen"
    return checks.verified(f"{arrays}, nothing was trained")
