"""Small pictures and tables of captions, for the tests of captioning data."""

import csv

import numpy as np
import pytest

Image = pytest.importorskip("PIL.Image")

SIDE = 11  # pixels: small pictures, quick tests


def write_picture(path, level=100, side=8, mode="RGB"):
    """A picture of noise at the size of a thumbnail, or of one grey level where it is written without loss."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((side, side, 3), level, np.uint8)
    if path.suffix == ".jpg":
        pixels = np.random.default_rng(level).integers(0, 256, pixels.shape, np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def write_table(folder, *rows):
    """`captions.csv` with the columns image, caption and, where the rows have it, split."""
    path = folder / "captions.csv"
    with open(path, "w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["image", "caption", "split"][: len(rows[0])], *rows])
    return path
