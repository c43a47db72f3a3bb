"""Whether attention lies where the word is: the pointing game on pictures whose things and places are known.

A word that names the colour or the shape of a thing hits when the centre of the cell that its map has its peak at lies
in the box of that thing (Zhang et al., ECCV 2016, without their 15 pixels of tolerance). In pictures where a colour and
a shape occur once, the word alone tells which thing is meant.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict

import numpy as np

from heedful.layers import explain
from heedful.recipes.image_captioning.reading.pictures import Thing
from heedful.recipes.image_captioning.scoring.caption_scores import Captions

CLASSES = ("colour", "shape")  # fields of Thing that are words


def pointing(
    captions: Captions, attention: Sequence[np.ndarray], things: Sequence[Sequence[Thing]], grid: tuple[int, int],
    names: Mapping[str, Collection[str]],
) -> dict[str, dict]:  # fmt: skip
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
    kind: str, captions: Captions, attention: Sequence[np.ndarray], things: Sequence[Sequence[Thing]],
    grid: tuple[int, int], names: Collection[str],
) -> dict:  # fmt: skip
    maps, targets, misnamed = [], [], 0
    for caption, looked, present in zip(captions, attention, things, strict=True):
        for place, word in enumerate(caption):
            if word in names:
                named = [thing.box for thing in present if getattr(thing, kind) == word]
                misnamed += not named
                maps.append(looked[place])
                targets.append(explain.cells_in(named, grid).any(axis=0).ravel())
    if not targets:
        return {"words": 0, "misnamed": 0, **dict.fromkeys(("hit_rate", "chance", "best_fixed_cell", "ceiling"))}
    found = explain.pointing_game(np.stack(maps), np.stack(targets))
    return {"words": len(maps), "misnamed": misnamed, **asdict(found)}
