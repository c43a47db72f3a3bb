"""One process at a time in a folder, or for a file that is to be written; a lock that ends with its process.

A folder itself is locked by `flock`, so that no file of it is left. A file that is yet to be is locked by an empty
neighbour, which is removed. Where there are no such locks (Windows, some network file systems), nothing is held.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.apps.files import MARK, remove_left

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

HELD = "HEEDFUL_HELD"  # a folder that the process has locked which started this one to work in it
HERE: set[str] = set()  # what this process holds


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the folder, or the name of the file, for this process. Raises `InputError` where another one does."""
    with held(path) as alone:
        if not alone:
            raise InputError(f"another process works in {path}: wait until it is done, or give another place.")
        yield


@contextlib.contextmanager
def tidied(path: Path) -> Iterator[None]:
    """Holds the name of a file where nobody else does, and then removes what killed processes left of it."""
    with held(path) as alone:
        if alone:
            remove_left(path)
        yield


@contextlib.contextmanager
def held(path: Path) -> Iterator[bool]:
    """Holds `path` where nobody else does, and yields whether that is so; what this process holds it may hold again."""
    real = os.path.realpath(path)
    place = Path(real)
    if real in HERE or os.environ.get(HELD) == real:
        yield True
        return
    with contextlib.ExitStack() as stack:
        alone = lock(place, stack) if place.is_dir() else lock_neighbour(place, stack)
        if alone:
            if place.is_dir():
                remove_neighbour(place)  # left from when it was yet to be
            HERE.add(real)
            stack.callback(HERE.discard, real)
        yield alone


def lock_neighbour(path: Path, stack: contextlib.ExitStack) -> bool:
    """The same by an empty file beside `path`."""
    alone = lock(neighbour(path), stack, os.O_RDWR | os.O_CREAT)
    if alone:
        stack.callback(remove_neighbour, path)
    return alone


def neighbour(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}{MARK}lock")


def remove_neighbour(path: Path) -> None:
    with contextlib.suppress(OSError, ValueError):  # ValueError: the root of a disk has none
        neighbour(path).unlink(missing_ok=True)


def lock(path: Path, stack: contextlib.ExitStack, flags: int = os.O_RDONLY) -> bool:
    """Locks until `stack` closes; False where another process has the lock."""
    if fcntl is None:
        return True
    try:
        while True:
            file = os.open(path, flags, 0o666)
            stack.callback(os.close, file)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_nlink:  # else its last owner has removed it meanwhile
                return True
    except BlockingIOError:
        return False
    except OSError:  # no locks here, or no right to make one: then writing tells what is wrong
        return True
