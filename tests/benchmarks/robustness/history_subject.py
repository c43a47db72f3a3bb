"""Histories given to a recommender. Its answer is the first item; the attention is what that one owes to each action of
the clean history, and in one more place to all strange ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from histories import CORRUPTIONS, STRANGE, strangers
from paired_outcome import Outcome, generator_of, recording, some

from heedful.apps.errors import InputError
from heedful.apps.model_file import ModelFile
from heedful.recipes.recommender import export, metrics
from heedful.recipes.recommender.data import Examples, RecommenderData
from heedful.recipes.recommender.reading.item_catalogue import FIRST
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.scoring.ranks import per_user, rank_targets
from heedful.recipes.shared.network.fixed_batches import ask


@dataclass(frozen=True, eq=False)
class Altered(Examples):
    """Examples whose actions stood elsewhere before."""

    places: Sequence[np.ndarray] = ()  # of each example int (actions,): where in the clean history, or `STRANGE`


class HistorySubject:
    """Histories as a model reads them, with the times of their actions."""

    corruptions = tuple(CORRUPTIONS)

    def __init__(self, model: Any, data: RecommenderData, split: str, most: int) -> None:
        if data.config.select_by == "rank":
            raise InputError("a model with select_by=rank ranks given items: give one that recommends.")
        part = data.split(split)
        rows = some(len(part), min(most, metrics.SCORED_USERS))
        self.clean = Examples(part.log, part.starts[rows], part.ends[rows])
        self.model, self.data, self.predict = model, data, export.predictor(model)

    def outcome(self, corruption: str | None, seed: int) -> Outcome:
        found: list[np.ndarray] = []
        data = self.given(corruption, seed)
        examples, users = data.splits["validation"], np.arange(len(self.clean))
        assert isinstance(examples, Altered)
        predict = export.predictor(self.model)
        predict.scores = recording(predict.scores, found)
        score = metrics.score(predict, data, "validation")
        scores = np.concatenate(found)
        ranks = rank_targets(lambda chosen: scores[chosen], examples, users).headline(data.repeats)
        items, looked = self.recommended(examples, users)
        attention = [
            at_places(row, places, len(self.clean.history(user)))[None]
            for user, (row, places) in enumerate(zip(looked, examples.places, strict=True))
        ]
        return Outcome(score, per_user(ranks)["NDCG@10"][:, None], items.tolist(), attention)

    def recommended(self, examples: Examples, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The first item of each user (users,), and its attention (users, length)."""
        given = {"history": examples.windows(users, self.predict.length)}
        if self.predict.times:
            given["times"] = examples.times(users, self.predict.length)
        if isinstance(self.model, ModelFile):
            answer = ask(self.model, "recommend", given)
        else:
            answer = {name: np.array(values) for name, values in self.model.recommend(**given).items()}
        if not np.isfinite(answer["attention"]).all():
            raise ValueError("the attention is not finite")
        return answer["items"][:, 0], answer["attention"][:, 0]

    def given(self, corruption: str | None, seed: int) -> RecommenderData:
        places = []
        for row, count in enumerate(self.clean.lengths.tolist()):
            corrupt = CORRUPTIONS[corruption] if corruption else None
            drawn = generator_of(seed, corruption or "", row)
            places.append(corrupt(count, drawn) if corrupt and count else np.arange(count))
        return replace(self.data, splits={**self.data.splits, "validation": self.altered(places, seed)})

    def altered(self, places: Sequence[np.ndarray], seed: int) -> Altered:
        """The examples with other histories: strange items are any of the catalogue but the one to be found, which
        would be filtered as seen; the times stay in order, a strange action has that of the one before it.
        """
        log, items, times = self.clean.log, [], []
        every = np.arange(FIRST, len(self.data.counts))
        for row, chosen in enumerate(places):
            start, end = int(self.clean.starts[row]), int(self.clean.ends[row])
            others = every[every != log.items[end]]
            drawn = generator_of(seed, "strangers", row)
            items += [strangers(chosen, log.items[start:end], others, drawn), log.items[end : end + 1]]
            own = np.where(chosen == STRANGE, np.maximum.accumulate(chosen), chosen)
            times += [np.sort(log.times[start:end][np.maximum(own, 0)]), log.times[end : end + 1]]
        starts = np.concatenate([[0], np.cumsum([len(chosen) + 1 for chosen in places])])
        users = [""] * len(places)
        made = Log(np.concatenate(items).astype(np.int32), np.concatenate(times), starts, users, log.unit)
        return Altered(made, starts[:-1], starts[1:] - 1, places)

    def share(self, sums: np.ndarray) -> np.ndarray:
        return sums[:, 0] / len(self.clean)

    def baseline(self) -> float:
        return metrics.baseline(self.given(None, 0))

    def comparable(self, corruption: str) -> bool:
        return True


def at_places(attention: np.ndarray, places: np.ndarray, count: int) -> np.ndarray:
    """The attention (length,) to the newest actions of a history, at their `places` (actions,) among the `count` of the
    clean one, float (count + 1,); the last place is for all that is strange.
    """
    newest = places[-len(attention) :]
    found = np.zeros(count + 1)
    if len(newest):
        np.add.at(found, np.where(newest == STRANGE, count, newest), attention[-len(newest) :])
    return found
