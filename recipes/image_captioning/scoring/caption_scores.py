"""How near written captions are to those of people: BLEU-1 to 4, ROUGE-L and CIDEr-D, as coco-caption counts them.

    cider(hypotheses, references)               # 1,000 images with 5 references: half a second
    bleu(bleu_counts(hypotheses, references))   # BLEU-1 to 4 of the corpus

A caption is a list of words; an image has one hypothesis, which may be empty, and one or more references, not
everywhere the same number. The words are those of `shared/reading/words.py`: lower case, runs of letters and digits, no
punctuation. The Java tokenizer of coco-caption (PTB) keeps hyphens and cuts `man's` into `man` and `'s`, which changes
3 % of the captions of Flickr8k; with it people reach a BLEU-4 that is 0.001 and a CIDEr-D that is 0.005 lower.

`pycocoevalcap`, the code of coco-caption for Python 3, counts (only its parts without Java). All scores are shares of
1, but for CIDEr-D, which goes to 10. A caption of Flickr8k (validation) measured against the other four of its image
has BLEU-4 0.22, ROUGE-L 0.50 and CIDEr-D 0.84 on average; more than that is no better than people (BLEU rises with
a fifth reference; CIDEr-D, a mean over references, hardly).
"""

from collections.abc import Sequence

import numpy as np
from pycocoevalcap.bleu.bleu_scorer import cook_refs, cook_test
from pycocoevalcap.cider.cider_scorer import CiderScorer
from pycocoevalcap.rouge.rouge import Rouge

from heedful.recipes.shared.reading.words import words

TOKENISATION = "lower case, runs of letters and digits, punctuation dropped (not the PTB tokenizer of coco-caption)"
ORDERS = 4  # n-grams of up to so many words

Caption = Sequence[str]
Captions = Sequence[Caption]


def worded(captions: Sequence[Sequence[str]]) -> list[list[list[str]]]:
    """The captions of each image as words; one without a word counts only where the image has no other."""
    found = [[words(text) for text in texts] for texts in captions]
    return [[caption for caption in image if caption] or image[:1] for image in found]


def cider(hypotheses: Captions, references: Sequence[Captions]) -> float:
    """CIDEr-D of a corpus, the mean of `cider_each`."""
    return float(cider_each(hypotheses, references).mean())


def cider_each(hypotheses: Captions, references: Sequence[Captions]) -> np.ndarray:
    """CIDEr-D of each image, float64 (images,), 0 to 10 (Vedantam et al., CVPR 2015, with clipping and sigma 6).

    How rare an n-gram is, is counted on `references`, the ones of the measured images: that is coco-caption's default,
    and the score of an image depends on which others are measured with it. An n-gram that all images have weighs
    nothing, so one image alone gets 0. The length that the penalty compares is that of the bigrams.
    """
    _check(hypotheses, references)
    if not any(caption for captions in references for caption in captions):
        return np.zeros(len(hypotheses))  # the scorer takes the maximum of what it has counted
    scorer = CiderScorer(n=ORDERS)
    for hypothesis, captions in zip(hypotheses, references, strict=True):
        scorer += (" ".join(hypothesis), [" ".join(words) for words in captions])
    return scorer.compute_score()[1]


def bleu_counts(hypotheses: Captions, references: Sequence[Captions]) -> np.ndarray:
    """What BLEU needs of each image, int64 (images, 10), to be summed over images before `bleu`.

    Columns: words of the hypothesis, words of the reference nearest in length (of two as near, the shorter), n-grams
    of the hypothesis for n = 1 to 4, and how many of these a reference has (each as often as one reference has it).
    """
    _check(hypotheses, references)
    rows = []
    for hypothesis, captions in zip(hypotheses, references, strict=True):
        counted = cook_refs([" ".join(caption) for caption in captions], n=ORDERS)
        found = cook_test(" ".join(hypothesis), counted, eff="closest", n=ORDERS)
        rows.append([found["testlen"], found["reflen"], *found["guess"], *found["correct"]])
    return np.array(rows, np.int64)


def bleu(counts: np.ndarray) -> np.ndarray:
    """BLEU-1 to 4, float64 (..., 4), of summed `bleu_counts` (..., 10) (Papineni et al., ACL 2002), without smoothing.

    Where no n-gram of some order matches, the score is 0; coco-caption puts 1e-15 matches there, which for captions of
    three words makes BLEU-4 3 %.
    """
    written, wanted = counts[..., 0].astype(np.float64), counts[..., 1].astype(np.float64)
    guessed, correct = counts[..., 2 : 2 + ORDERS], counts[..., 2 + ORDERS :]
    with np.errstate(divide="ignore"):  # the logarithm of 0 is what makes a score 0
        precision = np.log(correct / np.maximum(guessed, 1))
        shortfall = np.where(written > 0, 1 - wanted / np.maximum(written, 1), np.where(wanted > 0, -np.inf, 0))
    order = np.arange(1, ORDERS + 1)
    return np.exp(np.cumsum(precision, axis=-1) / order + np.minimum(shortfall, 0)[..., None])


def rouge(hypotheses: Captions, references: Sequence[Captions]) -> float:
    """ROUGE-L, the mean over images (Lin, ACL workshop 2004), with coco-caption's beta of 1.2.

    The F measure is of the best precision and the best recall among the references, not always of the same one. An
    empty caption has nothing in common with any.
    """
    _check(hypotheses, references)
    scorer, scores = Rouge(), []
    for hypothesis, captions in zip(hypotheses, references, strict=True):
        wanted = [" ".join(caption) for caption in captions if caption]  # an empty one would be one empty word
        scores.append(scorer.calc_score([" ".join(hypothesis)], wanted) if hypothesis and wanted else 0.0)
    return float(np.mean(scores))


def _check(hypotheses: Captions, references: Sequence[Captions]) -> None:
    if not len(hypotheses) or len(hypotheses) != len(references) or not all(len(captions) for captions in references):
        raise ValueError(
            f"{len(hypotheses)} captions against references of {len(references)} images, each of which needs one"
        )
