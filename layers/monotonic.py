"""Monotonic attention: along the source and never back, one place for each query, or a chunk that ends at that place.

Each step depends on the alignment that the step before left, so it is a normalizer with a state.
"""

from typing import Any

import keras
from keras import ops

from heedful.layers import checks
from heedful.layers.alignment import (
    first_key,
    first_of,
    kept_where_nothing_was_read,
    later,
    linear_scan,
    not_before,
)
from heedful.layers.normalizer import NormalizerLayer
from heedful.layers.normalizers import softmax
from heedful.layers.tensor import Tensor


@keras.saving.register_keras_serializable(package="heedful")
class Monotonic(NormalizerLayer):
    """Goes on from where the last query stopped, and stops at each key with the probability `sigmoid(score + offset)`.

    In training the weights are the expected alignment (Raffel et al. 2017, arXiv:1704.00784), with `p` the
    probabilities of a query, `a` its weights and `b` those of the query before, all on the first key at the beginning:

        a[j] = p[j] * q[j]        q[j] = (1 - p[j - 1]) * q[j - 1] + b[j]

    Otherwise they are the first key with `p > 0.5`, that of the query before or a later one; a key that has slid out of
    a cache is followed by the oldest one in it. A query that finds none, or may attend to nothing, gets zeros, and the
    next one goes on from the same place. Training adds Gaussian noise to the scores, which drives the probabilities to
    0 or 1.

    With a `chunk_size` (monotonic chunkwise attention, Chiu and Raffel 2018, arXiv:1712.05382), the weights are a
    softmax over as many keys, the last of which is the one where the query stops. The paper learns scores of their own
    for it; here they are the same scores.

    Args:
        chunk_size: keys that a query reads, up to the one where it stops.
        initial_offset: what the learned offset starts from; the lower it is, the further the first queries look.
        noise: standard deviation of the noise in training.
        hard: False: also outside of training the weights are the expected alignment.
        seed: of the noise.
        dtype: a precision; float32 unless given, whatever the global one.

    Where the number of keys is known only at run time, the expected alignment reaches over 65,536 of them. Raises
    ValueError for a chunk of less than one key and for negative noise.

    Example:

    >>> from keras import ops
    >>> from heedful.layers import Monotonic
    >>> monotonic, state = Monotonic(initial_offset=0.0), None
    >>> for row in [-2.0, 3.0, -1.0, 4.0], [-1.0, -1.0, -1.0, 2.0], [3.0, 3.0, 3.0, -1.0]:
    ...     scores = ops.reshape(ops.array(row), (1, 1, 1, 4))
    ...     weights, state = monotonic.step(scores, state)
    ...     print(ops.convert_to_numpy(weights[0, 0, 0]).tolist())
    [0.0, 1.0, 0.0, 0.0]
    [0.0, 0.0, 0.0, 1.0]
    [0.0, 0.0, 0.0, 0.0]
    """

    recurrent = True

    def __init__(
        self,
        chunk_size: int = 1,
        initial_offset: float = -1.0,
        noise: float = 1.0,
        hard: bool = True,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        checks.sizes(self, chunk_size=chunk_size)
        if noise < 0:
            raise ValueError(f"the noise of Monotonic is a standard deviation, and none is {noise}")
        self.chunk_size, self.initial_offset, self.noise = chunk_size, initial_offset, noise
        self.hard, self.seed = hard, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        # Not in `build`, which would come with the first call, and that may be inside of a loop.
        self.offset = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(initial_offset), name="offset", dtype=self.variable_dtype
        )

    def call(
        self, scores: Tensor, mask: Tensor | None = None, training: bool | None = None, state: Tensor | None = None
    ) -> Tensor:
        """Weights of one query.

        Args:
            scores: `(batch, heads, 1, S)`.
            mask: booleans that broadcast to `scores`, True = attend; no query stops at another key.
            training: whether the weights are the expected alignment, of scores with noise.
            state: the alignment of the query before, `(batch, heads, 1, S)`; None: the initial one.

        Returns:
            Weights `(batch, heads, 1, S)`, whose sum is 1 or 0 outside of training and at most 1 in it.
        """
        return self._in_chunks(self._alignment(scores, mask, training, state), scores, mask, training)

    def step(
        self, scores: Tensor, state: Tensor | None = None, mask: Tensor | None = None, training: bool | None = None
    ) -> tuple[Tensor, Tensor]:
        """Weights of one query and the state for the next, with the arguments of a call."""
        state = first_key(scores) if state is None else state
        alignment = self._alignment(scores, mask, training, state)
        return self._in_chunks(alignment, scores, mask, training), self.next_state(state, alignment)

    def initial_state(self, scores: Tensor) -> Tensor:
        return first_key(scores)

    def next_state(self, state: Tensor | None, weights: Tensor) -> Tensor:
        """The key where a query stopped, or that of before where it found none; `weights` are those of one key, which
        a chunk does not tell: see `step`.
        """
        return kept_where_nothing_was_read(first_key(weights) if state is None else state, weights)

    def get_config(self) -> dict[str, Any]:
        names = ("chunk_size", "initial_offset", "noise", "hard", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _alignment(self, scores: Tensor, mask: Tensor | None, training: bool | None, state: Tensor | None) -> Tensor:
        """Where the query stops: the expectation, or one key."""
        state = first_key(scores) if state is None else state
        scores = scores + ops.cast(self.offset, scores.dtype)
        if not training and self.hard:
            stops = ops.cast(scores > 0, scores.dtype) * not_before(state)
            return first_of(stops if mask is None else stops * ops.cast(mask, scores.dtype))
        if training and self.noise > 0:
            scores = scores + keras.random.normal(
                ops.shape(scores), stddev=self.noise, dtype=scores.dtype, seed=self.seed_generator
            )
        stop, go_on = ops.sigmoid(scores), ops.sigmoid(-scores)
        if mask is not None:
            stop, go_on = ops.where(mask, stop, 0.0), ops.where(mask, go_on, 1.0)
        return stop * linear_scan(later(go_on, 1), state)

    def _in_chunks(self, alignment: Tensor, scores: Tensor, mask: Tensor | None, training: bool | None) -> Tensor:
        """What the alignment gives to each key is shared by the keys of the chunk that ends there, `(..., S)`."""
        if self.chunk_size == 1:
            return alignment
        back = range(self.chunk_size)
        if not training and self.hard:  # one chunk for each query, and so one softmax
            inside = sum((later(alignment, -places) for places in back[1:]), alignment) > 0.5
            return softmax(scores, inside if mask is None else ops.logical_and(inside, mask))
        allowed = ops.ones_like(scores) if mask is None else ops.cast(mask, scores.dtype) + ops.zeros_like(scores)
        # Each chunk has a softmax of its own, so that none divides by the exponentials of scores far below others.
        chunks, inside = (ops.stack([later(row, places) for places in back], axis=-1) for row in (scores, allowed))
        shares = softmax(chunks, inside > 0) * ops.expand_dims(alignment, -1)
        return sum((later(shares[..., places], -places) for places in back[1:]), shares[..., 0])
