"""The classic: a bidirectional GRU reads, and a GRU that attends by an additive score writes (Bahdanau, Cho and Bengio
2015, arXiv:1409.0473), with the pointer of See, Liu and Manning (2017).
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.apps.tokenizer import PAD
from heedful.layers import AdditiveScore, Attention
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.shared.network.configured import Configured, settings
from heedful.recipes.shared.network.pointer import Pointer, mixed
from heedful.recipes.shared.network.text_writer import State
from heedful.recipes.shared.network.tied_embedding import TiedEmbedding

PACKAGE = "heedful.text_summarization"


@keras.saving.register_keras_serializable(PACKAGE)
class BahdanauWriter(Configured):
    """Reads documents of at most `source` tokens and writes summaries of at most `length`, with GRUs of `width`; it has
    the methods of `TransformerWriter`.
    """

    def __init__(
        self, vocabulary: int, source: int, length: int, width: int, copies: bool, dropout: float, seed: int,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.source, self.length, self.width = source, length, width
        policy = self.dtype_policy
        self.words = TiedEmbedding(vocabulary, width, dtype=policy, name="words")
        reader = layers.GRU(width // 2, return_sequences=True, dtype=policy)
        self.reader = layers.Bidirectional(reader, dtype=policy, name="reader")
        self.attention = Attention(AdditiveScore(width), dtype=policy, name="attention")
        self.cell = layers.GRUCell(width, dtype=policy, name="cell")
        self.first = layers.Dense(width, activation="tanh", dtype=policy, name="first")
        self.out = layers.Dense(width, activation="tanh", dtype=policy, name="out")
        self.pointer = Pointer(self.words, copies, dtype=policy, name="pointer")
        self.drop_source, self.drop_words, self.drop_out = (
            layers.Dropout(dropout, seed=100 * seed + i, dtype=policy) for i in range(3)
        )

    def build(self, source_shape: Shape) -> None:
        batch = source_shape[0]
        read, state = (batch, self.source, self.width), (batch, self.width)
        self.words.build(None)
        self.reader.build(read)
        self.attention.build((batch, 1, self.width), read)
        self.cell.build((batch, 2 * self.width))
        self.first.build(state)
        self.out.build((batch, None, 3 * self.width))
        self.pointer.build((batch, None, self.width))

    def look(self, source: Tensor, training: bool | None = None, vectors: Tensor | None = None) -> State:
        """The memory of documents int32 `(batch, S)`, zeros behind the end; `vectors` as in `TransformerWriter`."""
        real = ops.not_equal(source, PAD)
        vectors = self.words(source) if vectors is None else vectors
        x = self.drop_source(vectors, training=training)
        x = self.reader(x, mask=real, training=training)
        keys, values = self.attention.memory(x)
        counts = ops.expand_dims(ops.cast(real, x.dtype), 2)
        mean = ops.sum(x * counts, axis=1) / ops.maximum(ops.sum(counts, axis=1), 1.0)
        return {"source": source, "source_keys": keys, "source_values": values, "mean": mean}

    def start(self, memory: State) -> State:
        """The state before the first word, from the mean of the document; nothing is read yet."""
        return {"hidden": self.first(memory["mean"]), "read": ops.zeros_like(memory["mean"])}

    def step(self, token: Tensor, index: Tensor, memory: State, state: State) -> tuple[Tensor, Tensor, Tensor, State]:
        """One word, as in `TransformerWriter`. A GRU needs no `index`."""
        word = self.words(token)
        real = ops.not_equal(memory["source"], PAD)
        hidden, read, weights = self._step(word, state["hidden"], state["read"], memory, real)
        known = (ops.expand_dims(each, 1) for each in (hidden, read, word))
        scores, gate = self._point(*known, training=False)
        likely, copied = mixed(scores[:, 0], gate[:, 0], weights, memory["source"])
        return likely, weights, copied, {"hidden": hidden, "read": read}

    def call(
        self, source: Tensor, tokens: Tensor, training: bool | None = None, vectors: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Teacher forcing, as in `TransformerWriter`."""
        memory = self.look(source, training, vectors)
        first = self.start(memory)
        real = ops.not_equal(source, PAD)
        words = self.drop_words(self.words(tokens), training=training)

        def body(carried, word):
            hidden, read, _ = carried
            carried = self._step(word, hidden, read, memory, real)
            return carried, carried

        looked = ops.zeros_like(source, dtype="float32")
        carried = (first["hidden"], first["read"], looked)
        every = ops.scan(body, carried, ops.swapaxes(words, 0, 1))[1]
        hidden, read, weights = (ops.swapaxes(x, 0, 1) for x in every)
        scores, gate = self._point(hidden, read, words, training)
        return scores, gate, weights

    def _step(
        self, word: Tensor, hidden: Tensor, read: Tensor, memory: State, real: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """A word as a vector, with what was known and read before it -> what is known and read now, and the weights."""
        hidden, _ = self.cell(ops.concatenate([word, read], axis=-1), [hidden])
        keys = memory["source_keys"], memory["source_values"]
        read, weights, _ = self.attention.attend(ops.expand_dims(hidden, 1), keys, real)
        return hidden, read[:, 0], weights[:, 0, 0]

    def _point(self, hidden: Tensor, read: Tensor, word: Tensor, training: bool | None) -> tuple[Tensor, Tensor]:
        written = self.out(ops.concatenate([hidden, read, word], axis=-1))
        return self.pointer(self.drop_out(written, training=training), read, word)
