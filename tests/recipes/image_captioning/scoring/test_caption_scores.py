"""BLEU, ROUGE-L and CIDEr-D against their formulas written out, against sacrebleu and NLTK, and at the edges."""

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from pycocoevalcap.bleu.bleu import Bleu
from pycocoevalcap.cider.cider import Cider
from pycocoevalcap.rouge.rouge import Rouge

from heedful.recipes.image_captioning.scoring import caption_scores

WORDS = [
    "a",
    "the",
    "dog",
    "cat",
    "red",
    "blue",
    "runs",
    "sits",
    "on",
    "under",
    "grass",
    "sofa",
    "small",
    "big",
    "two",
    "men",
]


def corpus(images: int, seed: int = 0) -> tuple[list[list[str]], list[list[list[str]]]]:
    """Hypotheses near their references, of which an image has one to five; some words repeat."""
    rng = np.random.default_rng(seed)
    hypotheses, references = [], []
    for _ in range(images):
        start = rng.choice(WORDS, rng.integers(5, 12)).tolist()

        def changed(words=start, least=4):
            kept = [w if rng.random() < 0.8 else str(rng.choice(WORDS)) for w in words]
            return kept[: max(least, len(kept) - int(rng.integers(0, 4)))]

        hypotheses.append(changed())
        references.append([changed() for _ in range(rng.integers(1, 6))])
    return hypotheses, references


def grams(words, n):
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def slow_bleu(hypotheses, references) -> list[float]:
    """Papineni et al.: geometric mean of clipped precisions times the brevity penalty, in fractions."""
    written = sum(map(len, hypotheses))
    wanted = 0
    for words, captions in zip(hypotheses, references, strict=True):
        wanted += sorted((abs(len(caption) - len(words)), len(caption)) for caption in captions)[0][1]
    penalty = 1.0 if written >= wanted else math.exp(1 - wanted / written)
    product, found = Fraction(1), []
    for n in range(1, 5):
        right = total = 0
        for words, captions in zip(hypotheses, references, strict=True):
            mine = grams(words, n)
            total += sum(mine.values())
            right += sum(min(count, max(grams(c, n)[gram] for c in captions)) for gram, count in mine.items())
        product *= Fraction(right, total)
        found.append(penalty * float(product) ** (1 / n))
    return found


def slow_cider(hypotheses, references) -> np.ndarray:
    """Vedantam et al., section 4 with the changes of CIDEr-D, in dense float64 vectors over all n-grams."""
    every = [words for captions in references for words in captions] + list(hypotheses)
    found = np.zeros(len(hypotheses))
    for n in range(1, 5):
        column = {gram: i for i, gram in enumerate(sorted({gram for words in every for gram in grams(words, n)}))}
        frequency = np.zeros(len(column))
        for captions in references:
            for gram in {gram for words in captions for gram in grams(words, n)}:
                frequency[column[gram]] += 1
        weight = np.log(len(references)) - np.log(np.maximum(frequency, 1))

        def vector(words, n=n, column=column, weight=weight):
            counts = np.zeros(len(column))
            for gram, count in grams(words, n).items():
                counts[column[gram]] = count
            return counts * weight

        for image, (words, captions) in enumerate(zip(hypotheses, references, strict=True)):
            mine = vector(words)
            for caption in captions:
                other = vector(caption)
                apart = max(len(words) - 1, 0) - max(len(caption) - 1, 0)
                norm = np.linalg.norm(mine) * np.linalg.norm(other)
                cosine = np.sum(np.minimum(mine, other) * other) / norm if norm else 0.0
                found[image] += 10 * np.exp(-(apart**2) / (2 * 6.0**2)) * cosine / 4 / len(captions)
    return found


def longest_common(first, second) -> int:
    """By subsets: every subsequence of the shorter one, longest first."""
    short, long = sorted((list(first), list(second)), key=len)
    best = 0
    for mask in range(1 << len(short)):
        rest, chosen = iter(long), [word for i, word in enumerate(short) if mask >> i & 1]
        if len(chosen) > best and all(word in rest for word in chosen):
            best = len(chosen)
    return best


def slow_rouge(hypotheses, references) -> float:
    values = []
    for words, captions in zip(hypotheses, references, strict=True):
        common = [longest_common(words, caption) for caption in captions]
        precision = max(c / len(words) for c in common)
        recall = max(c / len(caption) for c, caption in zip(common, captions, strict=True))
        beta = 1.2**2
        values.append((1 + beta) * precision * recall / (recall + beta * precision) if precision * recall else 0.0)
    return float(np.mean(values))


@pytest.mark.parametrize("images", [2, 17])
def test_against_the_formulas(images):
    hypotheses, references = corpus(images, seed=images)
    found = caption_scores.bleu(caption_scores.bleu_counts(hypotheses, references).sum(axis=0))
    np.testing.assert_allclose(found, slow_bleu(hypotheses, references), rtol=1e-12)
    wanted = slow_cider(hypotheses, references)
    np.testing.assert_allclose(caption_scores.cider_each(hypotheses, references), wanted, rtol=1e-9)
    assert caption_scores.cider(hypotheses, references) == pytest.approx(wanted.mean(), rel=1e-9)
    assert wanted.mean() > 0.1
    assert caption_scores.rouge(hypotheses, references) == pytest.approx(slow_rouge(hypotheses, references), rel=1e-12)


def test_the_same_as_coco_caption():
    hypotheses, references = corpus(43)
    written = {i: [" ".join(words)] for i, words in enumerate(hypotheses)}
    wanted = {i: [" ".join(words) for words in captions] for i, captions in enumerate(references)}
    found = caption_scores.bleu(caption_scores.bleu_counts(hypotheses, references).sum(axis=0))
    np.testing.assert_allclose(found, Bleu(4).compute_score(wanted, written, verbose=0)[0], rtol=1e-9)
    assert caption_scores.cider(hypotheses, references) == pytest.approx(Cider().compute_score(wanted, written)[0])
    assert caption_scores.rouge(hypotheses, references) == pytest.approx(Rouge().compute_score(wanted, written)[0])


def test_bleu_is_that_of_sacrebleu():
    """`None` fills up images with fewer references; short hypotheses make the brevity penalty count."""
    sacrebleu = pytest.importorskip("sacrebleu")
    hypotheses, references = corpus(37)
    hypotheses = [words[:-1] for words in hypotheses]
    most = max(map(len, references))
    streams = [[" ".join(c[i]) if i < len(c) else None for c in references] for i in range(most)]
    counts = caption_scores.bleu_counts(hypotheses, references).sum(axis=0)
    assert counts[0] < counts[1]
    for order in range(1, 5):
        metric = sacrebleu.BLEU(tokenize="none", smooth_method="none", max_ngram_order=order)
        wanted = metric.corpus_score([" ".join(words) for words in hypotheses], streams).score / 100
        assert caption_scores.bleu(counts)[order - 1] == pytest.approx(wanted, rel=1e-9)


def test_bleu_is_that_of_nltk():
    nltk = pytest.importorskip("nltk.translate.bleu_score")
    hypotheses, references = corpus(31)
    found = caption_scores.bleu(caption_scores.bleu_counts(hypotheses, references).sum(axis=0))
    for order in range(1, 5):
        wanted = nltk.corpus_bleu(references, hypotheses, weights=[1 / order] * order)
        assert found[order - 1] == pytest.approx(wanted, rel=1e-9)


def test_bleu_of_many_sums_at_once():
    hypotheses, references = corpus(11)
    counts = caption_scores.bleu_counts(hypotheses, references)
    sums = np.stack([counts[:7].sum(axis=0), counts[3:].sum(axis=0)])
    np.testing.assert_allclose(caption_scores.bleu(sums)[1], slow_bleu(hypotheses[3:], references[3:]), rtol=1e-12)
    assert caption_scores.bleu(sums).shape == (2, 4)


def test_captions_of_people_score_one():
    references = corpus(13)[1]
    copied = [captions[-1] for captions in references]
    np.testing.assert_allclose(caption_scores.bleu(caption_scores.bleu_counts(copied, references).sum(axis=0)), 1.0)
    assert caption_scores.rouge(copied, references) == pytest.approx(1.0)
    alone = [[captions[-1]] for captions in references]
    assert caption_scores.cider(copied, alone) == pytest.approx(10.0)


def test_empty_captions_score_nothing_and_break_nothing(capsys):
    hypotheses, references = corpus(5)
    empty = [[] for _ in hypotheses]
    np.testing.assert_array_equal(caption_scores.bleu(caption_scores.bleu_counts(empty, references).sum(axis=0)), 0.0)
    assert caption_scores.rouge(empty, references) == caption_scores.cider(empty, references) == 0.0
    one = [[], *hypotheses[1:]]
    np.testing.assert_allclose(caption_scores.cider_each(one, references), slow_cider(one, references), rtol=1e-9)
    assert caption_scores.rouge(one, references) == pytest.approx(slow_rouge(hypotheses[1:], references[1:]) * 4 / 5)
    wordless = [[[]], *references[1:]]
    assert caption_scores.cider_each(hypotheses, wordless)[0] == 0.0
    assert caption_scores.cider(empty, [[[]]] * 5) == caption_scores.rouge(empty, [[[]]] * 5) == 0.0
    np.testing.assert_array_equal(caption_scores.bleu(caption_scores.bleu_counts(empty, [[[]]] * 5).sum(axis=0)), 0.0)
    assert capsys.readouterr().out == ""


def test_one_image_has_no_rare_words():
    found = caption_scores.cider_each([["a", "red", "dog"]], [[["a", "red", "dog"], ["a", "dog"]]])
    np.testing.assert_array_equal(found, [0.0])


def test_short_captions_have_no_four_grams():
    counts = caption_scores.bleu_counts([["a", "dog"]], [[["a", "dog"]]]).sum(axis=0)
    np.testing.assert_allclose(caption_scores.bleu(counts), [1, 1, 0, 0])


def test_words_of_the_references():
    found = caption_scores.worded([["A dog, running!", "..."], ["?", "!"], ["Zwei Hunde"]])
    assert found == [[["a", "dog", "running"]], [[]], [["zwei", "hunde"]]]


def test_every_image_needs_a_reference():
    for hypotheses, references in (([["a"]], []), ([], []), ([["a"], ["b"]], [[["a"]], []])):
        with pytest.raises(ValueError, match="each of which needs one"):
            caption_scores.cider(hypotheses, references)
