"""From the value of `--data` to pairs of documents and summaries: `read_listing(source, ...)`."""

from collections import defaultdict
from pathlib import Path

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column
from heedful.recipes.shared.reading.rows import Row, read_rows
from heedful.recipes.shared.reading.splits import SPLITS, hash_rule, hash_split, split_of, with_validation
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.text_summarization.reading import tfds_catalogue
from heedful.recipes.text_summarization.reading.pairs import Listing, Split
from heedful.recipes.text_summarization.reading.split_files import PAIRS, find
from heedful.recipes.text_summarization.sample.reports import reports

DOCUMENT = Column(
    "document",
    ("text", "body", "article", "source", "dialogue", "content", "story", "passage", "email_body", "input"),
)
SUMMARY = Column(
    "summary",
    ("headline", "title", "subject", "highlights", "target", "subject_line", "abstract", "label", "output"),
)
HELD_OUT = 0.05  # share of the documents for validation, and as many for test
HASHED = hash_rule("each document", HELD_OUT, HELD_OUT)


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
        found = read_rows(file, (DOCUMENT, SUMMARY, SPLIT), PAIRS)
        for reason, names in found.skipped.items():
            skipped[reason] += names
        notes |= {found.note: None} if found.note else {}
        if split is not None:
            rows[split] += found.rows
        elif not any(SPLIT.name in row.values for row in found.rows):
            rule = HASHED
            for row in found.rows:
                rows[hash_split(row.values[DOCUMENT.name], HELD_OUT, HELD_OUT)].append(row)
        else:
            rule = f"column split of {file.name}"
            for row in found.rows:
                written = row.values[SPLIT.name]
                place = split_of(written)
                if place is None:
                    skipped["unknown split"].append(f"{row.where} {shown(written)}".rstrip())
                else:
                    rows[place].append(row)
    if training and not rows["validation"]:
        train, rows["train"] = rows["train"], []
        keys = [row.values[DOCUMENT.name] for row in train]
        splits, taken = with_validation(["train"] * len(train), keys, "each document", HELD_OUT)
        rule += taken
        for row, split in zip(train, splits, strict=True):
            rows[split].append(row)
    _drop_known(rows, skipped)
    _check(source, rows, skipped, training)
    return Listing(
        source=source,
        splits={
            split: Split(*(tuple(row.values[column.name] for row in part) for column in (DOCUMENT, SUMMARY)))
            for split, part in rows.items()
        },
        split_rule=rule,
        skipped=dict(skipped),
        notes=tuple(notes),
    )


def _drop_known(rows: dict[str, list[Row]], skipped: dict[str, list[str]]) -> None:
    """Leave out of validation what is in training, and out of test what is in either."""
    seen: set[str] = set()
    for split in SPLITS:
        known = [row for row in rows[split] if row.values[DOCUMENT.name] in seen]
        if known:
            skipped[f"{split} document that is also in {' or '.join(SPLITS[: SPLITS.index(split)])}"] = [
                row.where for row in known
            ]
            rows[split] = [row for row in rows[split] if row.values[DOCUMENT.name] not in seen]
        seen |= {row.values[DOCUMENT.name] for row in rows[split]}


def _check(source: str, rows: dict[str, list[Row]], skipped: dict[str, list[str]], training: bool) -> None:
    if not any(rows.values()):
        reason, names = next(iter(skipped.items()))
        raise InputError(f"{source} has no pair that can be used; the first reason is {reason}: {names[0]}.")
    for split, purpose in (("train", "to train on"), ("validation", "to choose the best model by")):
        if training and not rows[split]:
            raise InputError(
                f"{source} has no pairs {purpose}: give more, or mark some {split} in a column named split."
            )
