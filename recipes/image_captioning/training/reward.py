"""CIDEr-D inside a training step: what a caption that was just sampled is worth, worked out on tensors of word ids.

    ngrams, idf = rarity(training)                       # once, NumPy: how rare each n-gram of the training captions is
    value = cider(samples, references, ngrams, idf)      # (batch, samples), 0 to 10, as pycocoevalcap's CiderScorer

A caption is a row of ids with PAD behind it, and its end is a word: without that, training for CIDEr-D learns to stop
at "a man on a", which costs it nothing (Luo 2020, arXiv:2003.09971, appends the end likewise).
`scoring/caption_scores.py`, which measures models, leaves the end out, so the two numbers differ. A word that the
vocabulary lacks is UNKNOWN in the references; a sample never holds it, so it can only miss there.

Whether two n-grams are the same is seen by comparing words; only how rare an n-gram is comes from a table, which is
searched for a 32-bit hash. The table holds what two pictures have or more, for an n-gram of one picture is as rare as
an unseen one: 74,220 of the 345,200 n-grams of Flickr8k. All of these have different hashes, two of the other 270,980
are taken for one of them, and so is 1 in 58,000 (74,220 / 2**32) of those that are in no caption.
"""

from collections.abc import Sequence

import numpy as np
from keras import ops

from heedful.layers.tensor import Tensor
from heedful.recipes.image_captioning.reading.vocabulary import PAD

ORDERS = 4  # n-grams of up to so many words
SIGMA = 6.0  # words; the width of the Gauss curve that a wrong length is punished by
MULTIPLIER = -1640531535  # 2**32 / golden ratio, as an int32 (Knuth); products wrap around
SEED = 0x3C6EF35  # tells the orders apart
HALVINGS = 24  # of the table while it is searched; it has fewer than 2 ** HALVINGS entries
ROUND = 1024  # entries of a table are a multiple of this, so that devices can share them
LAST = np.iinfo(np.int32).max  # the hash of the entries that fill a table up
TINY = 1e-12


def rarity(references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The table that `cider` wants, from the references of all training pictures, int32 `(pictures, captions, T)`.

    Returns hashes int32 `(entries,)` in rising order and how rare they are, `log(pictures / pictures that have it)`,
    float32 `(entries,)`; the last entry stands for all n-grams that are not there.
    """
    pictures = len(references)
    keys = []
    for order in range(1, min(ORDERS, references.shape[-1]) + 1):
        real = references[..., order - 1 :] != PAD
        picture = np.broadcast_to(np.arange(pictures, dtype=np.int64)[:, None, None], real.shape)
        keys.append(np.unique((picture[real] << 32) + (hashes(references, order)[real].astype(np.int64) + 2**31)))
    found, frequency = np.unique(np.concatenate(keys) & (2**32 - 1), return_counts=True)
    common = frequency > 1
    if common.sum() > 2**HALVINGS - ROUND:  # what is left out counts as unseen; the rarest are nearly that
        common &= frequency > np.sort(frequency)[-(2**HALVINGS - ROUND)]
    fill = ROUND - common.sum() % ROUND
    ngrams = np.append(found[common] - 2**31, np.full(fill, LAST)).astype(np.int32)
    idf = np.log(pictures / np.append(frequency[common], np.ones(fill))).astype(np.float32)
    return ngrams, idf


def cider(samples: Tensor, references: Tensor, ngrams: Tensor, idf: Tensor) -> Tensor:
    """CIDEr-D float32 `(batch, samples)` of captions int32 `(batch, samples, T)` against `(batch, references, T)`
    (Vedantam et al., CVPR 2015, with clipping and sigma 6). References that are all padding count for nothing.
    """
    number = samples.shape[1]
    captions = ops.concatenate([samples, references], axis=1)
    words = ops.sum(real(captions, 1), axis=-1)
    # As in coco-caption the length is that of the bigrams, so an empty caption is as long as one of one word.
    length = ops.maximum(words - 1.0, 0.0)
    difference = ops.expand_dims(length[:, :number], 2) - ops.expand_dims(length[:, number:], 1)
    closeness = ops.exp(-ops.square(difference) / (2 * SIGMA**2))

    own, shared = same(captions, captions), same(samples[:, :, None], references[:, None])
    own_words, shared_words = own, shared
    rare = weights(captions, ngrams, idf)
    total = ops.zeros_like(closeness)
    for order, weight in enumerate(rare, start=1):
        if order > 1:
            own, shared = longer(own, own_words, order), longer(shared, shared_words, order)
        squared = ops.square(weight) * real(captions, order)
        times = ops.sum(ops.cast(own, "float32"), axis=-1)  # how often its caption has the n-gram at each place
        norm = ops.sqrt(ops.sum(times * squared, axis=-1))
        found = ops.sum(ops.cast(shared, "float32"), axis=-1)  # how often the reference has it
        mine = ops.expand_dims(times[:, :number], 2)
        # Each different n-gram once: a place counts as one of the `times` places that have the same.
        product = ops.minimum(mine, found) * found * ops.expand_dims(squared[:, :number], 2) / ops.maximum(mine, 1.0)
        norms = ops.expand_dims(norm[:, :number], 2) * ops.expand_dims(norm[:, number:], 1)
        total = total + ops.sum(product, axis=-1) / ops.maximum(norms, TINY)
    there = ops.cast(words[:, number:] > 0, "float32")
    mean = ops.sum(total * closeness * ops.expand_dims(there, 1), axis=-1) / ops.maximum(
        ops.sum(there, axis=-1, keepdims=True), 1.0
    )
    return mean * 10.0 / ORDERS


def real(captions: Tensor, order: int) -> Tensor:
    """1.0 where an n-gram of `order` words begins in `captions (..., T)`, else 0.0: `(..., T - order + 1)`."""
    return ops.cast(ops.not_equal(captions[..., order - 1 :], PAD), "float32")


def same(captions: Tensor, others: Tensor) -> Tensor:
    """Which words of `captions (..., T)` are which of `others (..., T)`: booleans `(..., T, T)`."""
    mine = ops.expand_dims(captions, -1)
    return ops.logical_and(ops.equal(mine, ops.expand_dims(others, -2)), ops.not_equal(mine, PAD))


def longer(shorter: Tensor, words: Tensor, order: int) -> Tensor:
    """Which n-grams of `order` words are the same, from those a word `shorter` and from `same`."""
    return ops.logical_and(shorter[..., :-1, :-1], words[..., order - 1 :, order - 1 :])


def hashes(captions, order: int):
    """The int32 hash of the n-gram of `order` words that begins at each place, `(..., T - order + 1)`; of arrays and of
    tensors.
    """
    places = captions.shape[-1] - order + 1
    value = captions[..., :places] + order * SEED
    for place in range(1, order):
        value = value * MULTIPLIER + captions[..., place : place + places]
    return value


def weights(captions: Tensor, ngrams: Tensor, idf: Tensor) -> Sequence[Tensor]:
    """How rare the n-grams of `captions (batch, captions, T)` are, `(batch, captions, T - n + 1)` for each n."""
    length = captions.shape[-1]
    orders = range(1, min(ORDERS, length) + 1)
    wanted = ops.concatenate([hashes(captions, order) for order in orders], axis=-1)
    # By halves, and not `ops.searchsorted`: XLA makes of that a comparison of everything with everything.
    last = ops.shape(ngrams)[0] - 1
    below = ops.full_like(wanted, -1)
    for power in reversed(range(HALVINGS)):
        next_one = below + 2**power
        smaller = ops.take(ngrams, ops.minimum(next_one, last)) < wanted
        below = ops.where(ops.logical_and(next_one <= last, smaller), next_one, below)
    place = ops.minimum(below + 1, last)
    found = ops.equal(ops.take(ngrams, place), wanted)
    value = ops.where(found, ops.take(idf, place), idf[-1])
    ends = np.cumsum([length - order + 1 for order in orders])[:-1]
    return ops.split(value, [int(end) for end in ends], axis=-1)
