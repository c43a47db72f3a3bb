"""The page of pictures in Chromium: every way in, every refusal, and the maps under the hand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser import FAKES, Watched, launch, opened, watched
from PIL import Image, ImageOps
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from heedful.apps import load
from heedful.apps.web.server import Server

ROOT = Path(__file__).parents[3]
SCENE = ROOT / "recipes/image_captioning/sample/scene.jpg"
MODEL = ROOT / "saved_models/image_captioning/scenes/model.float16.tflite"  # the one that the page carries
DROP = """async ([target, type, address, name]) => {
  const file = new File([await (await fetch(address)).blob()], name, {type: 'image/png'}), data = new DataTransfer();
  data.items.add(file);
  const what = {bubbles: true, cancelable: true, dataTransfer: data, clipboardData: data};
  const made = type === 'drop' ? new DragEvent(type, what) : new ClipboardEvent(type, what);
  document.querySelector(target).dispatchEvent(made);
}"""


@pytest.fixture
def window(chromium: str, tmp_path: Path) -> Iterator[BrowserContext]:
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "profile", *FAKES)
        yield context
        context.close()


@pytest.fixture
def seen(window: BrowserContext, server: Server) -> Watched:
    """The page with the example described."""
    seen = watched(window)
    expect_words(opened(seen, server.address, "image_captioning"), SCENE)
    return seen


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of all kinds, and of none."""
    folder = tmp_path_factory.mktemp("pictures")
    scene = Image.open(SCENE).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    ImageOps.mirror(scene).save(folder / "mirrored.png")
    scene.rotate(90).save(folder / "turned.jpg", exif=exif, quality=95)
    clear = scene.resize((300, 200)).convert("RGBA")
    clear.putalpha(Image.fromarray(np.tile(np.linspace(128, 255, clear.width).astype(np.uint8), (clear.height, 1))))
    clear.save(folder / "clear.png")
    (folder / "cut.jpg").write_bytes((folder / "turned.jpg").read_bytes()[:3000])
    (folder / "text.png").write_text("no picture")
    (folder / "empty.png").write_bytes(b"")
    Image.new("1", (13_000, 10_000)).save(folder / "huge.png")
    return {path.name: path for path in folder.iterdir()}


def expect_words(page: Page, picture: Path) -> None:
    """Those that Python says of a picture, as far as the browser decodes it to the same pixels."""
    expect(page.locator(".answer").get_by_role("button")).to_have_text(list(load(MODEL)(picture).words))
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def give(page: Page, picture: Path) -> None:
    page.get_by_label("Open a picture").set_input_files(picture)


def test_pictures_come_by_file_by_drop_and_from_the_clipboard(seen: Watched, pictures: dict[str, Path]) -> None:
    page = seen.page
    for name in ("mirrored.png", "turned.jpg", "clear.png"):
        give(page, pictures[name])
        expect_words(page, pictures[name])
    page.evaluate(DROP, ["header", "drop", "samples/scene.jpg", "scene.jpg"])
    expect_words(page, SCENE)
    give(page, pictures["mirrored.png"])
    expect_words(page, pictures["mirrored.png"])
    page.evaluate(DROP, ["body", "paste", "samples/scene.jpg", "scene.jpg"])
    expect_words(page, SCENE)
    assert seen.complaints == []


def test_a_model_that_is_dropped_is_left_to_the_shell(seen: Watched) -> None:
    seen.page.evaluate(DROP, ["body", "drop", "samples/scene.jpg", "scene.tflite"])
    expect(seen.page.get_by_role("alert")).to_contain_text("scene.tflite is not a .tflite model")


def test_what_is_no_picture_is_a_sentence_that_goes_with_the_next_one(seen: Watched, pictures: dict[str, Path]) -> None:
    page, alert = seen.page, seen.page.get_by_role("alert")
    refused = {
        "cut.jpg": "cut.jpg is damaged, or no picture of a kind that this browser reads",
        "text.png": "text.png is damaged, or no picture",
        "empty.png": "empty.png is an empty file",
        "huge.png": "huge.png has more pixels than the 120 million",
    }
    for name, said in refused.items():
        give(page, pictures[name])
        expect(alert).to_contain_text(said)
        expect_words(page, SCENE)  # what was there before stays
    give(page, pictures["mirrored.png"])
    expect_words(page, pictures["mirrored.png"])
    expect(alert).to_be_empty()


def test_words_and_maps_follow_each_other(seen: Watched) -> None:
    """By the keyboard, by the pointer and by the small maps; the picture says in words what it shows."""
    page = seen.page
    words, maps = page.locator(".answer").get_by_role("button"), page.locator(".maps button")
    shown = page.locator("canvas[role=img]")
    names = words.all_inner_texts()
    words.first.focus()
    page.keyboard.press("ArrowRight")
    expect(words.nth(1)).to_be_focused()
    expect(words.nth(1)).to_have_attribute("aria-pressed", "true")
    assert f"“{names[1]}”" in (shown.get_attribute("aria-label") or "")
    page.keyboard.press("End")
    expect(words.last).to_be_focused()
    expect(maps.last).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    expect(shown).to_have_attribute("aria-label", "The picture")
    words.nth(2).hover()
    expect(maps.nth(2)).to_have_attribute("aria-pressed", "true")
    maps.nth(3).click()
    expect(words.nth(3)).to_have_attribute("aria-pressed", "true")
    assert len(set(map(bytes, map_pixels(page)))) == len(names)  # every word has a map of its own


def map_pixels(page: Page) -> list[list[int]]:
    script = "all => all.map((one) => [...one.getContext('2d').getImageData(0, 0, one.width, one.height).data])"
    return page.locator(".maps canvas").evaluate_all(script)


def test_a_beam_is_chosen_and_the_picture_described_anew(seen: Watched) -> None:
    page = seen.page
    page.get_by_label("Beam").select_option("1")
    expected = load(MODEL)(SCENE, beam=1)
    expect(page.locator(".answer").get_by_role("button")).to_have_text(list(expected.words))
    assert expected.words != load(MODEL)(SCENE).words


def test_the_camera_is_described_on_and_on_until_nobody_looks(seen: Watched) -> None:
    page, video = seen.page, seen.page.locator("video")
    page.get_by_role("button", name="Camera", exact=True).click()
    page.get_by_role("button", name="Keep describing").click()
    expect(page.locator(".maps li")).not_to_have_count(0)
    before = page.locator("canvas[role=img]").evaluate("(canvas) => canvas.toDataURL()")
    page.wait_for_function("(before) => document.querySelector('canvas[role=img]').toDataURL() !== before", arg=before)
    assert video.evaluate("(video) => video.srcObject.active")
    page.evaluate("""() => {
      Object.defineProperty(document, 'hidden', {get: () => true, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    }""")
    assert video.evaluate("(video) => video.srcObject === null")
    expect(page.get_by_role("button", name="Camera", exact=True)).to_be_visible()
    assert seen.complaints == []
