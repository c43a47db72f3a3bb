from collections.abc import Iterator

import pytest
from node_bridge import MISSING, Bridge, available


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    if not available():
        pytest.skip(MISSING)
    bridge = Bridge(tmp_path_factory.mktemp("bridge"))
    yield bridge
    bridge.close()
