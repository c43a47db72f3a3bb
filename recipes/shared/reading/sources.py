"""What the user gives with `--data`: one path or several, each on a line, archives unpacked: `paths_of(source)`."""

from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.archives import unpacked


def paths_of(source: str, form: str) -> list[Path]:
    """The files and folders of a source; an archive is the folder that it was unpacked into. `form` is what a source
    should be, for messages.

    Raises `InputError` where one does not exist or cannot be unpacked.
    """
    found = []
    for line in source.split("\n"):
        path = Path(line).expanduser()
        if not path.exists():
            raise InputError(f"{path} does not exist: expected {form}.")
        found.append(unpacked(path))
    return found
