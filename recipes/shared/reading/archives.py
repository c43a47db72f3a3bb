"""Archives of several files, unpacked once into a cache of the user's: `unpacked(path)`.

Nothing is written outside of the cache, whatever names an archive holds, and an archive that would fill the disk is
refused before it is unpacked.
"""

import hashlib
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from heedful.apps.errors import InputError

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
LEFT = 1 << 30  # bytes of the disk that stay free
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, NotImplementedError)


def unpacked(path: Path) -> Path:
    """The folder with the content of a zip or tar of several files; any other path as it is.

    Raises `InputError` where an archive is damaged, has a password, or is larger than the disk has room.
    """
    if not path.is_file() or not path.name.lower().endswith(SUFFIXES):
        return path
    status = path.stat()
    key = hashlib.sha256(repr((str(path.resolve()), status.st_size, status.st_mtime_ns)).encode()).hexdigest()[:16]
    folder = cache() / key
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    working = Path(tempfile.mkdtemp(dir=folder.parent))
    try:
        if not _unpack(path, working):
            return path
        keep(working, folder)
    except DAMAGED:
        raise InputError(f"{path} is a damaged or unfinished archive: copy or pack it again.") from None
    except RuntimeError:  # what zipfile says of a password
        raise InputError(f"{path} has a password: unpack it, and give the folder.") from None
    except OSError as error:
        reason = error.strerror or error
        raise InputError(f"{path} cannot be unpacked ({reason}): unpack it, and give the folder.") from None
    finally:
        shutil.rmtree(working, ignore_errors=True)
    return folder


def cache() -> Path:
    """Where archives are unpacked."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heedful" / "unpacked"


def _unpack(path: Path, folder: Path) -> bool:
    """Unpack into a folder; False where it is one file, which is read without that."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if not item.is_dir() and _wanted(item.filename)]
            if len(members) < 2:
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


def _wanted(name: str) -> bool:
    """Whether a member is none of what systems leave behind."""
    return not any(part.startswith(("__MACOSX", "._")) for part in PurePosixPath(name).parts)


def check_room(path: Path, folder: Path, size: int) -> None:
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
