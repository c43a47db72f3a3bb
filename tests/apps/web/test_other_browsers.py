"""A sentence is translated in Firefox, and in WebKit, which is the engine of Safari: as they are installed."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from firefox_bidi import Firefox

from heedful.apps.web.server import Server

WEBKIT = Path("/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser")
SENTENCE, TRANSLATION = "La mirra la verdan vida.", "The cat sees the garden."
ANSWER = "(document.querySelector('.answer')?.textContent ?? '')"
ASK = """(() => {{
  const box = document.querySelector('textarea');
  if (!box) return false;
  box.value = {sentence!r};
  box.dispatchEvent(new Event('input', {{bubbles: true}}));
  [...document.querySelectorAll('button')].find(button => button.textContent.includes('Translate')).click();
  return true;
}})()"""


@pytest.fixture
def display() -> Iterator[str]:
    """A screen: the one there is, or one that nobody sees."""
    if found := os.environ.get("DISPLAY"):
        yield found
        return
    if not shutil.which("Xvfb"):
        pytest.skip("install xvfb: WebKit needs a screen")
    read, write = os.pipe()
    process = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24"], pass_fds=[write])
    os.close(write)
    yield f":{os.read(read, 16).decode().strip()}"
    process.terminate()
    process.wait(10)


def until(ask: Callable[[], Any], seconds: float = 120) -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.3)
    return found


def test_firefox(server: Server) -> None:
    program = shutil.which("firefox") or shutil.which("firefox-esr")
    if not program:
        pytest.skip("install firefox: the web app is tried in it")
    window = Firefox(program)
    try:
        window.open(f"{server.address}#translation")
        until(lambda: window.value(ASK.format(sentence=SENTENCE)))
        assert until(lambda: TRANSLATION in window.value(ANSWER))
    finally:
        window.close()


def test_webkit(server: Server, display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    driver = shutil.which("WebKitWebDriver")
    if not driver or not WEBKIT.exists():
        pytest.skip("install webkit2gtk-driver: the web app is tried in WebKit")
    from selenium.webdriver import WebKitGTK
    from selenium.webdriver.webkitgtk.options import Options
    from selenium.webdriver.webkitgtk.service import Service

    monkeypatch.setenv("DISPLAY", display)
    if os.getuid() == 0:  # its sandbox refuses the superuser
        monkeypatch.setenv("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1")
    options = Options()
    options.binary_location = str(WEBKIT)
    options.add_argument("--automation")
    window = WebKitGTK(options=options, service=Service(driver))
    try:
        window.get(f"{server.address}#translation")
        until(lambda: window.execute_script(f"return {ASK.format(sentence=SENTENCE)}"))
        assert until(lambda: TRANSLATION in window.execute_script(f"return {ANSWER}"))
    finally:
        window.quit()
