"""How good a recommender is: where the item that came next stands among all items, and what counting would reach.

    heedful evaluate recommender --model saved_models/recommender/my-shop --data my_shop/ --split test

The same code measures a `.keras` and a `.tflite`: `predict.scores` turns windows int32 (n, length) into scores
(n, rows), `predict.rank` windows and candidates into probabilities. The keys of `evaluate` are stable:

    split, users, items            what was measured; a user has one target (two where `split` is "all")
    protocol                       the same in a sentence
    repeats                        whether items of the history may be recommended (`facts["repeats"]`)
    repeat_targets                 targets that the user's history holds already: misses, unless there are repeats
    unknown_targets                targets that the catalogue does not hold: misses
    HR@1, HR@5, HR@10              share of users whose target is among the first so many
    NDCG@10                        mean of 1 / log2(1 + rank) of targets among the first 10; selects the best epoch
    MRR                            mean of 1 / rank
    intervals                      {metric: [low, high]} of these five, 95 % bootstrap over users
    coverage@10                    share of the catalogue that is among somebody's first 10
    popularity@10                  mean popularity of what is recommended, 0 to 1 by rank in training; 0.5 is no bias
    filtered, unfiltered           the five metrics without the items that the user has seen, and with them; those above
                                   are the second with repeats and the first without
    lists                          {"model", name of the best baseline: {"HR@10", "NDCG@10", "coverage@10",
                                   "popularity@10", "novelty@10", "distance@10", "bands": {band: share}}}: of the first
                                   10 as they are given, so after any diversity and with ties as they fall; see
                                   scoring/lists.py
    best_baseline                  name of the baseline with the highest NDCG@10
    by_history_length              [{"band", "users", "HR@10", "NDCG@10", "baseline": {"HR@10", "NDCG@10"}}]; the
                                   baseline is the best one, bands without users are left out
    by_item_popularity             the same by the target's share of the catalogue, most popular first
    by_repeat                      the same of targets that are new to the user and of those that are not
    sampled                        {"label", "HR@10", "NDCG@10"} among 1 target and 100 uniform negatives
    baselines                      {name: {"HR@10", "NDCG@10", "difference": {"HR@10": [low, high], "NDCG@10"}}}, the
                                   interval of model less baseline, users paired; null for one that was left out
    left_out                       {name: why}
    oracle                         {"HR@10", "NDCG@10", "share": {"HR@10", "NDCG@10"}}: the best there can be, where the
                                   process that made the data is known, and how much of it the model reaches
    ranker                         {"users", "candidates", "AUC", "GAUC", "logloss", "controls": {"no history",
                                   "shuffled history", "popularity"}: {"AUC", "GAUC"} each}; null without one

Ranks are pessimistic and over the whole catalogue (ranks.py); negatives of the ranker are as popular as targets are
(ranker_metrics.py).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from heedful.recipes.contract import Metric
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import Examples, RecommenderData
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.scoring import baselines, ranker_metrics
from heedful.recipes.recommender.scoring.bands import length_bands, popularity_bands, repeat_bands
from heedful.recipes.recommender.scoring.bands_picture import bands_picture
from heedful.recipes.recommender.scoring.lists import given_lists, measures, scored_lists
from heedful.recipes.recommender.scoring.negatives import draw_negatives
from heedful.recipes.recommender.scoring.ranks import METRICS, Score, per_user, rank_targets, spread
from heedful.recipes.shared.scoring.interval import bootstrap_means

SCORED_USERS = 3000  # of validation, after every epoch
SAMPLED = 100
SAMPLED_LABEL = "1 positive + 100 uniform negatives, for comparison with old papers only"
TABLE = ("HR@10", "NDCG@10")
NOT_ACCURACY = ("coverage@10", "popularity@10", "novelty@10", "distance@10")  # of lists


def selected_by(config: Config) -> Metric:
    """What selects the best epoch."""
    return Metric("GAUC" if config.select_by == "rank" else "NDCG@10")


METRIC = selected_by


def score(predict: Any, data: RecommenderData, split: str) -> float:
    """The metric that selects the best epoch, on at most `SCORED_USERS` users of a split."""
    examples = data.split(split)
    if data.config.select_by == "rank":
        return ranker_metrics.score(predict, data, examples)
    return _ndcg(_of_model(predict, examples), examples, data.repeats)


def scored(data: RecommenderData) -> int:
    """How many users `score` asks about."""
    return min(SCORED_USERS, len(data.split("validation")))


def baseline(data: RecommenderData) -> float:
    """The same metric of popularity alone, on the same users."""
    examples = data.split("validation")
    if data.config.select_by == "rank":
        return ranker_metrics.trivial_score(data, examples)
    popularity = baselines.Popularity(data)
    return _ndcg(lambda users: popularity.scores(examples, users), examples, data.repeats)


def _ndcg(model: Score, examples: Examples, repeats: bool) -> float:
    ranks = rank_targets(model, examples, spread(len(examples), SCORED_USERS))
    return float(per_user(ranks.headline(repeats))["NDCG@10"].mean())


def _of_model(predict: Any, examples: Examples) -> Score:
    return lambda users: predict.scores(*_asked(predict, examples, users))


def _asked(predict: Any, examples: Examples, users: np.ndarray) -> tuple[np.ndarray, ...]:
    """The histories of users; a model that takes times is asked when the target happened."""
    windows = examples.windows(users, predict.length)
    return (windows, examples.times(users, predict.length)) if getattr(predict, "times", False) else (windows,)


def evaluate(predict: Any, data: RecommenderData, split: str, seed: int = 0) -> dict:
    """Everything the module's docstring lists, as a dict for JSON; the same numbers for the same `seed`.

    `split` is train, validation, test or all.
    Raises InputError when the split has no users, ValueError when `predict` gives NaN.
    """
    examples = data.split(split)
    users = np.arange(len(examples))
    items = len(data.counts) - FIRST
    negatives = draw_negatives(examples, users, len(data.counts), SAMPLED, seed)
    ranks = rank_targets(_of_model(predict, examples), examples, users, negatives=negatives)
    assert ranks.sampled is not None
    values = per_user(ranks.headline(data.repeats))
    sampled = per_user(ranks.sampled)
    others, left_out = _baselines(data, examples, users)
    best = max(others, key=lambda name: others[name]["NDCG@10"].mean())
    lists = _lists(predict, best, data, examples, users)

    columns = [values[name] for name in METRICS]
    columns += [values[name] - other[name] for other in others.values() for name in TABLE]
    intervals = bootstrap_means(np.stack(columns, axis=1), seed).tolist()
    differences = iter(intervals[len(METRICS) :])
    result = {
        "split": split,
        "users": len(users),
        "items": items,
        "protocol": _protocol(len(users), split, items, data),
        "repeats": data.repeats,
        "repeat_targets": int(ranks.repeated.sum()),
        "unknown_targets": ranks.unknown,
        **_means(values, METRICS),
        "intervals": dict(zip(METRICS, intervals[: len(METRICS)], strict=True)),
        **{name: lists["model"][name] for name in ("coverage@10", "popularity@10")},
        "filtered": _means(per_user(ranks.filtered), METRICS),
        "unfiltered": _means(per_user(ranks.unfiltered), METRICS),
        "lists": lists,
        "best_baseline": best,
        "by_history_length": _bands(*length_bands(examples.lengths), values, others[best]),
        "by_item_popularity": _bands(*popularity_bands(examples.targets, data.counts), values, others[best]),
        "by_repeat": _bands(*repeat_bands(ranks.repeated), values, others[best]),
        "sampled": {"label": SAMPLED_LABEL, **_means(sampled, TABLE)},
        "baselines": {
            **{
                name: {**_means(other, TABLE), "difference": {metric: next(differences) for metric in TABLE}}
                for name, other in others.items()
            },
            **dict.fromkeys(left_out),
        },
        "left_out": left_out,
        "ranker": ranker_metrics.evaluate(predict, data, examples, seed),
    }
    if data.oracle is not None:
        result["oracle"] = _oracle(data.oracle, examples, users, values, data.repeats)
    return result


def _protocol(targets: int, split: str, items: int, data: RecommenderData) -> str:
    what = {"all": "validation and test items", "train": "last training items, which the model has seen,"}
    rule = "split by time for all users together" if data.config.split == "time" else "leave-one-out by time"
    seen = "what the user's whole history holds is filtered, "
    told = "; the model is told the times of the actions and when the target happened" if data.config.times else ""
    return (
        f"{rule}: the {what.get(split, split + ' items')} of {targets:,} histories are ranked among all "
        f"{items:,} items of the catalogue; {'' if data.repeats else seen}ties count against the model, and a target "
        f"that is not in the catalogue{'' if data.repeats else ' or was seen before'} is a miss{told}"
    )


def _means(values: Mapping[str, np.ndarray], names: tuple[str, ...]) -> dict[str, float]:
    return {name: float(values[name].mean()) for name in names}


def _baselines(
    data: RecommenderData, examples: Examples, users: np.ndarray
) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, str]]:
    """What each user adds to the metrics of each baseline, and why others were left out."""
    fitted, left_out = baselines.fit(data)
    values = {}
    for name, baseline in fitted.items():
        ranks = rank_targets(lambda chosen, each=baseline: each.scores(examples, chosen), examples, users)
        values[name] = per_user(ranks.headline(data.repeats))
    return values, left_out


def _lists(
    predict: Any, best: str, data: RecommenderData, examples: Examples, users: np.ndarray
) -> dict[str, dict[str, Any]]:
    """What the first recommendations of the model and of the best baseline are like."""
    baseline = baselines.fit(data)[0][best]
    if hasattr(predict, "recommend"):
        mine = given_lists(
            lambda part: predict.recommend(*_asked(predict, examples, part)), examples, users, data.repeats
        )
    else:
        mine = scored_lists(_of_model(predict, examples), examples, users, data.repeats)
    others = scored_lists(lambda part: baseline.scores(examples, part), examples, users, data.repeats)
    targets = examples.targets[users]
    return {
        name: measures(shown, targets, data.training, data.counts) for name, shown in (("model", mine), (best, others))
    }


def _oracle(
    oracle: Any, examples: Examples, users: np.ndarray, values: Mapping[str, np.ndarray], repeats: bool
) -> dict:
    ranks = rank_targets(lambda chosen: oracle.scores([examples.history(user) for user in chosen]), examples, users)
    best, mine = _means(per_user(ranks.headline(repeats)), TABLE), _means(values, TABLE)
    return {**best, "share": {name: mine[name] / best[name] if best[name] else None for name in TABLE}}


def _bands(
    names: list[str], band: np.ndarray, values: Mapping[str, np.ndarray], baseline: Mapping[str, np.ndarray]
) -> list[dict]:
    found = []
    for number, name in enumerate(names):
        users = band == number
        if users.any():
            mine, other = ({metric: each[metric][users] for metric in TABLE} for each in (values, baseline))
            row = {"band": name, "users": int(users.sum()), **_means(mine, TABLE), "baseline": _means(other, TABLE)}
            found.append(row)
    return found


def describe(metrics: Mapping) -> str:
    """The metrics as a table of text: the model, every baseline, and the oracle where there is one."""
    filtered = "items of the history too" if metrics["repeats"] else "seen items filtered"
    head = f"{metrics['split']}, {metrics['users']:,} users, all {metrics['items']:,} items ranked, {filtered}"
    lines = [head, f"{'':20}{'HR@10':>8}{'NDCG@10':>9}   model less this, NDCG@10 (95 %)"]
    spans = {name: "{:.4f} to {:.4f}".format(*metrics["intervals"][name]) for name in TABLE}
    lines.append(_row("model", metrics, f"itself {spans['NDCG@10']}, HR@10 {spans['HR@10']}"))
    for name, found in metrics["baselines"].items():
        if found:
            low, high = found["difference"]["NDCG@10"]
            lines.append(_row(name, found, f"{low:+.4f} to {high:+.4f}"))
        else:
            lines.append(f"{name:20}{'-':>8}{'-':>9}   {metrics['left_out'][name]}")
    if "oracle" in metrics:
        share = metrics["oracle"]["share"]["NDCG@10"]
        reached = "" if share is None else f"the model reaches {share:.1%} of it"
        lines.append(_row("oracle", metrics["oracle"], reached))
    if metrics["repeats"]:
        lines.append(_row("model, filtered", metrics["filtered"], "seen items left out"))
    else:
        lines.append(_row("model, unfiltered", metrics["unfiltered"], "seen items left in"))
    if abs(metrics["lists"]["model"]["NDCG@10"] - metrics["NDCG@10"]) > 1e-6:  # ranks count ties against the model
        lines.append(_row("model, as it lists", metrics["lists"]["model"], "the items that it gives, in its own order"))
    if metrics["items"] > SAMPLED:  # in a small catalogue they would repeat
        lines.append(_row("model, sampled", metrics["sampled"], metrics["sampled"]["label"]))
    lines.append(", ".join(f"{name} {metrics[name]:.4f}" for name in ("HR@1", "HR@5", "MRR")))
    lines += _described_lists(metrics)
    if metrics["repeats"]:
        bands = (f"{b['band']} ({b['users']:,}) {b['HR@10']:.4f}, {b['NDCG@10']:.4f}" for b in metrics["by_repeat"])
        lines.append(f"HR@10 and NDCG@10 of targets: {'; '.join(bands)}")
    seen = 0 if metrics["repeats"] else metrics["repeat_targets"]
    misses = {"seen before": seen, "not in the catalogue": metrics["unknown_targets"]}
    if any(misses.values()):
        lines.append(
            "misses for certain: " + ", ".join(f"{count:,} targets {why}" for why, count in misses.items() if count)
        )
    if metrics["ranker"]:
        ranker = metrics["ranker"]
        lines.append(
            f"ranker, popularity-matched negatives: AUC {ranker['AUC']:.4f}, GAUC {ranker['GAUC']:.4f}, logloss "
            f"{ranker['logloss']:.4f}, {ranker['users']:,} users"
        )
        lines += [
            f"  {name:18}AUC {got['AUC']:.4f}, GAUC {got['GAUC']:.4f}" for name, got in ranker["controls"].items()
        ]
    return "\n".join(lines)


def _described_lists(metrics: Mapping) -> list[str]:
    """A line for the lists of the model, one for those of the best baseline, and one for the bands of both."""
    lines = []
    for name, found in metrics["lists"].items():
        values = [f"{key} {found[key]:.3f}" for key in NOT_ACCURACY if found[key] is not None]
        lines.append(f"{'lists, ' + name:24}{', '.join(values)}")
    mine, other = (found["bands"] for found in metrics["lists"].values())
    shares = (f"{band}: {100 * mine[band]:.0f}/{100 * other[band]:.0f}" for band in mine)
    lines.append(f"  in % by popularity: {', '.join(shares)}")
    return lines


def _row(name: str, found: Mapping, note: str) -> str:
    return f"{name:20}{found['HR@10']:8.4f}{found['NDCG@10']:9.4f}   {note}"


def pictures(metrics: Mapping, folder: Path) -> list[Path]:
    """Draws the bands into `folder`."""
    return [bands_picture(metrics, folder / "bands.png")]
