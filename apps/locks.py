"""One process at a time in a folder, or for a file that is to be written; a lock that ends with its process.

A folder itself is locked by `flock`, so that no file of it is left. A file that is yet to be is locked by an empty
neighbour, which is removed. Where there are no such locks (Windows, some network file systems), nothing is held.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.apps.files import MARK

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
def held(path: Path) -> Iterator[bool]:
    """Holds `path` where nobody else does, and yields whether that is so; what this process holds it may hold again."""
    real = os.path.realpath(path)
    if real in HERE or os.environ.get(HELD) == real:
        yield True
        return
    with contextlib.ExitStack() as stack:
        alone = lock(path, stack)
        if alone:
            HERE.add(real)
            stack.callback(HERE.discard, real)
        yield alone


def lock(path: Path, stack: contextlib.ExitStack) -> bool:
    """Locks until `stack` closes; False where another process has the lock."""
    if fcntl is None:
        return True
    folder = path.is_dir()
    name = path if folder else path.with_name(f".{path.name[:100]}{MARK}lock")
    try:
        while True:
            file = os.open(name, os.O_RDONLY if folder else os.O_RDWR | os.O_CREAT, 0o666)
            stack.callback(os.close, file)
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_nlink:  # else its last owner has removed it meanwhile
                break
    except BlockingIOError:
        return False
    except OSError:  # no locks here, or no right to make one: then writing tells what is wrong
        return True
    if not folder:
        stack.callback(name.unlink, missing_ok=True)
    return True
