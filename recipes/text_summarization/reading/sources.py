"""From the value of `--data` to pairs of documents and summaries: `read_listing(source, ...)`."""

import hashlib
from collections import defaultdict
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.text_summarization.reading import tfds_catalogue
from heedful.recipes.text_summarization.reading.pairs import SPLITS, Listing, Split
from heedful.recipes.text_summarization.reading.rows import Row, read_rows
from heedful.recipes.text_summarization.reading.split_files import SPLIT_NAMES, find
from heedful.recipes.text_summarization.sample.reports import reports

HELD_OUT = 0.05  # share of the documents for validation, and as many for test
HASHED = "a hash of each document: 90 % train, 5 % validation, 5 % test"
TAKEN = "; validation is a twentieth of train, by a hash of each document"


def read_listing(source: str, data_dir: str | None, download: bool, training: bool) -> Listing:
    """What `source` holds.

    `source` is "sample", "tfds:NAME[:VERSION]" (prepared in `data_dir`, or now with `download`), a `.jsonl`, `.csv` or
    `.tsv` with its other splits beside it, or a folder of such files. Raises `InputError`, one sentence, when it cannot
    be used; with `training` also when nothing is left to train on or to choose the best model by.
    """
    if source == "sample":
        return reports()
    if source.startswith(tfds_catalogue.PREFIX):
        return tfds_catalogue.open_catalogue(source, data_dir, download)
    return read_files(source, training)


def read_files(source: str, training: bool) -> Listing:
    """The user's own pairs. A document of training that is also in validation or test is left out of these."""
    files = find(Path(source).expanduser())
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    notes: dict[str, None] = {}
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    rule = ", ".join(file.name for file in files.values())
    for split, file in files.items():
        found = read_rows(file)
        for reason, names in found.skipped.items():
            skipped[reason] += names
        notes |= {found.note: None} if found.note else {}
        if split is not None:
            rows[split] += found.rows
        elif all(row.split is None for row in found.rows):
            rule = HASHED
            for row in found.rows:
                rows[hash_split(row.document)].append(row)
        else:
            rule = f"column split of {file.name}"
            for row in found.rows:
                place = SPLIT_NAMES.get((row.split or "").strip().lower())
                if place is None:
                    skipped["unknown split"].append(f"{row.where} {shown(row.split or '')}".rstrip())
                else:
                    rows[place].append(row)
    if training and rule != HASHED and rows["train"] and not rows["validation"]:
        rule += TAKEN
        held_out = {row.document for row in rows["train"] if hash_split(row.document) == "validation"}
        rows["validation"] = [row for row in rows["train"] if row.document in held_out]
        rows["train"] = [row for row in rows["train"] if row.document not in held_out]
    _drop_known(rows, skipped)
    _check(source, rows, skipped, training)
    return Listing(
        source=source,
        splits={
            split: Split(tuple(row.document for row in part), tuple(row.summary for row in part))
            for split, part in rows.items()
        },
        split_rule=rule,
        skipped=dict(skipped),
        notes=tuple(notes),
    )


def hash_split(document: str) -> str:
    """A split for a document that depends on its text alone, so that new documents never move an old one."""
    share = int.from_bytes(hashlib.sha1(document.encode()).digest()[:4]) / 2**32
    return "validation" if share < HELD_OUT else "test" if share < 2 * HELD_OUT else "train"


def _drop_known(rows: dict[str, list[Row]], skipped: dict[str, list[str]]) -> None:
    """Leave out of validation what is in training, and out of test what is in either."""
    seen: set[str] = set()
    for split in SPLITS:
        known = [row for row in rows[split] if row.document in seen]
        if known:
            skipped[f"{split} document that is also in {' or '.join(SPLITS[: SPLITS.index(split)])}"] = [
                row.where for row in known
            ]
            rows[split] = [row for row in rows[split] if row.document not in seen]
        seen |= {row.document for row in rows[split]}


def _check(source: str, rows: dict[str, list[Row]], skipped: dict[str, list[str]], training: bool) -> None:
    if not any(rows.values()):
        reason, names = next(iter(skipped.items()))
        raise InputError(f"{source} has no pair that can be used; the first reason is {reason}: {names[0]}.")
    for split, purpose in (("train", "to train on"), ("validation", "to choose the best model by")):
        if training and not rows[split]:
            raise InputError(
                f"{source} has no pairs {purpose}: give more, or mark some {split} in a column named split."
            )
