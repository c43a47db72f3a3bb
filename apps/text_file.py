"""Text files as people give them: UTF-8, with or without a byte order mark."""

from os import PathLike
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.apps.files import reading


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
