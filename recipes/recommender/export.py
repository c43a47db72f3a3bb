"""What the exported file of this recipe takes and gives: recommend, rank, and the score of every item."""

from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras import ops

from heedful.apps.model_file import ModelFile
from heedful.recipes.contract import Signature
from heedful.recipes.recommender.model import Recommender, freeze
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.shared.network.fixed_batches import ask, in_fixed_batches
from heedful.recipes.shared.reading.spread import spread

SIGNATURE = "recommend"
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.003, "int8": 0.003}  # of validation NDCG@10
# The converter gives the last name to operators whose result is an output of the file.
FLOAT_LAYERS = ("items", "score_items", "choose", "explain", "StatefulPartitionedCall")
BATCH = 256  # histories that Keras answers at once
EXAMPLES = 64  # histories that verify a file and calibrate int8


def deployed(model: Recommender) -> Recommender:
    """The model as it ships, its item vectors worked out."""
    return freeze(model)


def signatures(model: Recommender) -> dict[str, Signature]:
    """`recommend`, `rank` and `score` of a history int32 `(1, length)`; see `Recommender` and the recipe's README."""
    history = {"history": ((1, model.tower.length), "int32")}
    candidates = {"candidates": ((1, model.candidates), "int32")}
    return {
        "recommend": Signature(model.recommend, history),
        "rank": Signature(model.rank, history | candidates),
        "score": Signature(model, history),
    }


def inputs(data: Any) -> list[dict[str, np.ndarray]]:
    """Validation histories, spread evenly, with the target and some popular items as candidates."""
    chosen, rows = spread(data, EXAMPLES)
    histories = chosen.windows(rows, data.config.length)
    popular = FIRST + np.argsort(-data.counts[FIRST:], kind="stable")[: data.config.candidates - 1]
    offered = np.full((len(rows), data.config.candidates), PAD, np.int32)
    offered[:, 0] = chosen.targets[rows]
    offered[:, 1 : 1 + len(popular)] = popular
    return [{"history": h[None], "candidates": c[None]} for h, c in zip(histories, offered, strict=True)]


class Predictor:
    """What the metrics ask of either kind of model."""

    def __init__(self, model: Recommender | ModelFile) -> None:
        self.model = model
        if isinstance(model, ModelFile):
            self.length = model.signatures["score"]["inputs"]["history"][0][1]
            self.candidates = model.signatures["rank"]["inputs"]["candidates"][0][1]
        else:
            self.length, self.candidates = model.tower.length, model.candidates

    def scores(self, windows: np.ndarray) -> np.ndarray:
        """Scores float32 `(n, rows)` of every item after histories int32 `(n, length)`."""
        model = self.model
        if isinstance(model, ModelFile):
            return ask(model, "score", {"history": windows})["scores"]
        return in_fixed_batches(model.predict_on_batch, [windows], BATCH)["scores"]

    def rank(self, windows: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Probabilities float32 `(n, C)` of candidates int32 `(n, C)`, any C up to the model's own."""
        count = candidates.shape[1]
        offered = np.pad(candidates, [(0, 0), (0, self.candidates - count)]).astype(np.int32)
        if isinstance(self.model, ModelFile):
            return ask(self.model, "rank", {"history": windows, "candidates": offered})["scores"][:, :count]
        ranking = ranking_of(self.model)
        found = in_fixed_batches(lambda *rows: ranking.predict_on_batch(list(rows)), [windows, offered], BATCH)
        return found[:, :count]


predictor = Predictor
_rankings: WeakKeyDictionary[Recommender, keras.Model] = WeakKeyDictionary()


def ranking_of(model: Recommender) -> keras.Model:
    """`model.rank` as a model of its own, made once, so that it is compiled once."""
    if model not in _rankings:
        history = keras.Input((model.tower.length,), dtype="int32")
        candidates = keras.Input((model.candidates,), dtype="int32")
        recent = history[:, -model.ranker.length :]
        logits, _ = model.ranker(model.items(recent), ops.not_equal(recent, PAD), model.items(candidates))
        _rankings[model] = keras.Model([history, candidates], ops.sigmoid(logits))
    return _rankings[model]
