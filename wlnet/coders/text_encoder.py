"""What encoders of text share: a text becomes a sequence of codes, or of unit vectors."""

from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np

from wlnet.coders.alphabet import Codes
from wlnet.coders.encoder import (
    Encoded,
    NetEncoder,
    batch_items,
    is_batch,
    numbered,
    reals,
    refuse,
    unit_vectors,
    zeros,
)
from wlnet.coders.lengths import check_lengths, in_examples
from wlnet.coders.worth import plain
from wlnet.core.arrays import Dtype
from wlnet.core.errors import brief
from wlnet.core.gate import Column
from wlnet.core.ports import Flow
from wlnet.core.shapes import Shape
from wlnet.core.symbols import Symbol

FORMS = ("Index", "UnitVector")


class TextEncoder(NetEncoder):
    """The base of encoders of text. A kind says how many codes there are, and those of a text.

    Texts that are shorter than the target length are padded at the end, longer ones are cut there.
    """

    known: Codes
    """The codes of an alphabet or a vocabulary, made once: a vocabulary is long."""
    output_form: str
    target_length: int | Symbol

    @property
    def count(self) -> int:
        """How many codes there are."""
        raise NotImplementedError

    @property
    def padding(self) -> int:
        """The code that stands behind the end of a text that is too short."""
        raise NotImplementedError

    def codes(self, item: Any, where: str, index: int) -> list[int]:
        """The codes of an example, which is number `index` from 0 on. Raises DataError."""
        raise NotImplementedError

    @property
    def index_count(self) -> int | None:
        """How many different indices it yields; None for vectors."""
        return self.count if self.element == "Integer" else None

    @property
    def element(self) -> Flow:
        return "Integer" if self.output_form == "Index" else "Real"

    @property
    def shape(self) -> Shape:
        length = None if isinstance(self.target_length, Symbol) else self.target_length
        return (length,) if self.output_form == "Index" else (length, self.count)

    def is_single(self, x: object) -> bool:
        return self._is_encoded(x) or not is_batch(x)

    def encode(self, items: Column, where: str = "Input", dtype: Dtype = np.float32) -> Encoded:
        batch = batch_items(items, where)
        if len(batch) and all(map(self._is_encoded, batch)):
            return self._passed(batch, where, dtype)
        rows = [self.codes(item, where, index) for index, item in numbered(batch)]
        usual = 0
        if isinstance(self.target_length, Symbol):
            lengths = [*map(len, rows)]
            check_lengths(lengths, where, of="codes")
            codes = np.fromiter(chain.from_iterable(rows), np.int64, sum(lengths))
        else:
            usual = self.target_length
            lengths = [usual] * len(rows)
            every = zeros((len(rows), self.target_length), np.int64, where)
            every += self.padding
            for codes_of_one, row in zip(every, rows, strict=True):
                codes_of_one[: len(row)] = row[: self.target_length]
            codes = every.reshape(-1)
        if self.output_form != "Index":
            codes = unit_vectors(codes, self.count, dtype, where)
        return in_examples(codes, [(length,) for length in lengths], (usual,))

    def _is_encoded(self, x: object) -> bool:
        """Whether an example is what it would be encoded as: an array passes through."""
        return (
            isinstance(x, np.ndarray)
            and x.ndim == len(self.shape)
            and x.dtype.kind in ("iu" if self.output_form == "Index" else "f")
        )

    def _passed(self, batch: Column, where: str, dtype: Dtype) -> Encoded:
        check_lengths([*map(len, batch)], where, of="codes")
        if len({each.shape for each in batch}) > 1:
            return [self._checked(each[None], where, dtype, i)[0] for i, each in enumerate(batch)]
        return self._checked(np.asarray(batch), where, dtype)

    def _checked(self, array: np.ndarray, where: str, dtype: Dtype, first: int = 0) -> np.ndarray:
        """Examples that are what they would be encoded as, the first of number `first`."""
        if self.output_form != "Index":
            return reals(array, where, dtype, first=first)
        good = ((array >= 1) & (array <= self.count)).all(axis=1)
        if not good.all():
            bad = int(np.argmin(good))
            expected = f"whole numbers from 1 to {self.count}"
            what = "these are no codes"
            raise refuse(where, first + bad, what, given=brief(array[bad]), expected=expected)
        return array.astype(np.int64)


def as_text(item: object, where: str, index: int) -> str:
    """An example as a string. Raises DataError for what is none."""
    text = plain(item)
    if isinstance(text, str):
        return text
    fix = "item.decode()" if isinstance(text, (bytes, bytearray)) else None
    raise refuse(where, index, "this is no text", given=brief(item), expected="a string", fix=fix)
