"""Pictures made to fit a model, in the web app as in Python: every byte."""

import numpy as np
import PIL
import pytest
from node_bridge import Bridge

from heedful.apps import images

pytestmark = pytest.mark.skipif(int(PIL.__version__.split(".")[0]) < 13, reason="Pillow 13 changed the order of passes")

SIZES = [
    (1, 1, 5), (1, 7, 3), (9, 1, 4), (2, 2, 224), (31, 47, 31), (47, 31, 31), (224, 224, 224), (224, 300, 224),
    (300, 224, 224), (640, 480, 224), (113, 1009, 64), (3, 500, 100), (1999, 5, 7),
]  # fmt: skip


def rgba(picture: np.ndarray) -> np.ndarray:
    """What a browser makes of a picture: four channels, whatever it has."""
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, 2)
    opaque = np.full((*picture.shape[:2], 1), 255, np.uint8)
    return picture if picture.shape[2] == 4 else np.concatenate([picture, opaque], 2)


def squared(node: Bridge, picture: np.ndarray, size: int) -> np.ndarray:
    height, width = picture.shape[:2]
    return node.call("resized", rgba(picture), width, height, size).reshape(size, size, 3)


def noise(shape: tuple[int, ...], seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("channels", [None, 3, 4])
@pytest.mark.parametrize(("width", "height", "size"), SIZES)
def test_every_byte_is_pillows(node: Bridge, width: int, height: int, size: int, channels: int | None) -> None:
    picture = noise((height, width) if channels is None else (height, width, channels), 7 * width + height)
    np.testing.assert_array_equal(squared(node, picture, size), images.resized(picture, size))


@pytest.mark.parametrize("seed", range(40))
def test_random_sizes_edges_and_opacities(node: Bridge, seed: int) -> None:
    """Black, white and clear only, where rounding and clipping tell most, in every other picture."""
    random = np.random.default_rng(seed)
    width, height, size = (int(side) for side in random.integers(1, 130, 3))
    picture = noise((height, width, 4), seed)
    if seed % 2:
        picture = np.where(picture < 128, 0, 255).astype(np.uint8)
    np.testing.assert_array_equal(squared(node, picture, size), images.resized(picture, size))


def test_every_colour_at_every_opacity(node: Bridge) -> None:
    """65,536 pixels, none of which a picture of the size itself changes but by putting it on white."""
    colour, opacity = np.meshgrid(np.arange(256, dtype=np.uint8), np.arange(256, dtype=np.uint8))
    picture = np.stack([colour, colour[::-1], colour[:, ::-1], opacity], 2)
    np.testing.assert_array_equal(squared(node, picture, 256), images.resized(picture, 256))


@pytest.mark.long
def test_a_photo_of_a_phone(node: Bridge) -> None:
    picture = noise((1512, 2016, 3), 1)
    np.testing.assert_array_equal(squared(node, picture, 224), images.resized(picture, 224))


@pytest.mark.parametrize(("width", "height", "values"), [(0, 3, 0), (2, 2, 12)])
def test_what_is_no_picture(node: Bridge, width: int, height: int, values: int) -> None:
    with pytest.raises(RuntimeError, match="no picture"):
        node.call("resized", np.zeros(values, np.uint8), width, height, 8)
