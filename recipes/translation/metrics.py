"""How good translations are: BLEU and chrF of all pairs together by `sacrebleu`, whose signatures say what was counted.

Keys of `evaluate`: `split`, `pairs`, `decoding`, `signatures` {score: of sacrebleu}; `bleu` and `chrf` as shares of 1,
with `intervals` {score: [low, high]}, 95 % bootstrap over the pairs; `greedy`, the same of a beam of 1; `baselines`
{"copy": the sentence as it is, "nearest": the translation of the training sentence most like it by TF-IDF}, the same;
`alignment`: what `alignment.agreement` says of the greedy maps.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from heedful.recipes.contract import Metric
from heedful.recipes.shared.reading.pair_data import PairData
from heedful.recipes.shared.reading.words import unspaced, words
from heedful.recipes.shared.scoring import alignment
from heedful.recipes.shared.scoring.bars_picture import Panel, bars_picture
from heedful.recipes.shared.scoring.interval import bootstrap
from heedful.recipes.shared.scoring.nearest import nearest_targets
from heedful.recipes.shared.scoring.percent import between, percent

METRIC = Metric("BLEU")
SCORED = 500  # pairs of a split at most, after every epoch
SCORES = ("bleu", "chrf")


def score(predict: Any, data: PairData, split: str) -> float:
    """BLEU of greedy translations of at most `SCORED` pairs."""
    few = data.few(split, SCORED)
    return measured([each.text for each in predict.write(few, split, 1)], few.split(split).targets)["bleu"]


def scored(data: PairData) -> int:
    return min(len(data.split("validation")), SCORED)


def baseline(data: PairData) -> float:
    """BLEU of the sentences as they are."""
    pairs = data.few("validation", SCORED).split("validation")
    return measured(pairs.sources, pairs.targets)["bleu"]


@cache
def metrics_of(characters: bool) -> dict[str, Any]:
    """The scores of `sacrebleu`; BLEU is of `characters` where there are no spaces between words, as in Chinese."""
    return {"bleu": BLEU(tokenize="char" if characters else "13a"), "chrf": CHRF()}


def measured(texts: Sequence[str], references: Sequence[str], resamples: int = 0) -> dict[str, Any]:
    """The scores of all texts; with `resamples` their intervals, of the sums of what `sacrebleu` counts in each."""
    found: dict[str, Any] = {}
    for name, metric in metrics_of(unspaced(references)).items():
        counts = np.array(metric._extract_corpus_statistics(texts, [references]))

        def share(sums: np.ndarray, metric: Any = metric) -> np.ndarray:
            return np.array([metric._compute_score_from_stats(row.astype(int).tolist()).score / 100 for row in sums])

        found[name] = float(share(counts.sum(axis=0, keepdims=True))[0])
        if resamples:
            found.setdefault("intervals", {})[name] = bootstrap(counts, share, 0, resamples).tolist()
    return found


def evaluate(predict: Any, data: PairData, split: str, resamples: int = 1000) -> dict[str, Any]:
    """What the module's docstring lists. Raises `InputError` when the split has no pairs."""
    pairs, decoding, training = data.split(split), data.facts["decoding"], data.splits["train"]
    found: dict[str | int, Any] = {"copy": pairs.sources}
    if len(training):
        found["nearest"] = nearest_targets(pairs.sources, training, words)
    written = {beam: predict.write(data, split, beam) for beam in {decoding["beam"], 1}}
    found |= {beam: [each.text for each in answers] for beam, answers in written.items()}
    scores = {name: measured(texts, pairs.targets, resamples) for name, texts in found.items()}
    signatures = {name: str(metric.get_signature()) for name, metric in metrics_of(unspaced(pairs.targets)).items()}
    maps = alignment.agreement(training, pairs.sources, written[1], data.tokenizer, data.facts["max_source"])
    about = {
        "split": split, "pairs": len(pairs), "decoding": decoding, "signatures": signatures, "alignment": maps,
    }  # fmt: skip
    return {**about, **scores.pop(decoding["beam"]), "greedy": scores.pop(1, None), "baselines": scores}


def describe(metrics: Mapping[str, Any]) -> str:
    """The metrics in lines, in percent."""
    lines = [f"{metrics['split']}, {metrics['pairs']:,} pairs; [95 % interval]"]
    for name, found in rows(metrics).items():
        cells = [f"{key} {percent(found[key]):>5} [{between(found['intervals'][key])}]" for key in SCORES]
        lines.append("   ".join([f"{name:24}", *cells]))
    lines += [alignment.line(metrics["alignment"])] if metrics["alignment"] else []
    return "\n".join([*lines, *(f"{name}: {text}" for name, text in metrics["signatures"].items())])


def pictures(metrics: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draws the scores beside those of the baselines into `folder`."""
    title = f"{metrics['split']}: BLEU {percent(metrics['bleu'])} of {metrics['pairs']:,} pairs"
    panel = Panel({"bleu": "BLEU", "chrf": "chrF"}, "percent", 100, ".1f")
    return [bars_picture(folder / "scores.png", title, [panel], rows(metrics))]


def rows(metrics: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The model, by beam search and greedy, and the baselines, by their names."""
    models = {f"model, beam {metrics['decoding']['beam']}": metrics, "model, greedy": metrics["greedy"]}
    others = {f"baseline, {name}": found for name, found in metrics["baselines"].items()}
    return {name: found for name, found in (models | others).items() if found}
