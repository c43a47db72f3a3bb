"""From the value of `--data` to pairs of documents and summaries: `read_listing(source, ...)`."""

from collections import defaultdict
from collections.abc import Mapping

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT, Column
from heedful.recipes.shared.reading.rows import Row, add_skipped, read_rows
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.splits import (
    SPLITS,
    check_trainable,
    hash_rule,
    hash_split,
    split_of,
    with_validation,
)
from heedful.recipes.shared.reading.table_files import find_tables
from heedful.recipes.shared.reading.text_file import Expected, shown
from heedful.recipes.text_summarization.reading import tfds_catalogue
from heedful.recipes.text_summarization.reading.pairs import Listing, Split
from heedful.recipes.text_summarization.sample.reports import reports

OF_DOCUMENTS = ("text", "body", "article", "source", "dialogue", "content", "story", "passage", "email_body", "input")
OF_SUMMARIES = ("headline", "title", "subject", "highlights", "target", "subject_line", "abstract", "label", "output")
DOCUMENT, SUMMARY = Column("document", OF_DOCUMENTS), Column("summary", OF_SUMMARIES)
PAIRS = Expected("a text table", "a table (.csv, .tsv, .jsonl, .json, .parquet, .xlsx) of documents and summaries")
HELD_OUT = 0.05  # share of the documents for validation, and as many for test
HASHED = hash_rule("each document", HELD_OUT, HELD_OUT)


def read_listing(
    source: str, data_dir: str | None, download: bool, training: bool, columns: Mapping[str, str] | None = None
) -> Listing:
    """What `source` holds.

    `source` is "sample", "tfds:NAME[:VERSION]" (prepared in `data_dir`, or now with `download`), a `.jsonl`, `.csv` or
    `.tsv` with its other splits beside it, or a folder of such files. Raises `InputError`, one sentence, when it cannot
    be used; with `training` also when nothing is left to train on or to choose the best model by.
    """
    if source == "sample":
        return reports()
    if source.startswith(tfds_catalogue.PREFIX):
        return tfds_catalogue.open_catalogue(source, data_dir, download)
    return read_files(source, training, columns)


def read_files(source: str, training: bool, columns: Mapping[str, str] | None = None) -> Listing:
    """The user's own pairs. A document of training that is also in validation or test is left out of these."""
    tables = find_tables(paths_of(source, PAIRS.form), PAIRS)
    skipped: defaultdict[str, list[str]] = defaultdict(list)
    notes: dict[str, None] = {tables.note: None} if tables.note else {}
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    rule = ", ".join(file.name for files in tables.files.values() for file in files)
    for split, file in [(split, file) for split, files in tables.files.items() for file in files]:
        found = read_rows(file, (DOCUMENT, SUMMARY, SPLIT), PAIRS, chosen=columns)
        add_skipped(skipped, found.skipped)
        notes |= dict.fromkeys(found.notes)
        told = any(SPLIT.name in row.values for row in found.rows)
        if split is None:
            rule = f"column split of {file.name}" if told else HASHED
        for row in found.rows:
            written = row.values.get(SPLIT.name, "")
            place = split or (split_of(written) if told else hash_split(row.values[DOCUMENT.name], HELD_OUT, HELD_OUT))
            if place:
                rows[place].append(row)
            else:
                skipped["unknown split"].append(f"{row.where} {shown(written)}".rstrip())
    if training and not rows["validation"]:
        train = rows["train"]
        keys = [row.values[DOCUMENT.name] for row in train]
        splits, taken = with_validation(["train"] * len(train), keys, "each document", HELD_OUT)
        rows |= {name: [row for row, split in zip(train, splits, strict=True) if split == name] for name in SPLITS[:2]}
        rule += taken
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
    if training:
        check_trainable([split for split in SPLITS if rows[split]], "pairs", source)
