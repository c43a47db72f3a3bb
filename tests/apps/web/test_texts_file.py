"""Every English text of the pages stands in one file, so that another language is another file.

Pages are the modules that draw. What is wrong with a file is said by those that read it, as `heedful.apps` says it.
"""

import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from node_bridge import MISSING, WEB, available

TEXTS = "source/page/texts.ts"
DRAWS = re.compile(r"\bdocument\.|elements\.js'|\bTEXTS\b|\bview\.js'")
# Two words, or one with a capital letter at its beginning, are a text that somebody reads.
SHOWN = re.compile(r"[A-Za-z'’]{2,} +[A-Za-z'’]{2,}|(?<!\w)[A-Z][a-z]+(?:[ .,:;!?…]|$)")
# What stands before a string that nobody reads: classes, selectors, styles, names of keys and of errors, other modules.
UNREAD = re.compile(
    r"(?:\bclass(?:Name)?['\"]?\s*[:=]|\b(?:querySelector(?:All)?|closest|matches|setProperty|getPropertyValue)(?:<[^>]*>)?\("
    r"|\.font\s*=|\bkey\s*[!=]==?|\bname\s*[!=]==?|\bcase|\bfrom|\bimport|\bnew (?:Event|CustomEvent)\()[^'\"`;{}]*$"
)
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/"  # comments
    r"|(?<=[=(,:!&|?{};\[])\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\n])*\]|[^/\\\n])+/[a-z]*"  # regular expressions
    r"|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`",
    re.DOTALL,
)


def strings(source: str, start: int = 0, inside: bool = False) -> tuple[list[tuple[str, int]], int]:
    """Strings of TypeScript with their places, those of templates without what is filled in; and where it ends."""
    found, at, depth = [], start, 0
    while at < len(source):
        if token := TOKEN.match(source, at):
            text, at = token.group(), token.end()
            if text == "`":
                pieces, place = [], at
                while source[at] != "`":
                    if source.startswith("${", at):
                        more, at = strings(source, at + 2, inside=True)
                        found += more
                        pieces.append("#")
                    else:
                        pieces.append(source[at : at + 1 + (source[at] == "\\")])
                        at += len(pieces[-1])
                at += 1
                found.append(("".join(pieces), place - 1))
            elif text[0] in "'\"":
                found.append((text[1:-1], token.start()))
        else:
            depth += {"{": 1, "}": -1}.get(source[at], 0)
            at += 1
            if inside and depth < 0:
                return found, at
    return found, at


def texts_in(source: str) -> list[str]:
    """The strings of a module that somebody reads, with their lines."""
    return [
        f"{source.count(chr(10), 0, place) + 1}: {text}"
        for text, place in strings(source)[0]
        if SHOWN.search(text) and not UNREAD.search(source[max(0, place - 200) : place]) and text not in KEYS
    ]


KEYS = {"Alt", "Backspace", "Delete", "Enter", "Escape", "Home", "End", "Tab", "Space"}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Those that draw: the page has them, the worker has not, and they know its elements."""
    if not available():
        pytest.skip(MISSING)
    folder = tmp_path_factory.mktemp("bundles")
    page, worker = (_bundled(entry, folder) for entry in ("source/page/main.ts", "source/worker.ts"))
    draws = re.compile(r"^source/page/|_view\.ts$")
    own = {name: (WEB / name).read_text(encoding="utf-8") for name in page - worker}
    return sorted(name for name, source in own.items() if draws.search(name) or DRAWS.search(source))


def _bundled(entry: str, folder: Path) -> set[str]:
    facts = folder / "facts.json"
    command = [
        WEB / "node_modules/.bin/esbuild",
        entry,
        "--bundle",
        f"--metafile={facts}",
        f"--outfile={folder}/out.js",
    ]
    subprocess.run([*map(str, command), "--log-level=error"], cwd=WEB, check=True)
    return {name for name in json.loads(facts.read_text())["inputs"] if name.startswith("source/")}


def test_the_rule_tells_texts_from_names() -> None:
    read = """
    element('button', {class: 'quiet wide', onclick: stop}, 'Stop');  // 'in a comment'
    place.append('not ready yet', `Take ${count === 1 ? 'one more' : name} now`, "it's so");
    root.querySelector('.panel > button.primary')?.matches('a b'); event.key === 'Enter'; x.font = `12px Arial Bold`;
    const pattern = /'two words'/g, half = 1 / 2; import {a} from './two words.js'; label.title = `${a} of ${b}`;
    """
    assert [text.split(": ")[1] for text in texts_in(read)] == [
        "Stop",
        "not ready yet",
        "one more",
        "Take # now",
        "it's so",
    ]


def test_the_page_has_no_texts_but_those_of_the_file(modules: list[str]) -> None:
    assert TEXTS in modules and "source/items/recommender_view.ts" in modules and len(modules) > 10
    found = {name: texts_in((WEB / name).read_text(encoding="utf-8")) for name in modules if name != TEXTS}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_the_html_itself_says_nothing_but_the_name() -> None:
    """Its words are those of the file as well, put there when the page starts."""
    said = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            said.append(data.strip())

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            said.extend(value or "" for name, value in attrs if name in ("aria-label", "title", "placeholder", "alt"))

    Reader().feed((WEB / "source/page/index.html").read_text(encoding="utf-8"))
    assert {text for text in said if text} <= {"heedful"}


def test_every_text_of_the_file_is_used(modules: list[str]) -> None:
    """What no module names is told to nobody."""
    source = (WEB / TEXTS).read_text(encoding="utf-8")
    names = set(re.findall(r"^    (\w+):", source, re.MULTILINE)) - set(
        re.findall(r"^  (\w+): {$", source, re.MULTILINE)
    )
    users = [*modules, "source/page/index.html"]
    others = "\n".join((WEB / name).read_text(encoding="utf-8") for name in users if name != TEXTS)
    recipes = {path.name for path in (WEB.parents[1] / "recipes").iterdir()}
    assert sorted(name for name in names - recipes if not re.search(rf"\b{name}\b", others)) == []
