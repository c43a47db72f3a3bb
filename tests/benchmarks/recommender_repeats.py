"""Whether items of the history should be recommended: logs in which people come back at known rates, one table.

    python tests/benchmarks/recommender_repeats.py                      # 6 models, a minute each on one thread

In a made log a person goes back to one of the own earlier actions at a known rate, and otherwise takes something new:
of three items that follow the last one with known probabilities, or what is popular. For every rate and seed one model
of small settings is trained, and its HR@10 on the last actions is measured three times: with items of the history among
the recommendations (allow), without them (forbid), and as `repeats=auto` decides by the training part of the log.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.config import PRESETS
from heedful.recipes.recommender.reading.repeats import repeat_share
from heedful.recipes.recommender.scoring.ranks import per_user, rank_targets
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe
from heedful.recipes.suite.training_loop import dataset

RECIPE = Recipe("recommender")
RATES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)
PEOPLE, ITEMS, SHORTEST, LONGEST = 3000, 200, 8, 30
AHEAD, SHARES = (1, 5, 11), (0.5, 0.2, 0.1)  # what follows an item, in places further on; the rest is by popularity
SETTINGS = replace(
    PRESETS["tiny"], length=LONGEST, width=32, hidden=64, blocks=1, epochs=8, ranker_length=10, learning_rate=6e-3,
    batch_size=48, ema=0.0,
)  # fmt: skip


def transitions(rng: np.random.Generator) -> np.ndarray:
    """How likely each item follows each, (ITEMS, ITEMS)."""
    popular = rng.permutation(1.0 / np.arange(1, ITEMS + 1))
    follows = np.tile((1 - sum(SHARES)) * popular / popular.sum(), (ITEMS, 1))
    for ahead, share in zip(AHEAD, SHARES, strict=True):
        follows[np.arange(ITEMS), (np.arange(ITEMS) + ahead) % ITEMS] += share
    return follows


def actions(rate: float, seed: int) -> list[list[int]]:
    """What each person did; of the actions after the first, the share `rate` goes back to an earlier one."""
    rng = np.random.default_rng(seed)
    follows = transitions(rng)
    people = []
    for length in rng.integers(SHORTEST, LONGEST + 1, PEOPLE):
        past = [int(rng.integers(ITEMS))]
        while len(past) < length:
            if rng.random() < rate:
                past.append(past[rng.integers(len(past))])
            else:
                likely = follows[past[-1]].copy()
                likely[past] = 0
                past.append(int(np.searchsorted(np.cumsum(likely), rng.random() * likely.sum(), side="right")))
        people.append(past)
    return people


def write_log(path: Path, rate: float, seed: int) -> None:
    """user,item,timestamp."""
    rows = [f"{u},item {i},{60 * t}" for u, past in enumerate(actions(rate, seed)) for t, i in enumerate(past)]
    path.write_text("\n".join(["user,item,timestamp", *rows]) + "\n")


def measured(rate: float, seed: int) -> dict[str, float]:
    """The share that `auto` looks at, what it decides, and HR@10 of both settings, of new targets and of others."""
    with tempfile.TemporaryDirectory() as folder:
        write_log(path := Path(folder) / "log.csv", rate, seed)
        data = RECIPE.data.load(str(path), SETTINGS)
    keras.utils.set_random_seed(seed)
    knowledge = knowledge_of(data)
    model = RECIPE.model.build(SETTINGS, knowledge)
    steps = SETTINGS.epochs * data.steps_per_epoch
    trainer = RECIPE.trainer.build_trainer(model, SETTINGS, knowledge, data.steps_per_epoch, seed)
    trainer.jit_compile = False
    trainer.fit(dataset(trainer, lambda step: data.batch(seed, step), 0, steps), shuffle=False, verbose=0)
    predict, split = RECIPE.export.predictor(model), data.split("test")
    ranks = rank_targets(
        lambda users: predict.scores(split.windows(users, predict.length)), split, np.arange(len(split))
    )
    allow, forbid = (per_user(each)["HR@10"] for each in (ranks.unfiltered, ranks.filtered))
    return {
        "share": repeat_share(data.training),
        "allow": allow.mean(),
        "forbid": forbid.mean(),
        "auto": (allow if data.repeats else forbid).mean(),
        "new": allow[~ranks.repeated].mean(),
        "again": allow[ranks.repeated].mean() if ranks.repeated.any() else np.nan,
        "new_forbid": forbid[~ranks.repeated].mean(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=float, nargs="+", default=RATES)
    parser.add_argument("--seeds", type=int, default=1, help="how many")
    options = parser.parse_args()
    print(cards.machine())
    print(f"HR@10 of {PEOPLE:,} last actions among {ITEMS} items, mean of {options.seeds} seeds (least to greatest)")
    names = ("allow", "forbid", "auto")
    print(f"{'rate':>6}{'share':>8}" + "".join(f"{name:>26}" for name in names) + "   allow: new, again; forbid: new")
    for rate in options.rates:
        found = [measured(rate, seed) for seed in range(options.seeds)]
        cells = []
        for name in names:
            values = [one[name] for one in found]
            cells.append(f"{np.mean(values):.4f} ({min(values):.4f}-{max(values):.4f})".rjust(26))
        more = [np.mean([one[name] for one in found]) for name in ("new", "again", "new_forbid")]
        share = np.mean([one["share"] for one in found])
        print(f"{rate:>6.1%}{share:>8.1%}" + "".join(cells) + "   {:.4f}, {:.4f}; {:.4f}".format(*more), flush=True)


if __name__ == "__main__":
    main()
