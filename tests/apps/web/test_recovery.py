"""What goes wrong in the worker: the page says so, begins a new one, and the model that was shown answers again."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from browser import Watched, launch, opened, shown, watched
from playwright.sync_api import BrowserContext, Page, Route, expect, sync_playwright

from heedful.apps.model_file import attach, split
from heedful.apps.web.pages import pages
from heedful.apps.web.server import Server

MODELS = Path(__file__).parents[3] / "saved_models"
LUMO = MODELS / "translation/lumo/model.float16.tflite"
SHOP = MODELS / "recommender/shop/model.float16.tflite"
INTENTS = MODELS / "text_classification/intents/model.dynamic.tflite"
TEXT = "<img src=x onerror='window.harm = 1'><script>window.harm = 1</script>\u202e\u2066\x00\x1b[31m"
# Put before the worker: what it does when it is sent this or that.
ENDS = """
addEventListener('message', (event) => {
  const {id, do: what, name, input} = event.data, text = JSON.stringify(input ?? '') ?? '';
  const broken = (what === 'open' && name.startsWith('down')) || text.includes('bring it down');
  if (broken) postMessage({id, failed: 'It brought the runtime down: export the model again.', kind: 'broken'});
  if (text.includes('throw')) setTimeout(() => { throw new Error('thrown in the worker'); });
  if (broken || text.includes('throw')) event.stopImmediatePropagation();
  if (text.includes('without end')) for (;;);
});
"""


@pytest.fixture
def window(chromium: str, tmp_path: Path):
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "profile", service_workers="block")
        yield context
        context.close()


@pytest.fixture
def seen(window: BrowserContext) -> Watched:
    return watched(window)


@pytest.fixture
def frail(window: BrowserContext, server: Server) -> Server:
    """Workers that end when they are asked to."""

    def worker(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=ENDS + answer.text())

    window.route("**/worker.js", worker)
    return server


def give(page: Page, name: str, content: bytes) -> None:
    page.locator("#own").set_input_files({"name": name, "mimeType": "", "buffer": content})


def translated(page: Page) -> None:
    page.get_by_role("textbox").fill("La mirra la verdan vida.")
    page.get_by_role("button", name="Translate", exact=True).click()
    expect(page.locator(".answer")).to_contain_text("The cat sees the garden.")


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox").fill(text)
    page.get_by_role("button", name="Translate", exact=True).click()


def test_a_file_that_ends_the_runtime_leaves_the_model_before(seen: Watched, frail: Server) -> None:
    page = opened(seen, frail.address, "translation")
    for number in range(3):
        give(page, f"down{number}.tflite", LUMO.read_bytes())
        expect(page.get_by_role("alert")).to_contain_text("brought the runtime down")
        page.wait_for_selector("main:not([aria-busy]) .view")
        expect(page.get_by_role("heading", level=1)).to_have_text("Translation")
        translated(page)
    assert seen.complaints == []


@pytest.mark.parametrize("word", ["bring it down", "throw"])
def test_a_question_that_ends_the_worker_is_told_and_a_second_one_closes_the_model(
    seen: Watched, frail: Server, word: str
) -> None:
    page = opened(seen, frail.address, "translation")
    shown_again(page, lambda: ask(page, word))
    expect(page.get_by_role("alert")).not_to_be_empty()
    translated(page)
    ask(page, word)
    expect(page.locator("main .view")).to_have_count(0)
    expect(page.get_by_role("alert")).not_to_be_empty()
    shown(page, page.get_by_role("link", name="Translation", exact=True).click)
    translated(page)


def shown_again(page: Page, act: Callable[[], None]) -> None:
    """Waits for another view than that of now."""
    page.evaluate("document.querySelector('.view').dataset.old = 'yes'")
    act()
    page.wait_for_selector("main:not([aria-busy]) .view:not([data-old])")


def test_a_question_without_end_does_not_keep_another_model_from_opening(seen: Watched, frail: Server) -> None:
    page = opened(seen, frail.address, "translation")
    ask(page, "without end")
    shown(page, page.get_by_role("link", name="Shop", exact=True).click)
    expect(page.get_by_role("heading", level=1)).to_have_text("Shop")
    page.get_by_role("link", name="Translation", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Translation")
    translated(page)
    assert seen.complaints == []


def test_a_file_that_comes_too_late_and_one_that_is_refused_leave_the_model_that_is_shown(
    seen: Watched, server: Server
) -> None:
    """The worker answers by the model that is shown, not by the one that it opened last."""
    page = opened(seen, server.address, "translation")
    wrong = attach(SHOP.read_bytes(), {"items.json": b"{}"})
    page.evaluate(  # in one go: the first is opened by the worker, and overtaken by the second, which is refused
        """([first, second]) => {
          const chooser = document.querySelector('#own');
          for (const [name, content] of [['first.tflite', first], ['second.tflite', second]]) {
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0)), given = new DataTransfer();
            given.items.add(new File([bytes], name));
            chooser.files = given.files;
            chooser.dispatchEvent(new Event('change'));
          }
        }""",
        [encoded(INTENTS.read_bytes()), encoded(wrong)],
    )
    expect(page.get_by_role("alert")).to_contain_text("second.tflite carries a damaged items.json")
    expect(page.get_by_role("heading", level=1)).to_have_text("Translation")
    translated(page)
    assert seen.complaints == []


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.long
def test_thirty_models_in_a_row_leave_the_last(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "translation")
    for name in ["Speech", "Shop", "Pictures", "Intents", "Headlines"] * 6:
        page.get_by_role("link", name=name, exact=True).click()
        page.wait_for_timeout(40)
    shown(page, page.get_by_role("link", name="Translation", exact=True).dblclick)
    expect(page.get_by_role("heading", level=1)).to_have_text("Translation")
    page.wait_for_selector("main:not([aria-busy]) .view")
    translated(page)
    assert seen.complaints == []


def hostile(path: Path, files: dict[str, bytes], **facts: object) -> bytes:
    """A shipped file whose card and attachments hold what harms a page that takes texts for HTML, at great length."""
    card = json.loads(split(path.read_bytes())[1]["card.json"])
    told = dict.fromkeys(("name", "data", "intended_use", "limits", "created"), TEXT * 20)
    card |= {**told, "parameters": TEXT, "constructor": TEXT, "facts": {**card["facts"], **facts}}
    card["file"] = {**card.get("file", {}), "metric": TEXT, "score": TEXT, "quantization": "W" * 10_000_000}
    return attach(path.read_bytes(), {"card.json": json.dumps(card).encode(), TEXT[:40] + ".html": b"x", **files})


def test_texts_of_a_file_are_texts(seen: Watched, server: Server) -> None:
    page = opened(seen, server.address, "translation")
    page.set_viewport_size({"width": 390, "height": 844})
    items = json.loads(split(SHOP.read_bytes())[1]["items.json"])
    titles = [f"{TEXT} {number}" for number in range(len(items["ids"]))]
    titles[5] = "W" * 5_000_000
    files = {
        "shop.tflite": hostile(SHOP, {"items.json": json.dumps({**items, "titles": titles}).encode()}),
        "intents.tflite": hostile(INTENTS, {}, labels=[TEXT * 3] * 150 + ["_"]),
    }
    for name, content in files.items():
        shown_again(page, lambda name=name, content=content: give(page, f"<b>{name}", content))
        page.get_by_text("About this model").click()
        expect(page.locator("#card")).to_contain_text("<img src=x")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than the screen"
        assert (
            page.evaluate(
                "(async () => { const begun = performance.now(); document.body.style.zoom = '1.01'; "
                "document.body.getBoundingClientRect(); return performance.now() - begun; })()"
            )
            < 1000
        )
        page.get_by_text("About this model").click()
    page.get_by_role("textbox").fill("what is my balance")
    expect(page.locator(".answer")).to_contain_text("<img src=x")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("window.harm") is None
    assert page.locator("main img, main script, #card img").count() == 0
    assert seen.complaints == []


def test_what_a_browser_does_not_keep_is_not_missed(window: BrowserContext, seen: Watched, server: Server) -> None:
    """Where cookies are blocked, storage throws at the first look."""
    window.add_init_script(
        "for (const name of ['localStorage', 'caches']) Object.defineProperty(window, name, "
        "{get() { throw new DOMException('The operation is insecure.', 'SecurityError'); }});"
    )
    page = opened(seen, server.address, "translation")
    page.get_by_label("Colours").select_option("dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    translated(page)
    for name in ("Speech", "Shop"):
        shown(page, page.get_by_role("link", name=name, exact=True).click)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("alert")).to_be_empty()
    assert seen.complaints == []


def test_a_page_of_another_version_than_its_worker_says_so(
    window: BrowserContext, seen: Watched, server: Server
) -> None:
    def older(route: Route) -> None:
        answer = route.fetch()
        build = next(word for word in answer.text().split('"') if len(word) == 12 and word.isalnum() and word.islower())
        route.fulfill(response=answer, body=answer.text().replace(f'"{build}"', '"an older one"'))

    window.route("**/worker.js", older)
    seen.page.goto(server.address)
    expect(seen.page.get_by_role("alert")).to_contain_text("of different versions: load the page again")


def test_pages_of_a_new_version_replace_all_that_was_kept(
    chromium: str, built: Path, server: Server, tmp_path: Path
) -> None:
    """Also where the server lets browsers keep files: the shell is fetched past that."""
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "profile")
        seen = watched(context)
        page = opened(seen, server.address, "translation")
        expect(page.get_by_text("Works offline")).to_be_visible()
        page.evaluate("caches.open('of somebody else')")
        site = dict(pages([], built))
        service = (built / "service.js").read_text()
        version = next(word for word in service.split('"') if len(word) == 12 and word.isalnum() and word.islower())
        site["service.js"] = service.replace(version, "a-later-one").encode()
        site["styles.css"] = (built / "styles.css").read_bytes() + b"\n/* later */"
        server.site = site
        page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        page.wait_for_function(
            "caches.keys().then((names) => names.join().includes('a-later-one') && names.length === 2)"
        )
        assert "of somebody else" in page.evaluate("caches.keys()")
        page.wait_for_function(  # once the new one has taken the page over
            "fetch('styles.css').then((answer) => answer.text()).then((text) => text.includes('/* later */'))"
        )
        translated(page)
        shown(page, page.reload)
        translated(page)
        assert seen.complaints == []
        context.close()
