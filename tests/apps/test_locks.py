"""One process at a time, in real processes; and what a killed one leaves, which is removed, and nothing else."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from heedful.apps import locks
from heedful.apps.errors import InputError
from heedful.apps.files import MARK, remove_left, remove_left_in

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no such locks")

HOLD = """
import sys
sys.path[:0] = {path!r}
from pathlib import Path
from heedful.apps.locks import only_one
with only_one(Path({held!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
WRITE = """
import os, sys
sys.path[:0] = {path!r}
from heedful.apps.files import atomic_path
with atomic_path({target!r}) as temporary:
    temporary.write_bytes(b"half")
    os.kill(os.getpid(), 9)
"""


def holding(path: Path) -> subprocess.Popen:
    """A process that holds the lock until its input ends."""
    program = HOLD.format(path=sys.path, held=str(path))
    process = subprocess.Popen([sys.executable, "-c", program], stdin=-1, stdout=-1)
    assert process.stdout is not None and process.stdout.readline() == b"held\n"
    return process


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("kind", ["folder", "file"])
@pytest.mark.parametrize("end", ["ends", "is killed"])
def test_the_second_process_is_refused_until_the_first_is_gone(tmp_path, kind, end):
    path = tmp_path / "model"
    if kind == "folder":
        path.mkdir()
    with holding(path) as first:
        with pytest.raises(InputError, match=r"another process works in .*model: wait until it is done"), \
                locks.only_one(path):  # fmt: skip
            pass
        with locks.only_one(tmp_path / "other"):  # what is beside it is free
            pass
        if end == "is killed":
            first.kill()
        else:
            first.communicate()
    with locks.only_one(path), locks.only_one(path):  # one process may hold it twice
        pass
    assert names(tmp_path) == ({"model"} if kind == "folder" else set()) and not locks.HERE


def test_a_folder_without_locks_can_be_worked_in(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(locks.fcntl, "flock", fail)
    for path in (tmp_path, tmp_path / "file"):
        with locks.only_one(path):
            pass
    monkeypatch.setattr(locks, "fcntl", None)
    with locks.only_one(tmp_path):
        pass
    with locks.only_one(tmp_path / "missing" / "file"):  # writing tells what is wrong
        pass


def test_a_process_works_in_the_folder_that_its_parent_holds(tmp_path, monkeypatch):
    with holding(tmp_path) as parent:
        monkeypatch.setenv(locks.HELD, os.path.realpath(tmp_path))
        with locks.only_one(tmp_path):
            pass
        parent.kill()


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    others = {"state.npz", "notes.txt", ".state.ab12cd34.npz", f".state{MARK}x.npz", f"state{MARK}ab12cd34.npz"}
    for name in others:
        (tmp_path / name).write_bytes(name.encode())
    for target in ("state.npz", "model.tflite"):
        program = WRITE.format(path=sys.path, target=str(tmp_path / target))
        assert subprocess.run([sys.executable, "-c", program]).returncode == -9
    left = names(tmp_path) - others
    assert len(left) == 2 and all(MARK in name and (tmp_path / name).read_bytes() == b"half" for name in left)
    remove_left(tmp_path / "state.npz")
    assert names(tmp_path) - others == {name for name in left if name.endswith(".tflite")}
    remove_left_in(tmp_path)
    assert names(tmp_path) == others
    assert all((tmp_path / name).read_bytes() == name.encode() for name in others)


def test_tidied_is_what_nobody_else_writes(tmp_path):
    left, target = tmp_path / f".a{MARK}ab12cd34.json", tmp_path / "a.json"
    left.touch()
    with holding(target) as other:
        with locks.tidied(target):
            assert left.exists()
        other.communicate()
    with locks.tidied(target):
        assert not left.exists() and names(tmp_path) == {f".a.json{MARK}lock"}
    assert names(tmp_path) == set()
