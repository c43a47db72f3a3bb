"""A Chromium on the app, which keeps what it said on its console and whom it asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright

WAIT = 120_000  # ms: a machine may be busy
FAKES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@dataclass
class Watched:
    """A page, and what was noticed of it."""

    page: Page
    complaints: list[str] = field(default_factory=list)  # errors on the console, and those that nobody caught
    addresses: list[str] = field(default_factory=list)  # all that it asked for


def launch(playwright: Playwright, program: str, profile: Path, *flags: str, **options: Any) -> BrowserContext:
    """A window of its own with an empty profile, in which the app can be installed."""
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=program, headless=True, args=["--no-sandbox", *flags], **options
    )
    context.set_default_timeout(WAIT)
    return context


def watched(context: BrowserContext) -> Watched:
    page = context.new_page()
    seen = Watched(page)
    page.on("console", lambda message: seen.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    context.on("request", lambda request: seen.addresses.append(request.url))
    return seen


def opened(seen: Watched, address: str, model: str = "") -> Page:
    """The page with a model shown."""
    seen.page.goto(f"{address}#{model}")
    if model:
        shown(seen.page, lambda: None)
    return seen.page


def shown(page: Page, act: Callable[[], object]) -> None:
    """Waits until a model is opened after an act."""
    act()
    page.wait_for_selector("main:not([aria-busy]) .view")
