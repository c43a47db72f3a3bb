"""The LSTMs that attend: soft and hard attention of Show, Attend and Tell, and the visual sentinel.

- `soft`: before each word the state asks the grid, and a gate decides how much of the answer the LSTM sees (Xu et al.
  2015, section 4.2).
- `hard`: the same with all attention on one cell, learnt straight-through, or by REINFORCE (section 4.1).
- `adaptive`: the LSTM asks after it has read the word, and may look at its own memory instead (Lu et al. 2017).

Scores are tied with the embedding, as in the Transformer of this recipe. What is random is drawn before the loop over
the words, which runs on every backend.
"""

from typing import Any

import keras
from keras import layers, ops

from heedful.layers import AdditiveScore, Attention, SentinelAttention
from heedful.layers.reinforce import gumbel, sample
from heedful.layers.tensor import Shape, Tensor
from heedful.recipes.image_captioning.network.word_embedding import PACKAGE, Words
from heedful.recipes.shared.network.configured import Configured, settings

State = dict[str, Tensor]


@keras.saving.register_keras_serializable(PACKAGE)
class RecurrentDecoder(Configured):
    """Writes with an LSTM of `units`; `architecture` is soft, hard or adaptive.

    `estimator`, straight_through or reinforce, says how hard attention learns.
    """

    def __init__(
        self, vocabulary: int, architecture: str, width: int, units: int, estimator: str, dropout: float,
        visual_dropout: float, seed: int, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.settings = settings(locals())
        self.architecture, self.width, self.units = architecture, width, units
        self.samples = architecture == "hard" and estimator == "reinforce"
        self.noise = keras.random.SeedGenerator(seed)
        policy = self.dtype_policy
        self.words = Words(vocabulary, width, dtype=policy, name="words")
        self.project = layers.Dense(width, dtype=policy, name="project")
        self.norm = layers.LayerNormalization(epsilon=1e-5, dtype=policy, name="norm")
        self.drop_grid, self.drop_words, self.drop_out = (
            layers.Dropout(share, seed=100 * seed + i, dtype=policy)
            for i, share in enumerate((visual_dropout, dropout, dropout))
        )
        self.cell = layers.LSTMCell(units, dtype=policy, name="cell")
        self.first_hidden, self.first_carry = (
            layers.Dense(units, activation="tanh", dtype=policy, name=f"first_{name}") for name in ("hidden", "carry")
        )
        self.out = layers.Dense(width, activation="tanh", dtype=policy, name="out")
        if architecture == "adaptive":
            self.attention: Any = SentinelAttention(width, dtype=policy, name="attention")
            self.sentinel_gate = layers.Dense(units, activation="sigmoid", dtype=policy, name="sentinel_gate")
            self.sentinel = layers.Dense(width, dtype=policy, name="sentinel")
        else:
            straight_through = architecture == "hard" and not self.samples
            self.attention = Attention(
                AdditiveScore(width), "hardmax" if straight_through else "softmax", dtype=policy, name="attention"
            )
            self.gate = layers.Dense(width, activation="sigmoid", dtype=policy, name="gate")

    def build(self, grid_shape: Shape) -> None:
        batch, cells = grid_shape[0], grid_shape[1]
        grid, state, one = (batch, cells, self.width), (batch, self.units), (batch, self.width)
        self.words.build(None)
        self.project.build(grid_shape)
        self.norm.build(grid)
        self.cell.build((batch, 2 * self.width))
        self.first_hidden.build(one)
        self.first_carry.build(one)
        self.out.build((batch, self.units + 2 * self.width))
        query = (batch, 1, self.units)
        if self.architecture == "adaptive":
            self.attention.build(query, grid, (batch, 1, self.width))
            self.sentinel_gate.build((batch, self.units + self.width))
            self.sentinel.build(state)
        else:
            self.attention.build(query, grid)
            self.gate.build(state)

    def look(self, grid: Tensor, training: bool | None = None) -> State:
        """The memory of a picture: keys and values of the grid, and its mean."""
        x = self.norm(self.project(self.drop_grid(grid, training=training)))
        keys, values = self.attention.memory(x)
        return {"grid_keys": keys, "grid_values": values, "mean": ops.mean(x, axis=1)}

    def start(self, memory: State) -> State:
        """The state of the LSTM before the first word, from the mean of the grid."""
        return {"hidden": self.first_hidden(memory["mean"]), "carry": self.first_carry(memory["mean"])}

    def step(self, token: Tensor, index: Tensor, memory: State, state: State) -> tuple[Tensor, Tensor, State]:
        """One word: token int32 `(batch,)` -> scores `(batch, vocabulary)`, where it looked `(batch, cells)`, and the
        state for the next. The LSTM needs no `index`.
        """
        written, weights, _, after = self._step(self.words(token), memory, state)
        return self.words.score(written), weights, after

    def call(
        self, grid: Tensor, tokens: Tensor, captions: Tensor, positions: Tensor, training: bool | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Teacher forcing, as in `TransformerDecoder`: every caption in the row starts from the picture again.

        Returns scores `(batch, T, vocabulary)`, what was read `(batch, T, cells)`, and for REINFORCE the weights it was
        drawn by, of the same shape.
        """
        memory = self.look(grid, training)
        first = self.start(memory)
        read = self.drop_words(self.words(tokens), training=training)
        starts = ops.cast(ops.expand_dims(ops.equal(positions, 0), -1), read.dtype)
        steps = [read, starts]
        if self.samples and training:
            steps.append(ops.cast(gumbel((*ops.shape(tokens), grid.shape[1]), self.noise), read.dtype))

        def body(carried, step):
            word, starts, noise = ops.split(step, [self.width, self.width + 1], axis=-1)
            noise = noise if self.samples and training else None
            starts = starts > 0
            state = {name: ops.where(starts, first[name], value) for name, value in zip(first, carried, strict=False)}
            written, weights, drawn_by, after = self._step(word, memory, state, noise, training=training)
            carried = (*(after[name] for name in first), written, weights, drawn_by)
            return carried, carried

        # On TensorFlow `scan` wants one tensor to go through where its length is not known beforehand, and what comes
        # out of a step to look like what is carried; so that is carried, too.
        looked = ops.zeros_like(grid[..., 0], dtype="float32")
        carried = (*first.values(), ops.zeros_like(memory["mean"]), looked, looked)
        every = ops.scan(body, carried, ops.swapaxes(ops.concatenate(steps, axis=-1), 0, 1))[1]
        written, weights, drawn_by = (ops.swapaxes(x, 0, 1) for x in every[len(first) :])
        return self.words.score(self.drop_out(written, training=training)), weights, drawn_by

    def _step(
        self, word: Tensor, memory: State, state: State, noise: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, Tensor, Tensor, State]:
        """A word as a vector -> what is to be scored, the weights, those it was drawn by, and the next state."""
        hidden, carry = state["hidden"], state["carry"]
        if self.architecture == "adaptive":
            before = hidden
            hidden, (_, carry) = self.cell(ops.concatenate([word, memory["mean"]], axis=-1), [hidden, carry])
            gate = self.sentinel_gate(ops.concatenate([word, before], axis=-1))
            sentinel = self.sentinel(gate * ops.tanh(carry))
            seen, weights = self.attention.attend(
                ops.expand_dims(hidden, 1), self._memory(memory), ops.expand_dims(sentinel, 1)
            )
            weights = drawn_by = weights[:, 0, 0, :-1]  # the rest looked at the sentinel
            seen = seen[:, 0]
        else:
            seen, weights = self._ask(hidden, memory, noise, training)
            weights, drawn_by = weights
            gated = self.gate(hidden) * seen
            hidden, (_, carry) = self.cell(ops.concatenate([word, gated], axis=-1), [hidden, carry])
        written = self.out(ops.concatenate([hidden, seen, word], axis=-1))
        return written, weights, drawn_by, {"hidden": hidden, "carry": carry}

    def _ask(
        self, hidden: Tensor, memory: State, noise: Tensor | None, training: bool | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """What the state sees `(batch, width)`, the weights `(batch, cells)`, and those they were drawn by."""
        keys, values = self._memory(memory)
        seen, weights, _ = self.attention.attend(ops.expand_dims(hidden, 1), (keys, values), training=training)
        if not self.samples:
            return seen[:, 0], (weights[:, 0, 0], weights[:, 0, 0])
        looked = sample(weights, None if noise is None else ops.expand_dims(noise, (1, 2)))
        seen = ops.matmul(ops.cast(looked, values.dtype), values)
        return seen[:, 0, 0], (looked[:, 0, 0], weights[:, 0, 0])

    def _memory(self, memory: State) -> tuple[Tensor, Tensor]:
        return memory["grid_keys"], memory["grid_values"]
