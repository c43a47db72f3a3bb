"""One very small model of each kind for all tests of the command line, trained by it.

The training is stopped by Ctrl-C in its first steps and resumed, so that an unfinished folder is there as well.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from heedful.recipes.recommender.data import RecommenderData
from heedful.recipes.speech_commands.data import SpeechData

sys.path.insert(0, str(Path(__file__).parent))


def stopped_and_resumed(top: Path, train: Callable[..., Any], data: type) -> SimpleNamespace:
    """`stopped` and `resumed` (`Done`), `unfinished` (a copy of the stopped folder) and `folder` of the finished
    model; tests that change a folder copy it.
    """
    with pytest.MonkeyPatch.context() as patch:
        batch = data.batch

        def batch_and_stop(self, seed, step):
            if step == 2:
                os.kill(os.getpid(), signal.SIGINT)
            return batch(self, seed, step)

        patch.setattr(data, "batch", batch_and_stop)
        stopped = train(top / "model")
    shutil.copytree(top / "model", top / "unfinished")
    resumed = train(top / "model", "--resume")
    return SimpleNamespace(stopped=stopped, resumed=resumed, unfinished=top / "unfinished", folder=top / "model")


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> SimpleNamespace:
    """A model of the speech sample; see `stopped_and_resumed`."""
    from command_line import train

    return stopped_and_resumed(tmp_path_factory.mktemp("trained"), train, SpeechData)


@pytest.fixture(scope="session")
def shop_model(tmp_path_factory) -> SimpleNamespace:
    """A recommender of the table `data` (`small_shop.py`), with `newer` of the same shop a little later."""
    from small_shop import train_recommender, write_shop

    top = tmp_path_factory.mktemp("shop")
    data = write_shop(top / "data")
    made = stopped_and_resumed(top, lambda folder, *more: train_recommender(folder, data, *more), RecommenderData)
    made.data, made.newer = data, write_shop(top / "newer", more=1)
    return made
