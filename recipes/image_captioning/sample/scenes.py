"""The sample: drawn pictures of two things, whose captions, places and combinations are known exactly.

    a large red circle above a small blue square

The two differ in colour and in shape, so each of these words points at one of them, and whether attention follows the
words can be measured. Training never shows the combinations of the other splits, and never shows four things at all
(`UNSEEN`), so a model that only remembers pictures is found out. Every picture is drawn when it is asked for, from its
split and number alone.
"""

import hashlib
import math
from collections.abc import Sequence
from itertools import combinations, product

import numpy as np

from heedful.recipes.image_captioning.reading.pictures import Listing, Split, Thing


def _star() -> list[tuple[float, float]]:
    """Five points, stretched to fill the unit square."""
    angles = math.pi / 5 * np.arange(10) - math.pi / 2
    corners = np.stack([np.cos(angles), np.sin(angles)], 1) * np.tile([1, 0.45], 5)[:, None]
    corners -= corners.min(0)
    return [(x, y) for x, y in (corners / corners.max(0)).tolist()]


VERSION = 1  # of the drawings: raise it with any change that alters a picture
SEED = 20
COUNTS = {"train": 2400, "validation": 200, "test": 400}
UNSEEN_EVERY = 20  # one in so many test pictures holds a thing that training never shows
NEW_SHARE = {"validation": 0.1, "test": 0.2}  # of the combinations of things that training shows

COLOURS = {
    "red": (205, 30, 35), "yellow": (235, 200, 20), "green": (30, 145, 50),
    "blue": (30, 75, 205), "purple": (130, 40, 160), "black": (30, 30, 30),
}  # fmt: skip
SHAPES = ("circle", "square", "triangle", "star")
OUTLINES = {  # corners in the unit square, each touching all four of its sides
    "square": [(0, 0), (1, 0), (1, 1), (0, 1)],
    "triangle": [(0.5, 0), (1, 1), (0, 1)],
    "star": _star(),
}
SIZES = {"small": (56 / 224, 68 / 224), "large": (88 / 224, 100 / 224)}  # shares of the side, lowest and highest
OPPOSITE = {"above": "below", "below": "above", "left of": "right of", "right of": "left of"}
MARGIN, GAP = 4 / 224, 8 / 224  # from the edge, and between the two
OBLIQUE = 0.5  # the largest distance across, as a share of the one along the relation

Kind = tuple[str, str]  # colour, shape
UNSEEN: tuple[Kind, ...] = (("green", "circle"), ("purple", "square"), ("red", "triangle"), ("blue", "star"))


def scenes(size: int) -> Listing:
    """The whole sample with pictures of `size` pixels a side; a few tenths of a second, as nothing is drawn yet."""
    splits = {split: _split(split, count, size) for split, count in COUNTS.items()}
    key = repr((VERSION, SEED, sorted(COUNTS.items()), size))
    return Listing(
        source="sample",
        splits=splits,
        split_rule="combinations of two things: those of validation and test are not in training, and every "
        f"{UNSEEN_EVERY}th test picture holds a thing that is not in training at all",
        fingerprint=hashlib.sha256(key.encode()).hexdigest(),
    )


def unseen(things: Sequence[Thing]) -> bool:
    """Whether one of the things is in no training picture."""
    return any((thing.colour, thing.shape) in UNSEEN for thing in things)


def pairs(split: str) -> list[tuple[Kind, Kind]]:
    """The combinations of seen things that a split draws from, in no particular order."""
    seen = [kind for kind in product(COLOURS, SHAPES) if kind not in UNSEEN]
    every = [pair for pair in combinations(seen, 2) if _differ(*pair)]
    order = np.random.default_rng(SEED).permutation(len(every))
    ends = np.cumsum([0] + [round(len(every) * NEW_SHARE[part]) for part in NEW_SHARE])
    parts = {part: order[ends[at] : ends[at + 1]] for at, part in enumerate(NEW_SHARE)} | {"train": order[ends[-1] :]}
    return [every[number] for number in parts[split]]


def unseen_pairs() -> list[tuple[Kind, Kind]]:
    """Every combination of an unseen thing with a seen one."""
    found = [pair for pair in product(UNSEEN, product(COLOURS, SHAPES)) if pair[1] not in UNSEEN and _differ(*pair)]
    return [found[number] for number in np.random.default_rng(SEED).permutation(len(found))]


def arrange(pair: tuple[Kind, Kind], rng: np.random.Generator, size: int) -> tuple[Thing, str, Thing]:
    """Two things in a picture of `size` pixels and what the first is to the second, unmistakably.

    Their boxes stand apart along the axis of the relation, and are nearer each other by half on the other axis.
    """
    first, second = pair if rng.random() < 0.5 else pair[::-1]
    relation = list(OPPOSITE)[rng.integers(len(OPPOSITE))]
    names = [list(SIZES)[at] for at in rng.integers(len(SIZES), size=2)]
    sides = np.array([round(size * rng.uniform(*SIZES[name])) for name in names])
    margin, gap = math.ceil(size * MARGIN), math.ceil(size * GAP)

    upper = 0 if relation in ("above", "left of") else 1  # which of the two comes first on the way down or right
    spare = size - 2 * margin - sides.sum()
    apart = rng.integers(gap, spare + 1)
    along = np.empty(2, np.int64)
    along[upper] = margin + rng.integers(spare - apart + 1)
    along[1 - upper] = along[upper] + sides[upper] + apart

    across = rng.integers(margin, size - margin - sides + 1)
    shift = OBLIQUE * (apart + sides.sum() / 2) * rng.uniform(-1, 1)
    across[1] = np.clip(round(across[0] + (sides[0] - sides[1]) / 2 + shift), margin, size - margin - sides[1])

    left, top = (across, along) if relation in ("above", "below") else (along, across)
    boxes = (np.stack([left, top, left + sides, top + sides], 1) / size).tolist()
    things = [Thing(*kind, name, tuple(box)) for kind, name, box in zip((first, second), names, boxes, strict=True)]
    return things[0], relation, things[1]


def captions(first: Thing, relation: str, second: Thing) -> tuple[str, ...]:
    """Five people who describe the same picture, four of them from the upper or left thing on, as most readers do, and
    each with the sizes that they care for.
    """
    if relation in ("below", "right of"):
        first, relation, second = second, OPPOSITE[relation], first
    one, other = (f"{thing.colour} {thing.shape}" for thing in (first, second))
    return (
        f"a {first.size} {one} {relation} a {second.size} {other}",
        f"a {first.size} {one} {relation} a {other}",
        f"there is a {one} {relation} a {other}",
        f"a {one} {relation} a {other}",
        f"a {other} {OPPOSITE[relation]} a {one}",
    )


def draw(things: Sequence[Thing], size: int, rng: np.random.Generator) -> np.ndarray:
    """The picture, uint8 (size, size, 3): things on a light ground of uneven tint, all under a little noise."""
    noise = rng.integers(-9, 10, (size, size, 3), np.int16)
    return np.clip(paint(things, ground(size, rng)) + noise, 0, 255).astype(np.uint8)


def ground(size: int, rng: np.random.Generator) -> np.ndarray:
    """A light ground of uneven tint, uint8 (size, size, 3)."""
    from PIL import Image

    corners = rng.integers(185, 241, 3) + rng.integers(-14, 15, (3, 3, 3))
    return np.asarray(Image.fromarray(corners.astype(np.uint8)).resize((size, size), Image.Resampling.BILINEAR))


def paint(things: Sequence[Thing], picture: np.ndarray) -> np.ndarray:
    """`picture` uint8 (size, size, 3) with the things in their boxes."""
    from PIL import Image, ImageDraw

    canvas = Image.fromarray(picture)
    for thing in things:
        left, top, right, _ = (round(edge * len(picture)) for edge in thing.box)
        side = 2 * (right - left)  # drawn at twice the size and halved, for smooth edges
        mask = Image.new("L", (side, side))
        pen = ImageDraw.Draw(mask)
        if thing.shape == "circle":
            pen.ellipse((0, 0, side - 1, side - 1), fill=255)
        else:
            pen.polygon([(x * (side - 1), y * (side - 1)) for x, y in OUTLINES[thing.shape]], fill=255)
        canvas.paste(COLOURS[thing.colour], (left, top), mask.reduce(2))
    return np.asarray(canvas)


def _split(split: str, count: int, size: int) -> Split:
    seen, new = pairs(split), unseen_pairs()
    arranged = []
    for number in range(count):
        turn, rest = divmod(number, UNSEEN_EVERY)
        pair = seen[number % len(seen)] if split != "test" or rest else new[turn % len(new)]
        arranged.append(arrange(pair, _random(split, number, 0), size))
    things = tuple((first, second) for first, _, second in arranged)
    return Split(
        names=tuple(f"{split}/{number:04d}" for number in range(count)),
        captions=tuple(captions(*scene) for scene in arranged),
        read=lambda number: draw(things[number], size, _random(split, number, 1)),
        things=things,
    )


def _random(split: str, number: int, use: int) -> np.random.Generator:
    return np.random.default_rng([SEED, list(COUNTS).index(split), number, use])


def _differ(one: Kind, other: Kind) -> bool:
    return one[0] != other[0] and one[1] != other[1]
