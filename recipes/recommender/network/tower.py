"""Causal self-attention over a history of items: SASRec (Kang and McAuley 2018, arXiv:1808.09781) with pre-norm blocks.

Histories are padded on the left, so the newest action is always the last one, and positions are counted from it. The
attention is `heedful.layers.Attention`, whose parts (keys and values once, one query) let `last` compute the newest
position alone and say how much each past action spoke for it.
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.apps.recommender.moments import UNKNOWN_TIME
from heedful.layers import Attention, RelativePositionBias, all_of, causal_mask
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.recommender.network.action_times import ActionTimes
from heedful.recipes.recommender.network.item_table import PACKAGE
from heedful.recipes.shared.network.configured import Configured, settings

BUCKETS = 32  # of distances between actions


@keras.saving.register_keras_serializable(PACKAGE)
class Block(Configured):
    """`x + attention(norm(x))`, then `x + feed_forward(norm(x))`."""

    def __init__(
        self, length: int, heads: int, hidden: int, dropout: float, distances: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.length, self.heads, self.hidden, self.dropout = length, heads, hidden, dropout
        self.distances = distances

    def build(self, input_shape: Shape) -> None:
        width = input_shape[-1]
        assert width is not None
        policy = self.dtype_policy
        self.attention_norm = layers.LayerNormalization(dtype=policy, name="attention_norm")
        longest = max(self.length, BUCKETS)
        distance = RelativePositionBias(self.heads, BUCKETS, longest, bidirectional=False, name="distance")
        self.attention = Attention(
            num_heads=self.heads,
            key_dim=width // self.heads,
            position_bias=distance if self.distances else None,
            dtype=policy,
            name="attention",
        )
        self.feed_norm = layers.LayerNormalization(dtype=policy, name="feed_norm")
        self.feed_in = layers.Dense(self.hidden, "relu", dtype=policy, name="feed_in")
        self.feed_out = layers.Dense(width, dtype=policy, name="feed_out")
        self.drop = layers.Dropout(self.dropout, dtype=policy)
        self.attention_norm.build(input_shape)
        self.attention.build(input_shape, input_shape)
        self.feed_norm.build(input_shape)
        self.feed_in.build(input_shape)
        self.feed_out.build((*input_shape[:-1], self.hidden))

    def call(self, x: Tensor, mask: Tensor, training: bool | None = None) -> Tensor:
        """`(batch, time, width)` with the mask `(batch, time, time)` of who sees whom."""
        normed = self.attention_norm(x)
        attended = self.attention(normed, normed, attention_mask=mask, training=training)
        return self._feed(x + self.drop(attended, training=training), training)

    def last(self, x: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """The newest position alone, `(batch, 1, width)`, and what it read from each action, `(batch, time, width)`."""
        attended, parts = self.read(x, real)
        return self._feed(x[:, -1:] + attended, False), parts

    def read(self, x: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """The attention's output at the newest position, `(batch, 1, width)`, and the part that came from each action,
        `(batch, time, width)`; the parts add up to it, with the projection's bias.
        """
        normed = self.attention_norm(x)
        memory = self.attention.memory(normed)
        attended, weights, _ = self.attention.attend(normed[:, -1:], memory, real, offset=ops.shape(x)[1] - 1)
        each = ops.expand_dims(ops.squeeze(weights, 2), -1)  # (batch, heads, time, 1)
        return attended, ops.sum(each * self.attention.projected_values(memory), axis=1)

    def _feed(self, x: Tensor, training: bool | None) -> Tensor:
        hidden = self.drop(self.feed_in(self.feed_norm(x)), training=training)
        return x + self.drop(self.feed_out(hidden), training=training)

    def compute_output_shape(self, input_shape: Shape, mask_shape: Shape | None = None) -> Shape:
        return input_shape


@keras.saving.register_keras_serializable(PACKAGE)
class Tower(Configured):
    """Vectors of past actions to what comes next: at each action for training, at the newest one for use.

    Args:
        length: the longest history, in actions.
        blocks, heads, hidden, dropout: see `Block`.
        distances: whether the attention also knows how far back an action lies, whatever its position.
        times: whether it is told when the actions were; see `ActionTimes`.
    """

    def __init__(
        self, length: int, blocks: int, heads: int, hidden: int, dropout: float, distances: bool = True,
        times: bool = False, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.length, self.blocks, self.heads, self.hidden, self.dropout = length, blocks, heads, hidden, dropout
        self.distances, self.times = distances, times

    def build(self, vectors_shape: Shape, real_shape: Shape | None = None, times_shape: Shape | None = None) -> None:
        width, policy = vectors_shape[-1], self.dtype_policy
        assert width is not None
        self.positions = self.add_weight(
            shape=(self.length, width), initializer=keras.initializers.RandomNormal(stddev=0.02), name="positions"
        )
        if self.times:
            self.action_times = ActionTimes(width, name="action_times")
            self.action_times.build(times_shape)
        self.drop = layers.Dropout(self.dropout, dtype=policy)
        self.stack = [
            Block(self.length, self.heads, self.hidden, self.dropout, self.distances, dtype=policy, name=f"block_{i}")
            for i in range(self.blocks)
        ]
        for block in self.stack:
            block.build(vectors_shape)
        self.norm = layers.LayerNormalization(dtype="float32", name="norm")
        self.norm.build(vectors_shape)

    def call(self, vectors: Tensor, real: Tensor, times: Tensor | None = None, training: bool | None = None) -> Tensor:
        """`(batch, time, width)`, bool `(batch, time)` of the actions that are there -> float32 `(batch, time,
        width)`. `times` int32 `(batch, time + 1)` are for a tower that is told them; None: they are unknown.
        """
        x, mask = self._embed(vectors, real, times, training)
        for block in self.stack:
            x = block(x, mask, training=training)
        return self.norm(x)

    def last(self, vectors: Tensor, real: Tensor, times: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What comes next, float32 `(batch, width)`, and how each action spoke in all blocks, `(batch, time, width)`.

        The inner product of a part with an item's vector is its share in that item's score, but for the scale and shift
        of the final normalisation, which are the same for all parts of a history. The last block alone says little:
        what decides is often read in a block before it, and only carried on by the newest position.
        """
        x, mask = self._embed(vectors, real, times, False)
        parts = ops.zeros_like(vectors)
        for block in self.stack[:-1]:
            parts = parts + ops.cast(block.read(x, real)[1], parts.dtype)
            x = block(x, mask, training=False)
        newest, read = self.stack[-1].last(x, real)
        parts = parts + ops.cast(read, parts.dtype)
        centred = parts - ops.mean(parts, axis=-1, keepdims=True)
        return ops.squeeze(self.norm(newest), 1), centred * ops.cast(self.norm.gamma, parts.dtype)

    def _embed(
        self, vectors: Tensor, real: Tensor, times: Tensor | None, training: bool | None
    ) -> tuple[Tensor, Tensor]:
        time = ops.shape(vectors)[1]
        scaled = ops.cast(vectors, self.compute_dtype) * vectors.shape[-1] ** 0.5
        if self.times:
            times = ops.full((ops.shape(vectors)[0], time + 1), UNKNOWN_TIME, "int32") if times is None else times
            scaled = scaled + ops.cast(self.action_times(times), scaled.dtype)
        x = self.drop(scaled + ops.cast(self.positions[self.length - time :], scaled.dtype), training=training)
        return x, all_of(real, causal_mask(time, time))

    def compute_output_shape(
        self, vectors_shape: Shape, real_shape: Shape | None = None, times_shape: Shape | None = None
    ) -> Shape:
        return vectors_shape
