"""Files as people name them: what cannot be read is one sentence, and what is written is either whole or not there.

A new file is a temporary neighbour that takes the name at the end: a crash, a full disk or Ctrl-C in the middle of a
write must never leave half a model or half a picture behind, nor destroy the good one that was there before.
"""

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from os import PathLike
from pathlib import Path

from heedful.apps.errors import InputError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MARK = ".heedful-"  # in the names of temporary files, which are hidden neighbours
CHANCE = "[a-z0-9_]{8}"  # what `tempfile` adds


@contextlib.contextmanager
def reading(path: str | PathLike[str], kind: str) -> Iterator[None]:
    """Makes an `InputError` of what goes wrong when the file, a "recording" say, is opened and read in the block."""
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path} does not exist: check the spelling of the {kind}'s path.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder: give a {kind} in it.") from None
    except PermissionError:
        raise InputError(f"{path} may not be read: change its permissions.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror or error}): copy it to a local disk.") from None


@contextlib.contextmanager
def atomic_path(path: str | PathLike[str], keep: Path | None = None) -> Iterator[Path]:
    """Yields a temporary path in the folder of `path`; what is written there becomes `path` when the block succeeds.

    The file that was `path` before takes the name `keep`, if one is given. The temporary name keeps the suffix, for
    writers that choose their format by it. When the block raises, the temporary file is removed and an existing `path`
    stays as it was; when the process is killed, `remove_left` removes it.
    Raises `InputError` when `path` is a folder, or its folder is missing or not writable, and `OSError` with a sentence
    as its `strerror` when the disk is full.
    """
    target = Path(path)
    temporary = _temporary(target)
    try:
        try:
            yield temporary
            _flush(temporary)
            if keep is not None and target.exists():
                os.replace(target, keep)
            os.replace(temporary, target)
        except OSError as error:
            if error.errno in FULL:
                raise OSError(error.errno, f"no space left to write {target}: free some, or write elsewhere") from error
            raise
    except BaseException:
        with contextlib.suppress(OSError):  # the folder became read-only, say: the first error tells it
            temporary.unlink(missing_ok=True)
        raise


def check_writable(path: str | PathLike[str]) -> None:
    """Raises what `atomic_path` would raise at once, before the work whose result is to go there."""
    _temporary(Path(path)).unlink()


def remove_left(target: Path) -> None:
    """Removes what processes left that were killed while they wrote `target`, and nothing else.

    For who holds its lock (`locks.py`): a process that still writes would lose its file.
    """
    _remove(target.parent, re.compile(re.escape(f".{target.stem[:100]}{MARK}") + CHANCE + re.escape(target.suffix)))


def remove_left_in(folder: Path) -> None:
    """The same for all files of a folder; for who holds the lock of the folder."""
    _remove(folder, re.compile(rf"\..+{re.escape(MARK)}{CHANCE}(\.[^.]+)?", re.DOTALL))


def _remove(folder: Path, names: re.Pattern[str]) -> None:
    with contextlib.suppress(OSError):  # what cannot be removed does no harm
        for path in folder.iterdir():
            if names.fullmatch(path.name):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()


def make_folder(path: Path) -> None:
    """Makes a folder with its parents, or leaves it. Raises `InputError` when that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in FULL:
            raise OSError(error.errno, f"no space left to make {path}: free some, or write elsewhere") from error
        raise InputError(f"the folder {path} cannot be made ({error.strerror}): give another one.") from None


def _temporary(target: Path) -> Path:
    """An empty file beside `target`, with the permissions that an ordinary new file would have."""
    if target.is_dir():
        raise InputError(f"{target} is a folder: give the name of a file in it.")
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} of {target.name} does not exist: create it or write elsewhere.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem[:100]}{MARK}", suffix=target.suffix, dir=target.parent)
    except OSError as error:
        if error.errno in FULL:
            raise OSError(error.errno, f"no space left to write {target}: free some, or write elsewhere") from error
        raise InputError(f"{target} cannot be written ({error.strerror}): write to another folder.") from None
    os.close(handle)
    mask = os.umask(0)
    os.umask(mask)
    os.chmod(name, 0o666 & ~mask)  # mkstemp's own are for secrets: owner only
    return Path(name)


def _flush(path: Path) -> None:
    """On the disk before it takes the name, so that a power cut cannot leave an empty file under the good name."""
    with open(path, "rb+") as stream:
        os.fsync(stream.fileno())
