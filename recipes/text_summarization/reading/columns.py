"""Which column holds the document, which the summary, and which the split: by name, in any order, in any case."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.text_file import shown

DOCUMENT = (
    "document", "text", "body", "article", "source", "dialogue", "content", "story", "passage", "email_body", "input",
)  # fmt: skip
SUMMARY = (
    "summary", "headline", "title", "subject", "highlights", "target", "subject_line", "abstract", "label", "output",
)  # fmt: skip
SPLIT = "split"


class Columns(NamedTuple):
    """Names as they are written in the file."""

    document: str
    summary: str
    split: str | None

    @property
    def note(self) -> str:
        """What was taken for what, where that is a guess."""
        guesses = zip((self.document, self.summary), (DOCUMENT[0], SUMMARY[0]), strict=True)
        return ", ".join(f"{shown(name)} is read as the {meant}" for name, meant in guesses if name.lower() != meant)


def find_columns(names: Sequence[str]) -> Columns | None:
    """The columns of a pair; None where one is missing, or twice there."""
    plain = [name.strip().lower() for name in names]
    if any(plain.count(name) > 1 for name in (*DOCUMENT, *SUMMARY, SPLIT)):
        return None
    found = []
    for known in (DOCUMENT, SUMMARY):
        name = next((name for name in known if name in plain), None)
        if name is None:
            return None
        found.append(names[plain.index(name)])
    return Columns(found[0], found[1], names[plain.index(SPLIT)] if SPLIT in plain else None)


def wrong_columns(path: Path, names: Sequence[str]) -> InputError:
    """The sentence about a file without a document and a summary."""
    return InputError(
        f"{path} has the columns {shown(', '.join(names))}: expected one named {DOCUMENT[0]} and one named "
        f"{SUMMARY[0]}, and where it has splits one named {SPLIT}."
    )
