"""Models that several tests look at, trained once by whichever process of the tests asks first."""

import os
import pickle
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock


def stopped_and_resumed(top: Path, train: Callable[..., Any]) -> SimpleNamespace:
    """`stopped` and `resumed` (`Done`), `unfinished` (a copy of the stopped folder) and `folder` of the finished
    model; tests that change a folder copy it.
    """
    from heedful.recipes.suite.training_loop import Steps

    with pytest.MonkeyPatch.context() as patch:
        batch_of = Steps.__getitem__

        def batch_and_stop(self, index):
            if self.start + index == 2:
                os.kill(os.getpid(), signal.SIGINT)
            return batch_of(self, index)

        patch.setattr(Steps, "__getitem__", batch_and_stop)
        stopped = train(top / "model")
    shutil.copytree(top / "model", top / "unfinished")
    resumed = train(top / "model", "--resume")
    return SimpleNamespace(stopped=stopped, resumed=resumed, unfinished=top / "unfinished", folder=top / "model")


def made_once(name: str, tmp_path_factory, make: Callable[[Path], SimpleNamespace]) -> SimpleNamespace:
    """What `make(folder)` gives, made by the first process of the tests that asks; the others wait and read it."""
    top = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        top = top.parent
    file = top / f"{name}.pickle"
    with FileLock(top / f"{name}.lock"):
        if not file.exists():
            (top / name).mkdir()
            file.write_bytes(pickle.dumps(make(top / name)))
    return pickle.loads(file.read_bytes())
