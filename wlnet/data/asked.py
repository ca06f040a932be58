"""What the options of `table` say of columns, checked against those that are there."""

from __future__ import annotations

from collections.abc import Collection, KeysView, Mapping, Sequence
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.data.features import GAPS
from wlnet.data.front import embedding_size


def check_kinds(feature_types: object, like: object, table: type) -> None:
    """Raise OptionError where the words for columns are no dict, or what is to be like is no
    table."""
    faults = []
    if feature_types is not None and not isinstance(feature_types, Mapping):
        what, fix = "feature_types is a dict from columns to words", '{"zip": "Nominal"}'
        faults.append(Fault(what, at="table", given=brief(feature_types), fix=fix))
    if like is not None and not isinstance(like, table):
        what, fix = "like is a table", 'like=table("train.csv", "income")'
        faults.append(Fault(what, at="table", given=brief(like), fix=fix))
    if faults:
        raise fail(OptionError, faults)


def names(given: object, option: str, columns: Collection[str], gathered: Gathered) -> list[str]:
    """Columns that an option names; faults for those that are not there."""
    if given is None:
        return []
    names: Sequence[Any] = [given] if isinstance(given, str) else listed(given)
    there = [name for name in names if isinstance(name, str) and name in columns]
    for name in names:
        if name not in there:
            what = f"no column is called {brief(name)}"
            fix = suggestion(name, columns)
            gathered.add(Fault(what, at=option, known=columns, fix=fix))
    return list(dict.fromkeys(there))


def listed(given: object) -> list[Any]:
    """What is given as several things, or as one: only of what lies in memory it is asked."""
    if isinstance(given, (list, tuple, set, frozenset, KeysView)):
        return list(given)
    labels = getattr(given, "tolist", None)  # an array, or the index of a frame
    found = labels() if callable(labels) else given
    return found if isinstance(found, list) else [given]


def check_words(
    given: Mapping[str, str],
    option: str,
    columns: Collection[str],
    words: Sequence[str],
    gathered: Gathered,
) -> None:
    """Keep the faults of words said of columns that are not there, and of other words."""
    for name, word in given.items():
        if name not in columns:
            what = f"no column is called {brief(name)}"
            fix = suggestion(name, columns)
            gathered.add(Fault(what, at=option, known=columns, fix=fix))
        if word not in words:
            what = f"{option} does not know this word"
            fix = suggestion(word, words)
            gathered.add(Fault(what, at=f"column {name}", given=brief(word), known=words, fix=fix))


def policies_of(given: object, numerical: Sequence[str], gathered: Gathered) -> dict[str, str]:
    """What is said of missing numbers, by column."""
    if given is AUTOMATIC:
        return {}
    if isinstance(given, Mapping):
        asked = dict(given)
        check_words(asked, "missing", numerical, GAPS, gathered)
        return asked
    if not isinstance(given, str) or given not in GAPS:
        fix = suggestion(given, GAPS)
        what = "missing has a value it cannot have"
        gathered.add(Fault(what, at="table", given=brief(given), known=GAPS, fix=fix))
        return {}
    return dict.fromkeys(numerical, given)


def sizes_of(given: object, nominal: Mapping[str, int]) -> dict[str, int]:
    """How long the vectors of categories are that have one that is learned.

    given: AUTOMATIC, None for none, a size for all, or sizes by column, None for unit vectors.
    nominal: the columns of categories, and how many labels each has. Raises OptionError.
    """
    sizes: dict[str, object] = dict.fromkeys(nominal, AUTOMATIC)
    faults = []
    if isinstance(given, Mapping):
        for name in given:
            if name not in nominal:
                what = f"no column of categories is called {brief(name)}"
                fix = suggestion(name, nominal)
                faults.append(Fault(what, at="embeddings", known=tuple(nominal), fix=fix))
        sizes |= {name: given[name] for name in nominal if name in given}
    else:
        sizes = dict.fromkeys(nominal, given)
    found: dict[str, int] = {}
    for name, size in sizes.items():
        number = embedding_size(nominal[name]) if size is AUTOMATIC else as_whole(size)
        if size not in (AUTOMATIC, None) and (number is None or not 1 <= number <= 2**20):
            faults.append(
                Fault("this is no length of vectors", at="embeddings", given=brief(size),
                      expected="a whole number above 0, None for unit vectors, or AUTOMATIC")
            )  # fmt: skip
        elif number is not None:
            found[name] = number
    if faults:
        raise fail(OptionError, list(dict.fromkeys(faults)))
    return found
