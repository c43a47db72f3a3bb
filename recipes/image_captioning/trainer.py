"""The training model: the captions of a picture by teacher forcing, with the losses word by word."""

from typing import Any

import keras
from keras import layers, ops

from heedful.layers import penalties
from heedful.layers.reinforce import batch_mean, surrogate
from heedful.layers.tensor import Tensor
from heedful.recipes.contract import Knowledge
from heedful.recipes.image_captioning.config import Config
from heedful.recipes.image_captioning.model import Captioner
from heedful.recipes.image_captioning.network.recurrent import RecurrentDecoder
from heedful.recipes.image_captioning.network.transformer import TransformerDecoder
from heedful.recipes.image_captioning.training.self_critical import SelfCriticalLoss
from heedful.recipes.shared.training.adversarial import AdversarialNoise
from heedful.recipes.shared.training.losses import cross_entropy, shared_by_words, weighted
from heedful.recipes.shared.training.optimizer import build_optimizer


def build_trainer(
    model: Captioner, config: Config, knowledge: Knowledge, steps_per_epoch: int, seed: int
) -> keras.Model:
    """A compiled model of the batches of `training/batches.py` that shares the layers of `model`, or of
    `training/references.py` where the configuration says `self_critical`.

    Its output is losses `(batch, T)` or `(batch, samples)`; the targets of the batch are their weights.
    """
    if config.trains_encoder:
        seen = keras.Input(model.encoder.input_shape[1:], dtype="uint8", name="image")
        grid = model.encoder(seen)
    else:
        seen = grid = keras.Input(model.encoder.output_shape[1:], dtype="float16", name="grid")
    if config.self_critical:
        words = {
            "references": keras.Input((None, config.max_words), dtype="int32", name="references"),
            "ngrams": keras.Input((), dtype="int32", name="ngrams"),  # their rows are not those of the pictures
            "idf": keras.Input((), dtype="float32", name="idf"),
        }
        loss: Any = SelfCriticalLoss(model.decoder, config.self_critical, config.max_words, seed, name="loss")
    else:
        names = ("tokens", "targets", "captions", "positions")
        words = {name: keras.Input((None,), dtype="int32", name=name) for name in names}
        loss = CaptionLoss(model.decoder, config, name="loss")
        if config.adversarial:
            grid = AdversarialNoise(loss.of_words, config.adversarial)(grid, [words[name] for name in names])
    losses = loss(grid, **words)
    trainer = keras.Model({seen.name: seen, **words}, losses)
    trainer.compile(
        build_optimizer(config, steps_per_epoch, ("bias", "gamma", "beta", "positions", "places")), weighted
    )
    return trainer


class CaptionLoss(layers.Layer):
    """Cross-entropy with label smoothing, and what the configuration adds to keep attention in shape; float32."""

    def __init__(self, decoder: TransformerDecoder | RecurrentDecoder, config: Config, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.decoder, self.config = decoder, config

    def call(
        self, grid: Tensor, tokens: Tensor, targets: Tensor, captions: Tensor, positions: Tensor,
        training: bool | None = None,
    ) -> Tensor:  # fmt: skip
        """Losses float32 `(batch, T)` of the words `targets (batch, T)`."""
        scores, weights, *drawn_by = self.decoder(grid, tokens, captions, positions, training=training)
        losses = cross_entropy(scores, targets, self.config.label_smoothing)
        if self.config.doubly_stochastic:
            losses = losses + self.config.doubly_stochastic * self._unread(weights, captions)
        if drawn_by and self.decoder.samples and training:
            losses = losses + self._reinforce(drawn_by[0], weights, scores, targets, captions)
        return losses

    def of_words(self, grid: Tensor, tokens: Tensor, targets: Tensor, captions: Tensor, positions: Tensor) -> Tensor:
        """The same as in inference, none for padding."""
        losses = self(grid, tokens, targets, captions, positions, training=False)
        return ops.where(captions > 0, losses, 0.0)

    def _unread(self, weights: Tensor, captions: Tensor) -> Tensor:
        """The doubly stochastic penalty of each caption, spread over its words: `(batch, T)`."""
        spread = ops.zeros_like(weights[..., 0])
        for number in range(1, self.config.captions_per_image + 1):
            mask = ops.equal(captions, number)
            spread = spread + shared_by_words(penalties.doubly_stochastic(weights, mask), mask)
        return spread

    def _reinforce(self, drawn_by: Tensor, looked: Tensor, scores: Tensor, targets: Tensor, captions: Tensor) -> Tensor:
        """Where looking earned a word its probability, look more; the mean over the batch is the baseline."""
        reward = -cross_entropy(scores, targets, 0.0)
        baseline = batch_mean(reward, captions > 0)
        kept = self.config.exploration * word_entropy(drawn_by)
        return surrogate(drawn_by, looked, reward - baseline) - kept


def word_entropy(weights: Tensor) -> Tensor:
    """The entropy in nats of the weights `(batch, T, cells)` of every word: `(batch, T)`."""
    each = penalties.entropy(ops.reshape(weights, (-1, 1, weights.shape[-1])))
    return ops.reshape(each, ops.shape(weights)[:2])
