"""One very small model for all tests of the command line, trained by it.

The training is stopped by Ctrl-C in its first steps and resumed, so that an unfinished folder is there as well.
"""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import mounted  # noqa: F401
from made_once import made_once, stopped_and_resumed


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> SimpleNamespace:
    """A model of the speech sample; see `stopped_and_resumed`."""
    from command_line import train

    return made_once("trained", tmp_path_factory, lambda top: stopped_and_resumed(top, train))
