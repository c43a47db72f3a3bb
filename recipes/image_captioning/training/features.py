"""What a frozen encoder makes of every picture, worked out once and kept on the disk.

A frozen encoder gives the same features in every epoch, so they are computed in the first run over some data and read
from then on: float16 `(images, cells, channels)` in a `.npy` file of the user's cache folder (`XDG_CACHE_HOME`, by
default `~/.cache`), mapped into memory. The name of the file is a digest of all that decides its content. A run that
was stopped half-way continues where it was.
"""

import hashlib
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np

from heedful.apps.files import FULL, atomic_path, check_writable, make_folder
from heedful.apps.locks import tidied
from heedful.recipes.image_captioning.config import Config
from heedful.recipes.image_captioning.network.encoder import build_encoder
from heedful.recipes.image_captioning.reading.sources import Listing
from heedful.recipes.shared.progress_bar import ProgressBar

BATCH = 32  # pictures that the encoder sees at once
LARGEST = float(np.finfo(np.float16).max)


def folder() -> Path:
    """Where features are kept; it may be removed at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "heedful" / "features"


def features(listing: Listing, config: Config) -> dict[str, np.ndarray]:
    """float16 `(images, cells, channels)` by split, read-only and not loaded; computed now where they are not there."""
    found, encoder = {}, None
    for name, split in listing.splits.items():
        path = folder() / f"{key(listing, name, config)}.npy"
        if len(split) and not path.exists():
            encoder = encoder or build_encoder(config)
            with tidied(path), tidied(path.with_suffix(".count")):
                compute(encoder, split, path, f"features, {name}")
        found[name] = np.load(path, mmap_mode="r") if len(split) else np.zeros((0, 0, 0), np.float16)
    return found


def key(listing: Listing, split: str, config: Config) -> str:
    """The name of the file of a split, the same for the same pictures seen by the same encoder."""
    weights = config.weights
    if Path(weights).is_file():
        weights = hashlib.sha256(Path(weights).read_bytes()).hexdigest()
    content = [listing.fingerprint, split, listing.splits[split].names, config.encoder, weights, config.image_size]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


def compute(encoder: keras.Model, split: Any, path: Path, title: str) -> None:
    """Writes the features of a split to `path`, going on where a run before was stopped.

    Two runs at once write the same numbers to the same places, so neither harms the other. Raises `InputError` where
    nothing can be written, and `OSError` with a sentence when the disk is full.
    """
    make_folder(path.parent)
    check_writable(path)
    partial, counter = path.with_suffix(".partial"), path.with_suffix(".count")
    done = int(counter.read_text()) if partial.exists() and counter.exists() else 0
    if not done:
        counter.unlink(missing_ok=True)
    head = header((len(split), *encoder.output_shape[1:]))
    file = os.open(partial, os.O_RDWR | os.O_CREAT, 0o666)  # never cut to nothing
    try:
        put(file, path, 0, head)
        with ProgressBar(total=len(split), initial=done, desc=title, unit="image", dynamic_ncols=True) as bar:
            for start, grid in encoded(encoder, split, done):
                rows = np.clip(grid, -LARGEST, LARGEST).astype(np.float16)
                put(file, path, len(head) + start * rows[0].nbytes, rows.tobytes())
                with atomic_path(counter) as temporary:
                    temporary.write_text(str(start + len(rows)))
                bar.update(len(rows))
    finally:
        os.close(file)
    if partial.exists() or not path.exists():
        os.replace(partial, path)
    counter.unlink(missing_ok=True)


def header(shape: tuple[int, ...]) -> bytes:
    """What a `.npy` file of float16 of this shape begins with."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f2", "fortran_order": False, "shape": shape})
    return head.getvalue()


def put(file: int, path: Path, place: int, content: bytes) -> None:
    """Writes at a place of the file that is to become `path`, down to the disk; in memory that is mapped, a full disk
    would kill the process without a word.
    """
    try:
        with open(file, "r+b", closefd=False) as stream:
            stream.seek(place)
            stream.write(content)
        os.fsync(file)
    except OSError as error:
        if error.errno in FULL:
            sentence = f"no space left to write {path}: free some, or set XDG_CACHE_HOME to another folder"
            raise OSError(error.errno, sentence) from error
        raise


def encoded(encoder: keras.Model, split: Any, start: int = 0):
    """Yields the number of a first picture and the features float32 of it and those that follow it."""
    with ThreadPoolExecutor(2) as pool:
        ahead = pool.submit(read, split, start)
        while start < len(split):
            images = ahead.result()
            ahead = pool.submit(read, split, start + BATCH)
            padded = np.pad(images, [(0, BATCH - len(images)), (0, 0), (0, 0), (0, 0)])  # one size, compiled once
            yield start, np.asarray(encoder.predict_on_batch(padded))[: len(images)]
            start += BATCH


def read(split: Any, start: int) -> np.ndarray:
    """uint8 `(at most BATCH, size, size, 3)` from picture number `start` on."""
    rows = range(start, min(start + BATCH, len(split)))
    return np.stack([split.read(row) for row in rows]) if rows else np.zeros((0, 1, 1, 3), np.uint8)
