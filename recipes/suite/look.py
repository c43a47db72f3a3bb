"""`heedful data`: what a source holds and how it is understood, before anything is trained."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from heedful.recipes.contract import ContractError, Look
from heedful.recipes.shared.reading.summary import source_name
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.screen import ACTED_UPON, escaped, escaped_all
from heedful.recipes.suite.sources import in_one_line

NEEDED = ("package", "config", "data")  # modules of a recipe; those that import Keras are not among them
EXAMPLES = 3


def look(
    recipe: Recipe, source: str, config: Any, data_dir: str | None = None, download: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Look:  # fmt: skip
    """What the recipe says of a source. Raises `InputError`, and `ContractError` where that is not JSON."""
    with in_one_line(source):
        found = recipe.data.look(source, config, data_dir=data_dir, download=download, columns=columns)
    summary, examples = {**found.summary, "source": source}, list(found.examples[:EXAMPLES])
    try:
        json.dumps([summary, examples])
    except (TypeError, ValueError) as error:
        raise ContractError(f"what the recipe {recipe.name} says of its data is not JSON ({error}).") from None
    return Look(summary, examples)


def described(recipe: Recipe, summary: Mapping[str, Any]) -> str:
    """A summary with its source, as `train` prints it: whatever is in it, a terminal does not act upon it."""
    summary = {**summary, "source": source_name(summary["source"])}
    return recipe.data.describe(escaped_all(summary))


def shown(recipe: Recipe, found: Look, command: str) -> str:
    """A look at data in lines for people, with the command to go on with."""
    parts = (
        _part("read as", found.summary.get("read", ())),
        described(recipe, found.summary),
        _part("examples", [f"{number}. {text}" for number, text in enumerate(found.examples, 1)], indent="   "),
        _part("to train on it", [command]),
    )
    return "\n\n".join(filter(None, parts))


def train_command(
    recipe: Recipe, paths: Sequence[str], preset: str, assignments: Sequence[str], data_dir: str | None,
    columns: Mapping[str, str] | None,
) -> str:  # fmt: skip
    """The command that trains on what was looked at, for a shell."""
    words = ["heedful", "train", recipe.name, "--data", *paths]
    if columns:
        words += ["--columns", *(f"{name}={header}" for name, header in columns.items())]
    if preset != "tiny":
        words += ["--preset", preset]
    if assignments:
        words += ["--set", *assignments]
    if data_dir:
        words += ["--data-dir", data_dir]
    return " ".join(map(quoted, words))


def quoted(word: str) -> str:
    """A word of a command for a shell, which also understands `$'\\n'`."""
    if not ACTED_UPON.search(word):
        return shlex.quote(word)
    text = escaped(re.sub(r"[\\']", r"\\\g<0>", word))
    return "$'" + re.sub(r"\\udc([89a-f][0-9a-f])", r"\\x\1", text) + "'"  # bytes of a name that are no letter


def _part(title: str, items: Sequence[str], indent: str = "") -> str:
    """A title and what stands below it, a little further in; nothing where there is nothing."""
    lines = ["  " + escaped(item, keep="\n").replace("\n", f"\n  {indent}") for item in items]
    return "\n".join([f"{title}:", *lines]) if lines else ""
