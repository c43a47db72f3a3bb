"""What a trained recommender owes to its network and what to counting: figures of one model folder.

    python tests/benchmarks/recommender_parts.py --model saved_models/recommender/shop
    python tests/benchmarks/recommender_parts.py --model saved_models/recommender/sparse-log --data log.csv --split test

NDCG@10 of the network alone, of its counted parts alone and of both, for all users of a split, by the length of their
history and by how popular the item is that came next. Then the exported float32 file beside Keras on 1,000 histories,
spread evenly: how many get the same items in the same order; the greatest distance from 1 of the attention and of the
parts of a recommendation; and by how much the logarithm of the first item's probability falls without the action that
has the most attention, beside any other action of the history.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from heedful.apps.quiet import quiet
from heedful.recipes.recommender.data import RecommenderData
from heedful.recipes.recommender.model import Recommender, like
from heedful.recipes.recommender.network.counted import Mixture
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.scoring.bands import length_bands, popularity_bands
from heedful.recipes.recommender.scoring.ranks import per_user, rank_targets, spread
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.export import read_data
from heedful.recipes.suite.saved import TFLITE_FILE, open_saved

RECIPE = Recipe("recommender")
HISTORIES = 1000


def alone(model: Recommender) -> dict[str, Recommender]:
    """The model, its network, and its counted parts, by name; the network alone where nothing is counted."""
    models = {"network": like(model, model.items, [], None)}
    if model.mixture is not None:
        counted = np.array(model.mixture.shares[1:])
        shares = [0.0, *(counted / counted.sum()).tolist()]
        models["counting"] = like(model, model.items, model.counted, Mixture(model.items.rows, shares))
        models["both"] = model
    return models


def ablation(models: dict[str, Recommender], data: RecommenderData, split: str) -> None:
    """NDCG@10 of each model, by bands."""
    examples = data.split(split)
    users = np.arange(len(examples))
    gains = {}
    for name, model in models.items():
        predict = RECIPE.export.predictor(model)
        ranks = rank_targets(lambda part, ask=predict: ask.scores(examples.windows(part, ask.length)), examples, users)
        gains[name] = per_user(ranks.headline(data.repeats))["NDCG@10"]
    print(f"NDCG@10, {split}\n{'':26}{'users':>8}" + "".join(f"{name:>10}" for name in gains))
    everybody = (["all"], np.zeros(len(users), int))
    bands = {
        "": everybody,
        "history of ": length_bands(examples.lengths),
        "item ": popularity_bands(examples.targets, data.counts),
    }
    for what, (names, band) in bands.items():
        for number, name in enumerate(names):
            chosen = band == number
            if chosen.any():
                figures = "".join(f"{gain[chosen].mean():>10.4f}" for gain in gains.values())
                print(f"{what + name:26}{chosen.sum():>8,}{figures}", flush=True)


def explanations(model: Recommender, folder: Path, data: RecommenderData, split: str) -> None:
    """The file beside Keras, and what becomes of the first item without the actions that speak for it."""
    from heedful.apps.model_file import ModelFile

    examples = data.split(split)
    rows = spread(len(examples), HISTORIES)
    windows = examples.windows(rows, model.tower.length)
    file = ModelFile(folder / TFLITE_FILE)
    asked = [file.run("recommend", history=window[None]) for window in windows]
    found = {name: np.concatenate([answer[name] for answer in asked]) for name in asked[0]}
    wanted = [model.recommend(windows[start : start + 50]) for start in range(0, len(windows), 50)]
    items = np.concatenate([np.asarray(answer["items"]) for answer in wanted])
    chances = np.concatenate([np.asarray(answer["scores"]) for answer in wanted])
    same = (found["items"] == items).all(axis=1)
    print(f"\n{same.sum():,} of {len(rows):,} histories get the items of Keras in its order")
    if not same.all():
        off = np.abs(found["scores"] / chances - 1)[found["items"] != items].max()
        print(f"where another item stands, its probability is the same but for a share of {off:.1e}")
    for name in ("attention", "parts"):
        if name in found:
            print(f"{name}: sums are at most {np.abs(found[name].sum(-1) - 1).max():.1e} from 1")
    first, attention = found["items"][:, 0], found["attention"][:, 0]
    several = (windows != PAD).sum(axis=1) > 1
    named = attention.argmax(axis=1)
    others = np.where(windows != PAD, 1.0, 0.0)
    others[np.arange(len(rows)), named] = 0
    other = np.array(
        [np.random.default_rng(row).choice(len(p), p=p / p.sum()) if p.any() else 0 for row, p in enumerate(others)]
    )
    sure = certainty(model, windows, first, windows)
    for name, places in (("the named action", named), ("any other", other)):
        fall = (sure - certainty(model, without(windows, places), first, windows))[several]
        error = fall.std() / len(fall) ** 0.5
        print(f"without {name} the first item loses {fall.mean():.3f} of log-probability (standard error {error:.3f})")


def without(windows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The histories without one action each."""
    kept = np.arange(windows.shape[1]) != places[:, None]
    return np.pad(windows[kept].reshape(len(windows), -1), [(0, 0), (1, 0)], constant_values=PAD)


def certainty(model: Recommender, windows: np.ndarray, items: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Logarithms of the probabilities of `items` among those that were not `taken` at first."""
    scores = RECIPE.export.predictor(model).scores(windows).astype(np.float64)
    scores[:, :FIRST] = -np.inf
    if not model.repeats:
        np.put_along_axis(scores, taken, -np.inf, axis=1)
    high = scores.max(axis=1, keepdims=True)
    return scores[np.arange(len(scores)), items] - high[:, 0] - np.log(np.exp(scores - high).sum(axis=1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="a model folder")
    parser.add_argument("--data", help="the log that it was trained on, where it is elsewhere by now")
    parser.add_argument("--split", default="test", choices=("validation", "test"))
    options = parser.parse_args()
    with quiet():
        saved = open_saved(RECIPE, options.model)
        if options.data:
            saved = replace(saved, card=saved.card | {"data": {"source": options.data}})
        data = read_data(RECIPE, saved)
    assert isinstance(saved.model, Recommender)
    ablation(alone(saved.model), data, options.split)
    with quiet():
        explanations(saved.model, options.model, data, options.split)


if __name__ == "__main__":
    main()
