"""The README says what is: its results are those of the shipped cards, its links lead somewhere."""

import re
from pathlib import Path

import pytest

from heedful.apps.graph.inspection import inspect
from heedful.apps.graph.report import report
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import recipes

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "RESULTS.md")),
    ROOT / "recipes" / "suite" / "DISTRIBUTED.md", ROOT / "layers" / "README.md", ROOT / "apps" / "web" / "README.md",
    ROOT / "recipes" / "recommender" / "training" / "SCALE.md",
    *sorted((ROOT / "recipes").glob("*/README.md")),
]  # fmt: skip


def shipped():
    """Folders of the models in the table, in its order."""
    names = dict.fromkeys(re.findall(r"^\| (\w+/[\w-]+) \| `model", README, flags=re.MULTILINE))
    return [ROOT / "saved_models" / name for name in names]


def test_results_are_those_of_the_cards():
    assert shipped(), "no model is in the README"
    assert cards.fill(README, cards.table([cards.read(folder) for folder in shipped()])) == README


def test_cards_describe_the_very_files():
    for folder in shipped():
        for name, facts in cards.read(folder)["files"].items():
            assert cards.file_facts(folder / name).items() <= facts.items()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_tests_that_security_rests_on_are_there():
    named = re.findall(r"`(tests/[\w/.]+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 9 and [name for name in named if not (ROOT / name).exists()] == []


def test_every_recipe_has_its_page():
    assert all((recipe.folder / "README.md").is_file() for recipe in recipes())


def test_the_sample_of_inspect_is_what_it_prints():
    block = re.search(r"```\n\$ heedful inspect (\S+)\n(.*?)```", README, flags=re.DOTALL)
    assert block, "no sample of heedful inspect"
    printed = report(inspect(ROOT / block[1])).replace(f"{ROOT}/", "")
    assert len(block[2].splitlines()) > 20
    assert [line for line in block[2].splitlines() if line not in (*printed.splitlines(), "...")] == []
