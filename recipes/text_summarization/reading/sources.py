"""From the value of `--data` to pairs of documents and summaries: `read_listing(source, ...)`."""

from collections import defaultdict
from collections.abc import Mapping

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.columns import SPLIT
from heedful.recipes.shared.reading.rows import Row, add_skipped
from heedful.recipes.shared.reading.splits import SPLITS, hash_rule, hash_split, split_of, with_validation
from heedful.recipes.shared.reading.text_file import shown
from heedful.recipes.text_summarization.reading import tfds_catalogue
from heedful.recipes.text_summarization.reading.columns import DOCUMENT, SUMMARY
from heedful.recipes.text_summarization.reading.files import read_files
from heedful.recipes.text_summarization.reading.pairs import Listing, Split
from heedful.recipes.text_summarization.sample.reports import reports

HELD_OUT = 0.05  # share of the documents for validation, and as many for test
HASHED = hash_rule("each document", HELD_OUT, HELD_OUT)


def read_listing(
    source: str, data_dir: str | None, download: bool, training: bool, columns: Mapping[str, str] | None = None
) -> Listing:
    """What `source` holds.

    `source` is "sample", "tfds:NAME[:VERSION]" (prepared in `data_dir`, or now with `download`), or files and folders
    of the user's own, one on each line; `columns` are those of their tables as the user wants them. With `training` a
    part of train is held back where there is no validation. Raises `InputError`, one sentence, when it cannot be used.
    """
    if source == "sample":
        return reports()
    if source.startswith(tfds_catalogue.PREFIX):
        return tfds_catalogue.open_catalogue(source, data_dir, download)
    return divided(source, training, columns)


def divided(source: str, training: bool, columns: Mapping[str, str] | None = None) -> Listing:
    """The user's own pairs. A document of training that is also in validation or test is left out of these."""
    found = read_files(source, columns)
    skipped = defaultdict(list)
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    rules: dict[str, None] = {}
    for split, part in found.parts:
        add_skipped(skipped, part.skipped)
        told = any(SPLIT.name in row.values for row in part.rows[:1])
        rules |= {
            part.name if split else f"column {part.columns[SPLIT.name][0]} of {part.name}" if told else HASHED: None
        }
        for row in part.rows:
            written = row.values.pop(SPLIT.name, "")
            place = split or (split_of(written) if told else hash_split(row.values[DOCUMENT.name], HELD_OUT, HELD_OUT))
            if place:
                rows[place].append(row)
            else:
                skipped["unknown split"].append(f"{row.where} {shown(written)}".rstrip())
        part.rows.clear()
    rule = ", ".join(rules)
    if training and not rows["validation"]:
        train = rows["train"]
        keys = [row.values[DOCUMENT.name] for row in train]
        splits, taken = with_validation(["train"] * len(train), keys, "each document", HELD_OUT)
        rows |= {name: [row for row, split in zip(train, splits, strict=True) if split == name] for name in SPLITS[:2]}
        rule += taken
    _drop_known(rows, skipped)
    if not any(rows.values()):
        reason, names = next(iter(skipped.items()), ("that it is empty", [source]))
        raise InputError(f"{source} has no pair that can be used; the first reason is {reason}: {names[0]}.")
    return Listing(
        source=source,
        splits={
            split: Split(*(tuple(row.values[column.name] for row in part) for column in (DOCUMENT, SUMMARY)))
            for split, part in rows.items()
        },
        split_rule=rule,
        skipped=dict(skipped),
        notes=tuple(found.notes),
        warnings=tuple(found.warnings),
        read=tuple(found.read),
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
