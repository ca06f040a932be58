"""What the options of `table` say of columns, checked against those that are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from wlnet.core.errors import Fault, OptionError, brief, fail
from wlnet.core.gathered import Gathered
from wlnet.core.scalars import as_whole
from wlnet.core.spelling import suggestion
from wlnet.core.symbols import AUTOMATIC
from wlnet.data.features import GAPS
from wlnet.data.front import embedding_size


def names(given: object, option: str, columns: Collection[str], gathered: Gathered) -> list[str]:
    """Columns that an option names; faults for those that are not there."""
    if given is None:
        return []
    names: Sequence[Any] = [given] if isinstance(given, str) else _listed(given)
    for name in names:
        if name not in columns:
            what = f"no column is called {brief(name)}"
            fix = suggestion(name, columns)
            gathered.add(Fault(what, at=option, known=columns, fix=fix))
    return list(dict.fromkeys(name for name in names if name in columns))


def _listed(given: object) -> list[Any]:
    return list(given) if isinstance(given, Iterable) else [given]


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
