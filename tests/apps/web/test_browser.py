"""The app in Chromium, as somebody has it who opens the page: each model answers, and nothing leaves the machine."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser import Watched, launch, opened, shown, watched
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from heedful.apps.web.server import Server

ROOT = Path(__file__).parents[3]
AXE = ROOT / "apps/web/node_modules/axe-core/axe.min.js"
RECIPES = {
    "speech_commands": "Speech",
    "image_captioning": "Pictures",
    "text_summarization": "Headlines",
    "text_classification": "Intents",
    "translation": "Translation",
    "recommender": "Shop",
}
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


@pytest.fixture
def window(chromium: str, tmp_path: Path) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "profile")
        yield context
        context.close()


@pytest.fixture
def seen(window: BrowserContext) -> Watched:
    return watched(window)


def test_every_model_opens_without_a_complaint_and_nobody_else_is_asked(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, next(iter(RECIPES)))
    for name in RECIPES.values():
        shown(page, page.get_by_role("link", name=name, exact=True).click)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.get_by_role("alert")).to_be_empty()
    assert seen.complaints == []
    assert {urlsplit(address).netloc for address in seen.addresses} == {urlsplit(server.address).netloc}


@pytest.mark.parametrize(
    "attempt",
    [
        "fetch('https://example.com/').then(() => 'came', () => 'refused')",
        "new Promise(done => Object.assign(new Image(), {onload: () => done('came'), onerror: () => done('refused'), "
        "src: 'https://example.com/a.png'}))",
        "new Promise(done => { try { new WebSocket('wss://example.com/').onerror = () => done('refused') } "
        "catch { done('refused') } })",
        "new Promise(done => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; "
        "document.body.append(s); done(window.ran ? 'came' : 'refused') })",
        "navigator.sendBeacon('https://example.com/', 'x') ? 'queued' : 'refused'",
    ],
)
def test_the_page_cannot_send_anything_away(seen: Watched, server: Server, attempt: str) -> None:
    page = opened(seen, server.address)
    page.evaluate("addEventListener('securitypolicyviolation', event => (window.violation = event.violatedDirective))")
    assert page.evaluate(attempt) in ("refused", "queued")  # what is queued is refused, too
    page.wait_for_function("window.violation")


def damaged(server: Server) -> bytes:
    """A shipped model with one bit turned."""
    content = bytearray(gzip.decompress(Path(server.site["models/lumo.tflite.gz"]).read_bytes()))  # type: ignore[arg-type]
    content[9000] ^= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda server: b"", "mine.tflite is an empty file: copy or export it again."),
        (lambda server: b"<html>not found</html>", "mine.tflite is not a .tflite model"),
        (lambda server: damaged(server)[:100_000], "mine.tflite carries no card, so it is cut short"),
        (damaged, "mine.tflite is damaged: its checksum is wrong"),
    ],
    ids=["empty", "foreign", "truncated", "damaged"],
)
def test_a_model_that_is_of_no_use_is_a_sentence_and_the_one_before_stays(
    seen: Watched, server: Server, content, said: str
) -> None:
    page = opened(seen, server.address, "translation")
    page.locator("#own").set_input_files({"name": "mine.tflite", "mimeType": "", "buffer": content(server)})
    expect(page.get_by_role("alert")).to_contain_text(said)
    expect(page.get_by_role("heading", level=1)).to_have_text("Translation")
    translated(page)
    assert seen.complaints == []


def test_a_model_of_ones_own_is_opened(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "translation")
    own = ROOT / "saved_models/recommender/shop/model.dynamic.tflite"
    shown(page, lambda: page.locator("#own").set_input_files(own))
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop")
    page.get_by_text("About this model").click()
    expect(page.locator("#card")).to_contain_text("model.dynamic.tflite")


def test_it_can_be_installed_and_works_when_the_server_is_gone(
    seen: Watched, window: BrowserContext, server: Server
) -> None:
    page = opened(seen, server.address, "translation")
    expect(page.get_by_text("Works offline")).to_be_visible()
    protocol = window.new_cdp_session(page)
    assert protocol.send("Page.getAppManifest")["errors"] == []
    assert protocol.send("Page.getInstallabilityErrors")["installabilityErrors"] == []
    server.shutdown()
    server.server_close()
    shown(page, page.reload)
    translated(page)
    assert seen.complaints == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everybody_can_use_it(seen: Watched, server: Server, theme: str, size: str) -> None:
    """No violation that axe calls serious or critical, on any page."""
    seen.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    seen.page.set_viewport_size(SIZES[size])  # type: ignore[arg-type]
    page = opened(seen, server.address, next(iter(RECIPES)))
    for name in RECIPES.values():
        shown(page, page.get_by_role("link", name=name, exact=True).click)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run()")["violations"]
        bad = [item for item in found if item["impact"] in ("serious", "critical")]
        assert not bad, json.dumps([(item["id"], [node["html"] for node in item["nodes"]]) for item in bad], indent=1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"


def translated(page: Page) -> None:
    """A sentence is translated."""
    page.get_by_role("textbox").fill("La mirra la verdan vida.")
    page.get_by_role("button", name="Translate").click()
    expect(page.locator(".answer")).to_contain_text("The cat sees the garden.")
