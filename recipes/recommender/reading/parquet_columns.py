"""The wanted columns of a parquet file as texts, in batches, without a Python object for each cell where possible.

The texts are those that a row read one by one has (`shared/reading/tables/binary.py`): whole numbers without a point,
nothing for what is missing.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.table import cell_text
from heedful.recipes.shared.reading.tables.binary import plain

EXACT = 2**53  # up to which a float holds every whole number


def batches_of_texts(path: Path, places: Sequence[int], rows: int) -> Iterator[list[Any]]:
    """Batches of at most `rows` rows, each the arrays of texts of the columns at these places.

    Raises `InputError` where the file is damaged.
    """
    read = 0
    try:
        file = parquet.ParquetFile(path)
        names = file.schema_arrow.names
        for batch in file.iter_batches(rows, columns=list(dict.fromkeys(names[place] for place in places))):
            batch.validate(full=True)  # that texts are UTF-8: nobody else looks
            yield [texts_of(batch.column(names[place])) for place in places]
            read += batch.num_rows
    except (arrow.ArrowException, OSError, ValueError):
        raise InputError(f"{path} is damaged after row {read}: copy it again.") from None


def are_columns(path: Path, places: Sequence[int]) -> bool:
    """Whether these places are columns of the file and none is within another, and each has a name of its own."""
    names = parquet.ParquetFile(path).schema_arrow.names
    return len(set(names)) == len(names) and all(place < len(names) for place in places) and "." not in "".join(names)


def texts_of(column: Any) -> Any:
    """An array as texts, "" where there is none."""
    kind = column.type
    if arrow.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if arrow.types.is_floating(kind) and (whole := _whole(column)) is not None:
        column, kind = whole, arrow.int64()
    if arrow.types.is_integer(kind) or arrow.types.is_string(kind) or arrow.types.is_large_string(kind):
        return compute.cast(column, arrow.string()).fill_null("")
    return arrow.array([cell_text(plain(value)) for value in column.to_pylist()], arrow.string())


def _whole(column: Any) -> Any | None:
    """Floats as whole numbers, missing ones as such; None where one is no whole number."""
    numbers = column.cast(arrow.float64())
    numbers = compute.if_else(compute.is_nan(numbers), None, numbers)
    apart = compute.and_(compute.equal(compute.floor(numbers), numbers), compute.less(compute.abs(numbers), EXACT))
    return compute.cast(numbers, arrow.int64()) if compute.all(apart).as_py() is not False else None
