"""The items file: `item,title,genres`, or MovieLens `movies.csv` and `movies.dat`. It is small, so it is read whole."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.recommender.reading.checked_lines import NAMES, TABLE, wrong_fields
from heedful.recipes.recommender.reading.columns import FEATURES, ITEM, TITLE, position, required, split_header
from heedful.recipes.recommender.reading.interactions import DAT_SEPARATOR, MISSING
from heedful.recipes.shared.reading.text_file import UTF8_MARK, decode, long_fields, open_bytes, read_bytes

FEATURE_SEPARATOR = "|"
NO_FEATURE = MISSING | {"(no genres listed)"}
Described = dict[str, tuple[str, tuple[str, ...]]]  # id -> title ("" where there is none), features


@dataclass(frozen=True)
class Items:
    """What is known about items, by id in the order of the file."""

    described: Described
    missing: int  # rows without an id
    repeated: int  # rows of an item that was there before
    file: dict[str, str]


def read_items(path: Path) -> Items:
    """Titles and features of items. Raises `InputError` that names the file and the line."""
    with open_bytes(path, TABLE) as stream:
        content = read_bytes(stream, path).removeprefix(UTF8_MARK)
    dat = DAT_SEPARATOR.encode() in content.lstrip().split(b"\n", 1)[0]
    text = decode(content, path, TABLE, encoding="latin-1" if dat else "utf-8")  # MovieLens is older than UTF-8
    if not text.strip():
        raise InputError(f"{path} is empty: expected a table item,title,genres.")
    separator, rows = (DAT_SEPARATOR, _dat_rows(path, text)) if dat else _table_rows(path, text)
    described: Described = {}
    missing = repeated = 0
    with long_fields():
        for item, title, features in rows:
            if item in MISSING:
                missing += 1
            elif item in described:
                repeated += 1
            else:
                described[item] = ("" if title in MISSING else title, split_features(features))
    if not described:
        raise InputError(f"{path} describes no item: expected a table item,title,genres with one item on each line.")
    return Items(described, missing, repeated, {"name": path.name, "holds": "items", "separator": separator})


def split_features(text: str) -> tuple[str, ...]:
    """`War|Comedy|War` -> `("War", "Comedy")`."""
    names = (name.strip() for name in text.split(FEATURE_SEPARATOR))
    return tuple(dict.fromkeys(name for name in names if name not in NO_FEATURE))


def _dat_rows(path: Path, text: str) -> Iterable[tuple[str, str, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            fields = line.split(DAT_SEPARATOR)
            if len(fields) != 3:
                raise InputError(f"{path}: {wrong_fields(number, line, len(fields), 3, DAT_SEPARATOR)}")
            yield fields[0].strip(), fields[1].strip(), fields[2]


def _table_rows(path: Path, text: str) -> tuple[str, Iterable[tuple[str, str, str]]]:
    header = text.lstrip().split("\n", 1)[0].rstrip("\r")
    separator, names = split_header(header, (ITEM, TITLE, FEATURES))
    item = required(path, names, separator, (ITEM,))[0]
    title, features = position(names, TITLE), position(names, FEATURES)
    if separator == FEATURE_SEPARATOR:
        raise InputError(f"{path} is separated by {NAMES[separator]}, which separate genres: use commas or tabs.")

    def rows() -> Iterable[tuple[str, str, str]]:
        table = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        try:
            headed = False
            for fields in table:
                if not any(field.strip() for field in fields) and len(fields) < 2:
                    continue
                if not headed:
                    headed = True
                    continue
                if len(fields) != len(names):
                    line = separator.join(fields)
                    raise InputError(
                        f"{path}: {wrong_fields(table.line_num, line, len(fields), len(names), separator)}"
                    )
                yield (
                    fields[item].strip(),
                    "" if title is None else fields[title].strip(),
                    "" if features is None else fields[features],
                )
        except csv.Error as error:
            raise InputError(f"{path}: line {table.line_num} cannot be read ({error}): correct it.") from None

    return separator, rows()
