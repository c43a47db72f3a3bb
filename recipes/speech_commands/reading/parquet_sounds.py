"""Recordings inside of parquet files, as the Hugging Face hub publishes them, unpacked as sounds and one table.

A column of structs has their bytes and names; the other columns go into the table, classes by their names.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.shared.reading.archives import check_room, into_cache
from heedful.recipes.shared.reading.splits import split_in_name, split_of

BATCH = 100  # rows that are held at once
TABLE = "recordings.jsonl"


def column_of_sounds(path: Path) -> str | None:
    """The column that holds sounds; None where a file is no parquet or has none."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return None
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        schema = parquet.read_schema(path)
    except (arrow.ArrowException, OSError, ValueError):
        return None
    structs = [field for field in schema if arrow.types.is_struct(field.type)]
    sounds = [field.name for field in structs if field.type.get_field_index("bytes") >= 0]
    return next(
        (name for name in sounds if name.lower() in ("audio", "sound", "speech")), sounds[0] if sounds else None
    )


def unpacked_sounds(paths: Sequence[Path], root: Path) -> Path | None:
    """A folder with the sounds of parquet files of `root` and the table of them; None where there are none.

    Raises `InputError` where one is damaged, or larger than the disk has room.
    """
    columns = {path: column for path in paths if (column := column_of_sounds(path))}
    if not columns:
        return None

    def fill(working: Path) -> bool:
        check_room(next(iter(columns)), working, sum(path.stat().st_size for path in columns))
        with open(working / TABLE, "w", encoding="utf-8") as table:
            for path, column in columns.items():
                name = path.relative_to(root).with_suffix("")
                split = next((found for part in name.parts[:-1] if (found := split_of(part))), None)
                split = split_in_name(name.name)[1] or split
                for number, (row, sound) in enumerate(_rows(path, column)):
                    suffix = PurePosixPath(str(sound.get("path") or "")).suffix or ".wav"
                    file = Path(name, f"{number:06d}{suffix}")
                    (working / file).parent.mkdir(parents=True, exist_ok=True)
                    (working / file).write_bytes(sound["bytes"])
                    given = {"split": split} if split else {}
                    table.write(json.dumps({**given, **row, "path": file.as_posix()}, default=str) + "\n")
        return True

    return into_cache(list(columns), fill, of="the sounds in " + ", ".join(columns.values()))


def _rows(path: Path, column: str) -> Iterator[tuple[dict[str, Any], Mapping[str, Any]]]:
    """The other columns of each row, and its sound; rows without one are left out."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(path)
        classes = _classes(file.schema_arrow.metadata or {})
        for batch in file.iter_batches(batch_size=BATCH):
            for row in batch.to_pylist():
                sound = row.pop(column)
                for name, names in classes.items():
                    if isinstance(row.get(name), int) and 0 <= row[name] < len(names):
                        row[name] = names[row[name]]
                if sound and sound.get("bytes"):
                    yield {name: value for name, value in row.items() if isinstance(value, str | int | float)}, sound
    except (arrow.ArrowException, OSError, ValueError) as error:
        reason = " ".join(str(error).split())[:80]
        raise InputError(f"{path} is damaged, or no parquet file ({reason}): copy it again.") from None


def _classes(metadata: Mapping[bytes, bytes]) -> dict[str, list[str]]:
    """The names of classes that are numbers in the file."""
    try:
        features = json.loads(metadata.get(b"huggingface", b"{}")).get("info", {}).get("features", {})
        return {name: list(map(str, of["names"])) for name, of in features.items() if "names" in of}
    except (ValueError, RecursionError, AttributeError, TypeError):
        return {}
