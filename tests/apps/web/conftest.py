import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WAIT, Watched, launch, watched
from node_bridge import MISSING, WEB, Bridge, available
from playwright.sync_api import BrowserContext, expect, sync_playwright

from heedful.apps.web.pages import pages
from heedful.apps.web.server import Server


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bridge]:
    if not available():
        pytest.skip(MISSING)
    bridge = Bridge(tmp_path_factory.mktemp("bridge"))
    yield bridge
    bridge.close()


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as `npm run build` makes them."""
    if not available():
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("web") / "static"
    subprocess.run(["node", "build.mjs", str(folder)], cwd=WEB, check=True, capture_output=True)
    return folder


@pytest.fixture
def server(built: Path) -> Iterator[Server]:
    with Server(pages([], built), port=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    if found := shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser"):
        return found
    pytest.skip("install chromium: the web app is tested in it")


@pytest.fixture(autouse=True)
def patient() -> None:
    expect.set_options(timeout=WAIT)


@pytest.fixture
def window(chromium: str, tmp_path: Path) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "profile")
        yield context
        context.close()


@pytest.fixture
def seen(window: BrowserContext) -> Watched:
    return watched(window)
