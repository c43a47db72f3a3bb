"""A file is whole or not there."""

import errno
import os
import subprocess
import sys
import tempfile
import textwrap

import pytest

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path, reading


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_success_replaces_and_keeps_the_suffix(tmp_path):
    target = tmp_path / "picture.png"
    target.write_text("old")
    with atomic_path(target) as temporary:
        assert temporary.parent == tmp_path and temporary.suffix == ".png" and temporary != target
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new" and names(tmp_path) == ["picture.png"]


def test_new_files_have_ordinary_permissions(tmp_path):
    (tmp_path / "ordinary").touch()
    with atomic_path(str(tmp_path / "atomic")) as temporary:
        temporary.write_text("new")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_failure_leaves_what_was_there(tmp_path, error):
    target = tmp_path / "model.tflite"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise error
    assert target.read_text() == "old" and names(tmp_path) == ["model.tflite"]


def test_folders_are_checked(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"nowhere.* does not exist"), atomic_path(tmp_path / "nowhere" / "a.png"):
        pytest.fail("the block must not run")
    with pytest.raises(InputError, match="is a folder"), atomic_path(tmp_path):
        pytest.fail("the block must not run")

    def forbidden(**_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkstemp", forbidden)
    refusal = pytest.raises(InputError, match=r"a\.png cannot be written \(Permission denied\)")
    with refusal, atomic_path(tmp_path / "a.png"):
        pytest.fail("the block must not run")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError(), r"a\.wav does not exist: check the spelling of the recording's path\."),
        (IsADirectoryError(), r"a\.wav is a folder: give a recording in it\."),
        (PermissionError(), r"a\.wav may not be read: change its permissions\."),
        (OSError(errno.EIO, "Input/output error"), r"a\.wav cannot be read \(Input/output error\): copy it to a local"),
        (OSError("odd"), r"a\.wav cannot be read \(odd\)"),
        (InputError("its own."), r"its own\."),
    ],
    ids=repr,
)
def test_what_cannot_be_read_is_one_sentence(error, reason):
    with pytest.raises(InputError, match=f"^{reason}"), reading("a.wav", "recording"):
        raise error


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are POSIX")
def test_a_full_disk_is_one_sentence_and_no_file(tmp_path):
    """A real failing write: the process may not grow a file beyond 1000 bytes."""
    program = f"""
        import resource, signal, sys
        sys.path[:0] = {sys.path!r}
        from heedful.apps.files import atomic_path
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            with atomic_path({str(tmp_path / "big.bin")!r}) as temporary:
                temporary.write_bytes(bytes(2000))
        except OSError as error:
            print(error.strerror)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("no space left to write") and "big.bin" in done.stdout
    assert names(tmp_path) == []
