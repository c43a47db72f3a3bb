"""Cuts of words in training against BPE-dropout as its paper writes it."""

from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import pytest

from heedful.apps.tokenizer import SPECIAL, Tokenizer
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.shared.training.subwords import WAYS, cuts_of, merged_with_dropout, recut

TEXTS = ["the weather report said rain", "whether reports are weathered", "rainy reporters said so"] * 5
TOKENIZER = Tokenizer.from_json(train(TEXTS, 330, lowercase=True))


def test_every_cut_says_the_same_and_some_are_other_ones():
    cuts = cuts_of(TOKENIZER, 0.3)
    assert [len(ways) for ways in cuts] == [WAYS] * len(TOKENIZER)
    for token, ways in enumerate(cuts):
        assert token < len(SPECIAL) or {b"".join(TOKENIZER.tokens[part] for part in way) for way in ways} == {
            TOKENIZER.tokens[token]
        }
    assert len({tuple(way) for way in cuts[-1]}) > 2 and cuts == cuts_of(TOKENIZER, 0.3)
    ids = np.array(TOKENIZER.encode(TEXTS[0]), np.int32)
    others = recut([ids] * 20, cuts, np.random.default_rng(4))
    assert {TOKENIZER.decode(other.tolist()) for other in others} == {TEXTS[0]}
    assert len({tuple(other.tolist()) for other in others}) > 10


def test_without_dropout_texts_are_as_they_were():
    texts = [np.array(TOKENIZER.encode(text), np.int32) for text in TEXTS[:3]]
    assert cuts_of(TOKENIZER, 0.0) == [] and cuts_of(object(), 0.5) == []
    for text, other in zip(texts, recut(texts, [], np.random.default_rng(0)), strict=True):
        np.testing.assert_array_equal(text, other)


def likely(ids: tuple[int, ...], dropout: float) -> dict[tuple[int, ...], float]:
    """The probability of every cut that can come of tokens, by the paper: the merges in their order are each left out
    with the same probability, the first that is not is made, and without any the word stays as it is.
    """
    pairs = [(TOKENIZER.merges[pair], place) for place, pair in enumerate(pairwise(ids)) if pair in TOKENIZER.merges]
    found = defaultdict(float, {ids: dropout ** len(pairs)})
    for number, ((_, both), place) in enumerate(sorted(pairs)):
        for cut, share in likely((*ids[:place], both, *ids[place + 2 :]), dropout).items():
            found[cut] += dropout**number * (1 - dropout) * share
    return found


@pytest.mark.parametrize("dropout", [0.1, 0.4])
def test_cuts_are_as_likely_as_in_the_paper(dropout):
    random, draws = np.random.default_rng(0), 4000
    letters = tuple(TOKENIZER.bytes[byte] for byte in b" weather")
    found = Counter(tuple(merged_with_dropout(letters, TOKENIZER.merges, dropout, random)) for _ in range(draws))
    wanted = likely(letters, dropout)
    assert sum(wanted.values()) == pytest.approx(1) and len(wanted) > 9
    for cut, share in wanted.items():
        assert found[cut] == pytest.approx(draws * share, abs=4 * np.sqrt(draws * share) + 4)
