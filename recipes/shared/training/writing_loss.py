"""Teaching what writes one text of another: teacher forcing, with the losses token by token."""

from typing import Any

import keras
from keras import layers, ops

from heedful.apps.tokenizer import PAD, START
from heedful.layers import penalties
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.contract import Knowledge
from heedful.recipes.shared.network.pointer import losses
from heedful.recipes.shared.network.rewriter import Rewriter
from heedful.recipes.shared.training.adversarial import half_changed
from heedful.recipes.shared.training.losses import cross_entropy, shared_by_words, weighted
from heedful.recipes.shared.training.optimizer import build_optimizer
from heedful.recipes.shared.training.rewriting import Rewriting


def build_trainer(
    model: Rewriter, config: Rewriting, knowledge: Knowledge, steps_per_epoch: int, seed: int
) -> keras.Model:
    """A compiled model of the batches of `pair_batches.py` that shares the layers of `model`.

    Its output is losses `(batch, T)`; the targets of the batch are their weights.
    """
    given = {name: keras.Input((None,), dtype="int32", name=name) for name in ("source", "tokens", "targets")}
    loss = WritingLoss(model.writer, config, seed, name="loss")
    trainer = keras.Model(given, loss(given["source"], given["tokens"], given["targets"]))
    trainer.compile(
        build_optimizer(config, steps_per_epoch, ("bias", "gamma", "beta", "positions", "places")), weighted
    )
    return trainer


class WritingLoss(layers.Layer):
    """Cross-entropy of the mixture of writing and copying with label smoothing, and the coverage penalty; float32."""

    def __init__(self, writer: Any, config: Rewriting, seed: int, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.writer, self.config = writer, config
        self.noise = keras.random.SeedGenerator(seed)

    def call(self, source: Tensor, tokens: Tensor, targets: Tensor, training: bool | None = None) -> Tensor:
        """Losses float32 `(batch, T)` of the words `targets (batch, T)`."""
        read = self._hidden(tokens) if training and self.config.word_dropout else tokens
        if training and self.config.adversarial:
            vectors = half_changed(
                self.of_vectors, self.writer.words(source), [source, read, targets],
                real=ops.not_equal(source, PAD), size=self.config.adversarial,
            )  # fmt: skip
            return self._of(source, read, targets, training, vectors)
        return self._of(source, read, targets, training)

    def of_vectors(self, vectors: Tensor, source: Tensor, tokens: Tensor, targets: Tensor) -> Tensor:
        """Losses of texts whose tokens have the `vectors (batch, S, width)`, as in inference and none for padding."""
        return ops.where(ops.equal(targets, PAD), 0.0, self._of(source, tokens, targets, False, vectors))

    def _of(
        self, source: Tensor, tokens: Tensor, targets: Tensor, training: bool | None, vectors: Tensor | None = None
    ) -> Tensor:
        scores, gate, weights = self.writer(source, tokens, training=training, vectors=vectors)
        if self.config.copy:
            found = losses(scores, gate, weights, source, targets, self.config.label_smoothing)
        else:  # the same for a gate that never copies, in one operator: a third of the step
            found = cross_entropy(scores, targets, self.config.label_smoothing)
        if self.config.coverage:
            real = ops.not_equal(targets, PAD)
            found = found + self.config.coverage * shared_by_words(penalties.coverage(weights, real), real)
        return found

    def compute_output_shape(self, source_shape: Shape, tokens_shape: Shape, targets_shape: Shape) -> Shape:
        return targets_shape

    def _hidden(self, tokens: Tensor) -> Tensor:
        """Some tokens replaced by START, which says nothing."""
        drawn = keras.random.uniform(ops.shape(tokens), dtype="float32", seed=self.noise)
        hide = ops.logical_and(drawn < self.config.word_dropout, ops.not_equal(tokens, PAD))
        return ops.where(hide, START, tokens)
