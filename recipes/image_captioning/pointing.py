"""Whether attention lies where the word is: the pointing game on pictures whose things and places are known.

A word that names the colour or the shape of a thing hits when the centre of the cell that its map has its peak at lies
in the box of that thing (Zhang et al., ECCV 2016, without their 15 pixels of tolerance). In pictures where a colour and
a shape occur once, the word alone tells which thing is meant.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from heedful.recipes.image_captioning.scores import Captions
from heedful.recipes.image_captioning.split import Thing

CLASSES = ("colour", "shape")  # fields of Thing that are words


def pointing(
    captions: Captions,
    attention: Sequence[np.ndarray],
    things: Sequence[Sequence[Thing]],
    grid: tuple[int, int],
    names: Mapping[str, Collection[str]],
) -> dict[str, dict]:
    """For each of `CLASSES`, over all its words in `captions`:

        words            how many there are; those that are none of `names[class]` are not asked for
        misnamed         how many of them name nothing in their picture; they count as misses, here and below
        hit_rate         share of words that hit
        chance           mean share of cells that would have hit: what a random cell reaches
        best_fixed_cell  what always looking at the same cell reaches, the best one for these words
        ceiling          share of words for which some cell hits: a small thing may lie between the centres

    `attention` are maps float (words, cells) of each caption, `grid` (rows, columns) of cells. Shares are None without
    words. Raises ValueError where a map is not finite.
    """
    return {kind: _of_class(kind, captions, attention, things, grid, names[kind]) for kind in CLASSES}


def _of_class(
    kind: str,
    captions: Captions,
    attention: Sequence[np.ndarray],
    things: Sequence[Sequence[Thing]],
    grid: tuple[int, int],
    names: Collection[str],
) -> dict:
    peaks, targets, misnamed = [], [], 0
    for caption, maps, present in zip(captions, attention, things, strict=True):
        for place, word in enumerate(caption):
            if word in names:
                named = [thing for thing in present if getattr(thing, kind) == word]
                misnamed += not named
                peaks.append(_peak(maps[place]))
                targets.append(np.any([inside(thing, grid) for thing in named], axis=0))
    if not targets:
        return {"words": 0, "misnamed": 0, **dict.fromkeys(("hit_rate", "chance", "best_fixed_cell", "ceiling"))}
    good = np.array([np.broadcast_to(target, grid[0] * grid[1]) for target in targets])
    return {
        "words": len(good),
        "misnamed": misnamed,
        "hit_rate": float(good[np.arange(len(good)), peaks].mean()),
        "chance": float(good.mean()),
        "best_fixed_cell": float(good.mean(axis=0).max()),
        "ceiling": float(good.any(axis=1).mean()),
    }


def _peak(attention: np.ndarray) -> int:
    if not np.isfinite(attention).all():
        raise ValueError("an attention map of the model is not finite: its weights are broken")
    return int(np.argmax(attention))


def inside(thing: Thing, grid: tuple[int, int]) -> np.ndarray:
    """Which cells of `grid`, bool (rows * columns,) row by row, have their centre in the box of `thing`."""
    left, top, right, bottom = thing.box
    rows, columns = ((np.arange(count) + 0.5) / count for count in grid)
    return np.outer((rows >= top) & (rows <= bottom), (columns >= left) & (columns <= right)).ravel()
