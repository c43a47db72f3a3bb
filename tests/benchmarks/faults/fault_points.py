"""Where a command changes the disk: its calls to the system, counted, and stopped at any of them.

A function of `os` is a point where its path lies below a folder; so are `flock`s and new temporary files.
"""

import functools
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

CALLS = ("replace", "rename", "fsync", "mkdir", "unlink", "rmdir")
Act = Callable[[int, str], None]  # told the number of a point and its name


def watch(below: Path, before: Act, after: Act = lambda number, name: None) -> None:
    """From now on calls `before` and `after` at every point of this process."""
    count = iter(range(1, 1 << 40))
    top = os.path.realpath(below)

    def watched(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            if not _path(name, arguments, options).startswith(top):
                return function(*arguments, **options)
            number = next(count)
            before(number, name)
            result = function(*arguments, **options)
            after(number, name)
            return result

        return call

    for name in CALLS:
        setattr(os, name, watched(name, getattr(os, name)))
    for name in ("mkstemp", "mkdtemp"):
        setattr(tempfile, name, watched(name, getattr(tempfile, name)))


def _path(name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> str:
    if name in ("mkstemp", "mkdtemp"):
        return os.path.realpath(options.get("dir") or tempfile.gettempdir())
    given = arguments[-1] if name in ("replace", "rename") else arguments[0]
    folder = options.get("dir_fd")
    if isinstance(given, int):
        return os.readlink(f"/proc/self/fd/{given}")
    base = "" if folder is None else os.readlink(f"/proc/self/fd/{folder}")
    return os.path.realpath(os.path.join(base, os.fsdecode(given)))


def kill_at(below: Path, number: int, after: bool) -> None:
    """The process dies as of `kill -9` before, or after, point `number`."""

    def die(at: int, name: str) -> None:
        if at == number:
            os.kill(os.getpid(), signal.SIGKILL)

    watch(below, *((lambda at, name: None, die) if after else (die,)))


def fail_at(below: Path, number: int, error: int, lasting: bool, fired: Path) -> None:
    """Point `number`, and where it is `lasting` all later ones, fail with an error of the system; `fired` tells so."""

    def fail(at: int, name: str) -> None:
        if at == number or (lasting and at > number):
            fired.write_text(name)
            raise OSError(error, os.strerror(error))

    watch(below, fail)


def note(below: Path, file: Path) -> None:
    """Writes the name of every point, one a line."""

    def add(number: int, name: str) -> None:
        with open(file, "a") as lines:
            lines.write(f"{name}\n")

    watch(below, add)
