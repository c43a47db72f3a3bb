"""The training model: the losses of tower and ranker, each weighted action by action."""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from heedful.layers.tensor import Tensor
from heedful.recipes.contract import Knowledge
from heedful.recipes.recommender.config import Config
from heedful.recipes.recommender.model import Recommender
from heedful.recipes.recommender.network.item_table import ItemTable
from heedful.recipes.recommender.network.ranker import Ranker
from heedful.recipes.recommender.reading.item_catalogue import FILE, FIRST, PAD, Catalogue
from heedful.recipes.shared.training.adversarial import AdversarialNoise, half_changed
from heedful.recipes.shared.training.losses import weighted
from heedful.recipes.shared.training.optimizer import build_optimizer


def build_trainer(
    model: Recommender, config: Config, knowledge: Knowledge, steps_per_epoch: int, seed: int
) -> keras.Model:
    """A compiled model of the batches of `training/batches.py` that shares the layers of `model`.

    Its output is losses `(batch, time + candidates)`: of every next item, then those of the ranker.
    """
    history, targets = (keras.Input((None,), dtype="int32", name=name) for name in ("history", "targets"))
    recent = keras.Input((config.ranker_length,), dtype="int32", name="recent")
    candidates = keras.Input((1 + config.ranker_negatives,), dtype="int32", name="candidates")
    inputs = {"history": history, "targets": targets, "recent": recent, "candidates": candidates}

    if config.times:
        inputs["times"] = keras.Input((None,), dtype="int32", name="times")
    times = [inputs[name] for name in ("times",) if name in inputs]
    counts = Catalogue.from_json(knowledge.attachments[FILE]).counts
    if config.loss == "bce":
        inputs["negatives"] = keras.Input((None,), dtype="int32", name="negatives")
        next_loss: Any = NegativeLoss(model.items, name="next")
    elif np.sum(counts > 0) > config.full_softmax:
        inputs["negatives"] = keras.Input((), dtype="int32", name="negatives")
        next_loss = SampledLoss(model.items, counts, config.negatives, name="next")
    else:
        next_loss = SoftmaxLoss(model.items, counts, name="next")
    negatives = [inputs[name] for name in ("negatives",) if name in inputs]

    def loss_of(vectors: Tensor, history: Tensor, targets: Tensor, *more: Tensor) -> Tensor:
        hidden = model.tower(vectors, ops.not_equal(history, PAD), *more[: len(times)], training=False)
        losses = next_loss(hidden, targets, *more[len(times) :], training=False)
        return ops.where(ops.equal(targets, PAD), 0.0, losses)

    vectors, real = model.items(history), ops.not_equal(history, PAD)
    if config.adversarial:
        rows, shared = [history, targets, *times], negatives
        if config.loss == "bce":  # one of each action's own
            rows, shared = [*rows, *negatives], []
        vectors = AdversarialNoise(loss_of, config.adversarial)(vectors, rows, shared, real)
    losses = next_loss(model.tower(vectors, real, *times), targets, *negatives)
    rank_loss = RankLoss(model.items, model.ranker, config.ranker_trains_items, config.adversarial, name="rank")
    trainer = keras.Model(inputs, ops.concatenate([losses, rank_loss(recent, candidates)], axis=1))
    trainer.compile(build_optimizer(config, steps_per_epoch), weighted)
    return trainer


class _ItemLoss(layers.Layer):
    """Base of the losses over items: float32 whatever the precision of the tower."""

    def __init__(self, items: ItemTable, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.items = items


class SoftmaxLoss(_ItemLoss):
    """Cross-entropy over all items that occur in training (Klenitskiy and Vasilev 2023, arXiv:2309.07602)."""

    def __init__(self, items: ItemTable, counts: np.ndarray, **kwargs: Any) -> None:
        super().__init__(items, **kwargs)
        self.known = np.flatnonzero(counts > 0).astype(np.int32) + FIRST

    def call(self, hidden: Tensor, targets: Tensor, training: bool | None = None) -> Tensor:
        table = self.items.table(training)
        flat = ops.reshape(hidden, (-1, hidden.shape[-1]))
        whole = ops.reshape(log_normalizer(flat, ops.take(table, self.known, axis=0)), ops.shape(targets))
        return whole - ops.sum(hidden * ops.take(table, targets, axis=0), axis=-1)


@ops.custom_gradient
def log_normalizer(hidden: Tensor, vectors: Tensor) -> Any:
    """`log sum exp(hidden . vectors)`: `(n, width)` and `(items, width)` -> `(n,)`, with the gradient written out.

    The backends would keep and pass over several arrays of `(n, items)` where one softmax does; on a CPU this halves
    the time of the full softmax.
    """
    logits = ops.matmul(hidden, ops.transpose(vectors))

    def gradient(*arguments, upstream=None):
        upstream = ops.expand_dims(arguments[0] if upstream is None else upstream, -1)
        shares = ops.softmax(logits, axis=-1)
        return ops.matmul(shares, vectors) * upstream, ops.matmul(ops.transpose(shares), hidden * upstream)

    return ops.logsumexp(logits, axis=-1), gradient


class SampledLoss(_ItemLoss):
    """Cross-entropy against items that the whole batch shares, drawn by popularity.

    The logarithm of how often an item is expected among them is taken off its score (Bengio and Senécal 2008; logQ
    correction, Yi et al. 2019): the sum over them estimates that over all items. The item taken is always there, so
    nothing is taken off its own score; it would tell a rare item that it is well known already.
    """

    def __init__(self, items: ItemTable, counts: np.ndarray, negatives: int, **kwargs: Any) -> None:
        super().__init__(items, **kwargs)
        expected = negatives * counts / counts.sum()
        self.correction = np.zeros(items.rows, np.float32)
        self.correction[FIRST:] = np.log(np.maximum(expected, 1e-12))

    def call(self, hidden: Tensor, targets: Tensor, negatives: Tensor, training: bool | None = None) -> Tensor:
        table, correction = self.items.table(training), ops.convert_to_tensor(self.correction)
        taken = ops.sum(hidden * ops.take(table, targets, axis=0), axis=-1)
        others = ops.matmul(hidden, ops.transpose(ops.take(table, negatives, axis=0)))
        others = others - ops.take(correction, negatives, axis=0)
        hit = ops.equal(ops.expand_dims(targets, -1), negatives)
        others = ops.where(hit, -1e9, others)
        return ops.logsumexp(ops.concatenate([ops.expand_dims(taken, -1), others], axis=-1), axis=-1) - taken


class NegativeLoss(_ItemLoss):
    """Binary cross-entropy of the item taken and of one that was not, as SASRec was published."""

    def call(self, hidden: Tensor, targets: Tensor, negatives: Tensor, training: bool | None = None) -> Tensor:
        table = self.items.table(training)
        taken, other = (ops.sum(hidden * ops.take(table, rows, axis=0), axis=-1) for rows in (targets, negatives))
        return ops.softplus(-taken) + ops.softplus(other)


class RankLoss(_ItemLoss):
    """Binary cross-entropy of the ranker: the first candidate was taken, the others were not."""

    def __init__(
        self, items: ItemTable, ranker: Ranker, trains_items: bool, adversarial: float = 0.0, **kwargs: Any
    ) -> None:
        super().__init__(items, **kwargs)
        self.ranker, self.trains_items, self.adversarial = ranker, trains_items, adversarial

    def call(self, recent: Tensor, candidates: Tensor, training: bool | None = None) -> Tensor:
        table = self.items.table(training)
        if not self.trains_items:
            table = ops.stop_gradient(table)
        actions, offered = (ops.take(table, rows, axis=0) for rows in (recent, candidates))
        real = ops.not_equal(recent, PAD)
        if training and self.adversarial:
            actions = half_changed(self.of_actions, actions, [real, offered], real=real, size=self.adversarial)
        return self.of_actions(actions, real, offered, training)

    def of_actions(self, actions: Tensor, real: Tensor, offered: Tensor, training: bool | None = False) -> Tensor:
        """Of vectors `(batch, length, width)`, those of them that are `real (batch, length)`."""
        logits, _ = self.ranker(actions, real, offered, training=training)
        return ops.softplus(ops.concatenate([-logits[:, :1], logits[:, 1:]], axis=1))
