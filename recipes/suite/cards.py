"""The card of a model: what it is, what it was trained on, and every number about it, each made by a command.

`card.json` lies beside the model and rides inside its `.tflite`. The results table of the README is written from the
cards of the models that ship:

    python -m heedful.recipes.suite.cards README.md saved_models/speech_commands/five-words
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from heedful.apps.errors import InputError
from heedful.apps.files import atomic_path
from heedful.apps.json_text import parsed
from heedful.recipes.shared.reading.summary import source_name

CARD = "card.json"
PACKAGES = ("keras", "tensorflow", "jax", "torch", "ai-edge-litert", "numpy")
BEGIN, END = "<!-- results: written by `python -m heedful.recipes.suite.cards` -->", "<!-- end of results -->"


def read(folder: Path) -> dict[str, Any]:
    """The card in a model folder. Raises `InputError` when there is none or it is damaged."""
    path = folder / CARD
    try:
        card = parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder} holds no {CARD}: give a folder that `heedful train` finished.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read ({error}): train the model again.") from None
    if not isinstance(card, dict) or "recipe" not in card:
        raise InputError(f"{path} is not a model card: give a folder that `heedful train` finished.")
    return card


def write(folder: Path, card: dict[str, Any]) -> None:
    """Writes the card atomically."""
    with atomic_path(folder / CARD) as temporary:
        temporary.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", "utf-8", "backslashreplace")


def file_facts(path: Path) -> dict[str, Any]:
    """Size in bytes and sha256 of a file."""
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide the numbers, as far as installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def machine() -> str:
    """Processor and number of usable cores, for the latency figures."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        name = names[0] if names else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{name}, {cores} core{'' if cores == 1 else 's'}, {platform.system()}"


def table(cards: list[dict[str, Any]]) -> str:
    """Markdown: one row an exported file, with the score of that very file, its baseline, size and latency."""
    lines = [
        "| model | file | data, split (examples), seed | score | baseline | parameters | size | latency, 1 thread "
        "| runtime |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for card in cards:
        for name, facts in card["files"].items():
            if "latency_ms" not in facts:
                continue
            scored = "score" in facts
            source = scored and source_name(facts["data"])
            cells = (
                f"{card['recipe']}/{card['name']}",
                f"`{name}`",
                f"{source}, {facts['split']} ({facts['examples']:,}), {card['seed']}" if scored else "",
                f"{facts['metric']} {score_text(facts, 'score')}" if scored else score_text(facts, "score"),
                score_text(facts, "baseline") if scored else "",
                f"{card['parameters']:,}",
                f"{facts['bytes'] / 1000:,.0f} kB",
                f"{facts['latency_ms']:.2f} ms",
                facts.get("min_runtime", ""),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def score_text(facts: dict[str, Any], key: str) -> str:
    """A score of a file as its field writes it: most are shares of 1, and so percent. A file that was verified where
    its data was out of reach has none.
    """
    if key not in facts:
        return "not scored"
    return f"{100 * facts[key]:.1f} %" if facts.get("share", True) else f"{facts[key]:.3f}"


def fill(text: str, results: str) -> str:
    """`text` with what stands between the markers replaced by `results`. Raises `InputError` without markers."""
    if not 0 <= text.find(BEGIN) < text.find(END):
        raise InputError(f"the markers of the results are not there: put {BEGIN} and {END} around their place.")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{results}\n{END}{after}"


def main(page: str, *folders: str) -> None:
    """Writes the table of the models in `folders` into a page."""
    path = Path(page)
    text = fill(path.read_text(encoding="utf-8"), table([read(Path(folder)) for folder in folders]))
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
