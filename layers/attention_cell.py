"""A decoder's step as a cell of `keras.layers.RNN`: a recurrent cell that reads a source through attention."""

from typing import Any

import keras
from keras import ops

from heedful.layers import checks, parts, steps
from heedful.layers.attention import Attention
from heedful.layers.precision import at_least_float32
from heedful.layers.score import known_width
from heedful.layers.tensor import Shape, Tensor


@keras.saving.register_keras_serializable(package="heedful")
class AttentionCell(keras.layers.Layer):
    """A recurrent cell whose output asks, and which at the next step is given what was read (Luong et al. 2015).

        state, query = cell([input; vector of the step before], state)
        vector = tanh(W [query; attention(query, source)])         with units
        vector = attention(query, source)                          without

    It is what `AttentionWrapper` was in TensorFlow Addons. The source travels in the state, so a model with it is a
    function like any other and exports. An RNN that is to run in LiteRT with any batch needs `unroll=True`.

    Args:
        cell: a cell of Keras, as `GRUCell`, `LSTMCell` or `StackedRNNCells`, without dropout.
        attention: an `Attention`, whose score and normalizer may be recurrent; without position bias or rotary
            embedding, as a cell does not know its step.
        units: width of the vector, which is the output; None: as wide as what the attention reads.
        return_attention_scores: whether the output holds the weights behind the vector; `split` takes them apart.
        dtype: a precision of the states; float32 unless given, as the parts have their own.

    Under JAX, what is random in training, such as the dropout of the attention, needs `unroll=True` as well. Raises
    ValueError for parts that do not fit.

    Example:

    >>> import keras
    >>> from keras import ops
    >>> from heedful.layers import Attention, AttentionCell
    >>> cell = AttentionCell(keras.layers.GRUCell(16), Attention("additive"), units=12, return_attention_scores=True)
    >>> decoder = keras.layers.RNN(cell, return_sequences=True)
    >>> words, source = ops.ones((2, 3, 8)), ops.ones((2, 5, 10))
    >>> vectors, weights = cell.split(decoder(words, initial_state=cell.initial_state(source)))
    >>> tuple(vectors.shape), tuple(weights.shape)
    ((2, 3, 12), (2, 1, 3, 5))
    """

    def __init__(
        self,
        cell: dict[str, Any] | keras.layers.Layer,
        attention: dict[str, Any] | Attention,
        units: int | None = None,
        return_attention_scores: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("dtype", at_least_float32(keras.config.dtype_policy().compute_dtype))
        super().__init__(**kwargs)
        checks.sizes(self, units=units)
        self.cell, self.attention = (_made(part) for part in (cell, attention))
        _fit(self.cell, self.attention)
        self.units, self.return_attention_scores = units, return_attention_scores
        self.source_length: int | None = None

    @property
    def state_size(self) -> list[int | None]:
        """Of the vector and of the wrapped cell; the source, which follows, has the size that it is given."""
        return [None, *keras.tree.flatten(self.cell.state_size), None, None, None]

    @property
    def output_size(self) -> int:
        width = self._vector_width()
        if not self.return_attention_scores:
            return width
        if self.source_length is None:
            raise ValueError("the length of the source must be known for an output of AttentionCell with weights")
        return width + self.attention.num_heads * self.source_length

    def build(self, input_shape: Shape) -> None:
        checks.built(self.attention, "query_shape, value_shape")
        if not self.cell.built:
            self.cell.build((input_shape[0], known_width(input_shape) + self._vector_width()))
        if self.units is not None:
            self.dense = keras.layers.Dense(
                self.units, activation="tanh", use_bias=False, name="vector", dtype=self.dtype_policy
            )
            self.dense.build((input_shape[0], _width(self.cell) + self._read_width()))
        self.built = True

    def initial_state(self, value: Tensor, value_mask: Tensor | None = None, cell_state: Any = None) -> list[Tensor]:
        """What an RNN takes as `initial_state`.

        Args:
            value: the source, `(batch, S, width)`.
            value_mask: `(batch, S)`, False for what nobody may read; None: the mask that Keras keeps with the source.
            cell_state: of the wrapped cell, as what an encoder ended with; None: zeros.

        Returns:
            Tensors `(batch, any width)`: the vector, the state of the cell, that of a recurrent attention, and keys,
            values and mask of the source.
        """
        given = {} if value_mask is None else {"mask": value_mask}
        return InitialState(self, dtype=self.dtype_policy)(value, cell_state=cell_state, **given)

    def call(self, inputs: Tensor, states: list[Tensor], training: bool | None = None) -> tuple[Tensor, list[Tensor]]:
        """One step.

        Args:
            inputs: `(batch, input width)`.
            states: those that `initial_state` gave, or the step before.
            training: whether the attention drops weights and draws noise.

        Returns:
            The vector `(batch, units or what is read)`, behind it the weights if they are asked for, and the states.
        """
        before, *others, keys, values, mask = states
        memory = self._memory(keys, values, ops.shape(mask)[1])
        of_cell = self._state_of_cell(ops.shape(inputs)[0])
        count = len(keras.tree.flatten(of_cell))
        of_cell = keras.tree.pack_sequence_as(of_cell, others[:count])
        of_attention = steps.initial_state(self.attention, memory[0])
        flat = keras.tree.flatten(of_attention) if steps.recurrent(self.attention) else []
        if flat:
            given = [ops.reshape(one, ops.shape(like)) for one, like in zip(others[count:], flat, strict=True)]
            of_attention = keras.tree.pack_sequence_as(of_attention, given)

        query, of_cell = self.cell(ops.concatenate([inputs, before[:, : self._vector_width()]], axis=-1), of_cell)
        read, weights, of_attention = self.attention.attend(
            ops.expand_dims(query, 1), memory, mask > 0.5, of_attention, training=training
        )
        vector = ops.cast(read[:, 0], self.compute_dtype)
        if self.units is not None:
            vector = self.dense(ops.concatenate([ops.cast(query, self.compute_dtype), vector], axis=-1))
        if self.return_attention_scores:
            vector = ops.concatenate([vector, _flat(weights, self.compute_dtype)], axis=-1)
        following = [*keras.tree.flatten(of_cell), *(keras.tree.flatten(of_attention) if flat else [])]
        found = [vector, *(_flat(one, self.compute_dtype) for one in following)]
        # Of the same shape as before, which a loop wants: sizes that are known are known afterwards as well.
        kept = [ops.reshape(one, ops.shape(old)) for one, old in zip(found, states, strict=False)]
        return kept[0], [*kept, keys, values, mask]

    def split(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """The vectors `(batch, T, units)` and the weights `(batch, num_heads, T, S)` of outputs that hold both.

        Raises ValueError for a cell without `return_attention_scores`.
        """
        if not self.return_attention_scores:
            raise ValueError("only the outputs of AttentionCell(..., return_attention_scores=True) hold weights")
        width, heads = self._vector_width(), self.attention.num_heads
        return outputs[..., :width], ops.stack(ops.split(outputs[..., width:], heads, axis=-1), axis=1)

    def get_config(self) -> dict[str, Any]:
        own = {"units": self.units, "return_attention_scores": self.return_attention_scores}
        of_parts = {"cell": parts.serialized(self.cell), "attention": parts.serialized(self.attention)}
        return {**super().get_config(), **of_parts, **own}

    def start(self, value: Tensor, mask: Tensor | None, cell_state: Any) -> list[Tensor]:
        """`initial_state`, without being a node of a functional model."""
        batch, length = ops.shape(value)[:2]
        self.source_length = length if isinstance(length, int) else None
        memory = self.attention.memory(value, mask=mask)
        mask = ops.ones((batch, length)) if mask is None else mask
        width = self._vector_width()
        width = width + self.attention.num_heads * length if self.return_attention_scores else width
        of_cell = self._state_of_cell(batch) if cell_state is None else cell_state
        of_attention = steps.initial_state(self.attention, memory[0]) if steps.recurrent(self.attention) else []
        found = [*keras.tree.flatten(of_cell), *keras.tree.flatten(of_attention), *memory, mask]
        return [ops.zeros((batch, width), self.compute_dtype), *(_flat(one, self.compute_dtype) for one in found)]

    def _memory(self, keys: Tensor, values: Tensor, length: int | Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values `(batch, num_key_value_heads, S, width)` of states."""
        like = self.attention.make_cache(1, 1)
        keys, values = (
            ops.cast(ops.reshape(one, (-1, part.shape[1], length, part.shape[-1])), part.dtype)
            for one, part in zip((keys, values), like, strict=True)
        )
        return keys, values

    def _state_of_cell(self, batch: int | Tensor) -> Any:
        """Zeros, or what the wrapped cell begins with."""
        if hasattr(self.cell, "get_initial_state"):
            return self.cell.get_initial_state(batch_size=batch)
        return keras.tree.map_structure(lambda size: ops.zeros((batch, size)), self.cell.state_size)

    def _read_width(self) -> int:
        query, value = (None, None, _width(self.cell)), (None, None, self.attention.source_widths[0])
        return self.attention.compute_output_shape(query, value)[-1]

    def _vector_width(self) -> int:
        return self._read_width() if self.units is None else self.units


@keras.saving.register_keras_serializable(package="heedful")
class InitialState(keras.layers.Layer):
    """`AttentionCell.initial_state` as a layer, which a functional model can hold and a file keep.

    Args:
        cell: an `AttentionCell`, the one of the RNN.
    """

    def __init__(self, cell: dict[str, Any] | AttentionCell, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell = _made(cell)
        self.supports_masking = True

    def build(self, value_shape: Shape) -> None:
        if not self.cell.attention.built:
            self.cell.attention.build((value_shape[0], None, _width(self.cell.cell)), value_shape)
        self.built = True

    def call(self, value: Tensor, mask: Tensor | None = None, cell_state: Any = None) -> list[Tensor]:
        return self.cell.start(value, mask, cell_state)

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None = None) -> None:
        """None: the mask is one of the states."""
        return None

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "cell": parts.serialized(self.cell)}


def _made(part: Any) -> Any:
    return keras.saving.deserialize_keras_object(part) if isinstance(part, dict) else part


def _fit(cell: Any, attention: Any) -> None:
    """Raises ValueError for what an `AttentionCell` cannot be made of."""
    if not hasattr(cell, "state_size"):
        raise ValueError(f"AttentionCell wraps a cell of Keras, as keras.layers.GRUCell(units), not {cell!r}")
    if not isinstance(attention, Attention):
        raise ValueError(f"the attention of AttentionCell is an Attention, not {attention!r}")
    cells = getattr(cell, "cells", [cell])
    if any(getattr(one, name, 0) for one in cells for name in ("dropout", "recurrent_dropout")):
        raise ValueError("a cell inside of AttentionCell has no dropout: put a keras.layers.Dropout before the RNN")
    if attention.position_bias is not None or attention.rotary_embedding is not None:
        raise ValueError("AttentionCell does not know its step: leave position_bias and rotary_embedding out")


def _width(cell: Any) -> int:
    """Of the output of a cell."""
    size = getattr(cell, "output_size", None) or cell.state_size
    return size if isinstance(size, int) else keras.tree.flatten(size)[0]


def _flat(tensor: Tensor, dtype: str) -> Tensor:
    """`(batch, ...)` as `(batch, all the others)`: the only shape that Keras can mask in the state of an RNN."""
    rest = tensor.shape[1:]
    known = all(isinstance(size, int) for size in rest)
    size = 1
    for axis in rest if known else []:
        size *= axis
    return ops.cast(ops.reshape(tensor, (ops.shape(tensor)[0], size if known else -1)), dtype)
