"""A sequence becomes one vector, or a few: queries read it, and what they read may be laid side by side."""

from typing import Any

import keras
from keras import ops

from heedful.layers import checks, normalizers, scores
from heedful.layers.attention import Attention
from heedful.layers.tensor import Shape, Tensor

QUERIES = ("learned", "last", "middle")
OF_ATTENTION = (
    *("score", "normalizer", "dropout", "seed"),
    *("num_heads", "key_dim", "value_dim", "output_dim", "use_bias"),
)


@keras.saving.register_keras_serializable(package="heedful")
class AttentionPooling(keras.layers.Layer):
    """`(batch, time, features)` -> `(batch, num_queries * width)`: a few queries attend to a sequence.

    Without a `key_dim` every query attends over the full width, which is that of the features. With heads and
    projections it is the attention in PMA (Set Transformer, Lee et al. 2019) and in the MAP head of ViT and SigLIP
    (Zhai et al. 2022), which keep the queries apart for the layers that follow, `flatten=False`.

    Where the queries come from:

    - "learned": `num_queries` trained vectors, the same for every input (Set Transformer, Lee et al. 2019);
    - "last" and "middle": that frame of the input, projected by one dense layer to `num_queries` queries (MHAtt-RNN,
      Rybakov et al. 2020). With a mask, the last and the middle one of the *valid* frames, wherever those are.

    Args:
        query: "learned", "last" or "middle".
        num_queries: queries that read the sequence side by side.
        score, normalizer: as in `Attention`.
        dropout, seed: dropout of the weights in training, as in `Attention`.
        num_heads, key_dim, value_dim, output_dim, use_bias: as in `Attention`; with a `key_dim` and without an
            `output_dim` the width of the output is that of the features.
        flatten: whether what the queries read is laid side by side, `(batch, num_queries * width)`, or stays
            `(batch, num_queries, width)`.

    Raises ValueError for another `query`, and for more heads without a `key_dim`.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import AttentionPooling
    >>> frames = np.ones((2, 7, 8))
    >>> pooled, weights = AttentionPooling(num_queries=3)(frames, return_attention_scores=True)
    >>> tuple(pooled.shape), tuple(weights.shape)
    ((2, 24), (2, 1, 3, 7))
    >>> heads = AttentionPooling(num_queries=3, num_heads=2, key_dim=4, flatten=False)
    >>> tuple(heads(frames).shape)
    (2, 3, 8)
    """

    def __init__(
        self,
        query: str = "learned",
        num_queries: int = 1,
        score: str | dict[str, Any] | scores.Score = "scaled_dot",
        normalizer: str | dict[str, Any] | normalizers.Normalizer = "softmax",
        dropout: float = 0.0,
        seed: int | None = None,
        num_heads: int = 1,
        key_dim: int | None = None,
        value_dim: int | None = None,
        output_dim: int | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if query not in QUERIES:
            raise ValueError(f"query is one of {', '.join(QUERIES)}, not {query!r}")
        if num_queries < 1:
            raise ValueError(f"num_queries must be at least 1, not {num_queries}")
        self.supports_masking = True
        self.query = query
        self.num_queries = num_queries
        self.flatten = flatten
        self.attention = Attention(
            score,
            normalizer,
            num_heads,
            key_dim,
            value_dim,
            output_dim,
            dropout=dropout,
            seed=seed,
            use_bias=use_bias,
            dtype=self.dtype_policy,
        )

    def build(self, inputs_shape: Shape) -> None:
        checks.sequences(self, inputs=inputs_shape)
        batch, _, features = inputs_shape
        if features is None:
            raise ValueError(f"the number of features must be known, but the input's shape is {inputs_shape}")
        if self.query == "learned":
            # Small, so that every query starts as the mean of all frames; what follows the pooling tells the queries
            # apart. With unit variance, the initial softmax is so peaked that some frames get no gradient.
            self.queries = self.add_weight(
                shape=(self.num_queries, features),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
                name="queries",
            )
        else:
            self.query_dense = keras.layers.Dense(self.num_queries * features, dtype=self.dtype_policy, name="query")
            self.query_dense.build((batch, features))
        self.attention.build((batch, self.num_queries, features), inputs_shape)
        self.built = True

    def call(
        self,
        inputs: Tensor,
        mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Pool a sequence.

        Args:
            inputs: `(batch, time, features)`.
            mask: `(batch, time)`, True for the frames that may be read.
            return_attention_scores: also return the weights.

        Returns:
            `(batch, num_queries * width)`, query by query, or `(batch, num_queries, width)`; if asked for also the
            weights `(batch, num_heads, num_queries, time)`. A sequence without any valid frame gives zeros.
        """
        self._check(inputs, mask)
        pooled, weights = self.attention(
            self._queries(inputs, mask), inputs, value_mask=mask, return_attention_scores=True, training=training
        )
        if self.flatten:
            pooled = ops.reshape(pooled, (-1, *self.compute_output_shape(inputs.shape)[1:]))
        return (pooled, weights) if return_attention_scores else pooled

    def compute_output_shape(self, inputs_shape: Shape) -> Shape:
        queries_shape = (inputs_shape[0], self.num_queries, inputs_shape[-1])
        width = self.attention.compute_output_shape(queries_shape, inputs_shape)[-1] or 0
        return (inputs_shape[0], self.num_queries * width) if self.flatten else (*queries_shape[:2], width)

    def compute_output_spec(
        self,
        inputs: Tensor,
        mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        self._check(inputs, mask)
        pooled = keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=self.compute_dtype)
        if not return_attention_scores:
            return pooled
        shape = (inputs.shape[0], self.attention.num_heads, self.num_queries, inputs.shape[1])
        return pooled, keras.KerasTensor(shape, dtype=self.attention.score.compute_dtype)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        """None: the time axis that the mask belonged to is gone."""
        return None

    def get_config(self) -> dict[str, Any]:
        attention = self.attention.get_config()
        own = {"query": self.query, "num_queries": self.num_queries, "flatten": self.flatten}
        return {**super().get_config(), **own, **{name: attention[name] for name in OF_ATTENTION}}

    def _check(self, inputs: Tensor, mask: Tensor | None) -> None:
        checks.sequences(self, inputs=inputs.shape)
        checks.sequence_mask("mask", mask, inputs.shape)

    def _queries(self, inputs: Tensor, mask: Tensor | None) -> Tensor:
        """`(batch, num_queries, features)`."""
        size = (ops.shape(inputs)[0], self.num_queries, inputs.shape[-1])
        if self.query == "learned":
            return ops.broadcast_to(ops.expand_dims(self.queries, 0), size)
        frame = self._frame(inputs, mask)
        return ops.reshape(self.query_dense(frame), (-1, *size[1:]))

    def _frame(self, inputs: Tensor, mask: Tensor | None) -> Tensor:
        """The last or the middle valid frame, `(batch, features)`; zeros where there is none."""
        if inputs.shape[1] == 0:
            return ops.sum(inputs, axis=1)
        if mask is None:
            time = ops.shape(inputs)[1]
            return inputs[:, time - 1 if self.query == "last" else time // 2]  # PyTorch has no ONNX for ops.take
        nth = ops.cumsum(ops.cast(mask, "int32"), axis=1)  # 1 at the first valid frame, 2 at the second, ...
        count = nth[:, -1:]
        wanted = count if self.query == "last" else count // 2 + 1
        chosen = ops.logical_and(ops.cast(mask, "bool"), ops.equal(nth, wanted))
        return ops.sum(ops.where(ops.expand_dims(chosen, -1), inputs, ops.zeros_like(inputs)), axis=1)
