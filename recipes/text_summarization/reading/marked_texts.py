"""Texts that carry their summary in the same file, behind a mark: `read(files, root)`.

*.story     CNN and Daily Mail: the article, then `@highlight` before each line of the summary
*.subject   AESLC: the e-mail, then `@subject` before its subject
PART_I.txt  LCSTS: many in a file, `<summary>` and `<short_text>` in each `<doc>`
*.summary   XSum: `[SN]FIRST-SENTENCE[SN]` and `[SN]RESTBODY[SN]`, each on a line before its part

Lists of the texts of each split lie beside them: their names, or the addresses of which the names are a hash.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.rows import Row, Rows
from heedful.recipes.shared.reading.splits import split_in_name, split_of
from heedful.recipes.shared.reading.text_file import read_text

MARK = re.compile(r"^(?:@(highlight|subject|ann\d)|\[(?:SN|XSUM)\]([A-Z-]+)\[(?:SN|XSUM)\]) *$", re.MULTILINE)
MANY = re.compile(r"<summary>(?P<summary>.*?)</summary>\s*<short_text>(?P<document>.*?)</short_text>", re.DOTALL)
ENDINGS, MARKED = (".story", ".subject"), (".summary", ".data", ".txt", ".xml")
DOCUMENTS, SUMMARIES = ("", "restbody"), ("highlight", "subject", "first-sentence", "introduction")
LISTS = (".txt", ".json")


def is_marked(path: Path) -> bool:
    """Whether a file is such a text."""
    if path.suffix.lower() not in MARKED:
        return path.suffix.lower() in ENDINGS
    with open(path, "rb") as stream:
        return stream.read(6).startswith((b"[SN]", b"[XSUM", b"<doc i"))


def read(files: Sequence[Path], beside: Sequence[Path], root: Path) -> tuple[dict[str | None, Rows], list[Path]]:
    """The texts by split (of none, by None), and which of the files beside them are lists of a split."""
    of_name, lists = split_lists(beside, {file.stem for file in files})
    found: dict[str | None, Rows] = {}
    for file in files:
        split = next((s for part in reversed(file.relative_to(root).parts[:-1]) if (s := split_of(part))), None)
        split = split or (of_name.get(file.stem) if of_name else None)
        rows = found.setdefault(split, Rows())
        try:
            texts = parsed(read_text(file))
        except InputError:
            rows.skip("file that cannot be read", file.name)
            continue
        for number, (document, summary) in enumerate(texts, 1):
            where = f"{file.name}: text {number}" if len(texts) > 1 else file.name
            if not document or not summary:
                rows.skip("empty summary" if document else "empty document", where)
            else:
                rows.rows.append(Row({"document": document, "summary": summary}, where))
    if of_name and None in found:
        left = found.pop(None)
        if found:
            next(iter(found.values())).skipped["text in no list of a split"] += [row.where for row in left.rows]
        else:
            found[None] = left
    kinds = {".story": "@highlight", ".subject": "@subject", ".txt": "<summary>", ".xml": "<summary>"}
    mark = kinds.get(files[0].suffix.lower(), "[SN] or [XSUM]")
    for rows in found.values():
        rows.read = f"{len(rows.rows):,} texts in files like {files[0].name}: each with its summary behind {mark}"
    return found, lists


def parsed(text: str) -> list[tuple[str, str]]:
    """The documents and summaries in a text with marks."""
    if many := [(found["document"].strip(), found["summary"].strip()) for found in MANY.finditer(text)]:
        return many
    first, *parts = MARK.split(text)
    marks = zip(*(parts[place::3] for place in range(3)), strict=True)  # either kind of mark, and what is behind it
    sections = [("", first), *((at or sn, part) for at, sn, part in marks)]
    texts = [((name or "").lower(), part.strip()) for name, part in sections]
    document = "\n".join(part for name, part in texts if name in DOCUMENTS and part)
    return [(document, "\n".join(part for name, part in texts if name in SUMMARIES and part))]


def split_lists(files: Sequence[Path], names: set[str]) -> tuple[dict[str, str], list[Path]]:
    """The split of each name that is in a list, and the files that are such lists."""
    found: dict[str, str] = {}
    lists = []
    for file in files:
        if file.suffix.lower() not in LISTS:
            continue
        here = {name: split for split, entry in _entries(file) for name in _names(entry) if name in names}
        if here:
            lists.append(file)
        found |= here
    return found, lists


def _entries(file: Path) -> Iterator[tuple[str, str]]:
    """What a list says: its split, and a name or an address."""
    try:
        text = read_text(file)
        if file.suffix.lower() == ".json":
            lists = json.loads(text)
            splits = {split: names for key, names in lists.items() if (split := split_of(str(key)))}
        else:
            split = split_in_name(file.stem)[1]
            splits = {split: text.split("\n")} if split else {}
    except (InputError, ValueError, AttributeError, RecursionError):
        return
    for split, names in splits.items():
        yield from ((split, str(name).strip()) for name in names)


def _names(entry: str) -> tuple[str, str]:
    return entry, hashlib.sha1(entry.encode(errors="surrogatepass")).hexdigest()
