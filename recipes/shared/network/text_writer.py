"""A Transformer that reads a text and writes another of it, and points at what it copies.

Pre-norm blocks, one embedding for all that is read, written and scored. A last attention with a single head reads the
text once more for every word: its weights are what is copied from, and the map that people see. Where nothing is copied
it reads the words as they were before the blocks: these move what a word says to its neighbours, and the map with it.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from heedful.apps.tokenizer import PAD
from heedful.layers import Attention, cache, causal_mask
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.shared.network.configured import Configured, settings
from heedful.recipes.shared.network.pointer import PACKAGE, Pointer, mixed
from heedful.recipes.shared.network.tied_embedding import TiedEmbedding
from heedful.recipes.shared.network.transformer import ReadingBlock, WritingBlock, waves
from heedful.recipes.shared.training.rewriting import Rewriting

State = dict[str, Tensor]
CONTEXT = 2  # tokens before a place that it knows of


@keras.saving.register_keras_serializable(PACKAGE)
class TransformerWriter(Configured):
    """Reads texts of at most `source` tokens and writes others of at most `length`.

    Args:
        width, heads, hidden: of every block; `encoder_blocks` of them read and `blocks` write.
        copies: whether tokens of the text may be taken as they are.
        selective: whether a gate weakens what the text as a whole makes unimportant (Zhou et al. 2017,
            arXiv:1704.07073).
    """

    def __init__(
        self, vocabulary: int, source: int, length: int, width: int, encoder_blocks: int, blocks: int, heads: int,
        hidden: int, copies: bool, selective: bool, dropout: float, seed: int, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.source, self.length, self.width, self.selective = source, length, width, selective
        policy, seed = self.dtype_policy, 100 * seed
        self.words = TiedEmbedding(vocabulary, width, dtype=policy, name="words")
        self.before = [layers.Dense(width, use_bias=False, dtype=policy, name=f"before_{i}") for i in range(CONTEXT)]
        self.drop_source, self.drop_words = (layers.Dropout(dropout, seed=seed + i, dtype=policy) for i in range(2))
        self.reading = [
            ReadingBlock(heads, hidden, dropout, seed + 10 * (i + 1), dtype=policy, name=f"reading_{i}")
            for i in range(encoder_blocks)
        ]
        self.writing = [
            WritingBlock(heads, hidden, dropout, seed + 10 * (i + 1) + 50, dtype=policy, name=f"writing_{i}")
            for i in range(blocks)
        ]
        self.norm_source, self.norm_ready, self.norm_out = (
            layers.LayerNormalization(epsilon=1e-5, dtype=policy, name=f"norm_{name}")
            for name in ("source", "ready", "out")
        )
        self.last_look = Attention(num_heads=1, key_dim=width, dtype=policy, name="last_look")
        self.pointer = Pointer(self.words, copies, dtype=policy, name="pointer")
        if selective:
            self.here = layers.Dense(width, dtype=policy, name="here")
            self.whole = layers.Dense(width, use_bias=False, dtype=policy, name="whole")

    def build(self, source_shape: Shape) -> None:
        read, written = (source_shape[0], self.source, self.width), (source_shape[0], None, self.width)
        self.places = self.add_weight(shape=read[1:], initializer=waves([np.arange(self.source)]), name="places")
        self.positions = self.add_weight(
            shape=(self.length, self.width), initializer=waves([np.arange(self.length)]), name="positions"
        )
        self.words.build(None)
        for part in (*self.before, self.norm_source, *self.reading):
            part.build(read)
        for part in (*self.writing, self.norm_ready, self.norm_out, self.pointer):
            part.build(written)
        self.last_look.build(written, read)
        if self.selective:
            self.here.build(read)
            self.whole.build((read[0], self.width))

    def look(self, source: Tensor, training: bool | None = None, vectors: Tensor | None = None) -> State:
        """The memory of texts int32 `(batch, S)`, zeros behind the end: keys and values for every block, and the
        tokens themselves. `vectors (batch, S, width)` take the places of those of the tokens.
        """
        real = ops.not_equal(source, PAD)
        words: Tensor = self.words(source) if vectors is None else vectors
        x = words + self._context(words) + ops.cast(self.places[: ops.shape(source)[1]], words.dtype)
        x = self.drop_source(x, training=training)
        for block in self.reading:
            x = block(x, real, training=training)
        x = self.norm_source(x)
        if self.selective:
            counts = ops.expand_dims(ops.cast(real, x.dtype), 2)
            mean = ops.sum(x * counts, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)
            x = x * ops.sigmoid(self.here(x) + ops.expand_dims(self.whole(mean), 1))
        memory = {"source": source}
        for i, block in enumerate(self.writing):
            memory[f"source_keys_{i}"], memory[f"source_values_{i}"] = block.reading.memory(x)
        read = x if self.pointer.copies else words
        memory["last_keys"], memory["last_values"] = self.last_look.memory(read, x)
        return memory

    def start(self, memory: State) -> State:
        """The empty cache before the first word."""
        batch, state = ops.shape(memory["source"])[0], {}
        for i, block in enumerate(self.writing):
            state[f"keys_{i}"], state[f"values_{i}"] = block.itself.make_cache(batch, self.length)
        return {**state, "written": ops.full((batch, CONTEXT), PAD, dtype="int32")}

    def step(self, token: Tensor, index: Tensor, memory: State, state: State) -> tuple[Tensor, Tensor, Tensor, State]:
        """One word: token int32 `(batch,)` at position `index` -> log-probabilities `(batch, vocabulary)`, where it
        looked `(batch, S)`, the probability that it copies `(batch,)`, and the state for the next.
        """
        written = state["written"]
        known = ops.cast(ops.expand_dims(ops.not_equal(written, PAD), 2), self.compute_dtype)
        vectors = self.words(written) * known
        context = sum(dense(vectors[:, i : i + 1]) for i, dense in enumerate(self.before))
        word = self._read(ops.expand_dims(token, 1), context, ops.reshape(index, (1,)), False)
        x, mask, after = word, cache.append_mask(index, self.length), {}
        real = ops.not_equal(memory["source"], PAD)
        for i, block in enumerate(self.writing):
            own = cache.append((state[f"keys_{i}"], state[f"values_{i}"]), block.memory(x), index)
            after[f"keys_{i}"], after[f"values_{i}"] = own
            x, _ = block(x, own, mask, source_of(memory, i), real, training=False)
        scores, gate, weights = self._point(x, word, memory, real, False)
        likely, copied = mixed(scores[:, 0], gate[:, 0], weights[:, 0], memory["source"])
        after["written"] = ops.concatenate([ops.expand_dims(token, 1), written[:, :-1]], axis=1)
        return likely, weights[:, 0], copied, after

    def call(
        self, source: Tensor, tokens: Tensor, training: bool | None = None, vectors: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Teacher forcing: texts int32 `(batch, S)` and the words so far `(batch, T)`, each with zeros behind.

        Returns the scores of the next words in the vocabulary `(batch, T, vocabulary)`, the logits of copying `(batch,
        T)` and the weights over the text `(batch, T, S)`.
        """
        memory = self.look(source, training, vectors)
        steps = ops.shape(tokens)[1]
        word = self._read(tokens, self._context(self.words(tokens)), ops.arange(steps), training)
        x, mask = word, causal_mask(steps, steps)
        real = ops.not_equal(source, PAD)
        for i, block in enumerate(self.writing):
            x, _ = block(x, block.memory(x), mask, source_of(memory, i), real, training=training)
        return self._point(x, word, memory, real, training)

    def _context(self, vectors: Tensor) -> Tensor:
        """What stands before each place, of vectors `(batch, n, width)`. Whoever copies looks for the place behind the
        tokens that were written last, and one token alone may stand in many places.
        """
        shifted, found = vectors, 0.0
        for dense in self.before:
            shifted = ops.pad(shifted[:, :-1], [(0, 0), (1, 0), (0, 0)])
            found = found + dense(shifted)
        return found

    def _read(self, tokens: Tensor, context: Tensor, positions: Tensor, training: bool | None) -> Tensor:
        x = self.words(tokens) + context
        x = x + ops.cast(ops.take(self.positions, positions, axis=0), x.dtype)
        return self.drop_words(x, training=training)

    def _point(
        self, x: Tensor, word: Tensor, memory: State, real: Tensor, training: bool | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        x = self.norm_ready(x)
        read, weights, _ = self.last_look.attend(x, (memory["last_keys"], memory["last_values"]), real)
        scores, gate = self.pointer(self.norm_out(x + read), read, word)
        return scores, gate, weights[:, 0]


def source_of(memory: State, block: int) -> cache.Memory:
    return memory[f"source_keys_{block}"], memory[f"source_values_{block}"]


def transformer_writer(config: Rewriting, vocabulary: int) -> TransformerWriter:
    """The writer of a configuration for so many tokens."""
    return TransformerWriter(
        vocabulary, config.max_source, config.max_words, config.width, config.encoder_blocks, config.blocks,
        config.heads, config.hidden, config.copy, config.selective, config.dropout, seed=1, name="writer",
    )  # fmt: skip
