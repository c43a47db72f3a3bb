"""How well the ranker orders given candidates: AUC and GAUC against negatives that are as popular as the positives.

Against uniform negatives the AUC is a popularity score: a published ranker keeps an AUC of .87 with random numbers
for a history. So negatives are drawn from the training popularity, out of the items that the user never touched (with
repeats, of all but the target), and three controls tell what is left without the user: an empty history, the history of
another user, and popularity alone.
"""

from typing import Any

import numpy as np

from heedful.apps.errors import InputError
from heedful.recipes.recommender.data import Examples, RecommenderData
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.scoring.negatives import draw_negatives
from heedful.recipes.recommender.scoring.ranks import CHUNK, spread

MOST_USERS = 3000
NEGATIVES = 20  # for each target; fewer where the file ranks fewer candidates


def evaluate(predict: Any, data: RecommenderData, examples: Examples, seed: int = 0) -> dict | None:
    """The `ranker` part of the metrics; None without a ranker, or without users whose target is new to them."""
    if getattr(predict, "rank", None) is None:
        return None
    users, candidates = questions(data, examples, seed)
    if not len(users):
        return None
    length = predict.length
    others = np.roll(users, 1)  # everybody gets the history of somebody else
    controls = {
        "no history": lambda part: np.full((len(users[part]), length), PAD, np.int32),
        "shuffled history": lambda part: examples.windows(others[part], length),
    }
    own = ask(predict, lambda part: examples.windows(users[part], length), candidates)
    used = candidates != PAD
    from sklearn.metrics import log_loss

    return {
        "users": len(users),
        "candidates": int(used.sum()),
        **areas(own, used),
        "logloss": float(log_loss(positives(used)[used], own[used], labels=[0, 1])),
        "controls": {
            **{name: areas(ask(predict, windows, candidates), used) for name, windows in controls.items()},
            "popularity": areas(data.counts[candidates].astype(np.float64), used),
        },
    }


def score(predict: Any, data: RecommenderData, examples: Examples) -> float:
    """GAUC alone, which selects the best epoch of a ranker; raises InputError when no user has a question for it."""
    users, candidates = questions(data, examples, 0)
    if not len(users):
        raise InputError(
            "no validation user has a target that is in the catalogue and new to them, so there is nothing to select "
            "a ranker by: set select_by=recommend."
        )
    own = ask(predict, lambda part: examples.windows(users[part], predict.length), candidates)
    return areas(own, candidates != PAD)["GAUC"]


def trivial_score(data: RecommenderData, examples: Examples) -> float:
    """GAUC of the popularity of the same candidates: about one half, by the way negatives are drawn."""
    _, candidates = questions(data, examples, 0)
    return areas(data.counts[candidates].astype(np.float64), candidates != PAD)["GAUC"]


def questions(data: RecommenderData, examples: Examples, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Users (n,) and their candidates int32 (n, candidates of the file): the target first, negatives, then PAD.

    Left out are users whose target the catalogue does not hold, or, without repeats, the history does: no negative is
    in a history then, so a target that is would be known by that alone.
    """
    users = spread(len(examples), MOST_USERS)
    targets = examples.targets[users]
    asked = [
        target >= FIRST and (data.repeats or target not in examples.history(user))
        for user, target in zip(users, targets, strict=True)
    ]
    users = users[np.array(asked, bool)]
    width = data.config.candidates
    candidates = np.full((len(users), width), PAD, np.int32)
    candidates[:, 0] = examples.targets[users]
    count = min(NEGATIVES, width - 1)
    drawn = draw_negatives(examples, users, len(data.counts), count, seed, data.counts, data.repeats)
    candidates[:, 1 : 1 + count] = drawn
    some = (drawn != PAD).any(axis=1)
    return users[some], candidates[some]


def ask(predict: Any, windows: Any, candidates: np.ndarray) -> np.ndarray:
    """Probabilities float64 (n, candidates) of candidates (n, candidates); `windows(slice)` gives the histories.

    Raises ValueError when there is no probability for one of them.
    """
    answers = []
    for start in range(0, len(candidates), CHUNK):
        part = slice(start, start + CHUNK)
        answer = np.asarray(predict.rank(windows(part), candidates[part]), np.float64)
        if answer.shape != candidates[part].shape:
            raise ValueError(f"candidates of shape {candidates[part].shape} got ranker scores of shape {answer.shape}")
        values = answer[candidates[part] != PAD]
        if np.isnan(values).any():
            raise ValueError("the ranker gives NaN scores: its weights are broken")
        if values.min(initial=0) < 0 or values.max(initial=0) > 1:
            raise ValueError("the ranker gives scores outside 0 to 1, which are no probabilities")
        answers.append(answer)
    return np.concatenate(answers)


def positives(used: np.ndarray) -> np.ndarray:
    """1 for the target, which comes first, and 0 for negatives, int (n, candidates)."""
    truth = np.zeros(used.shape, np.int64)
    truth[:, 0] = 1
    return truth


def areas(scores: np.ndarray, used: np.ndarray) -> dict[str, float]:
    """{"AUC", "GAUC"} of scores (n, candidates), target first, where `used`.

    AUC pools all pairs of users. GAUC is the mean over users of their own AUC, weighted by their candidates (Zhou et
    al., 2018, arXiv:1706.06978): a bias that all candidates of a user share does not touch it. Ties count half.
    """
    from sklearn.metrics import roc_auc_score

    mine, others = scores[:, :1], scores[:, 1:]
    wins = ((mine > others) + 0.5 * (mine == others)) * used[:, 1:]
    each = wins.sum(axis=1) / used[:, 1:].sum(axis=1)
    return {
        "AUC": float(roc_auc_score(positives(used)[used], scores[used])),
        "GAUC": float(np.average(each, weights=used.sum(axis=1))),
    }
