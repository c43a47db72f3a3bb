"""Whether the map of a translator shows which word is translated: it is compared with the dictionary that IBM model 1
(Brown et al. 1993, aclanthology.org/J93-2003) counts out of the training pairs, without any network.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from heedful.apps.look_picture import together
from heedful.apps.rewriter import texts
from heedful.apps.rewritten import Rewritten
from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.words import words
from heedful.recipes.shared.scoring.percent import percent

ROUNDS = 6  # of expectation and maximisation
MOST = 5_000_000  # pairs of words that the dictionary is counted from
SURE, OTHERS = (
    0.3,
    0.1,
)  # the dictionary is sure of a word from this probability on, if others have so much of it at most
NOTHING = ""  # what a word comes from that stands for none

Dictionary = dict[tuple[str, str], float]  # a word of the source and one that is written -> how likely it is


def agreement(
    training: TextPairs, sources: Sequence[str], answers: Sequence[Rewritten], tokenizer: Tokenizer, most: int
) -> dict[str, Any]:
    """For the words that are written of `sources`, whose first `most` tokens were read, and that the dictionary is sure
    of: how many `words`, and the share whose map peaks at the word that they translate; `diagonal` is that of a map
    without any model, which looks straight across. Empty without such words.

    The dictionary knows no places, so that it is not sure of an article of which there are several.
    """
    likely, right, straight = dictionary(training), [], []
    for source, answer in zip(sources, answers, strict=True):
        mine, theirs, looked, _ = together(texts(source, tokenizer.pieces(source, most)), answer)
        read = ["".join(words(word)) for word in theirs]
        for row, word in enumerate(mine):
            chances = np.array([likely.get((other, "".join(words(word))), 0.0) for other in read])
            if chances.max(initial=0) >= SURE and (chances > OTHERS * chances.max()).sum() == 1:
                right.append(looked[row].argmax() == chances.argmax())
                straight.append(row * len(read) // len(mine) == chances.argmax())
    if not right:
        return {}
    return {"words": len(right), "map": float(np.mean(right)), "diagonal": float(np.mean(straight))}


def dictionary(training: TextPairs) -> Dictionary:
    """The probabilities of IBM model 1 for all words that stand in a pair together."""
    names: dict[str, int] = {NOTHING: 0}
    read, written, place = [], [], []  # of every two words of a pair, and the number of the one that is written
    count = total = 0
    for source, target in zip(training.sources, training.targets, strict=True):
        first = [0, *(names.setdefault(word, len(names)) for word in words(source))]
        second = [names.setdefault(word, len(names)) for word in words(target)]
        read.append(np.tile(first, len(second)))
        written.append(np.repeat(second, len(first)))
        place.append(np.repeat(np.arange(count, count + len(second)), len(first)))
        count, total = count + len(second), total + len(first) * len(second)
        if total > MOST:
            break
    if not count:
        return {}
    which, where = (np.concatenate(parts).astype(np.int64) for parts in (read, place))
    both, entry = np.unique(which * len(names) + np.concatenate(written), return_inverse=True)
    of = both // len(names)  # the word of the source of each entry
    chance = np.ones(len(both))
    for _ in range(ROUNDS):
        share = chance[entry]
        counts = np.bincount(entry, share / np.bincount(where, share)[where])
        chance = counts / np.bincount(of, counts)[of]
    spelt = [*names]
    return {(spelt[key // len(names)], spelt[key % len(names)]): value for key, value in zip(both, chance, strict=True)}


def line(found: dict[str, Any]) -> str:
    """What `agreement` found, in percent."""
    return (
        f"the map peaks at the word that IBM model 1 finds translated for {percent(found['map'])} % of "
        f"{found['words']:,} words; straight across that is {percent(found['diagonal'])} %"
    )
