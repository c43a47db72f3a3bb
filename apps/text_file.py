"""Text files as people give them: UTF-8, with or without a byte order mark."""

from os import PathLike
from pathlib import Path

from heedful.apps.errors import InputError


def read_text(path: str | PathLike[str], fix: str) -> str:
    """The text of a file, its line ends as they are.

    Raises `InputError` when it cannot be read, or is no text: `fix` says what to do then.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: check the spelling of its path.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder: give a text file.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from None
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise InputError(f"{path} is no text in UTF-8: {fix}.")
    return text
