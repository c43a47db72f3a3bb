"""The last step of what writes of a text: the next word is one of the vocabulary, or one of the text.

Pointer networks as in See, Liu and Manning (2017, arXiv:1704.04368, equations 8 and 9): a gate mixes the distribution
over the vocabulary with the attention over the document. With tokens below words, what training never saw can be copied
like everything else.
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.shared.network.tied_embedding import TiedEmbedding
from heedful.recipes.shared.network.writing import BARRED

PACKAGE = "heedful.recipes"
TINY = 1e-9


@keras.saving.register_keras_serializable(PACKAGE)
class Pointer(layers.Layer):
    """Mixes writing and copying. Without `copies` everything is written, and the attention is only looked at."""

    def __init__(self, words: TiedEmbedding, copies: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words, self.copies = words, copies
        self.gate = layers.Dense(1, dtype=self.dtype_policy, name="gate")

    def build(self, shape: Shape) -> None:
        if self.copies:
            self.gate.build((*shape[:-1], 3 * (shape[-1] or 0)))
        self.built = True

    def call(self, hidden: Tensor, read: Tensor, word: Tensor) -> tuple[Tensor, Tensor]:
        """From what the writer knows, what it reads and the word before, each `(batch, T, width)`: the scores of the
        vocabulary float32 `(batch, T, vocabulary)` and that of copying `(batch, T)`, a logit.
        """
        scores = self.words.score(hidden)
        if not self.copies:
            return scores, ops.full_like(scores[..., 0], BARRED)
        gate = self.gate(ops.concatenate([hidden, read, word], axis=-1))
        return scores, ops.cast(gate[..., 0], "float32")


def mixed(scores: Tensor, gate: Tensor, weights: Tensor, source: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities `(batch, vocabulary)` of the next word, and the probability `(batch,)` that it is copied.

    Of scores `(batch, vocabulary)`, the gate `(batch,)` and the attention `(batch, S)` over the tokens `source (batch,
    S)`. The attention is scattered into the vocabulary; a product with one-hot rows would cost `S` times as much.
    """
    copied = ops.sigmoid(gate)
    batch, vocabulary = ops.shape(scores)[0], scores.shape[-1]
    places = source + vocabulary * ops.expand_dims(ops.arange(batch, dtype="int32"), 1)
    spread = ops.scatter(ops.reshape(places, (-1, 1)), ops.reshape(weights, (-1,)), (batch * vocabulary,))
    spread = ops.reshape(spread, (-1, vocabulary))
    # Not 1 - copied, of which little but rounding is left where copying is nearly sure.
    shares = ops.expand_dims(ops.sigmoid(-gate), 1), ops.expand_dims(copied, 1)
    return ops.log(shares[0] * ops.softmax(scores) + shares[1] * spread + TINY), copied


def losses(scores: Tensor, gate: Tensor, weights: Tensor, source: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy `(batch, T)` of the words `targets (batch, T)` under the same mixture, without building it.

    `smoothing` of the probability is spread over the vocabulary (Szegedy et al. 2016), for the part that is written.
    """
    right = ops.squeeze(ops.take_along_axis(scores, ops.expand_dims(targets, -1), axis=-1), -1)
    normalizer = ops.logsumexp(scores, axis=-1)
    same = ops.equal(ops.expand_dims(source, 1), ops.expand_dims(targets, 2))
    pointed = ops.log(ops.sum(ops.where(same, weights, 0.0), axis=-1) + TINY)
    likely = ops.logaddexp(ops.log_sigmoid(-gate) + right - normalizer, ops.log_sigmoid(gate) + pointed)
    if not smoothing:
        return -likely
    return -(1.0 - smoothing) * likely - smoothing * (ops.mean(scores, axis=-1) - normalizer)
