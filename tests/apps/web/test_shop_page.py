"""The shop in Chromium: taking, reordering, undoing, searching, and the reasons on both sides, by mouse and by keys."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import recommender_models
from browser import Watched, launch, opened, shown, watched
from playwright.sync_api import Page, expect, sync_playwright

from heedful.apps import recommender
from heedful.apps.web.server import Server

SHOP = Path(__file__).parents[3] / "saved_models" / "recommender" / "shop" / "model.float16.tflite"
EXAMPLE = ["two-person tent", "espresso machine", "sleeping bag", "coffee grinder"]


@pytest.fixture
def seen(chromium: str, tmp_path: Path) -> Iterator[Watched]:
    with sync_playwright() as playwright:
        context = launch(playwright, chromium, tmp_path / "profile")
        yield watched(context)
        context.close()


@pytest.fixture
def page(seen: Watched, server: Server) -> Page:
    """The shop with its example taken."""
    page = opened(seen, server.address, "recommender")
    page.get_by_role("button", name="Example").click()
    expect(taken(page)).to_have_text(EXAMPLE)
    return page


def taken(page: Page):
    return page.locator(".strip .name")


def nexts(page: Page):
    return page.locator(".next .name")


def recommended(titles: list[str]) -> list[str]:
    return [one.title for one in recommender.recommend(recommender.load(SHOP), ",".join(titles))]


def test_what_comes_next_is_said_with_its_reasons(seen: Watched, page: Page) -> None:
    answer = recommender.recommend(recommender.load(SHOP), ",".join(EXAMPLE))
    expect(nexts(page)).to_have_text([one.title for one in answer])
    first = page.locator(".next").first
    for past in answer[0].attended:
        expect(first).to_contain_text(f"{past.title} ({100 * past.weight:.0f} %)")
    expect(first).to_contain_text(f"{100 * answer[0].parts['transitions']:.0f} % others took it next")
    weights = [f"{100 * weight:.0f} %" if weight >= 0.005 else "" for weight in answer[2].attention]
    page.locator(".next").nth(2).hover()
    expect(page.locator(".strip .share")).to_have_text(weights)
    page.locator(".strip .action").nth(3).hover()
    owing = [f"{100 * one.attention[3]:.0f} %" for one in answer]
    expect(page.locator(".next .share")).to_have_text(owing)
    assert seen.complaints == []


def test_a_recommendation_is_taken_by_a_click_and_given_back(page: Page) -> None:
    best = recommended(EXAMPLE)[0]
    page.locator(".next").first.click()
    expect(taken(page)).to_have_text([*EXAMPLE, best])
    expect(nexts(page)).to_have_text(recommended([*EXAMPLE, best]))
    page.get_by_role("button", name=f"Remove {EXAMPLE[0]}").click()
    expect(taken(page)).to_have_text([*EXAMPLE[1:], best])
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    expect(taken(page)).to_have_text(EXAMPLE)
    page.get_by_role("button", name="Clear").click()
    expect(taken(page)).to_have_count(0)
    expect(page.get_by_text("Nothing yet")).to_be_visible()


def test_the_strip_is_put_in_order_by_keys_mouse_and_buttons(seen: Watched, page: Page) -> None:
    page.locator(".strip .action").nth(1).focus()
    page.keyboard.press("Alt+ArrowLeft")
    order = [EXAMPLE[1], EXAMPLE[0], *EXAMPLE[2:]]
    expect(taken(page)).to_have_text(order)
    expect(nexts(page)).to_have_text(recommended(order))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Delete")
    order = [EXAMPLE[1], *EXAMPLE[2:]]
    expect(taken(page)).to_have_text(order)
    page.locator(".strip .action").first.hover()
    page.mouse.down()
    page.locator(".strip .action").nth(2).hover()
    page.mouse.up()
    order = [*order[1:], order[0]]
    expect(taken(page)).to_have_text(order)
    page.get_by_role("button", name="Earlier").click()
    expect(taken(page)).to_have_text([order[0], order[2], order[1]])
    assert seen.complaints == []


def test_the_shelf_is_searched_as_one_types(page: Page) -> None:
    box = page.get_by_role("searchbox")
    box.press_sequentially("sleeping b")
    expect(page.locator(".good .name")).to_have_text(["sleeping bag", "baby sleeping bag"])
    box.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(taken(page)).to_have_text([*EXAMPLE, "baby sleeping bag"])
    box.press("Escape")
    page.get_by_role("button", name="climbing", exact=True).click()
    expect(page.get_by_text("22 items")).to_be_visible()


def test_a_list_is_pasted_dropped_or_ranked(page: Page) -> None:
    page.get_by_text("Paste a list").click()
    box = page.get_by_label("Ids or titles")
    box.fill("Gas Stove\nnever seen\nsleeping-bag")
    page.get_by_role("button", name="Take these").click()
    expect(taken(page)).to_have_text(["gas stove", "never seen", "sleeping bag"])
    expect(page.get_by_text("Unknown to the model: never seen.")).to_be_visible()
    box.fill("climbing rope, gas cartridge")
    page.get_by_role("button", name="Only rank these").click()
    ranked = recommender.rank(recommender.load(SHOP), "gas-stove,never seen,sleeping-bag", box.input_value())
    expect(nexts(page)).to_have_text([one.title for one in ranked])
    box.fill("a tent for nobody")
    page.get_by_role("button", name="Only rank these").click()
    expect(page.get_by_role("alert")).to_contain_text("does not know a tent for nobody: leave them out")


@pytest.mark.long  # a model is converted for it
def test_titles_are_texts_and_never_pages(seen: Watched, server: Server) -> None:
    """A model of one's own with hostile titles, no categories, and times."""
    titles = ["<img src=x onerror=alert(1)>", "word " * 40, "", *recommender_models.TITLES[3:]]
    content = recommender_models.content({"times": True}, titles=titles)
    page = opened(seen, server.address, "recommender")
    own = page.locator("#own")
    shown(page, lambda: own.set_input_files({"name": "mine.tflite", "mimeType": "", "buffer": content}))
    expect(page.locator(".good")).to_have_count(13)
    page.get_by_role("button", name="<img").click()
    expect(taken(page)).to_have_text([titles[0]])
    page.get_by_role("button", name="Title 12").click()
    expect(taken(page)).to_have_count(2)
    expect(nexts(page).first).to_have_text(titles[1])  # the first is wanted on the day of the newest action, and taken
    expect(page.get_by_label("Tell the model when I took things")).to_be_checked()
    assert page.locator(".shop img").count() == 0 and seen.complaints == []
