"""More than one look at every training picture: parts of it, its mirror image, and in another light.

A few thousand pictures are soon known by heart; parts and mirror images of them are new pictures that the same captions
fit (random resized crops as in Szegedy et al. 2015, arXiv:1409.4842, but larger: a caption speaks of the whole).
They are the same in every epoch, so that the features of a frozen encoder can be kept.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from heedful.apps.images import resized
from heedful.recipes.image_captioning.reading.pictures import Split
from heedful.recipes.shared.reading.words import words

AREA = (0.6, 1.0)  # share of the picture that a part keeps
RATIO = 4 / 3  # between the shares kept of width and height, at most
SIDES = {"left", "right"}  # a picture whose captions have such words is not mirrored


def looks(split: Split, count: int, brightness: float = 0.0) -> tuple[Split, ...]:
    """`split` itself and `count - 1` others of as many pictures: parts of them, half of them mirrored, darker or
    lighter by a share of up to `brightness`.
    """
    return (split, *(another_look(split, number, brightness) for number in range(1, count)))


def another_look(split: Split, number: int, brightness: float = 0.0) -> Split:
    """The pictures of `split` by look number `number`."""

    def read(row: int) -> np.ndarray:
        rng = np.random.default_rng([row, number])
        picture = part(split.read(row), rng)
        mirrored = rng.random() < 0.5 and not tells_sides(split.captions[row])
        picture = np.ascontiguousarray(picture[:, ::-1]) if mirrored else picture
        return lit(picture, 1 + brightness * rng.uniform(-1, 1)) if brightness else picture

    return replace(split, read=read, things=())


def part(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A random part of a picture uint8 `(size, size, 3)`, brought to the same size."""
    size = len(picture)
    area, ratio = rng.uniform(*AREA), np.exp(rng.uniform(-1, 1) * np.log(RATIO))
    sides = np.minimum(1.0, np.sqrt([area * ratio, area / ratio]))
    rows, columns = np.maximum(1, np.round(size * sides)).astype(int)
    top, left = rng.integers(size - rows + 1), rng.integers(size - columns + 1)
    return resized(picture[top : top + rows, left : left + columns], size)


def lit(picture: np.ndarray, factor: float) -> np.ndarray:
    """The picture in so many times the light, cut off at white."""
    return np.clip(np.rint(picture * factor), 0, 255).astype(np.uint8)


def tells_sides(captions: Sequence[str]) -> bool:
    """Whether a caption would be wrong of the mirror image."""
    return any(SIDES & set(words(caption)) for caption in captions)
