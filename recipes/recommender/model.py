"""The recommender: one item table, a tower that says what comes next, and a ranker of given candidates.

A history is int32 `(batch, length)`, padded with 0 on the left, newest action last. `model(history)` gives `scores`
`(batch, rows)` of every item; `recommend` and `rank` are what the exported file offers. A model with the setting
`times` takes them as well, int32 `(batch, length + 1)` as `ActionTimes` does: those of the actions, 0 for padding, now.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from heedful.apps.errors import InputError
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.contract import Knowledge
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.data import RecommenderData
from heedful.recipes.recommender.network.choose_and_explain import Choose, Explain, ScoreItems
from heedful.recipes.recommender.network.counted import Mixture
from heedful.recipes.recommender.network.item_fields import item_fields
from heedful.recipes.recommender.network.item_table import PACKAGE, FrozenItems, ItemTable
from heedful.recipes.recommender.network.ranker import Ranker
from heedful.recipes.recommender.network.tower import Tower
from heedful.recipes.recommender.reading.item_catalogue import FILE, FIRST, PAD, UNKNOWN, Catalogue
from heedful.recipes.recommender.scoring import baselines
from heedful.recipes.recommender.training.counted_parts import NETWORK, Part, candidates, choose, told
from heedful.recipes.recommender.training.spectral import spectral_vectors
from heedful.recipes.shared.network.inheritance import DIFFERENT

PARTS = ("items", "tower", "ranker", "counted", "mixture")  # of a `Recommender` that are saved as objects


@keras.saving.register_keras_serializable(PACKAGE)
class Recommender(keras.Model):
    """`items`, `tower` and `ranker` put together, for histories of `tower.length` actions.

    `top` is how many recommendations `recommend` gives; for `repeats` and `diversity` see `Choose`. With a `mixture`,
    the `counted` parts have their say beside the tower.
    """

    def __init__(
        self, items: ItemTable | FrozenItems, tower: Tower, ranker: Ranker, top: int, candidates: int,
        repeats: bool = False, diversity: float = 0.0, counted: Sequence[Part] = (),
        mixture: Mixture | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.items, self.tower, self.ranker, self.top, self.candidates = items, tower, ranker, top, candidates
        self.score_items = ScoreItems(dtype="float32", name="score_items")
        self.repeats, self.diversity = repeats, diversity
        self.choose = Choose(top, repeats, diversity, name="choose")
        self.explain = Explain(dtype="float32", name="explain")
        self.counted, self.mixture = list(counted), mixture

    def build(self, history_shape: Shape) -> None:
        batch, width = history_shape[0], self.items.width
        actions = (batch, self.ranker.length)
        shapes = {
            self.items: (history_shape,),
            self.tower: ((batch, self.tower.length, width), history_shape),
            self.ranker: ((*actions, width), actions, (batch, self.candidates, width)),
            **dict.fromkeys(self.counted, (history_shape,)),
            **({self.mixture: ()} if self.mixture else {}),
        }
        for part, shape in shapes.items():
            if not part.built:  # a part may be shared with another model
                part.build(*shape)

    def call(self, history: Tensor | dict[str, Tensor], training: bool | None = None) -> dict[str, Tensor]:
        """`history`, or a dictionary of `history` and `times`, to what `score` gives."""
        return self.score(**history) if isinstance(history, dict) else self.score(history)

    def score(self, history: Tensor, times: Tensor | None = None) -> dict[str, Tensor]:
        """`scores` `(batch, rows)` of every item; with a mixture the logarithms of probabilities."""
        return {"scores": self._scored(history, times)[0]}

    def recommend(self, history: Tensor, times: Tensor | None = None) -> dict[str, Tensor]:
        """The best items: `items` int32 `(batch, top)`, their probabilities `scores` `(batch, top)`, and `attention`
        `(batch, top, length)`; see `Choose` and `Explain`. With a mixture also `parts` `(batch, top, parts)`: which of
        them, the tower first, an item owes its place to.
        """
        scores, expected, read = self._scored(history, times)
        rows, chances = self.choose(scores, history, self.items.table())
        answer = {"items": rows, "scores": chances, "attention": self.explain(self.items(rows), read, history)}
        if self.mixture is None:
            return answer
        parts = self.mixture.parts(expected, rows)
        said = [answer["attention"], *(part.said(history, rows) for part in self.counted)]
        return answer | {"attention": self.mixture.attention(parts, said), "parts": parts}

    def rank(self, history: Tensor, candidates: Tensor) -> dict[str, Tensor]:
        """`scores` `(batch, candidates)`, the probability that each is taken, and `attention` `(batch, candidates,
        length)`.
        """
        recent = history[:, -self.ranker.length :]
        logits, attention = self.ranker(
            self.items(recent), ops.not_equal(recent, PAD), self.items(candidates), training=False
        )
        older = self.tower.length - self.ranker.length
        return {"scores": ops.sigmoid(logits), "attention": ops.pad(attention, [[0, 0], [0, 0], [older, 0]])}

    def _scored(self, history: Tensor, times: Tensor | None) -> tuple[Tensor, list[Tensor], Tensor]:
        """Scores of all items, what each part of the mixture expects, and what the tower read in each action."""
        newest, read = self.tower.last(self.items(history), ops.not_equal(history, PAD), times)
        scores = self.score_items(newest, self.items.table())
        if self.mixture is None:
            return scores, [], read
        expected = [self.mixture.network(scores), *(part(history) for part in self.counted)]
        return self.mixture(expected), expected, read

    def get_config(self) -> dict[str, Any]:
        parts = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in PARTS}
        numbers = {name: getattr(self, name) for name in ("name", "top", "candidates", "repeats", "diversity")}
        return {**numbers, **parts}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Recommender":
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in PARTS if name in config}
        return cls(**{**config, **parts})


def build(config: Config, knowledge: Knowledge) -> Recommender:
    """The inference model for a catalogue."""
    catalogue = Catalogue.from_json(knowledge.attachments[FILE])
    fields = item_fields(catalogue, config.titles)
    seed = 1
    items = ItemTable(
        catalogue.rows, config.width, len(fields.names), fields.columns, config.item_dropout, seed, name="items"
    )
    model = Recommender(
        items,
        Tower(
            config.length,
            config.blocks,
            config.heads,
            config.hidden,
            config.dropout,
            config.distances,
            config.times,
            name="tower",
        ),
        Ranker(config.ranker_length, config.ranker_width, config.ranker_units, config.ranker_hidden, name="ranker"),
        min(config.top, len(catalogue)),
        config.candidates,
        knowledge.facts.get("repeats", False),
        config.diversity,
        name="recommender",
    )
    model.build((None, config.length))
    items.describe(catalogue, fields)
    return model


def prepare(model: Recommender, data: RecommenderData) -> None:
    """Item vectors start where counting neighbours puts them."""
    if not data.config.spectral:
        return
    vectors = spectral_vectors(baselines.Markov(data).follows, model.items.width)
    if vectors is not None:
        random = np.array(ops.convert_to_numpy(model.items.embeddings))
        model.items.embeddings.assign(np.where(vectors.any(axis=1, keepdims=True), vectors, random))


def complete(model: Recommender, data: RecommenderData) -> Recommender:
    """The trained model with the counted parts that help it on validation; says which."""
    if not data.config.neighbours:
        return model
    parts, examples, length = candidates(data), data.split("validation"), model.tower.length

    def score(users: np.ndarray) -> np.ndarray:
        given = {"history": examples.windows(users, length)}
        if model.tower.times:
            given["times"] = examples.times(users, length)
        return np.asarray(model.predict_on_batch(given)["scores"])

    chosen = choose(score, data, parts)
    print(told(chosen), flush=True)
    return with_counts(model, parts, chosen.shares, data.counts)


def with_counts(
    model: Recommender, parts: Mapping[str, Part], shares: Mapping[str, float], counts: np.ndarray
) -> Recommender:
    """The same model with `parts` by name beside its tower; without any where the tower has all shares. `counts`
    `(rows,)` are those of the training.
    """
    counted = [name for name in shares if name != NETWORK]
    if not counted:
        return model
    mixture = Mixture(len(counts), [shares.get(NETWORK, 0.0), *(shares[name] for name in counted)], name="mixture")
    made = like(model, model.items, [parts[name] for name in counted], mixture)
    mixture.describe(counts)
    return made


def inherit(model: Recommender, knowledge: Knowledge, old: Recommender, old_knowledge: Knowledge) -> None:
    """Takes over the weights of a trained model; its items keep their rows, and an item that training never saw starts
    near the unknown one.

    Raises `InputError` when it is built differently.
    """
    catalogue, before = (Catalogue.from_json(given.attachments[FILE]) for given in (knowledge, old_knowledge))
    parts = ((model.tower, old.tower), (model.ranker, old.ranker))
    if model.items.width != old.items.width or any(shapes(part) != shapes(was) for part, was in parts):
        raise InputError(DIFFERENT)
    for part, was in parts:
        part.set_weights(was.get_weights())
    embeddings, taught = (np.array(ops.convert_to_numpy(item.embeddings)) for item in (model.items, old.items))
    trained = np.flatnonzero(np.concatenate([np.ones(FIRST), before.counts]))
    embeddings[FIRST:] += taught[UNKNOWN]  # plus the small random numbers that tell new items apart
    embeddings[trained] = taught[trained]
    model.items.embeddings.assign(embeddings)
    if old.items.features and model.items.features:
        values, taught = (np.array(ops.convert_to_numpy(i.feature_embeddings)) for i in (model.items, old.items))
        names, old_names = (
            item_fields(given, titles=len(item.columns) > len(given.fields)).names
            for given, item in ((catalogue, model.items), (before, old.items))
        )
        number = {name: at for at, name in enumerate(old_names, 1)}
        kept = [at for at, name in enumerate(names, 1) if name in number]
        values[kept] = taught[[number[names[at - 1]] for at in kept]]
        model.items.feature_embeddings.assign(values)


def shapes(part: keras.layers.Layer) -> list[tuple[int, ...]]:
    """Of all weights."""
    return [tuple(weight.shape) for weight in part.weights]


def freeze(model: Recommender) -> Recommender:
    """The same model with the item vectors worked out, as it ships: fewer weights and nothing to compute twice."""
    items = FrozenItems(model.items.rows, model.items.width, name="items")
    frozen = like(model, items, model.counted, model.mixture)
    items.vectors.assign(model.items.table())
    return frozen


def like(
    model: Recommender, items: ItemTable | FrozenItems, counted: Sequence[Part], mixture: Mixture | None
) -> Recommender:
    """A model that shares tower and ranker with another, built."""
    made = Recommender(
        items, model.tower, model.ranker, model.top, model.candidates, model.repeats, model.diversity, counted, mixture,
        name="recommender",
    )  # fmt: skip
    made.build((None, model.tower.length))
    return made
