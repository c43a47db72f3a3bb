"""Scores of long sequences, some queries at a time.

`AdditiveScore` and `LocalActivationScore` work out a vector for every pair of a query and a key, `(batch, heads, T, S,
units)`, of which only one number a pair is wanted. Held for all pairs at once, and once more for the backward pass, it
is what ends training at length.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from heedful.layers import loop, scores
from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class Chunked(scores.Score):
    """The same scores as those of `score`, worked out for `chunk` queries at a time, and again in the backward pass.

    Peak memory is that of the scores and their weights, `(batch, heads, T, S)`, and of what `score` holds for `chunk`
    queries, instead of what it holds for T. No more is held for a query than the projected keys take, so chunks of
    queries are enough, however many keys there are. In return the backward pass runs the score a second time (Chen et
    al. 2016, arXiv:1604.06174).

    Args:
        score: a `Score` that is not recurrent, or its name. Its call must change nothing, such as the statistics of
            `Dice`, which a second run would count twice.
        chunk: queries at a time, at most. A chunk that is too small costs time, and outside of a compiled graph memory
            as well: the C library gives tensors back to the system only from 32 MB on, so let `batch * heads * chunk *
            S * units` be 8 million or more.

    Raises ValueError for a recurrent score, which has to see one query after the other, when it is built for a score
    with variables that are not trained, such as the statistics of `Dice`, and for a `chunk` below 1.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import AdditiveScore, Attention, Chunked
    >>> score = Chunked(AdditiveScore(units=16), chunk=2)
    >>> tuple(Attention(score)(np.ones((2, 7, 8)), np.ones((2, 5, 8))).shape)
    (2, 7, 8)
    """

    def __init__(self, score: str | dict[str, Any] | scores.Score, chunk: int = 64, **kwargs: Any) -> None:
        inner = scores.get(score, dtype=kwargs.get("dtype") or "float32")
        if inner.recurrent:
            raise ValueError(
                f"{type(inner).__name__} is recurrent: its queries are scored one after the other as it is, so use it "
                "without Chunked"
            )
        if chunk < 1:
            raise ValueError(f"a chunk has one query or more, not {chunk}")
        kwargs.setdefault("dtype", inner.dtype_policy)
        super().__init__(**kwargs)
        self.score = inner
        self.inner_product = inner.inner_product
        self.chunk = chunk

    def build(self, query_shape: Shape, key_shape: Shape) -> None:
        # A score that comes out of a saved configuration is built already, and must not be built twice.
        if not self.score.built:
            self.score.build(query_shape, key_shape)
            changing = [variable.path for variable in self.score.variables if not variable.trainable]
            if changing and self.score.trainable:  # else all is frozen, and nothing tells what changes by itself
                raise ValueError(
                    f"the call of {type(self.score).__name__} changes {', '.join(changing)}, which would be lost in "
                    "Chunked, where it runs twice: use the score without Chunked, or without what changes"
                )
        self.built = True

    def project(self, key: Tensor) -> Tensor:
        return self.score.project(key)

    def call(
        self, query: Tensor, projected_keys: Tensor, state: Tensor | None = None, training: bool | None = None
    ) -> Tensor:
        count = ops.shape(query)[-2]
        # PyTorch writes a graph to a file as it runs the example, with as many chunks as that has.
        written = keras.backend.backend() == "torch" and ops.is_tensor(count)
        if written or (isinstance(count, int) and count <= self.chunk):
            return self.score(query, projected_keys)
        chunks = (count + self.chunk - 1) // self.chunk
        size = (count + chunks - 1) // chunks
        # The last query fills the last chunk up: zeros could be where a score has no derivative.
        rows = ops.reshape(ops.minimum(ops.arange(chunks * size), count - 1), (chunks, size))
        recomputed = self._recomputed(projected_keys)
        if training or not _of_unknown_sizes(query, projected_keys):
            queries = ops.moveaxis(ops.take(query, rows, axis=-2), -3, 0)
            parts = ops.map(recomputed, queries)
        else:
            shape = (*ops.shape(query)[:-2], size, ops.shape(projected_keys)[-2])

            def step(index: Tensor, state: tuple[()]) -> tuple[tuple[Tensor], tuple[()]]:
                return (recomputed(ops.take(query, ops.take(rows, index, axis=0), axis=-2)),), state

            (parts,) = loop.stacked(step, (), chunks, [(shape, self.compute_dtype)])
        parts = ops.moveaxis(parts, 0, -3)
        return ops.reshape(parts, (*ops.shape(parts)[:-3], -1, ops.shape(projected_keys)[-2]))[..., :count, :]

    def _recomputed(self, projected_keys: Tensor) -> Callable[[Tensor], Tensor]:
        """The scores of some queries, of which the backward pass holds nothing."""
        # TensorFlow cannot differentiate a recomputed function inside a loop unless its weights are arguments of it.
        variables = self.score.variables
        values = [variable.value for variable in variables]

        def scored(some: Tensor, projected_keys: Tensor, *values: Tensor) -> Tensor:
            with keras.StatelessScope(list(zip(variables, values, strict=True))):
                # PyTorch leaves a recomputation by an exception where it saves its last tensor. Raised inside of a
                # Keras layer, that would keep everything alive until garbage is collected; the factor is such a tensor.
                return self.score(some, projected_keys) * ops.ones((), self.compute_dtype)

        recomputed = keras.remat(scored)
        return lambda some: recomputed(some, projected_keys, *values)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "score": keras.saving.serialize_keras_object(self.score),
            "chunk": self.chunk,
        }


def _of_unknown_sizes(query: Tensor, projected_keys: Tensor) -> bool:
    """Whether the shape of a chunk is known only when the model runs, as in a graph of TensorFlow for any batch.

    Then a list of chunks is no builtin of TFLite. In training it is kept all the same, because it is the faster way.
    """
    return None in (*query.shape[:-1], projected_keys.shape[-2])
