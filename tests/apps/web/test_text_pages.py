"""The pages of texts in Chromium: what is written, where it looked, by mouse, keyboard and finger."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import WAIT, Watched, launch, opened, watched
from playwright.sync_api import Page, expect, sync_playwright

from heedful.apps.web.server import Server
from heedful.recipes.text_summarization.sample.reports import report

expect.set_options(timeout=WAIT)
ROOT = Path(__file__).parents[3]
AXE = (ROOT / "apps/web/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
REPORT = (ROOT / "recipes/text_summarization/sample/report.txt").read_text(encoding="utf-8")
HEADLINE = "Radham signs Tara Salano from Hawfield for 43.1 million euros"


@pytest.fixture(scope="module")
def window(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path_factory.mktemp("profile"))
        yield watched(context)
        context.close()


@pytest.fixture
def seen(window: Watched) -> Iterator[Watched]:
    yield window
    assert window.complaints == []


def shades(page: Page) -> dict[str, float]:
    """How strongly each word of the text is coloured."""
    script = "words => words.map(word => [word.textContent, Number(word.style.getPropertyValue('--share'))])"
    return dict(page.locator(".shaded span").evaluate_all(script))


def check_everybody(page: Page) -> None:
    page.evaluate(AXE)
    bad = [item for item in page.evaluate("axe.run()")["violations"] if item["impact"] in ("serious", "critical")]
    assert not bad, json.dumps([(item["id"], [node["html"] for node in item["nodes"]]) for item in bad], indent=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_translation_lights_what_each_word_looked_at(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "translation")
    answer = page.locator(".answer")
    expect(answer).to_have_text("The cat sees the garden.")  # the example is there at once
    expect(page.locator("#latency")).to_contain_text("ms a word")
    cat = answer.get_by_role("button", name="cat")
    cat.hover()
    assert max(shades(page), key=shades(page).__getitem__) == "mirra"
    page.mouse.move(1, 1)
    answer.get_by_role("button", name="The", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(cat).to_be_focused()
    expect(cat).to_have_attribute("aria-pressed", "true")
    assert max(shades(page), key=shades(page).__getitem__) == "mirra"
    expect(page.get_by_text("Where it looked for “cat”")).to_be_visible()
    page.keyboard.press("Escape")
    expect(cat).to_have_attribute("aria-pressed", "false")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="cat"))
    expect(row).to_contain_text("mirra 100 %")
    page.locator(".shaded span", has_text="mirra").hover(force=True)
    assert float(cat.evaluate("word => word.style.getPropertyValue('--share')")) > 0.9
    page.locator(".look-map canvas").hover(position={"x": 120, "y": 60})
    expect(page.locator(".pointed")).to_contain_text("looked at")
    check_everybody(page)


def test_another_text_and_beam_by_keyboard(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "translation")
    expect(page.locator(".answer")).to_have_text("The cat sees the garden.")
    page.get_by_role("textbox").fill("La velo la verdan vida.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".answer")).to_have_text("The dog sees the garden.")
    page.get_by_role("combobox", name="Beam").select_option("1")
    expect(page.locator(".facts")).to_have_text("beam 1")
    expect(page.locator(".answer")).to_have_text("The dog sees the garden.")
    page.get_by_role("textbox").fill("")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("the sentence is empty: give what is to be translated.")
    page.get_by_role("textbox").fill("<img src=x onerror=alert(1)> La mirra")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".shaded")).to_contain_text("<img src=x onerror=alert(1)> La mirra")
    assert page.locator(".shaded img").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_headline_marks_what_it_copied(seen: Watched, server: Server, theme: str) -> None:
    seen.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page = opened(seen, server.address, "text_summarization")
    expect(page.locator(".answer")).to_have_text(HEADLINE)
    assert page.locator(".answer .copied").all_text_contents() == [word for word in HEADLINE.split() if word != "signs"]
    expect(page.get_by_role("note")).to_be_hidden()
    long = " ".join(report("test", number)[0] for number in range(6))
    page.get_by_role("textbox").fill(long)
    page.get_by_role("button", name="Write a headline").click()
    expect(page.get_by_role("note")).to_contain_text("read the beginning only")
    expect(page.locator(".unread")).not_to_be_empty()
    assert page.locator(".shaded").inner_text().strip().startswith(long[:200])
    check_everybody(page)


def test_writing_can_be_stopped_and_goes_on_with_the_next_text(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "text_summarization")
    expect(page.locator(".answer")).to_have_text(HEADLINE)
    page.get_by_role("combobox", name="Beam").select_option("8")
    expect(page.locator(".facts")).to_contain_text("beam 8")
    stop = page.get_by_role("button", name="Stop")
    words = page.evaluate(
        """() => new Promise(done => {
          const answer = document.querySelector('.answer'), stop = [...document.querySelectorAll('button')]
            .find(button => button.textContent === 'Stop');
          new MutationObserver((_, watching) => {
            if (answer.children.length < 1 || stop.hidden) return;
            watching.disconnect();
            stop.click();
            new MutationObserver(() => stop.hidden && done(answer.textContent)).observe(stop, {attributes: true});
          }).observe(answer, {childList: true});
          [...document.querySelectorAll('button')].find(button => button.textContent === 'Write a headline').click();
        })"""
    )
    assert len(words) < len(HEADLINE)
    expect(page.locator(".facts")).to_have_text("Stopped: these words had come.")
    expect(stop).to_be_hidden()
    page.get_by_role("button", name="Example").click()
    expect(page.locator(".facts")).to_contain_text("words copied from the text (underlined)")
    expect(page.locator(".answer")).to_have_text(HEADLINE)


def test_a_text_file_is_dropped(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "text_summarization")
    drop = """([name, bytes]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
      document.body.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true}));
    }"""
    page.evaluate(drop, ["mine.txt", [*"Łódź wins.".encode()]])
    expect(page.get_by_role("textbox")).to_have_value("Łódź wins.")
    page.evaluate(drop, ["mine.txt", [255, 254, 65]])
    expect(page.get_by_role("alert")).to_contain_text("mine.txt is no text in UTF-8: save it as UTF-8.")


def test_an_intent_is_told_while_it_is_written(seen: Watched, server: Server) -> None:
    seen.page.set_viewport_size({"width": 390, "height": 844})
    page = opened(seen, server.address, "text_classification")
    answer = page.locator(".answer")
    expect(answer).to_have_text("card declined")
    shares = shades(page)
    assert max(shares, key=shares.__getitem__) == "declined" and len(shares) == 9
    expect(page.locator(".meter")).to_have_count(3)
    page.get_by_role("textbox").fill("")
    expect(answer).to_be_empty()
    expect(page.locator(".meters")).to_be_hidden()
    page.get_by_role("textbox").press_sequentially("what is the weather like today", delay=5)
    expect(answer).to_have_text("weather")
    page.get_by_role("textbox").fill("the moon paints a camel in the soup of yesterday")
    expect(answer).to_have_text("none of these")
    page.get_by_role("textbox").fill("when is my bill due " * 20)
    expect(page.get_by_role("note")).to_contain_text("read the beginning only")
    expect(page.locator("#latency")).to_contain_text("ms an answer")
    check_everybody(page)
