"""One very small recommender of a table for all tests of its command."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from made_once import made_once, stopped_and_resumed


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
