"""Tables that are no text: parquet, Arrow, and the sheets of an office."""

import datetime
import math
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import split_of
from heedful.recipes.shared.reading.tables.dialect import ABOVE
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.text_file import check_unpacked

PARQUET, ARROW, STREAM, OLD_OFFICE, ZIP = b"PAR1", b"ARROW1", b"\xff\xff\xff\xff", b"\xd0\xcf\x11\xe0", b"PK\x03\x04"
BATCH = 10_000  # rows


def form_of(start: bytes, path: Path) -> str:
    """Which of them a file is by its first bytes; "" where it is none."""
    if start.startswith(PARQUET):
        return "parquet"
    if start.startswith(ARROW) or (start.startswith(STREAM) and path.suffix.lower() in (".arrow", ".feather")):
        return "Arrow"
    if start.startswith(OLD_OFFICE) or (start.startswith(ZIP) and _is_workbook(path)):
        return "a workbook"
    return ""


def read(form: str, path: Path, known: Callable[[str], bool]) -> tuple[list[str] | None, Iterator[Record], str]:
    """Names (None where the first row is no header for sure), rows, and what else is in the file, in words; `known` are
    names of columns that somebody asks for.

    Raises `InputError` where the file is damaged.
    """
    import pyarrow

    try:
        return _workbook(path, known) if form == "a workbook" else (*_columnar(form, path), "")
    except InputError:
        raise
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(
            f"{path} is damaged, or no {form.removeprefix('a ')} file ({reason}): copy it again."
        ) from None


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            names, unpacked = set(archive.namelist()), sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        return False
    office = any(name.startswith("xl/") for name in names) and "[Content_Types].xml" in names
    if not office and not {"content.xml", "mimetype"} <= names:
        return False
    check_unpacked(path, unpacked)  # its sheets are read into memory
    return True


def _columnar(form: str, path: Path) -> tuple[list[str], Iterator[Record]]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    if form == "parquet":
        file = parquet.ParquetFile(path)
        schema, batches = file.schema_arrow, file.iter_batches(batch_size=BATCH)
    else:
        source: BinaryIO = open(path, "rb")  # noqa: SIM115 (read while the rows are asked for)
        begins = source.read(len(ARROW))
        source.seek(0)
        opened = arrow.ipc.open_file(source) if begins == ARROW else arrow.ipc.open_stream(source)
        schema = opened.schema
        batches = (opened.get_batch(i) for i in range(opened.num_record_batches)) if begins == ARROW else iter(opened)
    names = list(schema.names)
    nested = [place for place, field in enumerate(schema) if arrow.types.is_struct(field.type)]
    names += [f"{names[place]}.{schema.field(place).type.field(inner).name}"
              for place in nested for inner in range(schema.field(place).type.num_fields)]  # fmt: skip

    def each() -> Iterator[Record]:
        number = 0
        try:
            for batch in batches:
                if form == "Arrow":
                    batch.validate(full=True)  # offsets of a damaged file point anywhere, and would end the process
                below = [column for place in nested for column in batch.column(place).flatten()]
                for row in zip(*(map(plain, column.to_pylist()) for column in [*batch.columns, *below]), strict=True):
                    number += 1
                    yield Record(f"{path.name}: row {number}", row)
        except (arrow.ArrowException, OSError, ValueError):
            raise InputError(f"{path} is damaged after row {number}: copy it again.") from None

    return names, each()


def _workbook(path: Path, known: Callable[[str], bool]) -> tuple[None, Iterator[Record], str]:
    """The sheet that has most of the names that are asked for, else the first that holds anything; sheets that have the
    names of splits and the same header are one table with their names as its last column.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(path)
        sheets = {name: book.get_sheet_by_name(name).to_python(skip_empty_area=True) for name in book.sheet_names}
    except (calamine.CalamineError, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"{path} is damaged, or has a password ({reason}): save it again as .xlsx or .csv.") from None
    filled = {name: rows for name, rows in sheets.items() if any(cell != "" for row in rows for cell in row)}
    if not filled:
        raise InputError(f"{path} has no rows in any sheet: give a table.")

    def names(title: str) -> int:
        rows = [[plain(cell) for cell in row] for row in filled[title][:ABOVE]]
        return max(sum(isinstance(cell, str) and known(cell) for cell in row) for row in rows)

    chosen = [max(filled, key=names)]
    splits = [title for title in filled if split_of(title)]
    if len(splits) > 1 and all(filled[title][0] == filled[splits[0]][0] for title in splits):
        chosen = splits
    others = ", ".join(title for title in filled if title not in chosen)
    read = f"the sheet {chosen[0]} is" if len(chosen) == 1 else f"the sheets {', '.join(chosen)} are"
    note = f"{path.name}: {read} read{f', {others} not' * bool(others)}" if len(filled) > 1 else ""

    def each() -> Iterator[Record]:
        for title in chosen:
            for number, row in enumerate(filled[title], 1):
                if any(cell != "" for cell in row) and (title == chosen[0] or number > 1):
                    split = [title if number > 1 else "split"] * (len(chosen) > 1)
                    where = f"{path.name}:{number}" if len(chosen) == 1 else f"{path.name}, {title}:{number}"
                    yield Record(where, [*map(plain, row), *split])

    return None, each(), note


def plain(value: Any) -> Any:
    """A cell as a table of text would have it: numbers without a needless `.0`, times in ISO; lists stay lists."""
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return "" if math.isnan(value) else str(int(value)) if value.is_integer() and abs(value) < 2**53 else str(value)
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(part) for part in value]
    return value if isinstance(value, dict | bytes) else str(value)
