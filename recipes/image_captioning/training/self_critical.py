"""Self-critical training: the model writes several captions of a picture, and those that people would rather have said
than the others become likelier.

The gradient is REINFORCE with CIDEr-D as the reward (Rennie et al. 2017, arXiv:1612.00563), and what a caption must
beat is the mean of the other samples of its picture, which leaves the gradient unbiased (Luo 2020, arXiv:2003.09971).
It only refines: start it from a trained model, with a small learning rate.

    heedful train image_captioning --data my_photos/ --preset self_critical
        --init saved_models/image_captioning/base-my_photos --out better

Samples are drawn word by word as the model would write them, without dropout; then they are read once more by teacher
forcing, also without, for probabilities with a gradient. Label smoothing, word dropout, and the penalties of attention
belong to the other training and have no part here. The loss that is shown is minus the mean reward of the samples.
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.export.greedy import token_by_token
from heedful.layers.reinforce import leave_one_out
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.image_captioning.model import NEVER_WRITTEN
from heedful.recipes.image_captioning.network.recurrent import RecurrentDecoder
from heedful.recipes.image_captioning.network.transformer import TransformerDecoder
from heedful.recipes.image_captioning.reading.vocabulary import END, FIRST, PAD, START
from heedful.recipes.image_captioning.training.reward import cider
from heedful.recipes.shared.network.writing import barred

Decoder = TransformerDecoder | RecurrentDecoder


class SelfCriticalLoss(layers.Layer):
    """Minus the reward of each of `samples` captions of at most `length` words, with the gradient that raises it."""

    def __init__(self, decoder: Decoder, samples: int, length: int, seed: int, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.decoder, self.samples, self.length = decoder, samples, length
        self.noise = keras.random.SeedGenerator(seed)

    def call(
        self, grid: Tensor, references: Tensor, ngrams: Tensor, idf: Tensor, training: bool | None = None
    ) -> Tensor:
        """Losses float32 `(batch, samples)` of pictures with `references`; see `references.py`."""
        shape = (self.length, ops.shape(grid)[0] * self.samples)
        uniform = keras.random.uniform(shape, dtype="float32", seed=self.noise)
        written = sampled(self.decoder, grid, uniform, self.samples)
        rewards = cider(written, references, ngrams, idf)
        return loss(log_probability(self.decoder, grid, written), rewards, self.length)

    def compute_output_shape(self, grid_shape: Shape, *_: Shape, **more: Shape) -> Shape:
        return (grid_shape[0], self.samples)


def sampled(decoder: Decoder, grid: Tensor, uniform: Tensor, samples: int) -> Tensor:
    """Captions drawn as likely as they are: int32 `(batch, samples, length)`, their ends included, PAD behind; no
    gradient.

    `uniform (length, batch * samples)` is random between 0 and 1, and decides everything: drawn here, inside the loop,
    it would not come out of a saved state again.
    """
    length = uniform.shape[0]
    # Values and not variables: nothing is then kept for a gradient through the loop, which JAX could not give.
    held = [(variable, ops.stop_gradient(variable.value)) for variable in decoder.variables]
    with keras.StatelessScope(held):
        memory = decoder.look(ops.stop_gradient(grid), training=False)
        memory = {name: ops.repeat(value, samples, axis=0) for name, value in memory.items()}

        def step(token, index, tokens, state):
            scores, _, after = decoder.step(token, index, memory, state)
            over = ops.logical_or(ops.equal(token, END), ops.equal(token, PAD))
            return ops.where(over, PAD, drawn(scores, ops.take(uniform, index, axis=0))), {}, after

        batch = ops.shape(grid)[0] * samples
        tokens, _ = token_by_token(step, decoder.start(memory), length=length, start=START, pad=PAD, batch=batch)
    return ops.reshape(tokens, (-1, samples, length))


def drawn(scores: Tensor, uniform: Tensor) -> Tensor:
    """A word for each row of scores `(rows, vocabulary)` by `uniform (rows,)`, int32; only words and the end."""
    allowed = ops.concatenate([scores[:, END : END + 1], scores[:, FIRST:]], axis=1)
    heaped = ops.cumsum(ops.softmax(allowed, axis=-1), axis=-1)
    passed = ops.expand_dims(uniform, 1) * heaped[:, -1:] >= heaped
    place = ops.minimum(ops.sum(ops.cast(passed, "int32"), axis=-1), allowed.shape[-1] - 1)
    return ops.where(ops.equal(place, 0), END, place + (FIRST - 1))


def log_probability(decoder: Decoder, grid: Tensor, captions: Tensor) -> Tensor:
    """Of `captions (batch, samples, length)` as `sampled` gives them: `(batch, samples)`."""
    _, samples, length = captions.shape
    real = ops.not_equal(captions, PAD)
    number = ops.reshape(ops.arange(1, samples + 1, dtype="int32"), (1, samples, 1))
    numbers = ops.where(real, number, 0)
    positions = ops.zeros_like(captions) + ops.arange(length, dtype="int32")
    tokens = ops.concatenate([ops.full_like(captions[..., :1], START), captions[..., :-1]], axis=-1)
    tokens, numbers, positions, targets = (
        ops.reshape(x, (-1, samples * length)) for x in (tokens, numbers, positions, captions)
    )
    scores = decoder(grid, tokens, numbers, positions, training=False)[0]
    # Padding is no word that could be likely; any other target does for it.
    targets = ops.where(ops.equal(targets, PAD), END, targets)
    scores = scores + ops.convert_to_tensor(barred(NEVER_WRITTEN, scores.shape[-1]))
    losses = ops.sparse_categorical_crossentropy(targets, scores, from_logits=True)
    return -ops.sum(ops.where(real, ops.reshape(losses, (-1, samples, length)), 0.0), axis=-1)


def loss(log_probabilities: Tensor, rewards: Tensor, length: int) -> Tensor:
    """`-rewards (batch, samples)`, with the gradient of `-advantage * log_probabilities / length`: that of minus the
    expected reward, for each of the `length` words that a caption may have, as other losses are for each word.
    """
    rewards = ops.stop_gradient(rewards)
    surrogate = -(rewards - leave_one_out(rewards)) * log_probabilities / length
    return surrogate - ops.stop_gradient(surrogate) - rewards
