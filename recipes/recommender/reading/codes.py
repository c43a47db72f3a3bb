"""Ids as numbers: int32 codes in order of appearance, so that no row holds a text."""

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pyarrow as arrow
import pyarrow.compute as compute

from heedful.recipes.recommender.reading.cell_kinds import id_of
from heedful.recipes.recommender.reading.times import MISSING

ROUNDED = re.compile(r"\d[.,]\d+E\+\d+")


class Codes(dict[str, int]):
    """Numbers ids in order of appearance."""

    _array = arrow.array([], arrow.string())  # those of the ids that `of_column` has met, in order of their codes

    def of(self, ids: list[str]) -> np.ndarray:
        """Codes int32 of the ids; -1 where an id says that it is missing."""
        codes = list(map(self.get, ids))  # most are known: at the speed of the dictionary
        for place, code in enumerate(codes):
            if code is None:
                text = id_of(ids[place])
                codes[place] = -1 if text in MISSING else self.setdefault(text, len(self))
        return np.array(codes, np.int32)

    def of_column(self, texts: Any) -> np.ndarray:
        """Codes of an array of texts. Only what never came before is made a Python string: of a million users hardly
        any is new in a later chunk.
        """
        if len(self._array) < len(self):
            new = arrow.array(list(islice(self, len(self._array), None)), arrow.string())
            self._array = arrow.concat_arrays([self._array, new])
        encoded = texts.dictionary_encode()
        found = compute.index_in(encoded.dictionary, value_set=self._array)
        codes = found.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
        unmet = np.flatnonzero(codes < 0)
        codes[unmet] = self.of(encoded.dictionary.take(arrow.array(unmet)).to_pylist())
        return codes[encoded.indices.to_numpy(zero_copy_only=False)] if len(codes) else np.zeros(0, np.int32)


def numbered(names: Sequence[str]) -> Codes:
    """Ids that have these codes already."""
    return Codes((name, code) for code, name in enumerate(names))


def rounded(ids: Codes) -> str:
    """What to say of ids that Excel made numbers of, "" where there are none."""
    found = [one for one in ids if "E+" in one and ROUNDED.fullmatch(one)]
    return (
        f"{len(found):,} ids such as {found[0]} were rounded by a spreadsheet, which may have made one of several: "
        "export them as text"
        if found else ""
    )  # fmt: skip
