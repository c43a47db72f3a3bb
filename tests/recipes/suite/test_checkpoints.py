"""Two checkpoints: what is on the disk after every save, and which one is used where a save was killed or damaged."""

import os
from itertools import count

import numpy as np
import pytest

from heedful.apps.errors import InputError
from heedful.recipes.suite import checkpoints
from heedful.recipes.suite.checkpoints import Progress

HALVED, EMPTY, JUNK = (lambda content: content[: len(content) // 2]), (lambda content: b""), (lambda content: b"junk")


def bit_flipped(content: bytes) -> bytes:
    """One bit of the first array, which is stored as it is."""
    at = content.index(np.float32(7).tobytes() * 3)
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def save(path, step):
    state = [np.full((5, 3), 7, np.float32), np.array(step)]
    checkpoints.save(path, state, Progress(step=step, best_score=0.5, best_weights=[np.full(2, step)], history=[{}]))


def steps(folder):
    """By file name, as NumPy reads them."""
    return {path.name: int(np.load(path)["state_1"]) for path in folder.iterdir()}


def test_two_are_kept_and_read_as_they_were(tmp_path):
    path = tmp_path / "state.npz"
    assert not checkpoints.exists(path)
    for step in (1, 2, 3):
        save(path, step)
    assert steps(tmp_path) == {"state.before.npz": 2, "state.npz": 3}
    progress, (first, second) = checkpoints.read(path)
    assert (progress.step, progress.best_score, progress.history) == (3, 0.5, [{}]) and second == 3
    np.testing.assert_array_equal(first, np.full((5, 3), 7, np.float32))
    np.testing.assert_array_equal(progress.best_weights[0], [3, 3])
    checkpoints.settle(path)
    assert steps(tmp_path) == {"state.before.npz": 2, "state.npz": 3}
    checkpoints.remove(path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [HALVED, EMPTY, JUNK, bit_flipped], ids=["halved", "empty", "junk", "one bit"])
def test_of_a_damaged_one_the_one_before_is_used_which_is_said(tmp_path, capsys, damage):
    path = tmp_path / "state.npz"
    save(path, 1)
    save(path, 2)
    path.write_bytes(damage(path.read_bytes()))
    checkpoints.settle(path)
    assert capsys.readouterr().err == f"{path} is damaged: going on from the checkpoint before it.\n"
    assert steps(tmp_path) == {"state.npz": 1}
    save(path, 2)  # and never over the good one
    assert steps(tmp_path) == {"state.before.npz": 1, "state.npz": 2}


def test_two_damaged_ones_are_one_sentence(tmp_path):
    path = tmp_path / "state.npz"
    for file in (path, checkpoints.before(path)):
        file.write_bytes(b"")
    both = r"state\.npz cannot be resumed, it and state\.before\.npz are damaged: remove both, or give another --out"
    with pytest.raises(InputError, match=both):
        checkpoints.settle(path)
    checkpoints.before(path).unlink()
    checkpoints.settle(path)
    with pytest.raises(InputError, match=r"state\.npz cannot be resumed, it is damaged: remove it"):
        checkpoints.read(path)


@pytest.mark.parametrize("call", range(1, 4))
def test_wherever_a_save_is_stopped_one_of_the_two_is_whole(tmp_path, monkeypatch, call):
    """Before each of its calls that change the folder: flush, first rename, second rename."""
    path, number = tmp_path / "state.npz", count(1)
    save(path, 1)
    save(path, 2)

    class Killed(BaseException):
        pass

    def stopping(function):
        def stopped(*arguments, **options):
            if next(number) >= call:  # nothing after it either, as of `kill -9`
                raise Killed
            return function(*arguments, **options)

        return stopped

    for name in ("fsync", "replace", "unlink"):
        monkeypatch.setattr(os, name, stopping(getattr(os, name)))
    with pytest.raises(Killed):
        save(path, 3)
    monkeypatch.undo()
    assert checkpoints.exists(path)
    checkpoints.settle(path)
    assert checkpoints.read(path)[0].step == 2
