"""A Transformer that writes: what it wrote so far attends to itself, and every word to the grid of the picture.

Pre-norm blocks (Xiong et al. 2020) of causal self-attention, attention to the grid, and a feed-forward network; the
embedding of a word also scores it at the output (Press and Wolf 2017). Teacher forcing reads several captions of a
picture in one row, and they all share the grid; writing goes word by word, with the keys and values of the words before
in a cache that goes in and comes out.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from heedful.layers import cache
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.image_captioning.network.word_embedding import PACKAGE, Words
from heedful.recipes.shared.network.configured import Configured, settings
from heedful.recipes.shared.network.transformer import ReadingBlock, WritingBlock, waves

State = dict[str, Tensor]


@keras.saving.register_keras_serializable(PACKAGE)
class TransformerDecoder(Configured):
    """Writes captions of at most `length` words of a vocabulary of `vocabulary` tokens.

    Args:
        width, heads, hidden: of every block; `blocks` of them write, and `grid_blocks` prepare the grid.
        dropout, visual_dropout: shares dropped in the blocks, and of the features of the grid.
    """

    def __init__(
        self, vocabulary: int, length: int, width: int, blocks: int, grid_blocks: int, heads: int, hidden: int,
        dropout: float, visual_dropout: float, seed: int, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.length, self.width = length, width
        policy, seed = self.dtype_policy, 100 * seed
        self.words = Words(vocabulary, width, dtype=policy, name="words")
        self.project = layers.Dense(width, dtype=policy, name="project")
        self.drop_grid = layers.Dropout(visual_dropout, seed=seed, dtype=policy)
        self.drop_words = layers.Dropout(dropout, seed=seed + 1, dtype=policy)
        self.norm_grid, self.norm_ready, self.norm_out = (
            layers.LayerNormalization(epsilon=1e-5, dtype=policy, name=f"norm_{name}")
            for name in ("grid", "ready", "out")
        )
        self.grid_blocks = [
            ReadingBlock(heads, hidden, dropout, seed + 10 * (i + 1), dtype=policy, name=f"grid_{i}")
            for i in range(grid_blocks)
        ]
        self.blocks = [
            WritingBlock(heads, hidden, dropout, seed + 10 * (i + 1) + 50, dtype=policy, name=f"block_{i}")
            for i in range(blocks)
        ]

    def build(self, grid_shape: Shape) -> None:
        cells, inside = grid_shape[1] or 0, (grid_shape[0], None, self.width)
        side = math.isqrt(cells)
        places, positions = np.divmod(np.arange(cells), side), [np.arange(self.length)]
        self.places = self.add_weight(shape=(cells, self.width), initializer=waves(places), name="places")
        self.positions = self.add_weight(
            shape=(self.length, self.width), initializer=waves(positions), name="positions"
        )
        self.words.build(None)
        self.project.build(grid_shape)
        for part in (self.norm_grid, self.norm_ready, *self.grid_blocks):
            part.build((grid_shape[0], cells, self.width))
        for part in (self.norm_out, *self.blocks):
            part.build(inside)

    def look(self, grid: Tensor, training: bool | None = None) -> State:
        """The memory of a picture: keys and values of the grid `(batch, cells, channels)` for every block."""
        x = self.norm_grid(self.project(self.drop_grid(grid, training=training)))
        x = x + ops.cast(self.places, x.dtype)
        for block in self.grid_blocks:
            x = block(x, training=training)
        x = self.norm_ready(x)
        memory = {}
        for i, block in enumerate(self.blocks):
            memory[f"grid_keys_{i}"], memory[f"grid_values_{i}"] = block.reading.memory(x)
        return memory | {"grid_products": self._products(memory)}

    def start(self, memory: State) -> State:
        """The empty cache before the first word."""
        batch, state = ops.shape(memory["grid_keys_0"])[0], {}
        for i, block in enumerate(self.blocks):
            state[f"keys_{i}"], state[f"values_{i}"] = block.itself.make_cache(batch, self.length)
        return state

    def step(self, token: Tensor, index: Tensor, memory: State, state: State) -> tuple[Tensor, Tensor, State]:
        """One word: token int32 `(batch,)` at position `index` -> scores `(batch, vocabulary)`, where it looked
        `(batch, cells)` (`shares`), and the state for the next.
        """
        x = self._read(ops.expand_dims(token, 1), ops.reshape(index, (1, 1)), False)
        mask, weights, after = cache.append_mask(index, self.length), None, {}
        for i, block in enumerate(self.blocks):
            own = cache.append((state[f"keys_{i}"], state[f"values_{i}"]), block.memory(x), index)
            after[f"keys_{i}"], after[f"values_{i}"] = own
            x, weights = block(x, own, mask, self._grid(memory, i), training=False)  # also in a training step
        return ops.squeeze(self.words.score(self.norm_out(x)), 1), shares(weights, memory)[:, 0], after

    def call(
        self, grid: Tensor, tokens: Tensor, captions: Tensor, positions: Tensor, training: bool | None = None
    ) -> tuple[Tensor, Tensor]:
        """Teacher forcing. Tokens int32 `(batch, T)` are several captions of the picture in one row: `captions` tells
        them apart (1, 2, ...; 0 is padding), and `positions` are those within each.

        Returns the scores of the next words `(batch, T, vocabulary)` and where each looked `(batch, T, cells)`.
        """
        memory = self.look(grid, training)
        order = ops.arange(ops.shape(tokens)[1])
        mask = ops.logical_and(
            ops.equal(ops.expand_dims(captions, 2), ops.expand_dims(captions, 1)),
            ops.expand_dims(order, 1) >= ops.expand_dims(order, 0),
        )
        x, weights = self._read(tokens, positions, training), None
        for i, block in enumerate(self.blocks):
            x, weights = block(x, block.memory(x), mask, self._grid(memory, i), training=training)
        return self.words.score(self.norm_out(x)), shares(weights, memory)

    def _read(self, tokens: Tensor, positions: Tensor, training: bool | None) -> Tensor:
        x = self.words(tokens)
        x = x + ops.cast(ops.take(self.positions, positions, axis=0), x.dtype)
        return self.drop_words(x, training=training)

    def _products(self, memory: State) -> Tensor:
        """Of what the heads of the last block would read from a cell, each with every other: `(batch, cells, heads,
        heads)`, which is all that `shares` has to know. The largest is 1; only proportions count.
        """
        values = self.blocks[-1].reading.projected_values(self._grid(memory, len(self.blocks) - 1))
        read = ops.swapaxes(values, 1, 2)
        products = ops.matmul(read, ops.swapaxes(read, 2, 3))
        return products / ops.maximum(ops.max(products, axis=(1, 2, 3), keepdims=True), 1e-12)

    def _grid(self, memory: State, block: int) -> cache.Memory:
        return memory[f"grid_keys_{block}"], memory[f"grid_values_{block}"]


def shares(weights: Tensor, memory: State) -> Tensor:
    """Where a word looked: which share of what it read came from each cell, `(batch, T, cells)`, of the weights of the
    heads `(batch, heads, T, cells)`.

    The length of the sum over the heads of weight times what is read there (Kobayashi et al. 2020, arXiv:2004.10102),
    made to sum 1. A weight alone may be spent where there is nothing to read.
    """
    each = ops.transpose(weights, (0, 2, 3, 1))
    with_others = ops.sum(ops.expand_dims(memory["grid_products"], 1) * ops.expand_dims(each, 3), axis=-1)
    length = ops.sqrt(ops.maximum(ops.sum(each * with_others, axis=-1), 1e-12))
    return length / ops.sum(length, axis=-1, keepdims=True)
