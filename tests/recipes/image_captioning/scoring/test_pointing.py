"""The pointing game on a grid of 5 x 7 cells, counted by hand."""

import numpy as np
import pytest

from heedful.recipes.image_captioning.reading.pictures import Thing
from heedful.recipes.image_captioning.scoring.pointing import pointing

GRID = (5, 7)
NAMES = {"colour": ("red", "blue", "green"), "shape": ("star", "circle", "square")}
# The box of the star holds the centres of rows 0-1, columns 0-2; that of the circle of row 4, columns 5-6.
STAR = Thing("red", "star", "large", (0.0, 0.0, 0.4, 0.35))
CIRCLE = Thing("blue", "circle", "small", (0.75, 0.85, 1.0, 1.0))


def look(*cells: tuple[int, int]) -> np.ndarray:
    """Maps (words, cells) with their peak at these rows and columns, and half of their weight elsewhere."""
    maps = np.full((len(cells), 35), 0.5 / 35, np.float32)
    for word, (row, column) in enumerate(cells):
        maps[word, row * 7 + column] += 0.5
    return maps


def test_hits_and_what_chance_would_hit():
    words = ["a", "red", "star", "left", "of", "a", "blue", "circle"]
    maps = look((3, 3), (1, 2), (4, 6), (0, 0), (0, 0), (0, 0), (4, 5), (3, 5))
    found = pointing([words], [maps], [(STAR, CIRCLE)], GRID, NAMES)
    # red hits, blue hits; the star is looked for in the circle, the circle one row too high
    assert found["colour"] == {
        "words": 2, "misnamed": 0, "hit_rate": 1.0, "chance": pytest.approx((6 + 2) / 35 / 2), "best_fixed_cell": 0.5,
        "ceiling": 1.0,
    }  # fmt: skip
    assert found["shape"]["hit_rate"] == 0.0
    assert found["shape"]["words"] == 2


def test_a_word_for_nothing_in_the_picture_is_a_miss():
    maps = look((0, 0), (0, 0), (0, 0))
    found = pointing([["green", "red", "red"]], [maps], [(STAR, CIRCLE)], GRID, NAMES)["colour"]
    assert (found["words"], found["misnamed"]) == (3, 1)
    assert found["hit_rate"] == found["best_fixed_cell"] == found["ceiling"] == pytest.approx(2 / 3)
    assert found["chance"] == pytest.approx(2 / 3 * 6 / 35)


def test_looking_always_at_one_place_is_no_better_than_the_best_fixed_cell():
    """Over many pictures with the thing anywhere: the control that tells looking from a habit."""
    rng = np.random.default_rng(0)
    things, captions = [], []
    for _ in range(211):
        left, top = rng.uniform(0, 0.6, 2)
        things.append((Thing("red", "star", "large", (left, top, left + 0.4, top + 0.4)),))
        captions.append(["red", "star"])
    habit = [look((2, 3), (2, 3)) for _ in captions]
    fixed = pointing(captions, habit, things, GRID, NAMES)["shape"]
    assert 0 < fixed["chance"] < fixed["hit_rate"] <= fixed["best_fixed_cell"] < 0.9
    # the centre of the box, on the grid
    cells = [(int((t.box[1] + 0.2) * 5), int((t.box[0] + 0.2) * 7)) for (t,) in things]
    seeing = pointing(captions, [look(cell, cell) for cell in cells], things, GRID, NAMES)["shape"]
    assert seeing["hit_rate"] == seeing["ceiling"] == 1.0
    assert seeing["chance"] == fixed["chance"]


def test_without_words_there_are_no_shares():
    found = pointing([["two", "men"], []], [look((0, 0), (0, 0)), look()], [(STAR,), ()], GRID, NAMES)
    for kind in ("colour", "shape"):
        assert found[kind]["words"] == found[kind]["misnamed"] == 0
        assert found[kind]["hit_rate"] is found[kind]["chance"] is found[kind]["best_fixed_cell"] is None
    nowhere = pointing([["red"]], [look((0, 0))], [()], GRID, NAMES)["colour"]
    assert (nowhere["words"], nowhere["misnamed"], nowhere["hit_rate"], nowhere["chance"]) == (1, 1, 0.0, 0.0)


def test_broken_maps():
    maps = look((0, 0))
    maps[0, 3] = np.nan
    with pytest.raises(ValueError, match="weights are broken"):
        pointing([["red"]], [maps], [(STAR,)], GRID, NAMES)
