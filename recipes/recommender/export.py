"""What the exported file of this recipe takes and gives: recommend, rank, and the score of every item."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import keras
import numpy as np
from keras import ops

from heedful.apps.model_file import ModelFile
from heedful.export.signature import Arrays
from heedful.layers.tensor import Tensor
from heedful.recipes.contract import Signature
from heedful.recipes.recommender.model import Recommender, freeze
from heedful.recipes.recommender.reading.item_catalogue import FIRST, PAD
from heedful.recipes.recommender.training.counted_parts import NETWORK, words_of
from heedful.recipes.shared.network.fixed_batches import ask, in_fixed_batches
from heedful.recipes.shared.reading.spread import spread

SIGNATURE = "recommend"
PARTS_FILE = "parts.json"
QUANTIZATIONS = {"none": 0.0, "float16": 0.002, "dynamic": 0.003, "int8": 0.003}  # of validation NDCG@10
# The converter gives the last name to operators whose result is an output of the file.
FLOAT_LAYERS = ("items", "score_items", "mixture", "counted", "choose", "explain", "StatefulPartitionedCall")
NEAR = 1e-5  # of a score: below it runtimes may round two of them to either order
BATCH = 256  # histories that Keras answers at once
EXAMPLES = 64  # histories that verify a file and calibrate int8


def deployed(model: Recommender) -> Recommender:
    """The model as it ships, its item vectors worked out."""
    return freeze(model)


def attachments(model: Recommender, data: Any) -> dict[str, bytes]:
    """The parts of the mixture, in the order of the output `parts`, where there is one."""
    if model.mixture is None:
        return {}
    names = [NETWORK, *(words_of(part) for part in model.counted)]
    shares = zip(names, model.mixture.shares, strict=True)
    return {PARTS_FILE: json.dumps([{"part": name, "share": round(share, 4)} for name, share in shares]).encode()}


def signatures(model: Recommender) -> dict[str, Signature]:
    """`recommend`, `rank` and `score` of a history int32 `(1, length)`, the first and the last of times as well where
    the model was trained with them; see `Recommender` and the recipe's README.
    """
    history = {"history": ((1, model.tower.length), "int32")}
    times = {"times": ((1, model.tower.length + 1), "int32")} if model.tower.times else {}
    candidates = {"candidates": ((1, model.candidates), "int32")}
    return {
        "recommend": Signature(model.recommend, history | times),
        "rank": Signature(model.rank, history | candidates),
        "score": Signature(model.score, history | times),
    }


def inputs(data: Any) -> list[dict[str, np.ndarray]]:
    """Validation histories, spread evenly, with their times where the model takes them, and with the target and some
    popular items as candidates.
    """
    chosen, rows = spread(data, EXAMPLES)
    histories = chosen.windows(rows, data.config.length)
    popular = FIRST + np.argsort(-data.counts[FIRST:], kind="stable")[: data.config.candidates - 1]
    offered = np.full((len(rows), data.config.candidates), PAD, np.int32)
    offered[:, 0] = chosen.targets[rows]
    offered[:, 1 : 1 + len(popular)] = popular
    given = {"history": histories, "candidates": offered}
    if data.config.times:
        given["times"] = chosen.times(rows, data.config.length)
    return [{name: values[row : row + 1] for name, values in given.items()} for row in range(len(rows))]


def examples(model: Recommender, inputs: Sequence[Arrays]) -> Mapping[str, list[dict[str, np.ndarray]]]:
    """Those of every signature; `recommend` is asked only where its order is decided, if there are such histories:
    items whose scores are as good as equal may stand either way round.
    """
    given = {
        name: [{key: row[key] for key in signature.inputs} for row in inputs]
        for name, signature in signatures(model).items()
    }
    rows = [row for row in given[SIGNATURE] if decided(model, row)]
    return given | {SIGNATURE: rows or given[SIGNATURE]}


def decided(model: Recommender, row: Arrays) -> bool:
    """Whether no two neighbours among the best items, and no best one left out, have nearly the same score."""
    scores = np.array(ops.convert_to_numpy(model.score(**row)["scores"]), np.float64)[0]
    scores[:FIRST] = -np.inf
    if not model.repeats:
        scores[row["history"][0]] = -np.inf
    best = np.sort(scores[np.isfinite(scores)])[::-1][: model.top + 1]
    return bool(np.all(best[:-1] - best[1:] > NEAR * np.maximum(1, np.abs(best[1:]))))


class Predictor:
    """What the metrics ask of either kind of model."""

    def __init__(self, model: Recommender | ModelFile) -> None:
        self.model = model
        if isinstance(model, ModelFile):
            self.length = model.signatures["score"]["inputs"]["history"][0][1]
            self.candidates = model.signatures["rank"]["inputs"]["candidates"][0][1]
            self.times = "times" in model.signatures["score"]["inputs"]
        else:
            self.length, self.candidates, self.times = model.tower.length, model.candidates, model.tower.times

    def scores(self, windows: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
        """Scores float32 `(n, rows)` of every item after histories int32 `(n, length)`; `times` int32 `(n, length + 1)`
        are for a model that takes them, and None where they are unknown.
        """
        given = self._given(windows, times)
        if isinstance(self.model, ModelFile):
            return ask(self.model, "score", given)["scores"]
        rows = given if self.times else [windows]
        return in_fixed_batches(self.model.predict_on_batch, rows, BATCH)["scores"]

    def recommend(self, windows: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
        """Rows int32 `(n, top)` as the model recommends them, in its order, after the same."""
        given = self._given(windows, times)
        if isinstance(self.model, ModelFile):
            return ask(self.model, "recommend", given)["items"]
        rows = given if self.times else [windows]
        return in_fixed_batches(self.recommending.predict_on_batch, rows, BATCH)

    @cached_property
    def recommending(self) -> keras.Model:
        """The items of `model.recommend` as a model of its own, so that it is compiled."""
        assert isinstance(self.model, Recommender)
        return Recommending(self.model)

    def _given(self, windows: np.ndarray, times: np.ndarray | None) -> dict[str, np.ndarray]:
        given = {"history": windows}
        if self.times:
            given["times"] = np.zeros((len(windows), self.length + 1), np.int32) if times is None else times
        return given

    def rank(self, windows: np.ndarray, candidates: np.ndarray) -> np.ndarray:
        """Probabilities float32 `(n, C)` of candidates int32 `(n, C)`, any C up to the model's own."""
        count = candidates.shape[1]
        offered = np.pad(candidates, [(0, 0), (0, self.candidates - count)]).astype(np.int32)
        if isinstance(self.model, ModelFile):
            return ask(self.model, "rank", {"history": windows, "candidates": offered})["scores"][:, :count]
        ranking = ranking_of(self.model)
        found = in_fixed_batches(lambda *rows: ranking.predict_on_batch(list(rows)), [windows, offered], BATCH)
        return found[:, :count]


class Recommending(keras.Model):
    """Histories to the items that a model recommends."""

    def __init__(self, recommender: Recommender) -> None:
        super().__init__()
        self.recommender = recommender

    def call(self, history: Tensor | dict[str, Tensor]) -> Tensor:
        """`history`, or a dictionary of `history` and `times`, to rows int32 `(batch, top)`."""
        given = history if isinstance(history, dict) else {"history": history}
        return self.recommender.recommend(**given)["items"]


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
