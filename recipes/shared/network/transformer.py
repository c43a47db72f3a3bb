"""Blocks of a Transformer that writes: what is read sees itself, and what is written sees itself and what was read.

Norms come first (Xiong et al. 2020, arXiv:2002.04745).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from heedful.layers import Attention, cache
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.shared.network.configured import Configured, settings

PACKAGE = "heedful.recipes"


@keras.saving.register_keras_serializable(PACKAGE)
class FeedForward(Configured):
    """`Dense(hidden)`, ReLU, `Dense(width)`, as in Vaswani et al. (2017)."""

    def __init__(self, hidden: int, dropout: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.hidden, self.dropout, self.seed = hidden, dropout, seed

    def build(self, shape: Shape) -> None:
        self.inner = layers.Dense(self.hidden, activation="relu", dtype=self.dtype_policy, name="inner")
        self.outer = layers.Dense(shape[-1], dtype=self.dtype_policy, name="outer")
        self.drop = layers.Dropout(self.dropout, seed=self.seed, dtype=self.dtype_policy)
        self.inner.build(shape)
        self.outer.build((*shape[:-1], self.hidden))

    def call(self, x: Tensor, training: bool | None = None) -> Tensor:
        return self.drop(self.outer(self.inner(x)), training=training)


class Block(Configured):
    """What the blocks are made by."""

    def __init__(self, heads: int, hidden: int, dropout: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.heads, self.hidden, self.dropout, self.seed = heads, hidden, dropout, seed

    def sizes(self, shape: Shape) -> dict[str, Any]:
        """Of an attention of the block."""
        width, policy = shape[-1] or 0, self.dtype_policy
        return {"num_heads": self.heads, "key_dim": width // self.heads, "dropout": self.dropout, "dtype": policy}


@keras.saving.register_keras_serializable(PACKAGE)
class WritingBlock(Block):
    """What is written sees itself, then what was read; then the feed-forward network, each added to what came in."""

    def build(self, shape: Shape) -> None:
        policy = self.dtype_policy
        self.itself = Attention(**self.sizes(shape), seed=self.seed, name="itself")
        self.reading = Attention(**self.sizes(shape), seed=self.seed + 1, name="reading")
        self.feed = FeedForward(self.hidden, self.dropout, self.seed + 2, dtype=policy, name="feed")
        self.norms = [layers.LayerNormalization(epsilon=1e-5, dtype=policy, name=f"norm_{i}") for i in range(3)]
        self.drops = [layers.Dropout(self.dropout, seed=self.seed + 3 + i, dtype=policy) for i in range(2)]
        for attention in (self.itself, self.reading):
            attention.build(shape, shape)
        for part in (self.feed, *self.norms):
            part.build(shape)

    def call(
        self, x: Tensor, own: cache.Memory, mask: Tensor, source: cache.Memory, readable: Tensor | None = None,
        training: bool | None = None,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """Steps `(batch, T, width)` that see `own`, the memory of the steps that `mask` allows, and `source`, that of
        what was read, where `readable (batch, S)` is True.

        Returns the steps and the weights over the source `(batch, heads, T, S)`.
        """
        read, _, _ = self.itself.attend(self.norms[0](x), own, mask, training=training)
        x = x + self.drops[0](read, training=training)
        seen, weights, _ = self.reading.attend(self.norms[1](x), source, readable, training=training)
        x = x + self.drops[1](seen, training=training)
        return x + self.feed(self.norms[2](x), training=training), weights

    def memory(self, x: Tensor) -> cache.Memory:
        """Keys and values of the steps `x`, for themselves and later ones to attend to."""
        return self.itself.memory(self.norms[0](x))


@keras.saving.register_keras_serializable(PACKAGE)
class ReadingBlock(Block):
    """What is read sees itself: a block of plain self-attention."""

    def build(self, shape: Shape) -> None:
        policy = self.dtype_policy
        self.attention = Attention(**self.sizes(shape), seed=self.seed, name="attention")
        self.feed = FeedForward(self.hidden, self.dropout, self.seed + 1, dtype=policy, name="feed")
        self.norms = [layers.LayerNormalization(epsilon=1e-5, dtype=policy, name=f"norm_{i}") for i in range(2)]
        self.attention.build(shape, shape)
        for part in (self.feed, *self.norms):
            part.build(shape)

    def call(self, x: Tensor, mask: Tensor | None = None, training: bool | None = None) -> Tensor:
        """Of `(batch, S, width)`, all of it or where `mask (batch, S)` is True."""
        normed = self.norms[0](x)
        x = x + self.attention(normed, normed, value_mask=mask, training=training)
        return x + self.feed(self.norms[1](x), training=training)


def waves(axes: Sequence[np.ndarray]) -> Callable[..., Tensor]:
    """An initializer of `(n, width)`: sines and cosines of the coordinates `(n,)` along each axis, which share the
    width (Vaswani et al. 2017, section 3.5; of a grid as in He et al. 2022).
    """

    def initial(shape: Shape, dtype: Any = None) -> Tensor:
        width = math.ceil((shape[1] or 0) / (2 * len(axes)))
        frequencies = 10000.0 ** (-np.arange(width) / width)
        angles = [np.outer(axis, frequencies) for axis in axes]
        values = np.concatenate([wave(angle) for angle in angles for wave in (np.sin, np.cos)], axis=1)
        return ops.convert_to_tensor(values[:, : shape[1]], dtype)

    return initial
