"""The drawn sample: captions are true, boxes are exact, and what is held out never appears in training."""

import time

import numpy as np
import pytest

from heedful.recipes.image_captioning.reading.pictures import Thing
from heedful.recipes.image_captioning.sample.scenes import (
    COLOURS,
    COUNTS,
    OPPOSITE,
    SHAPES,
    UNSEEN,
    draw,
    ground,
    paint,
    scenes,
    unseen,
)
from heedful.recipes.shared.reading.words import words

SIDE = 224


@pytest.fixture(scope="module")
def sample():
    return scenes(SIDE)


def kinds(split):
    return {frozenset((thing.colour, thing.shape) for thing in things) for things in split.things}


def test_so_many_of_each_and_five_captions(sample):
    assert {name: len(split) for name, split in sample.splits.items()} == COUNTS
    assert {len(captions) for split in sample.splits.values() for captions in split.captions} == {5}
    assert len({name for split in sample.splits.values() for name in split.names}) == sum(COUNTS.values())


def test_combinations_are_of_one_split_only(sample):
    train, validation, test = (kinds(sample.splits[name]) for name in ("train", "validation", "test"))
    assert not train & validation and not train & test and not validation & test


def test_training_never_shows_the_unseen_things_and_a_twentieth_of_the_test_does(sample):
    shown = {name: [unseen(things) for things in split.things] for name, split in sample.splits.items()}
    assert sum(shown["train"]) == sum(shown["validation"]) == 0
    assert sum(shown["test"]) == COUNTS["test"] // 20
    assert {shape for _, shape in UNSEEN} == set(SHAPES) and len({colour for colour, _ in UNSEEN}) == len(UNSEEN)
    seen = set().union(*kinds(sample.splits["train"]))
    assert len(seen) == len(COLOURS) * len(SHAPES) - len(UNSEEN) and not seen & set(UNSEEN)
    assert set().union(*kinds(sample.splits["test"])) >= set(UNSEEN)


def test_every_word_of_the_other_splits_is_in_training(sample):
    said = {
        name: {word for captions in split.captions for caption in captions for word in words(caption)}
        for name, split in sample.splits.items()
    }
    assert said["test"] == said["validation"] == said["train"]
    assert said["train"] == {
        *COLOURS,
        *SHAPES,
        *["there", "is", "a", "small", "large", "above", "below", "left", "right", "of"],
    }


def test_the_two_differ_in_colour_and_in_shape(sample):
    for split in sample.splits.values():
        for first, second in split.things:
            assert first.colour != second.colour and first.shape != second.shape


def test_captions_say_what_the_boxes_show(sample):
    """The boxes stand apart along the relation, and nowhere else as far."""
    for split in sample.splits.values():
        for (first, second), captions in zip(split.things, split.captions, strict=True):
            a, b = np.array(first.box), np.array(second.box)
            right, down = ((b + np.roll(b, 2)) - (a + np.roll(a, 2)))[:2] / 2
            if abs(down) > abs(right):
                relation, gap = ("above", b[1] - a[3]) if down > 0 else ("below", a[1] - b[3])
            else:
                relation, gap = ("left of", b[0] - a[2]) if right > 0 else ("right of", a[0] - b[2])
            assert gap >= 8 / SIDE - 1e-9 and min(abs(down), abs(right)) <= 0.51 * max(abs(down), abs(right))
            if relation in ("below", "right of"):  # four of five people begin above or on the left
                first, relation, second = second, OPPOSITE[relation], first
            one, other = (f"{thing.colour} {thing.shape}" for thing in (first, second))
            assert captions == (
                f"a {first.size} {one} {relation} a {second.size} {other}",
                f"a {first.size} {one} {relation} a {other}",
                f"there is a {one} {relation} a {other}",
                f"a {one} {relation} a {other}",
                f"a {other} {OPPOSITE[relation]} a {one}",
            )


def test_sizes_are_told_apart_and_lie_inside(sample):
    for split in sample.splits.values():
        boxes = np.array([thing.box for things in split.things for thing in things])
        large = np.array([thing.size == "large" for things in split.things for thing in things])
        sides = (boxes[:, 2:] - boxes[:, :2]) * SIDE
        np.testing.assert_allclose(sides[:, 0], sides[:, 1])
        assert boxes.min() >= 0 and boxes.max() <= 1
        assert sides.min() >= 55.9 and sides[~large].max() < 69 and sides[large].min() > 87
        assert 0.4 < large.mean() < 0.6


@pytest.mark.parametrize("side", [97, 224])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_box_is_the_bounds_of_the_drawn_pixels(side, shape):
    sample = scenes(side)
    found = [thing for things in sample.splits["test"].things for thing in things if thing.shape == shape][:13]
    assert len(found) == 13
    plain = np.full((side, side, 3), 230, np.uint8)
    for thing in found:
        rows, columns = np.nonzero((paint([thing], plain) != plain).any(-1))
        bounds = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])
        np.testing.assert_allclose(bounds / side, thing.box, atol=1e-12)


@pytest.mark.parametrize("colour", COLOURS)
def test_the_middle_of_a_thing_has_its_colour(colour):
    thing = Thing(colour, "square", "large", (0.25, 0.25, 0.75, 0.75))
    picture = draw([thing], 40, np.random.default_rng(3)).astype(int)
    assert np.abs(picture[10:30, 10:30].mean((0, 1)) - COLOURS[colour]).max() < 3
    assert picture[:9].min() > 150 and picture[31:].min() > 150  # the ground is light


def test_no_two_grounds_are_alike():
    rng = np.random.default_rng(1)
    one, other = ground(31, rng).astype(int), ground(31, rng).astype(int)
    assert one.shape == (31, 31, 3) and np.abs(one - other).max() > 5 and one.min() >= 165


def test_pictures_depend_on_split_and_number_alone(sample):
    split, again = sample.splits["validation"], scenes(SIDE).splits["validation"]
    picture = split.read(7)
    assert picture.shape == (SIDE, SIDE, 3) and picture.dtype == np.uint8
    again.read(3)
    np.testing.assert_array_equal(again.read(7), picture)
    assert (split.read(8) != picture).any() and (sample.splits["test"].read(7) != picture).any()


def test_the_size_changes_the_pictures_but_not_what_is_said(sample):
    small = scenes(96)
    assert small.splits["train"].captions == sample.splits["train"].captions
    assert small.splits["train"].read(0).shape == (96, 96, 3)
    assert small.fingerprint != sample.fingerprint == scenes(SIDE).fingerprint


def test_drawing_is_cheap(sample):
    read = sample.splits["train"].read
    read(0)
    taken = []
    for number in range(20):
        began = time.perf_counter()
        read(number)
        taken.append(time.perf_counter() - began)
    assert min(taken) < 0.01  # about a millisecond
