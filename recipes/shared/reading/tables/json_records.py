"""Rows of JSON in the ways that it is published: an object a line, an array, objects after each other, lists of lists,
columns, and any of these below a key such as `data`. A line may also be what Python prints of a dict, as in the older
reviews of Amazon and Steam.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.splits import split_of
from heedful.recipes.shared.reading.tables.literals import literal
from heedful.recipes.shared.reading.tables.record import Record
from heedful.recipes.shared.reading.tables.turns import by_speaker, turns
from heedful.recipes.shared.reading.text_file import shown

PRINTED = re.compile(rb"\s*\{\s*u?'")  # by Python
TRAILING = re.compile(r",(\s*[\]}]\s*)$")  # a comma behind the last entry
LONG_TEXT = 80  # characters: what has such is a row, and not what a server says around its rows
KINDS = ("$oid", "$date", "$numberLong", "$numberInt", "$numberDouble", "$numberDecimal", "S", "N")
OF_A_TURN = 2  # names of an object that is a turn of a conversation, at most
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
        tables = [part["data"] for part in content if isinstance(part, dict) and part.get("type") == "table"
                  and isinstance(part.get("data"), list)]  # fmt: skip
        return max(tables, key=len) if tables else content  # phpMyAdmin
    if not isinstance(content, dict) or not content:
        return None
    values = list(content.values())
    if isinstance(content.get("columns"), list) and isinstance(content.get("data"), list):  # pandas, orient="split"
        return [dict(zip(map(str, content["columns"]), row, strict=False)) for row in content["data"]]
    columns = all(isinstance(value, list) for value in values) and len({len(value) for value in values}) == 1
    if columns and not any(isinstance(cell, dict) for value in values for cell in value[:1]):
        return [dict(zip(content, row, strict=True)) for row in zip(*values, strict=True)]
    splits = {key: split for key in content if (split := split_of(str(key)))}
    of_split = {key: rows_in(content[key]) or () for key in splits}
    if len(splits) > 1 and all(isinstance(row, dict) for rows in of_split.values() for row in rows):
        return [{**row, "split": split} for key, split in splits.items() for row in of_split[key]]
    if len(values) > 2 and (first := _names_of_first(values[0])) and all(_names_of_first(v) == first for v in values):
        return [{"id": key, **row} for key, rows in content.items() for row in rows if isinstance(row, dict)]
    if below := _below(content):
        return max(below, key=len)
    if all(isinstance(value, dict) for value in values) and (
        len(values) == 1 or set.intersection(*map(set, values)) or not any(map(_below, values))
    ):
        by_row = {key for value in values for key in value}
        if all(str(key).isdigit() for key in by_row):  # pandas, orient="columns"
            return [{name: column.get(key) for name, column in content.items()} for key in values[0]]
        return [{"id": key, **value} for key, value in content.items()]  # by their ids
    return [content]


def _names_of_first(rows: Any) -> set[str]:
    """The names in the first of a list of objects; none where it is no such list."""
    return set(rows[0]) if isinstance(rows, list) and rows and isinstance(rows[0], dict) else set()


def _below(content: Mapping[str, Any]) -> list[Sequence[Any]]:
    """The lists of rows in an object, or in those in it, as servers answer; none where the object is a row itself."""
    lists = [value for value in content.values() if isinstance(value, list) and value]
    texts = [value for value in content.values() if isinstance(value, str)]
    if any(turns(value) and len(value[0]) <= OF_A_TURN for value in lists) and (
        len(lists) > 1 or any(" " in text.strip() for text in texts)
    ):
        return []  # a conversation, and what is said of it
    rows: list[Sequence[Any]] = [value for value in lists if isinstance(value[0], dict)]
    rows += [value for value in lists if isinstance(value[0], list) and len(lists) == 1]
    if rows or any(len(text) > LONG_TEXT for text in texts):
        return rows
    return [rows for value in content.values() if isinstance(value, dict) for rows in _below(value)]


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with what is in an object below it by its own name, where the row has no such name: `{"item": {"id": 3}}`
    has the columns `item` and `item.id`. So has a conversation, by who speaks, and a list of objects."""
    row = {key: plain(value) for key, value in row.items()}
    found = dict(row)
    for key, value in row.items():
        if isinstance(value, (str, int, float)) or value is None:  # most: there is nothing below them
            continue
        below = value if isinstance(value, dict) else by_speaker(value) or _by_name(value)
        found |= {f"{key}.{inner}": plain(deeper) for inner, deeper in below.items()}
    return found


def plain(value: Any) -> Any:
    """The value alone where a database wrote its kind as well: `{"$oid": "6f"}` (MongoDB), `{"S": "6f"}` (DynamoDB)."""
    while isinstance(value, dict) and len(value) == 1 and (kind := next(iter(value))) in KINDS:
        value = value[kind]
    return value


def _by_name(value: Any) -> dict[str, list[str]]:
    """The texts in a list of objects, by their names in the first."""
    if not isinstance(value, list) or not value or not all(isinstance(part, dict) for part in value):
        return {}
    names = [name for name, inner in value[0].items() if isinstance(inner, str)]
    return {name: [part[name] for part in value if isinstance(part.get(name), str)] for name in names}


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
    """A dict as Python prints it, or None."""
    try:
        return literal(line.decode().strip())
    except ValueError:
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
        if TRAILING.search(text, max(0, len(text) - 200)):
            return _whole(TRAILING.sub(r"\1", text), path)
        raise InputError(f"{path} is not JSON, or was cut short ({shown(str(error))}): copy it again.") from None
    return found[0] if len(found) == 1 else found


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,\ufeff":
        at += 1
    return at
