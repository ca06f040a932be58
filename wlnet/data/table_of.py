"""`table`: a frame or a file, and what the user says of it, as a `Table`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from wlnet.core.errors import (
    NAMES,
    DataError,
    Fault,
    OptionError,
    TrainingWarning,
    brief,
    fail,
    warn,
)
from wlnet.core.gathered import Gathered
from wlnet.core.spelling import nearest
from wlnet.core.symbols import ALL, AUTOMATIC
from wlnet.data.asked import check_kinds, check_words, names, policies_of, sizes_of
from wlnet.data.columns import Columns, columns_of
from wlnet.data.features import TYPES, Feature, decoder_of, encoder_of, feature, sealed
from wlnet.data.known_labels import are_texts, as_known
from wlnet.data.tables import Table


def table(
    source: object,
    target: object = None,
    *,
    features: object = ALL,
    ignore: object = (),
    feature_types: Mapping[str, str] | None = None,
    missing: object = AUTOMATIC,
    embeddings: object = AUTOMATIC,
    like: Table | None = None,
) -> Table:
    """A table with named columns as data to train on, and the net that takes its raw rows.

    source: a frame (pandas, polars), a dict of columns, a list of dicts, an array with fields, a
    table of Arrow, or the name of a file of CSV or Parquet. target: the column that is to be
    learned, or a list of columns.

    * features, ignore: the columns to learn from, all but the targets unless they are named; and
      those that are left out.
    * feature_types: what columns are, "Numerical", "Nominal" (categories) or "Boolean". Else
      numbers are numerical; text, and what a frame keeps as categories, nominal. A target of whole
      numbers may be either, so it has to be said.
    * missing: "Refuse", "Mean" or "Indicator", for all numerical columns or by column: what becomes
      of missing numbers, see NetEncoder("Number"). Without it "Indicator" where the table has gaps,
      else "Refuse". Categories that have gaps have a label for them, None.
    * embeddings: the length of vectors that stand for categories and are learned, for all columns
      or by column; None for unit vectors. Without it unit vectors up to 12 labels, and
      `min(300, round(1.6 n^0.56))` for n labels more.
    * like: another table, whose encoders and decoders this one gets: rows to test on.

    Means and deviations are those of all rows: `train, test = table(...).split(0.2)` takes them of
    the rows to train on. Raises OptionError for names and options that are not there, DataError for
    columns that cannot be used, all of them at once.

    >>> rows = {"age": [30, None, 52, 28], "city": ["Rome", "Oslo", "Rome", "Oslo"],
    ...         "pay": [2.5, 3.1, 4.0, 2.0]}
    >>> people = table(rows, "pay")
    >>> people
    a table of 4 rows
      age   Numerical, 1 missing, mean 36.667, deviation 10.873
      city  Nominal, 2 labels ['Oslo', 'Rome']
      pay   Numerical, mean 2.9, deviation 0.74498, target
    >>> from wlnet import LinearLayer, net_train
    >>> net = net_train(people.net([LinearLayer()]), people.data, max_training_rounds=1)
    >>> type(net({"city": "Rome", "age": 40}))
    <class 'float'>
    """
    at = "table"
    check_kinds(feature_types, like, Table)
    asked = dict(feature_types or {})
    if like is not None:
        asked = {name: each.type for name, each in (*like.features.items(), *like.targets.items())}
    texts = {name for name, kind in asked.items() if kind == "Nominal"}
    if like is not None:
        labels = {name: it.labels for name, it in {**like.features, **like.targets}.items()}
        texts = {name for name in texts if are_texts(labels[name])}
    columns = columns_of(source, texts, at)
    if like is not None:
        return _like(like, columns, at, target)
    gathered = Gathered()
    wanted = names(target, "target", columns, gathered)
    left_out = names(ignore, "ignore", columns, gathered)
    chosen = list(columns) if features is ALL else names(features, "features", columns, gathered)
    chosen = [name for name in chosen if name not in wanted and name not in left_out]
    check_words(asked, "feature_types", columns, TYPES, gathered)
    gathered.tell()
    if not chosen:
        raise fail(OptionError, Fault("no column is left to learn from", at, known=columns))
    read = _read({name: columns[name] for name in (*chosen, *wanted)}, asked, at)
    faults = [_undecided(read[name]) for name in wanted if _is_whole(read[name], name in asked)]
    if faults:
        raise fail(OptionError, faults)
    numerical = [name for name in chosen if read[name].labels is None]
    policies = policies_of(missing, numerical, gathered)
    nominal = {name: len(read[name].labels or ()) for name in chosen if read[name].labels}
    sizes = gathered.attempt(lambda: sizes_of(embeddings, nominal)) or {}
    gathered.tell()
    encoders = {
        name: gathered.attempt(
            partial(encoder_of, read[name], name in sizes, policies.get(name), _place(at, name))
        )
        for name in chosen
    }
    decoders = {
        name: gathered.attempt(partial(decoder_of, read[name], _place(at, name))) for name in wanted
    }
    gathered.tell()
    _warn_of_constants([read[name] for name in (*chosen, *wanted)])
    return Table(
        at,
        {name: read[name] for name in chosen},
        {name: read[name] for name in wanted},
        encoders,
        decoders,
        sizes,
        policies,
    )


def column_encoders(source: object, **options: Any) -> dict[str, Any]:
    """The encoders of the columns of a table, by column. Options: those of `table`.

    >>> column_encoders({"age": [30, 50], "fit": [True, False]})
    {'age': NetEncoder('Number', 40.0, 10.0),
     'fit': NetEncoder('Class', [False, True], 'UnitVector')}
    """
    return dict(table(source, **options).encoders)


def _place(at: str, name: str) -> str:
    return f"{at}, column {name}"


def _read(columns: Columns, asked: Mapping[str, str], at: str) -> dict[str, Feature]:
    """Columns as features. Raises DataError for all that cannot be."""
    gathered = Gathered()
    found = {
        name: gathered.attempt(partial(feature, name, read, asked.get(name), _place(at, name)))
        for name, read in columns.items()
    }
    gathered.tell()
    return {name: each for name, each in found.items() if each is not None}


def _like(like: Table, columns: Columns, at: str, target: object) -> Table:
    """A table of further rows, with the encoders of another. Targets may be missing from it."""
    if target is not None:
        what = "the targets are those of the other table"
        raise fail(OptionError, Fault(what, at="target", fix="leave target out"))
    needed = [*like.features, *like.targets]
    there = [name for name in like.targets if name in columns]
    faults = []
    for name in needed:
        if name not in columns and (name in like.features or there):
            near = nearest(name, [each for each in columns if each not in needed])
            fix = f"call it {name!r} where it is {near[0]!r}" if near else None
            given = f"columns {brief(list(columns), NAMES)}"
            faults.append(Fault(f"no column {name!r}", at=at, given=given, fix=fix))
    if faults:
        raise fail(DataError, faults)
    known = {**like.features, **like.targets}
    types = {name: each.type for name, each in known.items()}
    read = _read({name: columns[name] for name in (*like.features, *there)}, types, at)
    # Labels are those of the other: what is new among the values is told where it is encoded.
    for name, each in read.items():
        labels = known[name].labels
        if labels is not None:
            values = sealed(np.asarray(as_known(each.values, labels)))
            read[name] = replace(each, values=values, labels=labels)
    return replace(
        like,
        features={name: read[name] for name in like.features},
        targets={name: read[name] for name in there},
    )


def _is_whole(it: Feature, is_told: bool) -> bool:
    """Whether a target is of whole numbers, be they floats, and nobody says what they are."""
    if is_told or it.labels is not None:
        return False
    known = it.values[~it.absent]
    return bool((known == np.floor(known)).all())


def _undecided(it: Feature) -> Fault:
    return Fault(
        "a target of whole numbers is a number to come near to, or a class",
        at=f"target {it.name}",
        given=f"{len(np.unique(it.values[~it.absent])):,} different whole numbers in "
        f"{len(it.values):,} rows",
        fix=f'feature_types={{{it.name!r}: "Nominal"}} for classes, "Numerical" for numbers',
    )


def _warn_of_constants(features: Sequence[Feature]) -> None:
    same = [
        it.name
        for it in features
        if len(it.values) > 1
        and (len(it.labels) if it.labels else len(np.unique(it.values[~it.absent]))) == 1
        and not it.absent.any()
    ]
    if same:
        warn(
            TrainingWarning,
            Fault(
                "columns with one value in all rows tell nothing",
                at="table",
                given=", ".join(map(repr, same)),
                fix=f"ignore={same}",
            ),
        )
