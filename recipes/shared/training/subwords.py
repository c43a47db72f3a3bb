"""Other cuts of the same words in training: they become known by their parts, and rare words are less strange.

BPE-dropout (Provilkov et al. 2020, arXiv:1910.13267): while a word is put together of its bytes, each merge that could
be next is left out with some probability. Here it is done to each token of the usual cut by itself, and some of its
cuts are drawn beforehand.
"""

from collections.abc import Mapping, Sequence
from itertools import chain, pairwise

import numpy as np

from heedful.apps.tokenizer import SPECIAL, Tokenizer

WAYS = 16  # cuts of each token


def cuts_of(tokenizer: object, dropout: float) -> list[list[list[int]]]:
    """`WAYS` cuts of every token by its id, the same ones always; none for a `dropout` of 0 or a tokenizer not ours."""
    if not dropout or not isinstance(tokenizer, Tokenizer):
        return []
    random = np.random.default_rng(0)
    cuts = [[[number]] * WAYS for number in range(len(SPECIAL))]
    for token in tokenizer.tokens[len(SPECIAL) :]:
        letters = [tokenizer.bytes[byte] for byte in token]
        cuts.append([merged_with_dropout(letters, tokenizer.merges, dropout, random) for _ in range(WAYS)])
    return cuts


def merged_with_dropout(
    ids: Sequence[int], merges: Mapping[tuple[int, int], tuple[int, int]], dropout: float, random: np.random.Generator
) -> list[int]:
    """The tokens of bytes: of all merges that could be next, without those that are left out, the first is made."""
    ids = list(ids)
    while True:
        places = [place for place, pair in enumerate(pairwise(ids)) if pair in merges and random.random() >= dropout]
        if not places:
            return ids
        place = min(places, key=lambda place: merges[ids[place], ids[place + 1]][0])
        ids[place : place + 2] = [merges[ids[place], ids[place + 1]][1]]


def recut(
    texts: Sequence[np.ndarray], cuts: Sequence[Sequence[Sequence[int]]], random: np.random.Generator
) -> list[np.ndarray]:
    """The texts, int32 `(tokens,)`, with each token by a random one of its cuts; as they are where there are none."""
    if not cuts:
        return list(texts)
    ways = [random.integers(WAYS, size=len(ids)).tolist() for ids in texts]
    parts = (map(lambda token, way: cuts[token][way], *both) for both in zip(texts, ways, strict=True))
    return [np.array([*chain.from_iterable(words)], np.int32) for words in parts]
