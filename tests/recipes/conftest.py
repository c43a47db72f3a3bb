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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The contract test holds `least` to every promise in short, and the other recipes at length.

    So do the tests of the command with a model of their own beside the one that all share (`trained`).
    """
    for item in items:
        built = getattr(item, "callspec", SimpleNamespace(params={})).params.get("built", "least")
        if built != "least" or "shop_model" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: item.path.name not in ("test_contract.py", "test_resume.py"))  # the longest begin first


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> SimpleNamespace:
    """A model of the speech sample; see `stopped_and_resumed`."""
    from command_line import train

    return made_once("trained", tmp_path_factory, lambda top: stopped_and_resumed(top, train))
