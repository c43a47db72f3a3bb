"""Maps over pictures in the web app, as Python draws them, and where their peak is in words."""

import numpy as np
import pytest
from node_bridge import Bridge
from PIL import Image

from heedful.apps.image_captioning import pictures

ACCENT = [int(pictures.ACCENT[at : at + 2], 16) for at in (1, 3, 5)]


def look(rows: int, columns: int, seed: int, sharpness: float = 3.0) -> np.ndarray:
    weights = np.exp(sharpness * np.random.default_rng(seed).normal(size=(rows, columns)))
    return (weights / weights.sum()).astype(np.float32)


@pytest.mark.parametrize(
    ("rows", "columns", "height", "width"), [(7, 7, 101, 53), (3, 5, 40, 61), (1, 1, 4, 9), (5, 2, 5, 2)]
)
def test_between_the_cells_it_is_pillows_cubic(node: Bridge, rows: int, columns: int, height: int, width: int) -> None:
    cells = look(rows, columns, rows)
    expected = np.asarray(Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC))
    found = node.call("enlarged", cells, rows, columns, height, width).reshape(height, width)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("sharpness", [0.0, 0.3, 3.0])
def test_the_heat_is_pythons(node: Bridge, sharpness: float) -> None:
    """A map that says little is not stretched: there the limit is a multiple of the even share."""
    view = np.random.default_rng(3).integers(0, 256, (61, 83, 4), np.uint8)
    cells = look(7, 5, 2, sharpness)
    expected = pictures.heat(view[..., :3], cells)
    share = node.call("shares", cells.ravel(), [7, 5], 61, 83).reshape(61, 83, 1)
    grey = node.call("paleGrey", view, 83, 61).reshape(61, 83, 1)
    found = np.round(grey * (1 - share) + np.array(ACCENT) * share)
    assert np.abs(found - expected).max() <= 1  # rounded in single precision
    assert np.abs(found - expected).mean() < 1e-3


@pytest.mark.parametrize(
    ("row", "column", "place"),
    [
        (0, 0, "upper left"),
        (1, 6, "upper right"),
        (3, 3, "middle centre"),
        (6, 2, "lower centre"),
        (4, 1, "middle left"),
    ],
)
def test_where_a_word_was_seen(node: Bridge, row: int, column: int, place: str) -> None:
    cells = np.full((7, 7), 0.01, np.float32)
    cells[row, column] = 0.52
    assert node.call("placeOf", cells.ravel(), [7, 7]) == place


def test_a_look_all_over_has_no_place(node: Bridge) -> None:
    assert node.call("placeOf", np.full(49, 1 / 49, np.float32), [7, 7]) == "everywhere"
