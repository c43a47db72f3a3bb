"""Scores against `sacrebleu`'s own functions and against BLEU by its formula; baselines by hand."""

import json
import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import sacrebleu

from heedful.apps.rewritten import Rewritten
from heedful.apps.tokenizer import FILE
from heedful.recipes.shared.reading.pair_data import PairData
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.tokenizer_training import train
from heedful.recipes.translation import metrics
from heedful.recipes.translation.config import BASE

WORDS = ["a", "dog", "ran", "over", "the", "red", "bridge", "while", "two", "children", "painted", "their", "boats"]


def sentences(count, seed):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, rng.integers(4, 12))) for _ in range(count)]


def changed(texts, seed):
    """The same with some words exchanged."""
    rng = np.random.default_rng(seed)
    return [" ".join(w if rng.random() < 0.8 else rng.choice(WORDS) for w in text.split()) for text in texts]


REFERENCES = sentences(83, 0)
TEXTS = {4: changed(REFERENCES, 1), 1: changed(changed(REFERENCES, 2), 3)}
TRAIN = TextPairs(["Der Hund lief .", "ein Boot fuhr"], ["the dog ran", "a boat went"])
SOURCES = [f"der Hund {row}" if row % 2 else f"das Boot {row}" for row in range(83)]


@pytest.fixture
def data():
    splits = {"train": TRAIN, "validation": TextPairs(SOURCES, REFERENCES), "test": TextPairs((), ())}
    tokenizer = train([*SOURCES, *REFERENCES], 400, lowercase=False).encode()
    return PairData(BASE, {FILE: tokenizer}, splits, {"source": "here"})


class Model:
    """Writes `TEXTS`, and looks at the first piece of a sentence for every word."""

    def write(self, data, split, beam):
        texts = dict(zip(SOURCES, TEXTS[beam], strict=True))
        return [self.written(data, source, texts[source]) for source in data.split(split).sources]

    def written(self, data, source, text):
        pieces = tuple(f" {word}" if row else word for row, word in enumerate(text.split()))
        looked = np.zeros((len(pieces), len(data.tokenizer.pieces(source))), np.float32)
        looked[:, 0] = 1
        return Rewritten(text, pieces, looked, np.zeros(len(pieces), np.float32), None, beam=1)


def bleu_by_hand(texts, references):
    """Papineni et al. (2002), section 2.3: words between spaces, orders 1 to 4, the corpus as a whole."""
    logs = []
    for order in range(1, 5):
        hits = total = 0
        for text, reference in zip(texts, references, strict=True):
            mine, theirs = (
                Counter(tuple(words[i : i + order]) for i in range(len(words) - order + 1))
                for words in (text.split(), reference.split())
            )
            hits, total = hits + (mine & theirs).total(), total + mine.total()
        logs.append(math.log(hits / total))
    mine, theirs = (sum(len(text.split()) for text in each) for each in (texts, references))
    return math.exp(min(0.0, 1 - theirs / mine) + sum(logs) / 4)


def test_scores_are_those_of_sacrebleu_and_of_the_formula(data):
    found = metrics.evaluate(Model(), data, "validation")
    assert json.loads(json.dumps(found)) == found
    for rows, beam in ((found, 4), (found["greedy"], 1)):
        assert rows["bleu"] == pytest.approx(sacrebleu.corpus_bleu(TEXTS[beam], [REFERENCES]).score / 100)
        assert rows["chrf"] == pytest.approx(sacrebleu.corpus_chrf(TEXTS[beam], [REFERENCES]).score / 100)
        assert rows["bleu"] == pytest.approx(bleu_by_hand(TEXTS[beam], REFERENCES))
    # Of two pairs the dictionary knows "das Boot" by one word, and "der Hund" by two that are as likely as each other.
    known = sum(text.split().count(word) for text in TEXTS[1][::2] for word in ("a", "boat", "went"))
    assert found["alignment"]["words"] == known > 20 and found["alignment"]["map"] == 0
    assert "the map peaks at the word" in metrics.describe(found)
    assert found["signatures"]["bleu"].startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert found["bleu"] > found["greedy"]["bleu"] > found["baselines"]["nearest"]["bleu"]
    nearest = ["the dog ran" if "Hund" in source else "a boat went" for source in SOURCES]
    assert found["baselines"]["nearest"]["bleu"] == pytest.approx(
        sacrebleu.corpus_bleu(nearest, [REFERENCES]).score / 100
    )
    assert found["baselines"]["copy"]["chrf"] == pytest.approx(sacrebleu.corpus_chrf(SOURCES, [REFERENCES]).score / 100)


def test_bleu_is_of_characters_where_words_have_no_spaces_between():
    texts, references = ["两个男人在街上走。", "一只狗跑过草地。"], ["两个男人在路上走。", "一只狗跑过草地。"]
    wanted = sacrebleu.corpus_bleu(texts, [references], tokenize="char").score / 100
    assert metrics.measured(texts, references)["bleu"] == pytest.approx(wanted) and wanted > 0.6


def test_intervals_are_those_of_resampled_pairs(data):
    """Against scoring resampled texts whole, with another generator: ends agree within the noise of 300 resamples."""
    found = metrics.evaluate(Model(), data, "validation")
    rng = np.random.default_rng(9)
    drawn = []
    for _ in range(300):
        rows = rng.integers(83, size=83)
        drawn.append(
            sacrebleu.corpus_bleu([TEXTS[4][row] for row in rows], [[REFERENCES[row] for row in rows]]).score / 100
        )
    low, high = found["intervals"]["bleu"]
    np.testing.assert_allclose([low, high], np.quantile(drawn, [0.025, 0.975]), atol=0.015)
    assert low < found["bleu"] < high


def test_selection_is_the_greedy_score_of_some_pairs_spread_evenly(data, monkeypatch):
    assert metrics.scored(data) == 83
    assert metrics.score(Model(), data, "validation") == metrics.evaluate(Model(), data, "validation")["greedy"]["bleu"]
    monkeypatch.setattr(metrics, "SCORED", 20)
    rows = [row * 83 // 20 for row in range(20)]
    wanted = sacrebleu.corpus_bleu([TEXTS[1][row] for row in rows], [[REFERENCES[row] for row in rows]]).score / 100
    assert metrics.score(Model(), data, "validation") == pytest.approx(wanted) and metrics.scored(data) == 20
    assert metrics.baseline(data) == pytest.approx(
        sacrebleu.corpus_bleu([SOURCES[row] for row in rows], [[REFERENCES[row] for row in rows]]).score / 100
    )


def test_without_training_data_there_is_no_nearest_pair(data, tmp_path):
    alone = replace(data, splits={**data.splits, "train": TextPairs((), ())})
    found = metrics.evaluate(Model(), alone, "validation")
    assert list(found["baselines"]) == ["copy"]
    text = metrics.describe(found)
    assert "model, beam 4" in text and "baseline, nearest" not in text and found["signatures"]["chrf"] in text
    (picture,) = metrics.pictures(found, tmp_path)
    assert picture.read_bytes().startswith(b"\x89PNG")
