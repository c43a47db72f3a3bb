"""What a recommender gains from the times of actions: a made log in which they matter, with and without them.

    python tests/benchmarks/recommender_times.py
    python tests/benchmarks/recommender_times.py --set epochs=6

People take the things of one subject in their order. After a break of more than a day they begin anew: with a subject
that depends on the part of the day at which they come back, and with another one at the weekend. Without times a break
cannot be seen, nor where it leads. Prints HR@10 of the test targets for the same data, settings and seed, that of the
targets after a break, and what a model that was trained with times says without being told any.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np

from heedful.recipes.contract import knowledge_of
from heedful.recipes.recommender.config import PRESETS, Config
from heedful.recipes.recommender.data import RecommenderData, load
from heedful.recipes.recommender.export import Predictor
from heedful.recipes.recommender.model import build
from heedful.recipes.recommender.scoring.ranks import per_user, rank_targets
from heedful.recipes.recommender.trainer import build_trainer
from heedful.recipes.suite.configuration import configure

THINGS = 40  # of each of twelve subjects: three for every part of the day, the last of them for its weekends
PEOPLE = 2000
BREAK = 0.3  # of all steps come after one
FORWARD = 0.8  # of the others go to the next thing, the rest anywhere in the subject
START = 1_704_067_200  # Monday, 1 January 2024, UTC
DAY = 86400


def write_log(path: Path, seed: int = 0) -> None:
    """user,item,timestamp."""
    rng = np.random.default_rng(seed)
    lines = ["user,item,timestamp"]
    for person in range(PEOPLE):
        now, subject, thing = START + int(rng.integers(0, 200 * DAY)), 0, 0
        for step in range(int(rng.integers(8, 40))):
            if step == 0 or rng.random() < BREAK:
                now += int(rng.uniform(1.5, 9) * DAY)
                subject, thing = subject_at(now, rng), int(rng.integers(4))  # near its beginning
            else:
                now += int(rng.exponential(300)) + 1
                thing = (thing + 1) % THINGS if rng.random() < FORWARD else int(rng.integers(THINGS))
            lines.append(f"person {person},subject {subject} thing {thing},{now}")
    path.write_text("\n".join(lines) + "\n")


def subject_at(now: int, rng: np.random.Generator) -> int:
    """One of the subjects of the part of the day."""
    moment = datetime.fromtimestamp(now, UTC)
    return 3 * (moment.hour // 6) + (2 if moment.weekday() >= 5 else int(rng.integers(2)))


def trained(data: RecommenderData, config: Config, seed: int = 0) -> Predictor:
    """After the epochs of the configuration."""
    keras.utils.set_random_seed(seed)
    knowledge = knowledge_of(data)
    model = build(config, knowledge)
    trainer = build_trainer(model, config, knowledge, data.steps_per_epoch, seed)
    for step in range(config.epochs * data.steps_per_epoch):
        trainer.train_on_batch(*data.batch(seed, step))
    return Predictor(model)


def report(title: str, data: RecommenderData, scores: Callable[[np.ndarray], np.ndarray]) -> None:
    """HR@10 and NDCG@10 of all test targets, and HR@10 of those after a break."""
    split = data.split("test")
    values = per_user(rank_targets(scores, split, np.arange(len(split))).headline(data.repeats))
    after = split.log.times[split.ends] - split.log.times[split.ends - 1] > DAY
    print(
        f"{title:40}{values['HR@10'].mean():8.4f}{values['NDCG@10'].mean():9.4f}{values['HR@10'][after].mean():14.4f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs="+", default=[], metavar="key=value", help="settings beside those of tiny")
    config = configure(PRESETS, "tiny", ["epochs=3", *parser.parse_args().set])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        write_log(path)
        without, told = (load(str(path), replace(config, times=times)) for times in (False, True))
    print(f"{len(told.split('test')):,} people, {len(told.catalogue):,} things, {config.epochs} epochs")
    print(f"{'':40}{'HR@10':>8}{'NDCG@10':>9}{'after a break':>14}")
    split, length = told.split("test"), config.length
    predict = trained(without, replace(config, times=False))
    report("without times", without, lambda users: predict.scores(split.windows(users, length)))
    timed = trained(told, replace(config, times=True))
    report("with times", told, lambda users: timed.scores(split.windows(users, length), split.times(users, length)))
    report("with times, asked without them", told, lambda users: timed.scores(split.windows(users, length)))


if __name__ == "__main__":
    main()
