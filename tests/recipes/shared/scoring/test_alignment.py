"""The dictionary against IBM model 1 written out with loops, and maps that are right, shifted and of nothing."""

import json
from collections import defaultdict

import numpy as np
import pytest

from heedful.apps.rewritten import Rewritten
from heedful.apps.tokenizer import Tokenizer
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.shared.scoring.alignment import NOTHING, ROUNDS, agreement, dictionary, line

MEANING = {"pes": "dog", "kot": "cat", "dom": "house", "vidi": "sees", "velk": "big", "star": "old", "ruka": "hand"}


def pairs(count: int = 90) -> TextPairs:
    """Sentences whose words are written in another order."""
    rng = np.random.default_rng(0)
    sources = [rng.choice([*MEANING], rng.integers(2, 5), replace=False).tolist() for _ in range(count)]
    targets = [[MEANING[word] for word in reversed(source)] for source in sources]
    return TextPairs([" ".join(source) for source in sources], [" ".join(target) for target in targets])


def by_loops(training: TextPairs) -> dict[tuple[str, str], float]:
    chance: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    for _ in range(ROUNDS):
        counts, totals = defaultdict(float), defaultdict(float)
        for source, target in zip(training.sources, training.targets, strict=True):
            first = [NOTHING, *source.split()]
            for word in target.split():
                whole = sum(chance[other, word] for other in first)
                for other in first:
                    counts[other, word] += chance[other, word] / whole
                    totals[other] += chance[other, word] / whole
        chance = defaultdict(float, {both: count / totals[both[0]] for both, count in counts.items()})
    return dict(chance)


def test_the_dictionary_is_that_of_ibm_model_1():
    found, wanted = dictionary(pairs()), by_loops(pairs())
    assert found.keys() == wanted.keys()
    for both, value in wanted.items():
        assert found[both] == pytest.approx(value, abs=1e-9)
    assert all(found[lumo, english] > 0.7 for lumo, english in MEANING.items())
    assert dictionary(TextPairs([], [])) == {} == dictionary(TextPairs(["!"], ["?"]))


@pytest.mark.parametrize(("shift", "right"), [(0, 1.0), (1, 0.0)])
def test_maps_agree_where_they_peak_at_the_word_that_is_translated(shift, right):
    training = pairs()
    tokenizer = Tokenizer.from_json(train([*training.sources, *training.targets], 400, True))
    answers = []
    for source, target in zip(training.sources[:30], training.targets[:30], strict=True):
        count = len(source.split())
        assert [len(tokenizer.pieces(text)) for text in (source, target)] == [count, count]  # a token for each word
        looked = np.roll(np.eye(count, dtype=np.float32)[::-1], shift, axis=1)
        pieces = tuple(f" {word}" if row else word for row, word in enumerate(target.split()))
        answers.append(Rewritten(target, pieces, looked, np.zeros(count, np.float32), None, 1))
    found = agreement(training, training.sources[:30], answers, tokenizer, 8)
    assert found["map"] == right and found["words"] == sum(len(answer.pieces) for answer in answers)
    assert found["diagonal"] < 0.3  # all is in the opposite order: the middle word of three
    assert json.loads(json.dumps(found)) == found and f"{100 * right:.1f} % of {found['words']} words" in line(found)
    assert agreement(TextPairs([], []), training.sources[:1], answers[:1], tokenizer, 8) == {}
