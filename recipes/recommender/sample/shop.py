"""The embedded sample: a simulated shop whose rules are known, so that the best possible score is known too.

12,000 people choose about 350,000 times among 396 named items of 18 categories (names.py). Nobody takes an item
twice. How likely an item comes next is

    interest in its category  x  rotation  x  how well it follows the LAST item taken from that category

* interest: how often the person chose from the category, each choice losing weight by the factor `MEMORY` with every
  later one, plus a little for every category (`CURIOSITY`): interests grow, fade, and new ones come.
* rotation: people change the subject; the category just served counts only `AGAIN` times as much.
* follows: three successors of decreasing probability (two-person tent -> sleeping bag), mixed with the popularity of
  the category's items. Where nothing was taken from the category yet, popularity decides.

So the last action alone says little, and a table of which item follows which blurs several interests into one; who
looks back for each interest's last item can tell. The probabilities depend on the person's own items and on nothing
else: `Oracle` computes them exactly, and no model can score higher in expectation.

The times are laid over the finished choices, which therefore do not depend on them: a person's actions come in sessions
within a few weeks, near the season of the category that the person began with, and each late item only once it is on
sale. A time so tells nothing about a held-out item, except that a late one cannot be early.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from heedful.recipes.recommender.reading.item_catalogue import FIRST, Catalogue
from heedful.recipes.recommender.reading.log import Log
from heedful.recipes.recommender.sample.names import ITEMS

USERS = 12000
SHORTEST, LONGEST = 8, 60  # actions of a person
MEMORY = 0.6  # what an interest keeps at each later action
CURIOSITY = 0.2  # interest in all categories together that nobody needs to earn
AGAIN = 0.1
AHEAD = (1, 5, 11)  # successors, in places further along the category's list, and their shares
SUCCESSORS = (0.6, 0.22, 0.1)  # before popularity tilts them; the rest goes to the popularity of the category's items
TILT = 0.3
ZIPF = 0.8  # popularity of the r-th most popular item of a category, or of a category: r ** -ZIPF
COLD = 6  # items that nobody has taken yet
LATE = 8  # items that go on sale during the log
DAY = 24 * 3600
DAYS = 240
OPENING = 1_704_067_200  # 1 January 2024, UTC


@dataclass(frozen=True, eq=False)
class Process:
    """The rules of the shop; items and categories are positions here."""

    category: np.ndarray  # int64 (items,)
    popularity: np.ndarray  # (categories,), sums to 1: the share of `CURIOSITY` that each gets
    follows: np.ndarray  # (1 + items, items): row 1 + i after item i of the same category, row 0 after none

    @classmethod
    def draw(cls, category: np.ndarray, rng: np.random.Generator) -> "Process":
        """Successors and popularity for items of these categories; the rows of `follows` sum to 1 in each category."""
        items, categories = len(category), category.max() + 1
        cold = [np.flatnonzero(category == c)[-1] for c in rng.permutation(categories)[:COLD]]
        sold = ~np.isin(np.arange(items), cold)
        follows = np.zeros((1 + items, items))
        for c in range(categories):
            group = np.flatnonzero((category == c) & sold)
            share = zipf(len(group), rng)
            follows[0, group] = share
            for place, item in enumerate(group):
                following = group[(place + np.array(AHEAD)) % len(group)]
                liked = SUCCESSORS * follows[0, following] ** TILT
                follows[1 + item, group] = (1 - sum(SUCCESSORS)) * share
                follows[1 + item, following] += liked / liked.sum() * sum(SUCCESSORS)
        return cls(category, zipf(categories, rng), follows)

    @property
    def sold(self) -> np.ndarray:
        """Items that anybody takes at all, bool (items,)."""
        return self.follows[0] > 0

    def start(self, people: int) -> "State":
        """The state of people who have not done anything yet."""
        items, categories = len(self.category), len(self.popularity)
        return State(
            interest=np.zeros((people, categories)),
            latest=np.zeros((people, categories), np.int64),
            subject=np.full(people, -1),
            seen=np.zeros((people, items), bool),
        )

    def probabilities(self, state: "State") -> np.ndarray:
        """How likely each item comes next, (people, items); all zeros for those who have seen everything."""
        wish = state.interest + CURIOSITY * self.popularity
        wish[np.arange(len(wish)), state.subject] *= np.where(state.subject < 0, 1, AGAIN)
        weight = self.follows[state.latest[:, self.category], np.arange(len(self.category))]
        weight *= wish[:, self.category]
        weight[state.seen] = 0
        total = weight.sum(1, keepdims=True)
        return np.divide(weight, total, out=weight, where=total > 0)


@dataclass(frozen=True, eq=False)
class State:
    """All that the next choice depends on, a row for each person."""

    interest: np.ndarray  # (people, categories)
    latest: np.ndarray  # int64 (people, categories): 1 + the last item taken from it, 0 where there is none
    subject: np.ndarray  # int64 (people,): the category of the last item, -1 before the first
    seen: np.ndarray  # bool (people, items)

    def first(self, people: int) -> "State":
        """The first so many people: a view, which `take` changes in place."""
        return State(self.interest[:people], self.latest[:people], self.subject[:people], self.seen[:people])

    def take(self, items: np.ndarray, process: Process) -> None:
        """Each person takes one item, int64 (people,); -1 is one that the shop does not know, and changes nothing."""
        people = np.flatnonzero(items >= 0)
        items = items[people]
        subject = process.category[items]
        self.interest[people] *= MEMORY
        self.interest[people, subject] += 1
        self.latest[people, subject] = 1 + items
        self.subject[people] = subject
        self.seen[people, items] = True


@dataclass(frozen=True, eq=False)
class Oracle:
    """Knows the rules of the shop: the ceiling for every model of its log."""

    process: Process

    def scores(self, histories: Sequence[np.ndarray]) -> np.ndarray:
        """The probability of each next item after whole histories of rows, oldest first: float64 (histories, rows)."""
        lengths = np.array([len(history) for history in histories], np.int64)
        order = np.argsort(-lengths, kind="stable")
        state = self.process.start(len(histories))
        for step in range(lengths.max(initial=0)):
            going = order[: np.count_nonzero(lengths > step)]
            items = np.array([histories[person][step] for person in going], np.int64) - FIRST
            state.first(len(going)).take(np.maximum(items, -1), self.process)
        scores = np.zeros((len(histories), FIRST + len(self.process.category)))
        scores[order, FIRST:] = self.process.probabilities(state)
        return scores


@dataclass(frozen=True, eq=False)
class Shop:
    """The sample: what happened, what was on sale, and who knows why."""

    log: Log
    catalogue: Catalogue
    oracle: Oracle


def shop(seed: int = 0) -> Shop:
    """The simulated shop, the same for the same seed; about two seconds."""
    rng = np.random.default_rng(seed)
    titles = tuple(title for group in ITEMS.values() for title in group)
    features = tuple((name,) for name, group in ITEMS.items() for _ in group)
    process = Process.draw(np.repeat(np.arange(len(ITEMS)), [len(group) for group in ITEMS.values()]), rng)
    lengths = np.sort(np.rint(SHORTEST + (LONGEST - SHORTEST) * rng.beta(1, 1.4, USERS)).astype(np.int64))[::-1]
    choices = choose(process, lengths, rng)
    times = lay_out(choices, lengths, process, rng)
    shuffled = rng.permutation(USERS)  # so that the order of the users says nothing about their activity
    held = np.arange(LONGEST) < lengths[shuffled, None]
    log = Log(
        items=(FIRST + choices[shuffled][held]).astype(np.int32),
        times=times[shuffled][held],
        starts=np.concatenate([[0], np.cumsum(lengths[shuffled])]),
        users=tuple(f"customer-{number + 1:04d}" for number in range(USERS)),
    )
    ids = tuple(title.replace("'", "").replace(" ", "-") for title in titles)
    return Shop(log, Catalogue(ids, titles, features), Oracle(process))


def choose(process: Process, lengths: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What each person takes, int64 (people, longest), -1 after the end; `lengths` must not increase."""
    choices = np.full((len(lengths), lengths.max()), -1)
    state = process.start(len(lengths))
    for step in range(lengths.max()):
        going = state.first(int(np.count_nonzero(lengths > step)))
        edges = process.probabilities(going).cumsum(1)
        drawn = (edges <= rng.random((len(edges), 1)) * edges[:, -1:]).sum(1)
        choices[: len(drawn), step] = drawn
        going.take(drawn, process)
    return choices


def lay_out(choices: np.ndarray, lengths: np.ndarray, process: Process, rng: np.random.Generator) -> np.ndarray:
    """When it happened, int64 seconds of the same shape, increasing along each row."""
    people, longest = choices.shape
    gaps = np.where(
        rng.random(choices.shape) < 0.35, rng.exponential(4 * DAY, choices.shape), rng.exponential(180, choices.shape)
    )
    gaps[:, 0] = 0
    passed = gaps.cumsum(1)
    span = rng.uniform(10, 45, people) * DAY
    passed *= (span / passed[np.arange(people), lengths - 1])[:, None]

    seasons = rng.permutation(len(process.popularity)) / len(process.popularity)  # when each category has its weeks
    started = process.category[choices[:, : SHORTEST - 2]]  # of everyone's first actions: none of them is held out
    favourite = np.array([np.bincount(row).argmax() for row in started])
    season = np.clip(seasons[favourite] + rng.normal(0, 0.06, people), 0, 1)
    begin = np.where(rng.random(people) < 0.8, season, rng.random(people)) * (DAYS * DAY - span)

    late = rng.choice(np.flatnonzero(process.sold), LATE, replace=False)
    on_sale = np.zeros(len(process.category))
    on_sale[late] = rng.uniform(0.5, 0.8, LATE) * DAYS * DAY
    earliest = np.where(choices >= 0, on_sale[choices] - passed, 0).max(1)
    begin = np.maximum(begin, earliest)
    return OPENING + (begin[:, None] + passed).astype(np.int64) + 20 * np.arange(longest)


def zipf(count: int, rng: np.random.Generator) -> np.ndarray:
    """Skewed shares (count,) in random order that sum to 1."""
    shares = np.arange(1, count + 1) ** -ZIPF
    return rng.permutation(shares / shares.sum())
