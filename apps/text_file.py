"""Text files as people give them: UTF-8, with or without a byte order mark."""

from os import PathLike
from os.path import isfile
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.apps.files import reading


def given_text(given: str | PathLike[str], fix: str) -> str:
    """What a person gave: a text, or what is in the file of that name; a name in `.txt` alone is that of a file, too.

    Raises `InputError` as `read_text` does, and where a file has nothing in it.
    """
    if isinstance(given, str) and not isfile(given) and (not given.endswith(".txt") or " " in given):
        return given
    if not (text := read_text(given, fix)).strip():
        raise InputError(f"{given} is empty: give at least a word.")
    return text


def read_text(path: str | PathLike[str], fix: str) -> str:
    """The text of a file, its line ends as they are.

    Raises `InputError` when it cannot be read, or is no text: `fix` says what to do then.
    """
    with reading(path, "text file"):
        content = Path(path).read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"{path} is no text in UTF-8: {fix}.")
    return text
