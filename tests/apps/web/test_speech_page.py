"""The page of speech in Chromium: a microphone that says words, the example, files that are dropped, and a new word."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import FAKES, WAIT, Watched, launch, opened, watched
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from heedful.apps.web.server import Server

soundfile = pytest.importorskip("soundfile")

expect.set_options(timeout=WAIT)
ROOT = Path(__file__).parents[3]
AXE = ROOT / "apps/web/node_modules/axe-core/axe.min.js"
SAMPLE = ROOT / "recipes" / "speech_commands" / "sample"
HEARD = ("left", "go", "right")  # what the model finds in the example
# Of most of these voices the model hears no word in a stream; of this one every `left`, and of the other its clip.
STOP, LEFT = SAMPLE / "train/stop/scot-m2.flac", SAMPLE / "train/left/rp-aunty.flac"
CLIP = SAMPLE / "test/left/gb-f1.flac"


def said(path: Path, words: list[Path], pause: float) -> Path:
    """A recording for the microphone: words with pauses, over and over."""
    silence = np.zeros(round(16000 * pause), np.float32)
    parts = [part for word in words for part in (soundfile.read(word, dtype="float32")[0], silence)]
    soundfile.write(path, np.concatenate(parts), 16000, "PCM_16")
    return path


@pytest.fixture
def speaking(chromium: str, tmp_path: Path) -> Iterator[BrowserContext]:
    """Where the microphone says `stop`, a word that the model does not know, and between them `left`."""
    spoken = said(tmp_path / "said.wav", [STOP, LEFT], 0.4)
    with sync_playwright() as playwright:
        flags = (*FAKES, f"--use-file-for-fake-audio-capture={spoken}")
        context = launch(playwright, chromium, tmp_path / "profile", *flags)
        yield context
        context.close()


def test_the_example_is_heard_and_played(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "speech_commands")
    page.get_by_role("button", name="Example").click()
    for word in HEARD:
        expect(page.get_by_role("button", name=word, exact=False).first).to_be_visible()
    expect(page.locator("section[aria-label='A recording'] .answer")).to_have_text(", ".join(HEARD))
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    assert seen.complaints == []


def test_a_lower_threshold_finds_more(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "speech_commands")
    page.get_by_role("button", name="Example").click()
    expect(page.locator("button.event")).to_have_count(len(HEARD))
    page.locator("#threshold").fill("0.3")
    expect(page.locator("button.event")).not_to_have_count(len(HEARD))
    page.get_by_role("button", name="as on the card").click()
    expect(page.locator("button.event")).to_have_count(len(HEARD))


DROP = """([name, bytes]) => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array(bytes)], name));
  const drop = new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true});
  document.querySelector('section').dispatchEvent(drop);
}"""


def drop(page: Page, name: str, content: bytes) -> None:
    page.evaluate(DROP, [name, list(content)])


def test_a_sound_that_is_dropped_is_heard_and_what_is_none_is_a_sentence(
    seen: Watched, server: Server, tmp_path: Path
) -> None:
    page = opened(seen, server.address, "speech_commands")
    path = said(tmp_path / "clip.wav", [CLIP], 0.1)
    drop(page, "clip.wav", path.read_bytes())
    expect(page.locator("section[aria-label='A recording'] .answer")).to_have_text("left")
    for name, content, sentence in (
        ("a.wav", b"%PDF-1.7 ...", "a.wav is not readable audio but a PDF document: give a recording."),
        ("b.flac", (SAMPLE / "recording.flac").read_bytes()[:60], "b.flac is FLAC sound, but damaged"),
        ("c.wav", path.read_bytes()[:9000], "c.wav is truncated"),
    ):
        drop(page, name, content)
        expect(page.get_by_role("alert")).to_contain_text(sentence)
    drop(page, "mine.tflite", b"no model")  # that is the shell's
    expect(page.get_by_role("alert")).to_contain_text("mine.tflite is not a .tflite model")


def test_words_from_the_microphone_are_heard(speaking: BrowserContext, server: Server) -> None:
    seen = watched(speaking)
    page = opened(seen, server.address, "speech_commands")
    page.get_by_role("button", name="Listen").click()
    expect(page.locator(".heard")).to_contain_text("left")
    expect(page.locator("#latency")).to_contain_text("ms a window")
    page.get_by_role("button", name="Stop listening").click()
    expect(page.get_by_role("button", name="Listen")).to_be_visible()
    assert seen.complaints == []


def test_a_word_is_learnt_kept_and_forgotten(speaking: BrowserContext, server: Server) -> None:
    seen = watched(speaking)
    page = opened(seen, server.address, "speech_commands")
    page.get_by_role("button", name="Record 3 times").click()
    expect(page.get_by_role("alert")).to_contain_text("The word has no name")
    page.get_by_label("The word").fill("stop")
    page.get_by_role("button", name="Record 3 times").click()
    expect(page.get_by_text("“stop” is learnt")).to_be_visible()
    page.reload()
    expect(page.locator(".learnt li")).to_contain_text("stop")
    expect(page.get_by_text("right, go or stop")).to_be_visible()
    page.get_by_role("button", name="Forget stop").click()
    expect(page.locator(".learnt li")).to_have_count(0)
    page.reload()
    expect(page.get_by_text("left, right or go")).to_be_visible()
    assert seen.complaints == []


GONE = "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})"
FAILING = "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', '%s') }"
TROUBLE = {
    "The microphone is not allowed here": FAILING % "NotAllowedError",
    "No microphone was found": FAILING % "NotFoundError",
    "The microphone does not start": FAILING % "NotReadableError",
    "The microphone needs a secure address": GONE,
}


@pytest.mark.parametrize("sentence", TROUBLE)
def test_a_microphone_that_is_not_there_is_a_sentence(seen: Watched, server: Server, sentence: str) -> None:
    seen.page.add_init_script(TROUBLE[sentence])
    page = opened(seen, server.address, "speech_commands")
    page.get_by_role("button", name="Listen").click()
    expect(page.get_by_role("alert")).to_contain_text(sentence)
    expect(page.get_by_role("button", name="Listen")).to_be_enabled()
    assert seen.complaints == []


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_everybody_can_use_what_it_shows(speaking: BrowserContext, server: Server, theme: str) -> None:
    """No violation that axe calls serious or critical, while it listens and with a recording on the page."""
    seen = watched(speaking)
    seen.page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page = opened(seen, server.address, "speech_commands")
    page.get_by_role("button", name="Example").click()
    expect(page.locator("button.event")).to_have_count(len(HEARD))
    page.get_by_role("button", name="Listen").click()
    expect(page.locator(".heard")).not_to_be_empty()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    bad = [item for item in found if item["impact"] in ("serious", "critical")]
    assert not bad, [(item["id"], [node["html"] for node in item["nodes"]]) for item in bad]
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
