"""The sample, and the user's own tables of `numbers` and `label`."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.contract import Knowledge
from heedful.recipes.least.config import Config
from heedful.recipes.shared.reading.rows import Column, add_skipped, read_rows
from heedful.recipes.shared.reading.sources import paths_of
from heedful.recipes.shared.reading.splits import SPLITS, hash_split, pick
from heedful.recipes.shared.reading.summary import counted
from heedful.recipes.shared.reading.table import TABLE

LENGTH = 7


@dataclass(frozen=True, eq=False)
class Rows:
    numbers: np.ndarray  # float32 (rows, LENGTH)
    targets: np.ndarray  # int32 (rows,)

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class LeastData:
    config: Config
    labels: list[str]
    splits: dict[str, Rows]
    remarks: Mapping[str, Any]  # what was understood, and what was left out

    @property
    def facts(self) -> dict[str, Any]:
        return {"labels": self.labels}

    @cached_property
    def summary(self) -> dict[str, Any]:
        rows = {name: len(part) for name, part in self.splits.items()}
        return {"rows": rows, "labels": self.labels, **self.remarks}

    @property
    def steps_per_epoch(self) -> int:
        return max(1, len(self.splits["train"]) // self.config.batch_size)

    def split(self, name: str) -> Rows:
        parts = pick(self.splits, name, "rows", "the table")
        return Rows(*(np.concatenate([getattr(part, field) for part in parts]) for field in ("numbers", "targets")))

    def batch(self, seed: int, step: int) -> tuple[np.ndarray, np.ndarray]:
        rows = np.random.default_rng([seed, step]).integers(len(self.splits["train"]), size=self.config.batch_size)
        return self.splits["train"].numbers[rows], self.splits["train"].targets[rows]


def load(
    source: str,
    config: Config,
    *,
    data_dir: str | None = None,
    download: bool = False,
    evaluating: Knowledge | None = None,
    continuing: Knowledge | None = None,
    columns: Mapping[str, str] | None = None,
) -> LeastData:
    pairs, remarks = (sample(), {}) if source == "sample" else read(source, columns)
    labels = evaluating.facts["labels"] if evaluating else sorted({label for _, label in pairs})
    parts: dict[str, list[tuple[np.ndarray, int]]] = {name: [] for name in SPLITS}
    for numbers, label in pairs:
        if label in labels:
            parts[hash_split(numbers.tobytes())].append((numbers, labels.index(label)))
    splits = {
        name: Rows(
            np.array([numbers for numbers, _ in part], np.float32).reshape(-1, LENGTH),
            np.array([target for _, target in part], np.int32),
        )
        for name, part in parts.items()
    }
    return LeastData(config, list(labels), splits, remarks)


def sample() -> list[tuple[np.ndarray, str]]:
    random = np.random.default_rng(0)
    numbers = random.normal(0, 0.3, (2000, LENGTH)).astype(np.float32)
    signs = random.choice([-3, 3], 2000)
    numbers[np.arange(2000), random.integers(LENGTH, size=2000)] += signs
    return [(row, "high" if sign > 0 else "low") for row, sign in zip(numbers, signs, strict=True)]


def read(source: str, columns: Mapping[str, str] | None) -> tuple[list[tuple[np.ndarray, str]], dict[str, Any]]:
    """What the tables of a source hold, and what there is to say of them."""
    pairs, lines, notes, skipped = [], [], [], defaultdict(list)
    for path in paths_of(source, TABLE.form):
        found = read_rows(path, (Column("numbers"), Column("label")), chosen=columns)
        for row in found.rows:
            numbers = np.fromstring(row.values["numbers"], np.float32, sep=" ")
            if len(numbers) != LENGTH:
                raise InputError(f"{path.parent / row.where} has no {LENGTH} numbers: give so many, between spaces.")
            pairs.append((numbers, row.values["label"]))
        lines.append(found.read)
        notes += found.notes
        add_skipped(skipped, found.skipped)
    return pairs, {"read": lines, "notes": notes, "skipped": counted(skipped)}
