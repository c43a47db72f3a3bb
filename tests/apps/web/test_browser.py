"""The app in Chromium, as somebody has it who opens the page: each model answers, and nothing leaves the machine."""

import gzip
import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from browser import FAKES, Watched, launch, opened, shown, watched
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect, sync_playwright

from heedful.apps import audio, load
from heedful.apps.web.server import Server

ROOT = Path(__file__).parents[3]
AXE = ROOT / "apps/web/node_modules/axe-core/axe.min.js"
RECORDING = ROOT / "recipes/speech_commands/sample/recording.flac"
SCENE = ROOT / "recipes/image_captioning/sample/scene.jpg"
REPORT = ROOT / "recipes/text_summarization/sample/report.txt"
RECIPES = {
    "speech_commands": "Speech",
    "image_captioning": "Pictures",
    "text_summarization": "Headlines",
    "text_classification": "Intents",
    "translation": "Translation",
    "recommender": "Shop",
}
SIZES = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


def test_every_model_opens_without_a_complaint_and_nobody_else_is_asked(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, next(iter(RECIPES)))
    for name in RECIPES.values():
        shown(page, page.get_by_role("link", name=name, exact=True).click)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.get_by_role("alert")).to_be_empty()
    assert seen.complaints == []
    asked = {urlsplit(address.removeprefix("blob:")).netloc for address in seen.addresses}
    assert asked == {urlsplit(server.address).netloc}


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
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.long)])
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


def test_a_recording_has_the_events_that_python_hears(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "speech_commands")
    main = page.get_by_role("main")
    main.get_by_role("button", name="Example", exact=True).click()
    heard = load(ROOT / "saved_models/speech_commands/five-words/model.float16.tflite")(RECORDING)
    assert [event.label for event in heard.events] == ["left", "go", "right"]
    for event in heard.events:
        expect(main).to_contain_text(f"{event.label} {event.score:.0%} at {event.time:.1f} s".replace("%", " %"))
    assert seen.complaints == []


def test_a_picture_is_told_word_by_word_as_in_python(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "image_captioning")
    page.get_by_role("main").get_by_role("button", name="Example", exact=True).click()
    expect(words(page)).to_have_text(words_of(SCENE))
    assert seen.complaints == []


def test_a_report_gets_the_headline_that_python_writes(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "text_summarization")
    page.get_by_role("textbox").fill(REPORT.read_text(encoding="utf-8"))
    page.get_by_role("button", name="Write a headline").click()
    written = load(ROOT / "saved_models/text_summarization/reports/model.float16.tflite")(REPORT)
    expect(page.locator(".answer")).to_contain_text(written.text)
    assert seen.complaints == []


def test_what_is_meant_comes_while_one_writes(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "text_classification")
    page.get_by_role("textbox").press_sequentially("why was my card declined", delay=30)
    expect(page.locator(".answer")).to_contain_text("card declined")
    page.get_by_role("textbox").fill("how tall is the moon in elephants")
    expect(page.locator(".answer")).to_contain_text("none of these")
    assert seen.complaints == []


def test_the_next_items_come_with_every_click(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "recommender")
    ask = load(ROOT / "saved_models/recommender/shop/model.float16.tflite")
    titles = ["two-person tent", "espresso machine", "sleeping bag"]
    for number, title in enumerate(titles, 1):
        page.get_by_role("searchbox").fill(title)
        page.get_by_role("main").get_by_role("button", name=title).first.click()
        expected = ask(",".join(titles[:number]))
        expect(page.get_by_role("button", name=re.compile(f"^1 {expected[0].title} score"))).to_be_visible()
    assert seen.complaints == []


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    """Half a second of silence and the word *left*, again and again, as a microphone of 48 kHz hears it."""
    clip = audio.read(RECORDING, 48_000)[int(2.4 * 48_000) : int(3.4 * 48_000)]
    path = tmp_path / "left.wav"
    soundfile.write(path, np.concatenate([np.zeros(24_000, np.float32), clip, np.zeros(72_000, np.float32)]), 48_000)
    return path


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """The scene of the sample as a camera films it: uncompressed, luminance and two differences of colour."""
    picture = Image.open(SCENE).convert("RGB").resize((480, 480)).convert("YCbCr")
    full = np.asarray(picture).astype(float)
    # Video has levels from 16 to 235 and 240, and half the colour in either direction.
    light = np.rint(full[..., 0] * 219 / 255 + 16).astype(np.uint8)
    halved = full[..., 1:].reshape(240, 2, 240, 2, 2).mean(axis=(1, 3))
    colour = np.rint((halved - 128) * 224 / 255 + 128).astype(np.uint8)
    frame = b"FRAME\n" + light.tobytes() + colour[..., 0].tobytes() + colour[..., 1].tobytes()
    path = tmp_path / "scene.y4m"
    path.write_bytes(b"YUV4MPEG2 W480 H480 F10:1 Ip A1:1 C420jpeg\n" + 5 * frame)
    return path


def test_a_word_is_heard_by_the_microphone(chromium: str, server: Server, tmp_path: Path, wav: Path) -> None:
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "p", *FAKES, f"--use-file-for-fake-audio-capture={wav}")
        seen = watched(context)
        page = opened(seen, server.address, "speech_commands")
        page.get_by_role("button", name="Listen", exact=True).click()
        heard = page.get_by_role("log").or_(page.locator("[aria-live]")).filter(has_text="left").first
        expect(heard).to_contain_text(re.compile(r"left\s*\d+ % at \d+\.\d s"))
        page.get_by_role("button", name="Stop listening").click()
        assert seen.complaints == []
        context.close()


def test_a_scene_is_described_through_the_camera(chromium: str, server: Server, tmp_path: Path, camera: Path) -> None:
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "p", *FAKES, f"--use-file-for-fake-video-capture={camera}")
        seen = watched(context)
        page = opened(seen, server.address, "image_captioning")
        page.get_by_role("button", name="Camera", exact=True).click()
        page.get_by_role("button", name="Take a picture").click()
        expect(words(page)).to_have_text(words_of(SCENE))
        assert seen.complaints == []
        context.close()


@pytest.mark.parametrize(
    ("model", "button", "said"),
    [
        ("speech_commands", "Listen", "The microphone is not allowed here"),
        ("image_captioning", "Camera", "The camera is not allowed here"),
    ],
)
def test_who_does_not_allow_it_is_told_what_to_do(
    chromium: str, server: Server, tmp_path: Path, model: str, button: str, said: str
) -> None:
    with sync_playwright() as playwright:
        devices = ("--use-fake-device-for-media-stream", "--deny-permission-prompts")
        context = launch(playwright, chromium, tmp_path / "profile", *devices)
        seen = watched(context)
        page = opened(seen, server.address, model)
        page.get_by_role("button", name=button, exact=True).click()
        expect(page.locator("body")).to_contain_text(said)
        assert seen.complaints == []
        context.close()


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="reads the sizes of processes from /proc")
def test_200_answers_leave_no_memory_behind(
    seen: Watched, window: BrowserContext, server: Server, tmp_path: Path
) -> None:
    page = opened(seen, server.address, "text_classification")
    answers(page, 60)
    before = memory(window, page, tmp_path)
    answers(page, 200)
    after = memory(window, page, tmp_path)
    assert after < before + 12, f"{before:.0f} MB became {after:.0f} MB"


def answers(page: Page, count: int) -> None:
    """So many answers one after the other, each awaited."""
    for number in range(count):
        page.get_by_role("textbox").fill(f"card {number}" if number % 2 else f"how tall is the moon {number}")
        page.wait_for_function("said => document.querySelector('.shaded')?.textContent.includes(said)", arg=str(number))


def memory(context: BrowserContext, page: Page, profile: Path) -> float:
    """Megabytes resident of the pages and workers of the browser with a profile, once their garbage is gone."""
    context.new_cdp_session(page).send("HeapProfiler.collectGarbage")
    page.wait_for_timeout(500)
    parents, sizes, roots, pages_of = {}, {}, set(), set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command, status = (folder / "cmdline").read_bytes(), (folder / "status").read_text()
        except OSError:  # it has ended
            continue
        if "VmRSS:" in status:
            number = int(folder.name)
            parents[number] = int(status.split("PPid:")[1].split()[0])
            sizes[number] = int(status.split("VmRSS:")[1].split()[0]) / 1000
            roots |= {number} if f"--user-data-dir={profile}".encode() in command else set()
            pages_of |= {number} if b"--type=renderer" in command else set()

    def belongs(number: int) -> bool:
        return number in roots or (number in parents and belongs(parents[number]))

    found = [sizes[number] for number in pages_of if belongs(number)]
    assert found, "no process of a page"
    return sum(found)


def words_of(picture: Path) -> list[str]:
    return list(load(ROOT / "saved_models/image_captioning/scenes/model.float16.tflite")(picture).words)


def words(page: Page) -> Locator:
    """Those of the sentence."""
    return page.locator(".answer").get_by_role("button")


def translated(page: Page) -> None:
    """A sentence is translated."""
    page.get_by_role("textbox").fill("La mirra la verdan vida.")
    page.get_by_role("button", name="Translate").click()
    expect(page.locator(".answer")).to_contain_text("The cat sees the garden.")
