"""Archives of several files, and those in them, unpacked once into a cache of the user's: `unpacked(path)`.

Nothing is written outside of the cache, whatever names an archive holds, and an archive that would fill the disk is
refused before it is unpacked.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath

from heedful.apps.errors import InputError
from heedful.apps.files import MARK
from heedful.apps.locks import tidied
from heedful.recipes.shared.reading import text_file

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
LARGEST_COPY = 64 << 20  # bytes of a file that is no archive; a larger one is linked to
LEFT = 1 << 30  # bytes of the disk that stay free
DAMAGED = (*text_file.DAMAGED, tarfile.TarError)


def unpacked(path: Path) -> Path:
    """The folder with the content of a zip or tar of several files; any other path as it is.

    Raises `InputError` where an archive is damaged, has a password, or is larger than the disk has room.
    """
    if not is_archive(path):
        return path
    return into_cache([path], lambda working: _unpack(path, working) and _unpack_inner(working)) or path


def unpacked_together(paths: Sequence[Path], root: Path) -> Path:
    """A folder with all these files of `root`, each archive among them as a folder of its own name."""

    def fill(working: Path) -> bool:
        for path in paths:
            target = working / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not (is_archive(path) or path.stat().st_size > LARGEST_COPY):
                shutil.copyfile(path, target)
            elif not is_archive(path) or not _unpack(path, _without_suffix(target)):
                target.symlink_to(path.resolve())
        return _unpack_inner(working)

    return into_cache(paths, fill) or root


def is_archive(path: Path) -> bool:
    """Whether a file is an archive by its name."""
    return path.is_file() and path.name.lower().endswith(SUFFIXES)


def into_cache(paths: Sequence[Path], fill: Callable[[Path], bool], of: str = "") -> Path | None:
    """The folder of the cache for these files, filled where it is not there yet; None where `fill` says no.

    `of` is what is taken of them, where that is not all: "the column image".
    """
    path = paths[0]
    facts = [(str(one.resolve()), one.stat().st_size, one.stat().st_mtime_ns) for one in paths]
    key = hashlib.sha256((repr(facts) + of).encode()).hexdigest()[:16]
    folder = cache() / key
    if folder.is_dir():
        return folder
    working = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tidied(folder):  # two at once both unpack it, and the first keeps it
            working = Path(tempfile.mkdtemp(prefix=f".{folder.name}{MARK}", dir=folder.parent))
            if not fill(working):
                return None
            keep(working, folder)
    except DAMAGED:
        raise InputError(f"{path} is a damaged or unfinished archive: copy or pack it again.") from None
    except RuntimeError:  # what zipfile says of a password
        raise InputError(f"{path} has a password: unpack it, and give the folder.") from None
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"{path} cannot be unpacked into {folder.parent} ({reason}): make room there, or set XDG_CACHE_HOME."
        ) from None
    finally:
        if working is not None:
            shutil.rmtree(working, ignore_errors=True)
    return folder


def cache() -> Path:
    """Where archives are unpacked."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heedful" / "unpacked"


def _unpack(path: Path, folder: Path) -> bool:
    """Unpack into a folder; False where it is one file, which is read without that."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if _wanted(item.filename) and not item.is_dir()]
            if len(members) < 2 and not any(item.filename.lower().endswith(SUFFIXES) for item in members):
                return False
            check_room(path, folder, sum(item.file_size for item in members))
            archive.extractall(folder, members)  # drops drives, leading slashes and `..` itself
        return True
    if not tarfile.is_tarfile(path):
        return False
    with tarfile.open(path) as archive:
        members = [item for item in archive.getmembers() if item.isfile() and _wanted(item.name)]
        check_room(path, folder, sum(item.size for item in members))
        archive.extractall(folder, members, filter="data")
    return True


def _unpack_inner(folder: Path) -> bool:
    """Unpack what archives held of archives, each into a folder of its own name; one that is damaged stays."""
    for path in sorted(path for path in folder.rglob("*") if is_archive(path) and not path.is_symlink()):
        target = _without_suffix(path)
        try:
            if _unpack(path, target):
                path.unlink()
        except (*DAMAGED, RuntimeError):
            shutil.rmtree(target, ignore_errors=True)
    return True


def _without_suffix(path: Path) -> Path:
    suffix = max((suffix for suffix in SUFFIXES if path.name.lower().endswith(suffix)), key=len)
    return path.with_name(path.name[: -len(suffix)] or "unpacked")


def _wanted(name: str) -> bool:
    """Whether a member has a name, and is none of what systems leave behind."""
    return bool(name) and not any(part.startswith(("__MACOSX", "._")) for part in PurePosixPath(name).parts)


def check_room(path: Path, folder: Path, size: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free - LEFT
    if size > free:
        raise InputError(
            f"{path} holds {size / 1e9:,.1f} GB unpacked and {max(0, free) / 1e9:,.1f} GB are free for it: make room."
        )


def keep(working: Path, folder: Path) -> None:
    """Give the folder its name at once, so that it is there whole or not at all."""
    try:
        working.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process was first
            raise
