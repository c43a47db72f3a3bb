"""Which pictures can be read, found out before a training and not in the middle of it."""

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from heedful.apps import images
from heedful.apps.errors import InputError
from heedful.apps.quiet import quiet_libraries

Sizes = dict[str, tuple[int, int]]  # width and height of each picture that can be read


def readable(paths: Sequence[str], size: int) -> tuple[Sizes, dict[str, str]]:
    """The sizes of pictures, and of those that cannot be decoded the sentence that says why; every one is tried."""
    return _checked(paths, lambda path: images.read_with_size(path, size)[1])


def recognised(paths: Sequence[str], size: int) -> tuple[Sizes, dict[str, str]]:
    """The same by what their first bytes say: quick, but a file that was cut short is not found."""

    def check(path: str) -> tuple[int, int]:
        from PIL import Image

        try:
            with Image.open(path) as image:
                return image.size
        except Exception:  # every decoder has its own ways to fail
            return images.read_with_size(path, size)[1]  # it can, or says why not

    return _checked(paths, check)


def _checked(paths: Sequence[str], check: Callable[[str], tuple[int, int]]) -> tuple[Sizes, dict[str, str]]:
    def checked(path: str) -> tuple[int, int] | str:
        try:
            return check(path)
        except InputError as error:
            return str(error)

    pool = ThreadPoolExecutor(max_workers=os.cpu_count())
    try:
        with quiet_libraries(), warnings.catch_warnings():  # libtiff tells of every odd tag, Pillow of many pixels
            warnings.simplefilter("ignore")
            results = tqdm(
                pool.map(checked, paths), "checking pictures", len(paths), unit="picture", leave=False, disable=None
            )
            found = dict(zip(paths, results, strict=True))
    finally:
        pool.shutdown(cancel_futures=True)  # Ctrl-C must not wait for the rest
    sizes = {path: result for path, result in found.items() if not isinstance(result, str)}
    return sizes, {path: result for path, result in found.items() if isinstance(result, str)}
