"""How good captions are: against those of people, against captions that need no model, and where the model looked.

    heedful evaluate image_captioning --model saved_models/image_captioning/my-photos --data my_photos/ --split test

The same code measures a `.keras` and a `.tflite`: `predict.write(data, split, beam)` gives an `apps.beam.Written` for
every image. The keys of `evaluate` are stable:

    split, images, references      what was measured; references are the captions of people, all of them used
    tokenisation                   what counts as a word, in a sentence
    decoding                       {"beam", "length_penalty", "no_repeated_ngram"}
    bleu_1 ... bleu_4, rouge_l     shares of 1 over the whole split, as coco-caption counts them (caption_scores.py)
    cider                          CIDEr-D with document frequencies of these images; people reach 0.84 on Flickr8k
    intervals                      {"bleu_4": [low, high], "cider": [low, high]}, 95 % bootstrap over images
    greedy                         scores and intervals with beam 1; its `cider` on validation selects the best epoch
    exact_match                    share of captions that are one of the references, word for word
    words_per_caption              {"model", "references"}: means
    vocabulary_used                how many different words the model wrote
    distinct_captions              how many different captions the model wrote
    copied                         share of captions that stand in the training data; null without training data
    attention_divergence           0 to 1, how far the maps of two words of a caption are apart (divergence.py); null
                                   where no caption has two words
    pointing                       {"colour", "shape"}: {"words", "misnamed", "hit_rate", "chance", "best_fixed_cell",
                                   "ceiling"} each (pointing.py); null where the places of things are not known
    unseen                         {"unseen", "seen"}: {"images", "exact_match"} of the pictures with and without a
                                   thing that training never showed; null where that is not known
    baselines                      {"most_frequent", "nearest_image", "random"}: the scores and intervals, and of
                                   "most_frequent" its "caption"; null without training data, and "nearest_image" also
                                   where the features of a frozen encoder are not at hand (after the training)

Everything but `greedy` and `baselines` is of the captions that beam search wrote.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from heedful.recipes.contract import Metric
from heedful.recipes.image_captioning.config import DECODING
from heedful.recipes.image_captioning.sample import scenes
from heedful.recipes.image_captioning.scoring import baselines
from heedful.recipes.image_captioning.scoring.caption_scores import (
    TOKENISATION,
    Captions,
    bleu,
    bleu_counts,
    cider,
    cider_each,
    rouge,
    worded,
)
from heedful.recipes.image_captioning.scoring.divergence import divergence
from heedful.recipes.image_captioning.scoring.pointing import CLASSES, pointing
from heedful.recipes.image_captioning.scoring.scores_picture import scores_picture
from heedful.recipes.shared.scoring.interval import bootstrap
from heedful.recipes.shared.scoring.percent import between, percent

METRIC = Metric("CIDEr-D", share=False)  # CIDEr-D reaches 10
NAMES = {"colour": tuple(scenes.COLOURS), "shape": scenes.SHAPES}  # words that point, in pictures with known things
SCORES = ("bleu_1", "bleu_2", "bleu_3", "bleu_4", "rouge_l", "cider")
ROWS = {"nearest_image": "nearest image", "random": "random caption", "most_frequent": "most frequent caption"}


def score(predict: Any, data: Any, split: str) -> float:
    """CIDEr-D of the greedy captions of a split; on validation it selects the best epoch."""
    captions, _ = _write(predict, data, split, beam=1)
    return cider(captions, worded(data.split(split).captions))


def baseline(data: Any) -> float:
    """CIDEr-D of giving every validation image the most frequent caption of the training images."""
    references = worded(data.split("validation").captions)
    return cider([baselines.most_frequent(worded(data.split("train").captions))] * len(references), references)


def evaluate(predict: Any, data: Any, split: str, seed: int = 0) -> dict:
    """Everything the module's docstring lists, as a dict for JSON; the same numbers for the same `seed`.

    `split` is train, validation, test or all. Beam search and greedy decoding both go over all of its images.
    Raises InputError when the split has no images, ValueError when `predict` gives no captions for them or no maps.
    """
    part, config = data.split(split), data.config
    references = worded(part.captions)
    captions, attention = _write(predict, data, split, config.beam)
    greedy = captions if config.beam == 1 else _write(predict, data, split, beam=1)[0]
    training = worded(data.splits["train"].captions) if len(data.splits.get("train", ())) else []
    known = {tuple(caption) for captions in training for caption in captions}
    exact = np.array([caption in wanted for caption, wanted in zip(captions, references, strict=True)])
    return {
        "split": split,
        "images": len(captions),
        "references": sum(map(len, references)),
        "tokenisation": TOKENISATION,
        "decoding": {name: getattr(config, name) for name in DECODING},
        **_scores(captions, references, seed),
        "greedy": _scores(greedy, references, seed),
        "exact_match": float(exact.mean()),
        "words_per_caption": {
            "model": float(np.mean([len(caption) for caption in captions])),
            "references": float(np.mean([len(caption) for wanted in references for caption in wanted])),
        },
        "vocabulary_used": len({word for caption in captions for word in caption}),
        "distinct_captions": len(set(map(tuple, captions))),
        "copied": float(np.mean([tuple(caption) in known for caption in captions])) if training else None,
        "attention_divergence": divergence(attention),
        "pointing": pointing(captions, attention, part.things, data.grid, NAMES) if part.things else None,
        "unseen": _unseen(part.things, exact) if part.things else None,
        "baselines": _baselines(data, split, training, references, seed) if training else dict.fromkeys(ROWS),
    }


def _write(predict: Any, data: Any, split: str, beam: int) -> tuple[list[list[str]], list[np.ndarray]]:
    """The words of the model's caption of each image, and the attention map of each word, float (words, cells)."""
    written = predict.write(data, split, beam)
    if len(written) != len(data.split(split)):
        raise ValueError(f"{len(data.split(split))} images gave {len(written)} captions")
    tokens = data.vocabulary.tokens
    return [[tokens[number] for number in each.tokens] for each in written], [each.attention for each in written]


def _scores(captions: Captions, references: Sequence[Captions], seed: int) -> dict:
    """The scores of `SCORES` and the intervals of two of them."""
    counts, each = bleu_counts(captions, references), cider_each(captions, references)
    found = [*bleu(counts.sum(axis=0)).tolist(), rouge(captions, references), float(each.mean())]
    return {
        **dict(zip(SCORES, found, strict=True)),
        "intervals": {
            "bleu_4": bootstrap(counts, lambda sums: bleu(sums)[..., 3], seed).tolist(),
            "cider": bootstrap(each[:, None], lambda sums: sums[..., 0] / len(each), seed).tolist(),
        },
    }


def _unseen(things: Sequence[Sequence[scenes.Thing]], exact: np.ndarray) -> dict:
    new = np.array([scenes.unseen(each) for each in things])
    return {
        name: {"images": int(of.sum()), "exact_match": float(exact[of].mean()) if of.any() else None}
        for name, of in (("unseen", new), ("seen", ~new))
    }


def _baselines(
    data: Any, split: str, training: Sequence[Captions], references: Sequence[Captions], seed: int
) -> dict[str, dict | None]:
    images = len(references)
    common = baselines.most_frequent(training)
    pooled, known = data.pooled(split), data.pooled("train")
    nearest = None
    if pooled is not None and known is not None:
        rows = baselines.nearest_images(pooled, known, data.split(split).names, data.split("train").names)
        nearest = _scores([baselines.central(training[int(row)]) for row in rows], references, seed)
    return {
        "most_frequent": {"caption": " ".join(common), **_scores([common] * images, references, seed)},
        "nearest_image": nearest,
        "random": _scores(baselines.random_captions(training, images, seed), references, seed),
    }


def describe(metrics: Mapping) -> str:
    """The metrics as lines of text: a table of the scores, and below what they do not say. Shares are in percent."""
    decoding = metrics["decoding"]
    lines = [
        f"{metrics['split']}, {metrics['images']:,} images, {metrics['references']:,} references; BLEU and ROUGE-L in "
        "percent, [95 % interval]",
        f"{'':24}{'BLEU-1':>7}{'-2':>6}{'-3':>6}{'BLEU-4':>7}{'':15}{'ROUGE-L':>7}{'CIDEr-D':>9}",
        _row(f"model, beam {decoding['beam']}", metrics),
    ]
    if decoding["beam"] > 1:
        lines.append(_row("model, greedy", metrics["greedy"]))
    lines += [_row(name, metrics["baselines"][key]) for key, name in ROWS.items() if metrics["baselines"][key]]
    words, copied = metrics["words_per_caption"], metrics["copied"]
    lines.append(
        f"word for word one of the references: {percent(metrics['exact_match'])} %"
        + ("" if copied is None else f", a caption of the training data: {percent(copied)} %")
    )
    lines.append(
        f"{words['model']:.1f} words a caption (references {words['references']:.1f}), {metrics['vocabulary_used']:,} "
        f"different words, {metrics['distinct_captions']:,} different captions"
    )
    if metrics["attention_divergence"] is not None:
        lines.append(
            f"attention: the maps of two words of a caption are {metrics['attention_divergence']:.3f} bits apart "
            "(0: all the same, 1: nothing in common)"
        )
    lines += [_pointing(kind, metrics["pointing"][kind]) for kind in CLASSES if metrics["pointing"]]
    if metrics["unseen"] and metrics["unseen"]["unseen"]["images"]:
        parts = [
            f"{percent(found['exact_match'])} % of {found['images']:,} pictures {what}"
            for found, what in (
                (metrics["unseen"]["seen"], "of known things"),
                (metrics["unseen"]["unseen"], "with a thing that training never showed"),
            )
        ]
        lines.append(f"word for word: {', '.join(parts)}")
    return "\n".join(lines)


def _row(name: str, found: Mapping) -> str:
    percents = [percent(found[key]) for key in SCORES[:5]]
    spans = {key: found["intervals"][key] for key in ("bleu_4", "cider")}
    bleu_span = f"[{between(spans['bleu_4'])}]"
    cider_span = "[{:.3f} to {:.3f}]".format(*spans["cider"])
    first, second, third, fourth, longest = percents
    return (
        f"{name:24}{first:>7}{second:>6}{third:>6}{fourth:>7} {bleu_span:14}{longest:>7}{found['cider']:9.3f} "
        f"{cider_span}"
    )


def _pointing(kind: str, found: Mapping) -> str:
    if not found["words"]:
        return f"pointing: no {kind} was named"
    return (
        f"pointing: the peak lies in the thing for {percent(found['hit_rate'])} % of {found['words']:,} {kind} words "
        f"(chance {percent(found['chance'])} %, best fixed cell {percent(found['best_fixed_cell'])} %, "
        f"{found['misnamed']:,} name nothing there)"
    )


def pictures(metrics: Mapping, folder: Path) -> list[Path]:
    """Draws the scores beside those of the baselines into `folder`."""
    return [scores_picture(metrics, folder / "scores.png")]
