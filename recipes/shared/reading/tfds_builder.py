"""Entries of the TensorFlow Datasets catalogue, opened the same way by every recipe.

Nothing is downloaded unasked, and data that is not there is an error at once (TFDS itself would retry for minutes).
"""

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from heedful.apps.errors import InputError, WorkFailed

PREFIX = "tfds:"
Known = TypeVar("Known")


def split_source(source: str) -> tuple[str, str]:
    """`tfds:NAME[:VERSION]` -> the name, and the name with its version as TFDS wants it."""
    full = source.removeprefix(PREFIX)
    return full.partition(":")[0], full


def adapter_of(source: str, adapters: Mapping[str, Known], catalogue: str) -> Known:
    """The adapter for the name of a source, whatever its size and version. Raises `InputError` where there is none.

    `catalogue` is what the names are of, in a word or two.
    """
    name = split_source(source)[0].partition("/")[0]
    if name not in adapters:
        raise InputError(f"{source} is not a {catalogue} known here: use {PREFIX}{', '.join(adapters)}.")
    return adapters[name]


def prepared(source: str, data_dir: str | None, download: bool, needs: str = "") -> Any:
    """The prepared builder of `tfds:NAME[:VERSION]`, prepared now if `download` allows it.

    `needs` is a package that preparing takes. Raises `InputError` for what is not in the catalogue, not prepared, not
    installed or to be fetched by hand, and `WorkFailed` when the download fails.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError:
        raise InputError(f'{source} needs TensorFlow Datasets: run `pip install "heedful[recipes]"`.') from None
    try:
        builder = tfds.builder(split_source(source)[1], data_dir=data_dir)
    except (tfds.core.DatasetNotFoundError, AssertionError, ValueError) as error:
        raise InputError(f"{source} is not in the catalogue ({_line(error)}).") from None
    if builder.is_prepared():
        return builder
    if not download:
        raise InputError(
            f"{source} is not in {builder.data_path}: add --download to fetch and prepare it there, "
            "or --data-dir with the folder that holds it."
        )
    if needs and not importlib.util.find_spec(needs):
        raise InputError(f"preparing {source} needs {needs}: pip install {needs}.")
    try:
        builder.download_and_prepare()
    except AssertionError as error:
        if not builder.MANUAL_DOWNLOAD_INSTRUCTIONS:
            raise
        raise InputError(f"{source} has a part that only people can fetch: {_line(error).rstrip('.')}.") from None
    except OSError as error:
        raise WorkFailed(
            f"{source} could not be fetched ({_line(error)}): try again, or prepare it elsewhere."
        ) from error
    return builder


def columns(builder: Any, split: str, keys: Sequence[str], size: int) -> Iterator[dict[str, Sequence[Any]]]:
    """Features of `size` examples of a split at a time, as NumPy by key. Their order is fixed: by random access where
    the file format has it, else through tf.data.
    """
    if builder.info.file_format.value == "array_record":
        source = builder.as_data_source(split=split)
        for start in range(0, len(source), size):
            part = [source[place] for place in range(start, min(start + size, len(source)))]
            yield {key: [example[key] for example in part] for key in keys}
        return
    examples = builder.as_dataset(split=split, shuffle_files=False).map(lambda found: {key: found[key] for key in keys})
    for batch in examples.ragged_batch(size):
        yield {key: values.numpy() for key, values in batch.items()}


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
