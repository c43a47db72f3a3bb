"""Documents and summaries in files that say in their names which they are: `find(files, root)`, then `read(pair)`.

train.source train.target                a text on each line, and its summary on the same line of the other file
train.article.txt train.title.txt        the same
articles/sport/1.txt summaries/sport/1.txt   a text in each file
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.parallel_texts import read_beside
from heedful.recipes.shared.reading.rows import Row, Rows
from heedful.recipes.shared.reading.splits import SPLITS, split_of
from heedful.recipes.shared.reading.table_files import ending, is_table
from heedful.recipes.shared.reading.text_file import read_text

DOCUMENTS = (
    "source", "src", "document", "documents", "doc", "docs", "article", "articles", "dialogue", "dialogues", "story",
    "stories", "body", "content", "contents", "input", "inputs", "post", "posts", "passage", "text", "texts",
)  # fmt: skip
SUMMARIES = (
    "summary", "summaries", "target", "tgt", "abstract", "abstracts", "highlights", "headline", "headlines", "title",
    "titles", "subject", "subjects", "tldr", "gist", "reference", "references", "output", "outputs",
)  # fmt: skip
NO_TEXTS = (".bin", ".idx", ".pt", ".npy", ".npz", ".pkl", ".pdf", ".docx", ".doc", ".png", ".jpg", ".py", ".md")
WORD = re.compile(r"[^\W_]+")
A_TEXT_EACH = 5  # so many pairs of files for one split are of a text each
PLACES = {split: place for place, split in enumerate((*SPLITS, None))}
ROLES = ("document", "summary")


class Pair(NamedTuple):
    """A file of documents and one of their summaries."""

    document: Path
    summary: Path
    split: str | None
    whole: bool  # each file is one text


class Name(NamedTuple):
    """What a name says."""

    role: int  # place in the roles of its kind, the best first
    is_summary: bool
    split: str | None
    key: tuple[str, ...]  # the rest of the name, which both files of a pair have in common


def find(files: Iterable[Path], root: Path) -> list[Pair]:
    """The pairs among files below a folder. Raises `InputError` where several fit one split."""
    documents: dict[tuple[str | None, tuple[str, ...]], list[tuple[int, Path]]] = defaultdict(list)
    summaries: dict[tuple[str | None, tuple[str, ...]], list[tuple[int, Path]]] = defaultdict(list)
    for file in files:
        if name := name_of(file, root):
            (summaries if name.is_summary else documents)[name.split, name.key].append((name.role, file))
    of_split: dict[str | None, list[tuple[str, ...]]] = defaultdict(list)
    for split, key in sorted(documents.keys() & summaries.keys(), key=lambda of: (PLACES[of[0]], of[1])):
        of_split[split].append(key)
    found = []
    for split, keys in of_split.items():
        whole = len(keys) >= A_TEXT_EACH
        keys.sort(key=lambda key: (len(key), key))
        if not whole and len(keys) > 1 and len(keys[0]) == len(keys[1]):
            names = " and ".join(min(documents[split, key])[1].name for key in keys[:2])
            raise InputError(f"{root} holds {names}, which do not belong together: give one of the files.")
        for key in keys if whole else keys[:1]:
            found.append(Pair(min(documents[split, key])[1], min(summaries[split, key])[1], split, whole))
    return found


def name_of(file: Path, root: Path) -> Name | None:
    """What the name of a file, or of the folder that it is in, says; None where that is not what it holds."""
    if is_table(file) or ending(file) in NO_TEXTS:
        return None
    *folders, name = (WORD.findall(part.lower()) for part in file.relative_to(root).parts)
    name = [word for word in name if word not in ("txt", "gz", "bz2", "xz")]
    role = next((word for word in reversed(name) if word in DOCUMENTS + SUMMARIES), "")
    if role:
        name.remove(role)
    for words in reversed(folders):
        of_folder = next((word for word in reversed(words) if word in DOCUMENTS + SUMMARIES), "")
        if of_folder:
            role = role or of_folder
            words.clear()
    if not role:
        return None
    words = [word for part in (*folders, name) for word in part]
    split = next((split for word in reversed(words) if (split := split_of(word))), None)
    is_summary = role in SUMMARIES
    key = tuple(word for word in words if split_of(word) is None)
    return Name((SUMMARIES if is_summary else DOCUMENTS).index(role), is_summary, split, key)


def read(pairs: Sequence[Pair]) -> Rows:
    """The texts of pairs that are for one split. Raises `InputError` where lines do not belong to each other."""
    first = pairs[0]
    if not first.whole:
        return read_beside(first.document, first.summary, ROLES)
    more = f" and {len(pairs) - 1:,} more pairs" if len(pairs) > 1 else ""
    found = Rows(read=f"{first.document.name}, {first.summary.name}{more}: a text in each file; {', '.join(ROLES)}")
    for pair in pairs:
        for texts in _whole(pair, found):
            if not all(texts):
                found.skip("empty summary" if texts[0] else "empty document", pair.document.name)
            else:
                found.rows.append(Row(dict(zip(ROLES, texts, strict=True)), pair.document.name))
    return found


def _whole(pair: Pair, found: Rows) -> Iterator[tuple[str, str]]:
    try:
        yield read_text(pair.document).strip(), " ".join(read_text(pair.summary).split())
    except InputError:
        found.skip("file that cannot be read", pair.document.name)


def find_beside(path: Path) -> list[Pair]:
    """The pairs that a file is one of, and those of the other splits beside it."""
    name = name_of(path, path.parent)
    if name is None:
        return []
    beside = (file for file in sorted(path.parent.iterdir()) if file.is_file())
    alike = [file for file in beside if (other := name_of(file, path.parent)) and other.key == name.key]
    pairs = find(alike, path.parent)
    return pairs if any(path in pair for pair in pairs) else []
