"""How good summaries are: against those of people, against the start of the text, and in their names and numbers.

    heedful evaluate text_summarization --model saved_models/text_summarization/my-letters --data letters/ --split test

The same code measures a `.keras` and a `.tflite`: `predict.write(data, split, beam)` gives a
`heedful.apps.rewritten.Rewritten` for every document. The keys of `evaluate` are stable:

    split, pairs                   what was measured
    tokenisation, sentences        what counts as a word and where a sentence ends, each in a sentence
    decoding                       {"beam", "length_penalty", "no_repeated_ngram", "min_words"}
    rouge_1, rouge_2, rouge_l      F1, means over the pairs, shares of 1 (rouge.py)
    rouge_lsum                     the same line by line; null where no reference has two lines
    exact_match                    share of summaries that are the reference, but for case and white space
    entity_copy                    share of the names and numbers that document and reference have that the summary has,
                                   too (entities.py); null where there is none
    intervals                      {score: [low, high]} of these six, 95 % bootstrap over pairs; null as the score is
    greedy                         the six scores and intervals with beam 1; its `rouge_l` on the first validation pairs
                                   selects the best epoch
    entities                       {"rule", "wanted": how many names and numbers entity_copy is of,
                                   "unseen": {"wanted", "copied"} of those that no training text has; null without
                                   training data, "numbers": {"written", "invented": share of the numbers in the
                                   summaries that stand nowhere in the document}}
    novel                          {"model", "references"}: {"words", "pairs"} shares of the different words and pairs
                                   of words that the document does not have
    repeated_trigrams              {"model", "references"}: share of the trigrams that the summary had before
    words_per_summary              {"model", "references", "ratio"}: means, and the first by the second
    copied                         mean probability with which the parts of the summaries were copied, not generated
    empty                          how many summaries have no word
    baselines                      {"lead_1", "lead_3", "lead_8_words", "random", "nearest", "best_sentences",
                                   "copied_words"}: the six scores and intervals; the last two know the reference, and
                                   "nearest" is missing without training data (baselines.py)
    best_baseline                  name of the one with the highest ROUGE-L among those that do not know it
    above_baseline                 {"rouge_1", "rouge_2", "rouge_l"}: {"difference", "interval"} of the model to that
                                   one, from the same resamples of both

Shares are null where there is nothing of which they could be one. Everything but `greedy` and `baselines` is of the
summaries that beam search wrote.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from heedful.recipes.contract import Metric
from heedful.recipes.shared.reading.text_pairs import TextPairs
from heedful.recipes.shared.reading.words import words
from heedful.recipes.shared.scoring.interval import bootstrap, bootstrap_means
from heedful.recipes.shared.scoring.nearest import nearest_targets
from heedful.recipes.shared.scoring.percent import between, percent
from heedful.recipes.shared.training.rewriting import DECODING
from heedful.recipes.text_summarization.scoring import baselines
from heedful.recipes.text_summarization.scoring.entities import Entities, invented, terms
from heedful.recipes.text_summarization.scoring.novelty import novel, repeated
from heedful.recipes.text_summarization.scoring.rouge import LINES, ROUGE, TOKENISATION, rouge, stems
from heedful.recipes.text_summarization.scoring.scores_picture import scores_picture
from heedful.recipes.text_summarization.scoring.sentences import RULE

METRIC = Metric("ROUGE-L")
SCORED_PAIRS = 500  # of validation, after every epoch
SCORES = (*ROUGE, *LINES, "exact_match", "entity_copy")
ROWS = {
    "lead_1": "first sentence",
    "lead_3": "first three sentences",
    "lead_8_words": "first eight words",
    "random": "random sentence",
    "nearest": "of nearest text",
    "best_sentences": "best sentences *",
    "copied_words": "words copied *",
}
ORACLES = ("best_sentences", "copied_words")
RL = list(ROUGE).index("rouge_l")  # its column


def score(predict: Any, data: Any, split: str) -> float:
    """ROUGE-L of greedy summaries of at most `SCORED_PAIRS` of a split; on validation it selects the best epoch."""
    part = data.few(split, SCORED_PAIRS)
    written, _ = _write(predict, part, split, beam=1)
    return float(rouge(written, part.split(split).targets, ("rouge_l",)).mean())


def scored(data: Any) -> int:
    """How many pairs `score` describes."""
    return min(len(data.split("validation")), SCORED_PAIRS)


def baseline(data: Any) -> float:
    """ROUGE-L of giving the first eight words of each document that `score` looks at."""
    pairs = data.few("validation", SCORED_PAIRS).split("validation")
    lead = [baselines.lead_words(document) for document in pairs.sources]
    return float(rouge(lead, pairs.targets, ("rouge_l",)).mean())


def _write(predict: Any, data: Any, split: str, beam: int) -> tuple[list[str], list[np.ndarray]]:
    """The summary of each document, and how likely each of its pieces was copied, float (pieces,)."""
    written = predict.write(data, split, beam)
    if len(written) != len(data.split(split)):
        raise ValueError(f"{len(data.split(split))} documents gave {len(written)} summaries")
    return [each.text for each in written], [np.asarray(each.copied, np.float64) for each in written]


def evaluate(predict: Any, data: Any, split: str, seed: int = 0) -> dict:
    """Everything the module's docstring lists, as a dict for JSON; the same numbers for the same `seed`.

    `split` is train, validation, test or all. Beam search and greedy decoding both go over all of its documents.
    Raises InputError when the split has no pairs, ValueError when `predict` gives no summaries for them.
    """
    pairs, config = data.split(split), data.config
    documents, references = pairs.sources, pairs.targets
    training = data.splits["train"] if len(data.splits.get("train", ())) else None
    entities = Entities(documents, training.sources if training else ())
    judge = _Judge(references, entities.wanted(references), seed)
    texts, copied = _write(predict, data, split, config.beam)
    greedy = texts if config.beam == 1 else _write(predict, data, split, beam=1)[0]
    counts, made = judge.counts(texts), _baselines(documents, references, training, seed)
    others = {name: judge.counts(made[name]) for name in ROWS if name in made}
    best = max((name for name in others if name not in ORACLES), key=lambda name: others[name][:, RL].mean())
    new, numbers = invented(texts, documents)
    return {
        "split": split,
        "pairs": len(texts),
        "tokenisation": TOKENISATION,
        "sentences": RULE,
        "decoding": {name: getattr(config, name) for name in DECODING},
        **judge.scores(counts),
        "greedy": judge.scores(counts if greedy is texts else judge.counts(greedy)),
        "entities": {
            "rule": entities.rule,
            "wanted": sum(map(len, judge.wanted)),
            "unseen": _unseen(judge.wanted, texts, entities, training.targets) if training else None,
            "numbers": {"written": numbers, "invented": new / numbers if numbers else None},
        },
        "novel": {
            name: {kind: novel(summaries, documents, order) for order, kind in enumerate(("words", "pairs"), 1)}
            for name, summaries in (("model", texts), ("references", references))
        },
        "repeated_trigrams": {"model": repeated(texts), "references": repeated(references)},
        "words_per_summary": _lengths(texts, references),
        "copied": float(np.concatenate(copied).mean()) if any(map(len, copied)) else None,
        "empty": sum(not words(text) for text in texts),
        "baselines": {name: judge.scores(found) for name, found in others.items()},
        "best_baseline": best,
        "above_baseline": _differences(counts, others[best], seed),
    }


@dataclass(frozen=True, eq=False)
class _Judge:
    """What summaries of the same documents are measured by."""

    references: Sequence[str]
    wanted: Sequence[set[str]]  # the names and numbers that a summary should have
    seed: int

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds of ROUGE."""
        return (*ROUGE, *(LINES if any("\n" in reference.strip() for reference in self.references) else ()))

    def counts(self, texts: Sequence[str]) -> np.ndarray:
        """Of each summary the `names`, whether it is exact, and how many entities it has and should have."""
        exact = [_plain(text) == _plain(reference) for text, reference in zip(texts, self.references, strict=True)]
        has = [len(want & set(terms(text))) for text, want in zip(texts, self.wanted, strict=True)]
        facts = np.stack([exact, has, list(map(len, self.wanted))], axis=1)
        return np.concatenate([rouge(texts, self.references, self.names), facts], axis=1)

    def scores(self, counts: np.ndarray) -> dict:
        """The `SCORES` and their intervals; None where the pairs do not ask for one."""
        asked = counts[:, -1].any()
        names = [*self.names, "exact_match", *(["entity_copy"] if asked else [])]

        def score(sums: np.ndarray) -> np.ndarray:
            """`(..., columns)` -> `(..., scores)`; a resample without an entity has them all."""
            share = np.divide(sums[..., -2], sums[..., -1], out=np.ones(sums.shape[:-1]), where=sums[..., -1] > 0)
            return np.concatenate([sums[..., :-2] / len(counts), share[..., None]], axis=-1)[..., : len(names)]

        found = dict(zip(names, score(counts.sum(axis=0)).tolist(), strict=True))
        spans = dict(zip(names, bootstrap(counts, score, self.seed).T.tolist(), strict=True))
        return {
            **{name: found.get(name) for name in SCORES},
            "intervals": {name: spans.get(name) for name in SCORES},
        }


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).lower().split())


def _baselines(
    documents: Sequence[str], references: Sequence[str], training: TextPairs | None, seed: int
) -> dict[str, list[str]]:
    pairs = list(zip(documents, references, strict=True))
    return {
        **({"nearest": nearest_targets(documents, training, stems)} if training else {}),
        "lead_1": [baselines.lead_sentences(document, 1) for document in documents],
        "lead_3": [baselines.lead_sentences(document, 3) for document in documents],
        "lead_8_words": [baselines.lead_words(document) for document in documents],
        "random": baselines.random_sentences(documents, seed),
        "best_sentences": [baselines.best_sentences(*pair) for pair in pairs],
        "copied_words": [baselines.copied_words(*pair) for pair in pairs],
    }


def _unseen(
    wanted: Sequence[set[str]], texts: Sequence[str], entities: Entities, training_summaries: Sequence[str]
) -> dict:
    seen = entities.frequency.keys() | {term for summary in training_summaries for term in terms(summary)}
    new = [want - seen for want in wanted]
    hits = sum(len(want & set(terms(text))) for want, text in zip(new, texts, strict=True))
    count = sum(map(len, new))
    return {"wanted": count, "copied": hits / count if count else None}


def _lengths(texts: Sequence[str], references: Sequence[str]) -> dict:
    model, wanted = (float(np.mean([len(words(text)) for text in each])) for each in (texts, references))
    return {"model": model, "references": wanted, "ratio": model / wanted if wanted else None}


def _differences(counts: np.ndarray, others: np.ndarray, seed: int) -> dict:
    apart = (counts - others)[:, : len(ROUGE)]
    spans = bootstrap_means(apart, seed).tolist()
    return {
        name: {"difference": float(difference), "interval": span}
        for name, difference, span in zip(ROUGE, apart.mean(axis=0), spans, strict=True)
    }


def describe(metrics: Mapping) -> str:
    """The metrics as lines of text: a table of the scores, and below what they do not say. Shares are in percent."""
    decoding, made, people = metrics["decoding"], metrics["novel"]["model"], metrics["novel"]["references"]
    lined = metrics["rouge_lsum"] is not None
    lines = [
        f"{metrics['split']}, {metrics['pairs']:,} pairs; F1 and shares in percent, [95 % interval]",
        f"{'':22}{'ROUGE-1':>7}{'':15}{'ROUGE-2':>7}{'':15}{'ROUGE-L':>7}{'':15}"
        + (f"{'Lsum':>6}" if lined else "")
        + f"{'exact':>7}{'names':>7}",
        _row(f"model, beam {decoding['beam']}", metrics, lined),
    ]
    if decoding["beam"] > 1:
        lines.append(_row("model, greedy", metrics["greedy"], lined))
    lines += [_row(name, metrics["baselines"][key], lined) for key, name in ROWS.items() if key in metrics["baselines"]]
    lines.append("* chosen by someone who knows the reference: what copying sentences, or words, can reach")
    above = metrics["above_baseline"]["rouge_l"]
    low, high = (100 * end for end in above["interval"])
    lines.append(
        f"ROUGE-L is {100 * above['difference']:+.1f} [{low:+.1f} to {high:+.1f}] from that of the best baseline, "
        f"{ROWS[metrics['best_baseline']]}"
    )
    lines += _entities(metrics)
    lines.append(
        f"not in the document: {percent(made['words'])} % of the words, {percent(made['pairs'])} % of the pairs of "
        f"words (references {percent(people['words'])} %, {percent(people['pairs'])} %)"
    )
    length, again = metrics["words_per_summary"], metrics["repeated_trigrams"]
    lines.append(
        f"{length['model']:.1f} words a summary (references {length['references']:.1f}), {metrics['empty']:,} empty; "
        f"copied: {percent(metrics['copied'])} %; repeated trigrams: {percent(again['model'])} % "
        f"(references {percent(again['references'])} %)"
    )
    return "\n".join(lines)


def _entities(metrics: Mapping) -> list[str]:
    found = metrics["entities"]
    if not found["wanted"]:
        return ["names: no reference has a name or a number of its document"]
    unseen, numbers = found["unseen"], found["numbers"]
    line = f"names: {percent(metrics['entity_copy'])} % of {found['wanted']:,} names and numbers are right"
    if unseen and unseen["wanted"]:
        line += f", {percent(unseen['copied'])} % of the {unseen['wanted']:,} that training never showed"
    lines = [line, f"       ({found['rule']})"]
    if numbers["written"]:
        lines.append(f"invented: {percent(numbers['invented'])} % of the {numbers['written']:,} numbers written")
    return lines


def _row(name: str, found: Mapping, lined: bool) -> str:
    cells = [f"{name:22}"]
    for key in ROUGE:
        span = f"[{between(found['intervals'][key])}]"
        cells.append(f"{percent(found[key]):>7} {span:14}")
    cells += [f"{percent(found['rouge_lsum']):>6}"] if lined else []
    return "".join([*cells, f"{percent(found['exact_match']):>7}{percent(found['entity_copy']):>7}"])


def pictures(metrics: Mapping, folder: Path) -> list[Path]:
    """Draws the scores beside those of the baselines into `folder`."""
    return [scores_picture(metrics, folder / "scores.png")]
