"""Where data comes from, as the command line takes it: several paths as one source, and `--columns`."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.summary import source_name


def joined(paths: Sequence[str]) -> str:
    """Several paths as one source, one on each line. Raises `InputError` where one has lines itself."""
    for path in paths:
        if "\n" in path:
            raise InputError(f"{path} has a line break in its name: rename it.")
    return "\n".join(paths)


def columns_of(assignments: Sequence[str]) -> dict[str, str] | None:
    """`name=header` by name; None where there are none. Raises `InputError`."""
    columns: dict[str, str] = {}
    for assignment in assignments:
        name, _, header = (part.strip() for part in assignment.partition("="))
        if not name or not header:
            raise InputError(f"--columns {assignment}: expected name=header, a column of the recipe and one of yours.")
        if columns.setdefault(name, header) != header:
            raise InputError(f"--columns {assignment}: {name} is {columns[name]} already, so give one of the two.")
    return columns or None


@contextlib.contextmanager
def in_one_line(source: str) -> Iterator[None]:
    """Names a source of several paths on one line in every `InputError` of the block."""
    try:
        yield
    except InputError as error:
        if "\n" not in source:
            raise
        raise InputError(str(error).replace(source, source_name(source))) from error


def slug(source: str) -> str:
    """A short folder name for a data source."""
    first, *others = source.split("\n")
    name = Path(first).name if not first.startswith("tfds:") else first.replace(":", "-").replace("/", "-")
    name = "".join(c if c.isalnum() or c in "-_." else "-" for c in name) or "data"
    return f"{name}-and-{len(others)}-more" if others else name
