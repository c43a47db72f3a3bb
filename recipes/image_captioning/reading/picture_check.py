"""Which pictures can be read, found out before a training and not in the middle of it."""

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tqdm import tqdm

from heedful.apps import images
from heedful.apps.errors import InputError


def readable(paths: Sequence[Path], size: int) -> dict[Path, str]:
    """The pictures that cannot be decoded, each with the sentence that says why; every one is tried."""
    return _refused(paths, lambda path: images.read(path, size))


def recognised(paths: Sequence[Path], size: int) -> dict[Path, str]:
    """The same by what their first bytes say: quick, but a file that was cut short is not found."""

    def check(path: Path) -> None:
        from PIL import Image

        try:
            with Image.open(path):
                pass
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            images.read(path, size)  # it can, or says why not

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of many pixels: `images` has its own limit
        return _refused(paths, check)


def _refused(paths: Sequence[Path], check: Callable[[Path], object]) -> dict[Path, str]:
    def reason(path: Path) -> str:
        try:
            check(path)
        except InputError as error:
            return str(error)
        return ""

    pool = ThreadPoolExecutor(max_workers=os.cpu_count())
    try:
        reasons = tqdm(
            pool.map(reason, paths), "checking pictures", len(paths), unit="picture", leave=False, disable=None
        )
        return {path: sentence for path, sentence in zip(paths, reasons, strict=True) if sentence}
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl-C must not wait for the rest
