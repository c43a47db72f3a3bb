"""`heedful web`: opens the app in a browser, or writes its pages into a folder."""

import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

from heedful.apps.web.pages import export, pages
from heedful.apps.web.server import Server

Say = Callable[[str], None]


def write(target: Path, models: Sequence[Path], say: Say) -> None:
    """Writes the pages for any server of static files."""
    site = pages(models)
    export(site, target)
    say(f"written: {len(site)} files into {target}; serve them by https, which browsers ask for camera and microphone")


def serve(port: int | None, models: Sequence[Path], browser: bool, say: Say) -> None:
    """Serves the pages until Ctrl-C."""
    with Server(pages(models), port) as server:
        say(f"heedful runs at {server.address}, for this machine only; Ctrl-C ends it")
        if browser and has_screen():
            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say("ended")


def has_screen() -> bool:
    """Whether there is one to open a browser on; in a terminal alone one would open as text."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
