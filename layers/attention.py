"""Attention composed of parts: a score, a normalizer, masks, heads and what is known of positions.

Cost: `batch * heads * T * S` scores, in float32 at least, whatever they are computed from, so that the weights which
are returned are the weights which were used. Where nobody asks for the weights, `fused.py` spares them under PyTorch,
and `chunks.py` everywhere. For flash attention in half precision, take the layers of Keras itself.
"""

from typing import Any

import keras
from keras import ops

from heedful.layers import checks, chunks, fused, grouped_query, masks, multi_head, normalizers, parts, steps, weighing
from heedful.layers.precision import at_least_float32
from heedful.layers.projection import from_heads, per_head, to_heads
from heedful.layers.rotary import RotaryEmbedding
from heedful.layers.score import Score, fresh, known_width
from heedful.layers.tensor import Shape, Tensor

Memory = tuple[Tensor, Tensor]


@keras.saving.register_keras_serializable(package="heedful")
class Attention(keras.layers.Layer):
    """Each query reads a weighted mean of the values; the weights tell how well the query fits each key.

    Without `key_dim` this is `keras.layers.Attention` with any score: query, key and value are used as they are, by one
    head. With `key_dim` it is `keras.layers.MultiHeadAttention` with any score: query, key and value are projected to
    `num_heads` heads, and the heads are joined and projected to the width of the query. Weights are `(batch, num_heads,
    T, S)` either way.

    Args:
        score: a `Score` or its name: "dot", "scaled_dot", "general", "additive", "cosine", "location",
            "local_activation".
        normalizer: a function or layer of `heedful.layers.normalizers` or its name: "softmax", "sigmoid", "sparsemax",
            "entmax15", "hardmax", "gumbel_softmax"; or one with a state, `Monotonic` or `ForwardAttention`.
        num_heads: heads that attend side by side with the same score; more than one needs `key_dim`.
        num_key_value_heads: heads of keys and values, each shared by `num_heads / num_key_value_heads` heads that ask
            (grouped-query attention; 1: multi-query); None: `num_heads`. A memory or cache is smaller by that factor.
        key_dim: width of the projected queries and keys of each head. None: they are not projected.
        value_dim: width of the projected values of each head. None: `key_dim`.
        output_dim: width of the output. None: the width of the query with `key_dim`, no projection without.
        position_bias: a layer called as `position_bias(queries=T, keys=S, offset=position of the first query)` whose
            result, `(num_heads, T, S)`, is added to the scores, such as `ALiBi` or `RelativePositionBias`.
        rotary_embedding: a `RotaryEmbedding`, which turns queries and keys by their positions; for scores that are
            inner products: dot, scaled_dot, general, cosine.
        use_gate: whether a sigmoid of a projection of the query is multiplied with what each head has read (Qiu et al.
            2025, arXiv:2505.06708), as in `MultiHeadAttention`; needs `key_dim`.
        chunk_size: queries that are worked out at a time, and again in the backward pass, which holds down memory for
            long sequences; None: all at once.
        dropout: share of the weights dropped in training. The returned weights are those before dropout.
        seed: seed of the dropout.
        use_bias: whether the projections of query, key, value and output have a bias vector.
        kernel_initializer, bias_initializer, kernel_regularizer, bias_regularizer: of the projections, as in
            `MultiHeadAttention`; scores have their own.

    Layers of one width may share a score or a bias, as the blocks of T5 share theirs; a file keeps that, `clone_model`
    makes a part of each of them. A query that may attend to nothing gets weights of zero and an output of zero. What no
    query may read can hold anything, NaN too: neither output nor gradients change. Scores and weights are float32 in
    any lower precision, and float64 in a float64 layer whose parts are given by name or are float64 themselves, where
    the backend keeps to it (JAX must be told to, and Keras narrows some operations of PyTorch). Raises ValueError for
    more heads without `key_dim` and for the widths a score refuses.

    Example:

    A query and three keys, which are the values as well; the second component decides:

    >>> import numpy as np
    >>> from heedful.layers import Attention
    >>> query = np.array([[[0.0, 1.0, 0.0]]])
    >>> value = np.array([[[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]]])
    >>> output, weights = Attention()(query, value, return_attention_scores=True)
    >>> [round(float(weight), 4) for weight in weights[0, 0, 0]]  # softmax of (0.2, 0.5, 0.8) / sqrt(3)
    [0.2775, 0.33, 0.3924]
    >>> [round(float(number), 4) for number in output[0, 0]]
    [0.4345, 0.5345, 0.6345]
    """

    def __init__(
        self,
        score: str | dict[str, Any] | Score = "scaled_dot",
        normalizer: str | dict[str, Any] | normalizers.Normalizer = "softmax",
        num_heads: int = 1,
        key_dim: int | None = None,
        value_dim: int | None = None,
        output_dim: int | None = None,
        position_bias: dict[str, Any] | keras.layers.Layer | None = None,
        dropout: float = 0.0,
        seed: int | None = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        num_key_value_heads: int | None = None,
        rotary_embedding: dict[str, Any] | RotaryEmbedding | None = None,
        use_gate: bool = False,
        chunk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        checks.heads(num_heads, num_key_value_heads, key_dim, use_gate)
        checks.float_policy(self)
        checks.sizes(self, key_dim=key_dim, value_dim=value_dim, output_dim=output_dim, chunk_size=chunk_size)
        self.supports_masking = True
        precision = at_least_float32(self.compute_dtype)
        self.score = parts.score(score, precision)
        self.normalizer = parts.normalizer(normalizer, precision)
        self.num_heads, self.key_dim, self.output_dim = num_heads, key_dim, output_dim
        self.num_key_value_heads = num_key_value_heads or num_heads
        self.value_dim = key_dim if value_dim is None else value_dim
        self.position_bias = parts.position_bias(position_bias, num_heads)
        self.rotary_embedding = parts.rotary_embedding(rotary_embedding, self.score)
        self.dropout, self.seed, self.use_bias = dropout, seed, use_bias
        self.use_gate, self.chunk_size = use_gate, chunk_size
        parts.fit_together(self)
        self.kernel_initializer, self.kernel_regularizer = parts.of_weights(kernel_initializer, kernel_regularizer)
        self.bias_initializer, self.bias_regularizer = parts.of_weights(bias_initializer, bias_regularizer)
        self.dropout_layer = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        key_shape = value_shape if key_shape is None else key_shape
        checks.sequences(self, query=query_shape, value=value_shape, key=key_shape)
        self.source_widths = value_shape[-1], key_shape[-1]
        self.query_dense = to_heads("query", query_shape, self.num_heads, self.key_dim, **self._of_projection())
        shared = self.num_key_value_heads
        self.key_dense = to_heads("key", key_shape, shared, self.key_dim, **self._of_projection())
        if self.use_gate:
            self.gate_dense: Any = to_heads(
                "gate", query_shape, self.num_heads, self.value_dim, **self._of_projection()
            )
        self.value_dense = to_heads("value", value_shape, shared, self.value_dim, **self._of_projection())
        self.output_dense = None
        if self.output_dim is not None or self.key_dim is not None:
            heads = (*query_shape[:2], self.num_heads, self.value_dim or value_shape[-1])
            width = self.output_dim or known_width(query_shape)
            self.output_dense = from_heads("output", heads, width, **self._of_projection())
        if self.position_bias is not None and not self.position_bias.built:
            self.position_bias.build(None)
        # A part that is shared or comes out of a saved configuration is built already, and must not be built twice.
        shapes = [(s[0], shared, s[1], self.key_dim or s[-1]) for s in (query_shape, key_shape)]
        if self.rotary_embedding is not None:
            self.rotary_embedding.turned(known_width(shapes[0]))
        if not self.score.built:
            self.score.build(*shapes)
        parts.fits_shared_score(self.score, *(shape[-1] for shape in shapes))
        if self.chunk_size is not None:
            chunks.fits(self)
        self.built = True

    def call(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        attention_bias: Tensor | None = None,
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend with every query at once.

        Args:
            query: `(batch, T, query width)`.
            value: `(batch, S, value width)`.
            key: `(batch, S, key width)`; None: the values are the keys.
            query_mask: `(batch, T)`, False for queries that get zeros.
            value_mask, key_mask: `(batch, S)`, False for keys nobody may attend to.
            attention_mask: `(batch, T, S)`, `(batch, num_heads, T, S)`, or `(T, S)` for all examples, True = attend.
            return_attention_scores: also return the weights; the output is the same either way, to 1e-6 under PyTorch.
            use_causal_mask: no query may attend to a later key.
            attention_bias: numbers added to the scores, `(batch or 1, num_heads or 1, T, S)`, such as what is known of
                the alignment as logarithms, or a position bias that several layers share; -inf counts as masked.

        Returns:
            The output `(batch, T, output width)` and, if asked for, the weights `(batch, num_heads, T, S)`. A recurrent
            score or normalizer, such as `LocationScore` or `Monotonic`, runs one step per query, in a loop.
        """
        checks.attention_call(self, query, value, key, query_mask, value_mask, key_mask, attention_mask, attention_bias)
        mask = masks.of_call(query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        recurrent = steps.recurrent(self)
        if not recurrent:  # a step adds it for itself
            attention_bias = weighing.with_position_bias(self, attention_bias, query, value, 0)
        mask, attention_bias = masks.without_infinities(mask, attention_bias)
        mask = None if mask is None else masks.per_head(mask)
        reading = None if mask is None else masks.queries_that_read(mask)
        query = query if reading is None else masks.zero_masked(query, reading)
        memory = self.memory(value, key, None if mask is None else masks.keys_that_are_read(mask))
        if recurrent:
            output, weights = steps.attend(self, query, memory, mask, training, attention_bias)
        elif not return_attention_scores and fused.applies(self, query, value, training, attention_bias):
            queries, *shared = self._turned(query, memory, 0)
            keys, values = (grouped_query.repeated(each, self.num_heads) for each in shared)
            read = fused.attend(queries, keys, values, mask, self.score.scale_for(queries.shape[-1]))
            return self._join(query, read, reading)
        else:
            output, weights, _ = self._attend(
                query, memory, mask, reading, None, 0, training, attention_bias, return_attention_scores
            )
        return (output, weights) if return_attention_scores else output

    def memory(self, value: Tensor, key: Tensor | None = None, mask: Tensor | None = None) -> Memory:
        """Everything that depends on the source alone, computed once: pass the result to `attend` at every step.

        Args:
            value: `(batch, S, value width)`.
            key: `(batch, S, key width)`; None: the values are the keys.
            mask: `(batch, S)`, False where no query will read: there the source may hold anything.

        Returns:
            Projected keys `(batch, num_key_value_heads, S, score width)` in the type of the score, and values `(batch,
            num_key_value_heads, S, value_dim)`. Raises ValueError for a layer that is not built.
        """
        checks.built(self, "query_shape, value_shape")
        checks.sequences(self, value=value.shape, key=value.shape if key is None else key.shape)
        if mask is not None:
            value, key = masks.zero_masked(value, mask), None if key is None else masks.zero_masked(key, mask)
        key = value if key is None else key
        keys, values = (
            per_head(key, self.key_dense, self.compute_dtype),
            per_head(value, self.value_dense, self.compute_dtype),
        )
        return self.score.project(keys), values

    def make_cache(self, batch: int | Tensor, length: int) -> Memory:
        """Zeros for the memory of `length` steps that come one by one: see `heedful.layers.cache`.

        Args:
            batch: examples.
            length: steps that fit in.

        Returns:
            Keys `(batch, num_key_value_heads, length, score width)` and values `(batch, num_key_value_heads, length,
            value_dim)`.
        """
        checks.built(self, "query_shape, value_shape")
        # Only the score knows how wide its keys are; in a graph nothing of this but the shapes is left.
        value, key = (ops.zeros((1, 1, width), self.compute_dtype) for width in self.source_widths)
        shapes = [((batch, part.shape[1], length, part.shape[-1]), part.dtype) for part in self.memory(value, key)]
        keys, values = (ops.zeros(shape, keras.backend.standardize_dtype(dtype)) for shape, dtype in shapes)
        return keys, values

    def scores(self, query: Tensor, value: Tensor, key: Tensor | None = None) -> Tensor:
        """What the normalizer is given where nothing is masked: for distillation, and for pictures.

        Args:
            query, value, key: as in `call`.

        Returns:
            `(batch, num_heads, T, S)`, position bias included. Raises ValueError for a recurrent score, whose scores
            depend on the weights of the steps before.
        """
        if self.score.recurrent:
            raise ValueError(
                f"the scores of {type(self.score).__name__} depend on the weights of the steps before: take `attend`"
            )
        queries, keys, _ = self._turned(query, self.memory(value, key), 0)
        added = weighing.with_position_bias(self, None, queries, keys, 0)
        return weighing.scores(self, queries, keys, added, 0, None)

    def attend(
        self,
        query: Tensor,
        memory: Memory,
        mask: Tensor | None = None,
        state: Tensor | None = None,
        offset: int | Tensor = 0,
        training: bool | None = None,
        attention_bias: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """One step, or several at once where neither score nor normalizer is recurrent.

        Args:
            query: `(batch, T, query width)`; T is 1 for a recurrent score or normalizer.
            memory: the result of `memory`.
            mask: `(batch, S)`, `(batch, T, S)` or `(batch, num_heads, T, S)`, True = attend; of rank 2 it is always one
                of keys. See `all_of`.
            state: what the step before returned; None at the first. Only recurrent scores and normalizers have one.
            offset: position of the first query, for position bias and rotary embedding.
            attention_bias: as in `call`.

        Returns:
            The output `(batch, T, output width)`, the weights `(batch, num_heads, T, S)`, and the state for the next
            step.
        """
        checks.built(self, "query_shape, value_shape")
        checks.sequences(self, query=query.shape)
        if mask is not None:
            checks.step_mask(mask, query.shape, self.num_heads, memory[0].shape[2])
        if attention_bias is not None:
            checks.attention_bias(attention_bias, query.shape, self.num_heads, memory[0].shape[2])
        attention_bias = weighing.with_position_bias(self, attention_bias, query, memory[0], offset)
        mask, attention_bias = masks.without_infinities(mask, attention_bias)
        mask = None if mask is None else masks.per_head(mask)
        reading = None if mask is None else masks.queries_that_read(mask)
        return self._attend(query, memory, mask, reading, state, offset, training, attention_bias)

    def projected_values(self, memory: Memory) -> Tensor:
        """The values of each head after the projection of the output.

        `sum(weights * projected_values)` over heads and keys is the output without the bias vector of its projection.
        So the norm of weight times projected value says how much of an output came from a key: a large weight on a
        value of small norm contributes little (Kobayashi et al. 2020, arXiv:2004.10102).

        Args:
            memory: the result of `memory`.

        Returns:
            `(batch, num_heads, S, output width)` in the type of the score.
        """
        values = grouped_query.repeated(ops.cast(memory[1], self.score.compute_dtype), self.num_heads)
        if self.output_dense is None:
            return values
        return ops.cast(self.output_dense.head_by_head(values), values.dtype)

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> tuple[int | None, ...]:
        projected = self.output_dim or (query_shape[-1] if self.key_dim is not None else None)
        return (*query_shape[:-1], projected or self.value_dim or value_shape[-1])

    def compute_output_spec(
        self,
        query: Tensor,
        value: Tensor,
        key: Tensor | None = None,
        query_mask: Tensor | None = None,
        value_mask: Tensor | None = None,
        key_mask: Tensor | None = None,
        attention_mask: Tensor | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        attention_bias: Tensor | None = None,
    ) -> Any:
        checks.attention_call(self, query, value, key, query_mask, value_mask, key_mask, attention_mask, attention_bias)
        output = keras.KerasTensor(self.compute_output_shape(query.shape, value.shape), dtype=self.compute_dtype)
        if not return_attention_scores:
            return output
        shape = (query.shape[0], self.num_heads, query.shape[1], value.shape[1])
        return output, keras.KerasTensor(shape, dtype=self.score.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "score": parts.serialized(self.score),
            "normalizer": parts.serialized(self.normalizer),
            "position_bias": parts.serialized(self.position_bias),
            "rotary_embedding": parts.serialized(self.rotary_embedding),
            **{name: getattr(self, name) for name in ("num_key_value_heads", "use_gate", "chunk_size")},
            **{name: getattr(self, name) for name in multi_head.OPTIONS},
            **{name: parts.serialized_of_weights(getattr(self, name)) for name in multi_head.OF_WEIGHTS},
        }

    @property
    def bias(self) -> keras.layers.Layer | None:
        """`position_bias`, by the name of its weights in files."""
        return self.position_bias

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Attention":
        """Of this version or of those before 0.1, which say `bias` for `position_bias`."""
        return super().from_config({"position_bias" if k == "bias" else k: v for k, v in config.items()})

    @classmethod
    def from_multi_head_attention(cls, layer: keras.layers.Layer) -> "Attention":
        """The same layer as an `Attention`: with its options and name and, where it is built, its weights.

        Args:
            layer: a `MultiHeadAttention` or `GroupQueryAttention` of Keras.

        Raises ValueError for what `Attention` has not: `attention_axes`, `sliding_window`, constraints.
        """
        attention = cls(**multi_head.options(layer))
        if layer.built:
            attention.build(*multi_head.shapes(layer))
            attention.set_weights(layer.get_weights())
        return attention

    def _of_projection(self) -> dict[str, Any]:
        """Its options; the initializers are its own, and draw for themselves."""
        weights = {name: fresh(getattr(self, name)) for name in multi_head.OF_WEIGHTS}
        return {"use_bias": self.use_bias, "dtype": self.dtype_policy, **weights}

    def _turned(self, query: Tensor, memory: Memory, offset: int | Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries `(batch, num_heads, T, width)`, and keys and values of a memory, turned by their positions."""
        queries, (keys, values) = per_head(query, self.query_dense, self.compute_dtype), memory
        if self.rotary_embedding is None:
            return queries, keys, values
        queries = ops.cast(queries, self.score.compute_dtype)
        return self.rotary_embedding(queries, offset=offset), self.rotary_embedding(keys), values

    def _attend(
        self,
        query: Tensor,
        memory: Memory,
        mask: Tensor | None,
        reading: Tensor | None,
        state: Any,
        offset: int | Tensor,
        training: bool | None,
        attention_bias: Tensor | None,
        with_weights: bool = True,
    ) -> tuple[Tensor, Any, Any]:
        """`attend` with a mask per head, and with `(batch, T)` queries that may read anything by it."""
        given = (*self._turned(query, memory, offset), mask, attention_bias, offset, training)
        if chunks.apply(self, given[0]):
            heads, weights = chunks.read(self, *given, with_weights)
        else:
            state = steps.initial_state(self, memory[0]) if state is None else state
            heads, weights, state = weighing.read(self, *given, state)
        return self._join(query, heads, reading), weights, state

    def _join(self, query: Tensor, read: Tensor, reading: Tensor | None) -> Tensor:
        """What each head has read, `(batch, num_heads, T, value_dim)` -> `(batch, T, output width)`."""
        if self.output_dense is None:
            return ops.squeeze(read, 1)
        joined = ops.swapaxes(read, 1, 2)
        joined = joined * ops.sigmoid(self.gate_dense(query)) if self.use_gate else joined
        output = self.output_dense(joined)
        # Without this a query that read nothing would get the bias vector of the projection.
        return output if reading is None else masks.zero_masked(output, reading)
