"""How sensibly items are recommended that nobody has taken yet: hidden ones, with what is told of them.

    python tests/benchmarks/recommender_cold_items.py                                    # the simulated shop
    python tests/benchmarks/recommender_cold_items.py --data ratings.csv --fields genres genres+title --epochs 6

A share of the items is hidden: all their actions are taken out of the training, and they stay in the catalogue with
their features. Then come the last two actions of every user, as in `heedful evaluate`: those that took a hidden item
tell how it is found, the others whether known items suffer. For each choice of fields a model is trained: `none`, or
fields with + between them, of which `title` is the words of the titles; `all` is everything there is. Of hidden items:

    HR@10, NDCG@10     where only the hidden items are ranked
    place              mean rank of the taken one among all items, as a share: 0.5 is chance, 0 the first
    listed             share of the users whose first ten of all items have a hidden one among them

Beside the models stand chance, what is popular (the mean popularity of known items with the same genres), and what is
alike (the genres that the history shares with the item). `known NDCG@10` is of the validation actions that took a known
item. One seed, one choice of hidden items: a figure has an error of about the root of its share over the targets.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from heedful.apps.quiet import quiet
from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.data import Examples, RecommenderData
from heedful.recipes.recommender.network.item_fields import item_fields
from heedful.recipes.recommender.reading.item_catalogue import FIRST, GENRES, Catalogue
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.reading.title_words import TITLE
from heedful.recipes.recommender.scoring.ranks import per_user, rank_targets, seen
from heedful.recipes.recommender.scoring.ranks import spread as spread_users
from heedful.recipes.suite import cards, training_loop
from heedful.recipes.suite.configuration import configure
from heedful.recipes.suite.discovery import Recipe

RECIPE = Recipe("recommender")
MOST = 3000  # users with a known target that are asked
CHUNK = 256  # users at once
LISTED = 10  # items that a user is taken to see
Score = Callable[[np.ndarray], np.ndarray]  # users of the examples -> (users, rows)


def without(log: Log, hidden: np.ndarray) -> Log:
    """The log without the actions on the rows `hidden`."""
    keep = ~np.isin(log.items, hidden)
    owner = np.repeat(np.arange(len(log.lengths)), log.lengths)[keep]
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(log.lengths)))])
    return replace(log, items=log.items[keep], times=log.times[keep], starts=starts)


def hide(data: RecommenderData, share: float, seed: int) -> tuple[RecommenderData, np.ndarray]:
    """The data whose training never saw a share of the items, and their rows."""
    taken = FIRST + np.flatnonzero(data.catalogue.counts)
    hidden = np.random.default_rng(seed).choice(taken, round(share * len(taken)), replace=False)
    counts = data.catalogue.counts.copy()
    counts[hidden - FIRST] = 0
    catalogue = replace(data.catalogue, counts=counts)
    return replace(data, training=without(data.training, hidden), catalogue=catalogue), np.sort(hidden)


def of_fields(data: RecommenderData, names: Sequence[str]) -> RecommenderData:
    """The data whose items have these fields alone."""
    catalogue = data.catalogue
    fields = {name: values for name, values in catalogue.fields.items() if name in names}
    catalogue = replace(catalogue, features=fields.pop(GENRES, ((),) * len(catalogue)), more=fields)
    return replace(data, catalogue=catalogue, config=replace(data.config, titles=TITLE in names))


def train(data: RecommenderData, seed: int, known: Examples) -> Any:
    """The model of its best epoch, by the known items of validation, made as `heedful train` does."""
    import keras

    keras.utils.set_random_seed(seed)
    knowledge = knowledge_of(data)
    model, averaged = (RECIPE.model.build(data.config, knowledge) for _ in range(2))
    RECIPE.model.prepare(model, data)
    trainer = RECIPE.trainer.build_trainer(model, data.config, knowledge, data.steps_per_epoch, seed)
    users = spread_users(len(known), MOST)
    with tempfile.TemporaryDirectory() as folder:
        training_loop.fit(
            trainer, model, averaged, lambda step: data.batch(seed, step), seed=seed,
            steps_per_epoch=data.steps_per_epoch, epochs=data.config.epochs,
            score=lambda made: ndcg(score_of(made, known), known, users), state_file=Path(folder) / "state.npz",
        )  # fmt: skip
    return RECIPE.model.complete(averaged, data)


def score_of(model: Any, examples: Examples) -> Score:
    predict = RECIPE.export.predictor(model)
    return lambda users: predict.scores(examples.windows(users, predict.length))


def ndcg(score: Score, examples: Examples, users: np.ndarray) -> float:
    return float(per_user(rank_targets(score, examples, users).filtered)["NDCG@10"].mean())


def found(score: Score, examples: Examples, hidden: np.ndarray) -> dict[str, float]:
    """How the hidden targets of examples are found, by the names of the module's docstring."""
    users, rows = np.arange(len(examples)), int(examples.log.items.max()) + 1
    shown = np.zeros(len(users), bool)
    among = np.zeros(len(users))
    every = rank_targets(score, examples, users).filtered
    for start in range(0, len(users), CHUNK):
        part = users[start : start + CHUNK]
        scores = np.array(score(part), np.float64)
        rows = scores.shape[1]
        who, items = seen(examples, part)
        scores[who, items] = -np.inf
        best = FIRST + np.argpartition(-scores[:, FIRST:], LISTED)[:, :LISTED]
        shown[start : start + CHUNK] = np.isin(best, hidden).any(1)
        mine = scores[np.arange(len(part)), examples.targets[part]][:, None]
        among[start : start + CHUNK] = (scores[:, hidden] >= mine).sum(1)
    again = ~np.isfinite(every)  # taken before
    values = {name: value[~again].mean() for name, value in per_user(among).items()}
    place = (every[~again] - 1).mean() / (rows - FIRST)
    return {"HR@10": values["HR@10"], "NDCG@10": values["NDCG@10"], "place": place, "listed": shown.mean()}


def popular(catalogue: Catalogue, examples: Examples) -> Score:
    """Known items by how often they were taken, hidden ones by the mean of those that share their genres."""
    member = membership(catalogue)
    counts = np.concatenate([np.zeros(FIRST), catalogue.counts])
    known = counts > 0
    weight = member[known].sum(0)
    mean = (member[known].T @ counts[known]) / np.maximum(weight, 1e-9)
    counts[~known] = (member @ mean)[~known]
    return lambda users: np.broadcast_to(counts, (len(users), len(counts)))


def alike(catalogue: Catalogue, examples: Examples, length: int) -> Score:
    """By the genres that an item shares with the last actions."""
    member = membership(catalogue)

    def score(users: np.ndarray) -> np.ndarray:
        return member[examples.windows(users, length)].sum(1) @ member.T

    return score


def membership(catalogue: Catalogue) -> np.ndarray:
    """Which genres each row has, in equal shares that add up to 1: (rows, genres)."""
    fields = item_fields(replace(catalogue, more={}), titles=False)
    member = np.zeros((catalogue.rows, 1 + len(fields.names)))
    for column in fields.rows.T:
        np.add.at(member, (np.arange(len(member)), column), 1.0)
    member = member[:, 1:]
    return member / np.maximum(member.sum(1, keepdims=True), 1)


def show(name: str, figures: dict[str, float], known: float | None = None) -> None:
    cells = "".join(f"{figures[key]:>10.3f}" for key in ("HR@10", "NDCG@10", "place", "listed"))
    print(f"{name:24}{cells}{'' if known is None else f'{known:>16.4f}'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="sample", help="interactions; the items file lies beside them")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="settings, as for heedful train")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--fields", nargs="*", default=["none", "genres", "all"], metavar="A+B", help="models to train")
    parser.add_argument("--share", type=float, default=0.05, help="of the items that are hidden")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    config = configure(RECIPE.config.PRESETS, options.preset, options.set, options.epochs)
    data, hidden = hide(RECIPE.data.load(options.data, config), options.share, options.seed)
    cold, known = ends(data, hidden)
    fields = [*data.catalogue.fields, *([TITLE] if item_fields(data.catalogue, titles=True).names else [])]
    print(
        f"{cards.machine()}\n{options.data}, {options.preset} {' '.join(options.set)}, {config.epochs} epochs, "
        f"seed {options.seed}: {len(hidden)} of {len(data.catalogue):,} items hidden, {len(cold):,} targets among "
        f"them\n{'':24}{'HR@10':>10}{'NDCG@10':>10}{'place':>10}{'listed':>10}{'known NDCG@10':>16}"
    )
    chance = min(1.0, 10 / len(hidden))
    gain = (1 / np.log2(1 + np.arange(1, 11)))[: len(hidden)].sum() / len(hidden)
    show("chance", {"HR@10": chance, "NDCG@10": gain, "place": 0.5, "listed": 1 - (1 - options.share) ** 10})
    show("popular genres", found(popular(data.catalogue, cold), cold, hidden))
    show("genres alike", found(alike(data.catalogue, cold, config.length), cold, hidden))
    for choice in options.fields:
        names = fields if choice == "all" else [] if choice == "none" else choice.split("+")
        if unknown := set(names) - set(fields):
            parser.error(f"there is no field {unknown.pop()}: there are {', '.join(fields)}")
        chosen = of_fields(data, names)
        with quiet():
            model = train(chosen, options.seed, known)
        suffers = ndcg(score_of(model, known), known, spread_users(len(known), MOST))
        show(f"model, {choice}", found(score_of(model, cold), cold, hidden), suffers)


def ends(data: RecommenderData, hidden: np.ndarray) -> tuple[Examples, Examples]:
    """Of the held-out actions those that took a hidden item, and of the validation those that took a known one."""
    both, validation = data.split("all"), data.split("validation")
    cold, known = np.isin(both.targets, hidden), ~np.isin(validation.targets, hidden)
    return (
        Examples(both.log, both.starts[cold], both.ends[cold]),
        Examples(validation.log, validation.starts[known], validation.ends[known]),
    )


if __name__ == "__main__":
    main()
