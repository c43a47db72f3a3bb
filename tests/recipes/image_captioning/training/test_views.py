"""Looks at a picture: the same every time, parts of the same size, mirrored only where captions allow it."""

import numpy as np

from heedful.recipes.image_captioning.reading.pictures import Split
from heedful.recipes.image_captioning.training.views import AREA, looks, part, tells_sides

SIZE = 64
ROWS, COLUMNS = np.mgrid[0:SIZE, 0:SIZE] * 255 // (SIZE - 1)
SLOPE = np.stack([ROWS, COLUMNS, np.zeros_like(ROWS)], axis=-1).astype(np.uint8)  # red grows down, green right


def pictures(caption, count=60):
    return Split(tuple(map(str, range(count))), ((caption,),) * count, lambda row: SLOPE)


def mirrored(split):
    return [split.read(row)[:, 0, 1].mean() > split.read(row)[:, -1, 1].mean() for row in range(len(split))]


def test_the_first_look_is_the_picture_and_others_are_parts_that_stay_the_same():
    split = pictures("a dog")
    first, second, third = looks(split, 3)
    assert first is split
    assert all(look.captions == split.captions and len(look) == len(split) for look in (second, third))
    np.testing.assert_array_equal(second.read(5), second.read(5))
    assert (second.read(5) != third.read(5)).any() and (second.read(5) != second.read(6)).any()


def test_half_are_mirrored_unless_a_caption_tells_sides():
    free, bound = looks(pictures("a dog"), 2)[1], looks(pictures("A dog, LEFT of a man"), 2)[1]
    assert 0.25 < np.mean(mirrored(free)) < 0.75
    assert not any(mirrored(bound))


def test_left_is_a_word_of_its_own():
    assert tells_sides(["a dog", "on the right"])
    assert not tells_sides(["leftovers on a bright plate"])


def test_a_part_keeps_the_share_of_the_area_it_says():
    rng = np.random.default_rng(0)
    for _ in range(50):
        seen = part(SLOPE, rng).astype(float)
        assert seen.shape == SLOPE.shape
        height, width = np.ptp(seen[..., 0]) / 255, np.ptp(seen[..., 1]) / 255
        assert AREA[0] - 0.06 <= height * width <= 1
        assert np.diff(seen[..., 0], axis=0).mean() > 0, "upright"


def test_other_looks_are_darker_and_lighter_by_no_more_than_the_share():
    """The mean of a middle grey is the factor itself; the mirror image and the part are those without it."""
    grey = Split(tuple(map(str, range(200))), (("a dog",),) * 200, lambda row: np.full((SIZE, SIZE, 3), 100, np.uint8))
    first, second = looks(grey, 2, brightness=0.4)
    factors = np.array([second.read(row).mean() / 100 for row in range(200)])
    assert first is grey
    assert 0.6 <= factors.min() < 0.65 and 1.35 < factors.max() <= 1.4 and abs(factors.mean() - 1) < 0.05
    plain, lit = looks(pictures("a dog"), 2)[1], looks(pictures("a dog"), 2, brightness=0.4)[1]
    for row in range(5):
        before, after = plain.read(row).astype(float), lit.read(row).astype(float)
        factor = after[before > 0].sum() / before[before > 0].sum()
        assert np.abs(after - np.minimum(255, before * factor)).max() < 12
    assert (looks(pictures("a dog"), 2, brightness=1.0)[1].read(0) <= 255).all()
