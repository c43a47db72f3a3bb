"""One very small model of each kind for all tests of the command line, trained by it.

The training is stopped by Ctrl-C in its first steps and resumed, so that an unfinished folder is there as well.
"""

import os
import pickle
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from filelock import FileLock

sys.path.insert(0, str(Path(__file__).parent))
import mounted  # noqa: F401


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


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> SimpleNamespace:
    """A model of the speech sample; see `stopped_and_resumed`."""
    from command_line import train

    return made_once("trained", tmp_path_factory, lambda top: stopped_and_resumed(top, train))


@pytest.fixture(scope="session")
def shop_model(tmp_path_factory) -> SimpleNamespace:
    """A recommender of the table `data` (`small_shop.py`), with `newer` of the same shop a little later."""
    from small_shop import train_recommender, write_shop

    def make(top: Path) -> SimpleNamespace:
        data = write_shop(top / "data")
        made = stopped_and_resumed(top, lambda folder, *more: train_recommender(folder, data, *more))
        made.data, made.newer = data, write_shop(top / "newer", more=1)
        return made

    return made_once("shop", tmp_path_factory, make)
