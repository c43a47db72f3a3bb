"""Entries of the TensorFlow Datasets catalogue, opened the same way by every recipe.

Nothing is downloaded unasked, and data that is not there is an error at once (TFDS itself would retry for minutes).
"""

import importlib.util
from typing import Any

from heedful.apps.errors import InputError
from heedful.recipes.shared.errors import WorkFailed

PREFIX = "tfds:"


def split_source(source: str) -> tuple[str, str]:
    """`tfds:NAME[:VERSION]` -> the name, and the name with its version as TFDS wants it."""
    full = source.removeprefix(PREFIX)
    return full.partition(":")[0], full


def prepared(source: str, data_dir: str | None, download: bool, needs: str = "") -> Any:
    """The prepared builder of `tfds:NAME[:VERSION]`, prepared now if `download` allows it.

    `needs` is a package that preparing takes. Raises `InputError` for what is not in the catalogue, not prepared, not
    installed or to be fetched by hand, and `WorkFailed` when the download fails.
    """
    try:
        import tensorflow_datasets as tfds
    except ImportError:
        raise InputError(f"{source} needs TensorFlow Datasets: pip install tensorflow-datasets.") from None
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


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
