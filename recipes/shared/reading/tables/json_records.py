"""Rows of JSON in the ways that it is published: an object a line, an array, objects after each other, lists of lists,
columns, and any of these below a key such as `data`. A line may also be what Python prints of a dict, as in the older
reviews of Amazon and Steam.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import split_of
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.tables.turns import by_speaker
from heedful.recipes.shared.reading.text_file import shown

PRINTED = re.compile(rb"\s*\{\s*u?'")  # by Python
BROKEN = "row that is not JSON"
UNDECODED = "row that is not UTF-8"
Entry = tuple[str, Any, str, str]  # where, the value, and what is wrong: reason and detail


def is_lines(head: Sequence[bytes]) -> bool:
    """Whether the first lines of a file say that every line is an object of its own."""
    first = _parsed(head[0])
    if len(head) == 1 and isinstance(first, dict):
        return rows_in(first) == [first]  # else the only line is a whole document
    return PRINTED.match(head[0]) is not None or isinstance(first, dict)


def lines(numbered: Iterable[tuple[int, bytes]], name: str) -> Iterator[Entry]:
    """The value of every line that is not blank."""
    for number, line in numbered:
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            value = json.loads(line.decode())
        except UnicodeDecodeError:
            yield where, None, UNDECODED, ""
        except (ValueError, RecursionError) as error:
            value = _printed(line) if PRINTED.match(line) else None
            yield (where, None, BROKEN, shown(str(error))) if value is None else (where, value, "", "")
        else:
            yield where, value, "", ""


def document(text: str, path: Path) -> Iterator[Entry]:
    """The rows of a whole document. Raises `InputError` where it is no JSON, or holds no rows."""
    content = _whole(text, path)
    rows = rows_in(content)
    if rows is None:
        keys = f" of {shown(', '.join(map(str, content)))}" if isinstance(content, dict) else ""
        raise InputError(f"{path} holds JSON{keys} and no list of rows: expected an array of objects.")
    return ((f"{path.name}: entry {number}", row, "", "") for number, row in enumerate(rows, 1))


def records(entries: Iterator[Entry]) -> tuple[list[str] | None, Iterator[Record]]:
    """The names of the columns, None where rows are lists, and the rows in their order."""
    head = list(islice(entries, 200))
    first = next((value for _, value, reason, _ in head if not reason), None)
    listed = isinstance(first, list)
    names = list(dict.fromkeys(key for _, value, _, _ in head if isinstance(value, dict) for key in flat(value)))

    def each() -> Iterator[Record]:
        yield from (_record(entry, names, listed) for entry in head)
        yield from (_record(entry, names, listed) for entry in entries)

    return None if listed else names, each()


def rows_in(content: Any) -> Sequence[Any] | None:
    """The rows of a document, in whichever of the usual ways it has them; None where there are none."""
    if isinstance(content, list):
        return content
    if not isinstance(content, dict) or not content:
        return None
    values = list(content.values())
    if isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):  # pandas, orient="split"
        return [dict(zip(map(str, content["columns"]), row, strict=False)) for row in content["data"]]
    columns = all(isinstance(value, list) for value in values) and len({len(value) for value in values}) == 1
    if columns and not any(isinstance(cell, dict) for value in values for cell in value[:1]):
        return [dict(zip(content, row, strict=True)) for row in zip(*values, strict=True)]
    below = [value for value in values if isinstance(value, list) and value and isinstance(value[0], dict | list)]
    splits = {key: split for key in content if (split := split_of(str(key)))}
    if len(splits) > 1 and all(isinstance(row, dict) for key in splits for row in content[key]):
        return [{**row, "split": split} for key, split in splits.items() for row in content[key]]
    if below:
        return max(below, key=len)
    if all(isinstance(value, dict) for value in values):
        by_row = {key for value in values for key in value}
        if all(str(key).isdigit() for key in by_row):  # pandas, orient="columns"
            return [{name: column.get(key) for name, column in content.items()} for key in values[0]]
        return [{"id": key, **value} for key, value in content.items()]  # by their ids
    return [content]


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with what is in an object below it by its own name, where the row has no such name: `{"item": {"id": 3}}`
    has the columns `item` and `item.id`. So has a conversation, by who speaks."""
    found = dict(row)
    for key, value in row.items():
        below = value if isinstance(value, dict) else by_speaker(value)
        found |= {f"{key}.{inner}": deeper for inner, deeper in below.items()}
    return found


def _record(entry: Entry, names: Sequence[str], listed: bool) -> Record:
    where, value, reason, detail = entry
    if reason:
        return Record(where, (), reason, detail)
    if listed and isinstance(value, list):
        return Record(where, value)
    if not isinstance(value, dict):
        return Record(where, (), "row that is not a JSON object")
    row = flat(value)
    return Record(where, [row.get(name) for name in names])


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _printed(line: bytes) -> Any:
    """A dict as Python prints it, or None. Only literals are read, nothing is run."""
    try:
        return ast.literal_eval(line.decode().strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _whole(text: str, path: Path) -> Any:
    """A document, or a list of those that follow each other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    try:
        while (at := _after_space(text, at)) < len(text):
            value, at = decoder.raw_decode(text, at)
            found.append(value)
    except RecursionError:
        raise InputError(f"{path} is nested too deeply: expected an array of objects.") from None
    except ValueError as error:
        raise InputError(f"{path} is not JSON, or was cut short ({shown(str(error))}): copy it again.") from None
    return found[0] if len(found) == 1 else found


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,\ufeff":
        at += 1
    return at
