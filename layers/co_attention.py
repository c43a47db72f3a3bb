"""Two sequences that read each other by one affinity, as words and the places of a picture do.

The layer takes a list of two, as the merging layers of Keras do, so that the mask of each goes on with what was read
for it.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from heedful.layers import checks, masks, normalizers, parts, scores
from heedful.layers.precision import at_least_float32
from heedful.layers.projection import Projection, from_heads, per_head, to_heads
from heedful.layers.score import known_width
from heedful.layers.tensor import Masks, Shape, Tensor

OPTIONS = ("num_heads", "key_dim", "value_dim", "output_dim", "use_bias", "dropout", "seed")


@keras.saving.register_keras_serializable(package="heedful")
class CoAttention(keras.layers.Layer):
    """Two sequences read each other by one affinity: how well each step of the first fits each step of the second.

    The affinity `(batch, num_heads, T, S)` is computed once and normalized both ways, so that a pair which fits does so
    in both directions. Without a `key_dim` there is one head, nothing is projected, and with `score="general"` it is
    `q . W k`, the affinity of parallel co-attention without its tanh (Lu et al. 2016, arXiv:1606.00061), read both ways
    as in Dynamic Coattention Networks (Xiong, Zhong and Socher 2017, arXiv:1611.01604).

    With a `key_dim` each sequence is projected to heads once for the affinity and once for the values, and what the
    heads read is joined and projected. With `score="scaled_dot"` this is the cross-modality attention of GLIP (Li et
    al. 2022, arXiv:2112.03857). Where each direction shall learn by itself, take two `Attention` layers.

    Args:
        score: a `Score` or its name as in `Attention`, but none that is recurrent; the first sequence asks, the second
            holds the keys.
        normalizer: as in `Attention`, but none that is recurrent.
        dropout: share of the weights dropped in training. The returned weights are those before dropout.
        seed: seed of the dropout.
        num_heads, key_dim, value_dim, use_bias: as in `Attention`.
        output_dim: width of both outputs. None: with a `key_dim` each is as wide as the sequence that reads, without
            one as the values.

    A step that is masked, or may read nothing, gets weights of zero and a context of zero, and can hold anything, NaN
    too: neither outputs nor gradients change. Weights are float32 in any lower precision. Raises ValueError for a
    recurrent score, for more heads without a `key_dim`, for anything but two sequences, and for the widths a score
    refuses.

    Example:

    >>> import numpy as np
    >>> from heedful.layers import CoAttention
    >>> words, places = np.ones((2, 3, 8)), np.ones((2, 5, 4))
    >>> by_words, by_places = CoAttention()([words, places])
    >>> tuple(by_words.shape), tuple(by_places.shape)  # what the words read in the picture, and the reverse
    ((2, 3, 4), (2, 5, 8))
    >>> by_words, by_places = CoAttention("scaled_dot", num_heads=2, key_dim=6)([words, places])
    >>> tuple(by_words.shape), tuple(by_places.shape)
    ((2, 3, 8), (2, 5, 4))
    """

    def __init__(
        self,
        score: str | dict[str, Any] | scores.Score = "general",
        normalizer: str | dict[str, Any] | normalizers.Normalizer = "softmax",
        dropout: float = 0.0,
        seed: int | None = None,
        num_heads: int = 1,
        key_dim: int | None = None,
        value_dim: int | None = None,
        output_dim: int | None = None,
        use_bias: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        checks.float_policy(self)
        checks.heads(num_heads, None, key_dim, use_gate=False)
        checks.sizes(self, key_dim=key_dim, value_dim=value_dim, output_dim=output_dim)
        precision = at_least_float32(self.compute_dtype)
        self.score = parts.score(score, precision)
        self.normalizer = parts.normalizer(normalizer, precision)
        for part, kind in ((self.score, "score"), (self.normalizer, "normalizer")):
            if getattr(part, "recurrent", False):
                raise ValueError(
                    f"{type(part).__name__} needs the weights of the step before, but CoAttention scores all pairs "
                    f"at once: take a {kind} that is not recurrent"
                )
        self.num_heads, self.key_dim, self.output_dim = num_heads, key_dim, output_dim
        self.value_dim = key_dim if value_dim is None else value_dim
        self.dropout, self.seed, self.use_bias = dropout, seed, use_bias
        self.dropout_layer = keras.layers.Dropout(dropout, seed=seed, dtype=self.dtype_policy)

    def build(self, inputs_shape: Sequence[Shape]) -> None:
        if len(inputs_shape) != 2 or any(not isinstance(s, Sequence) or len(s) != 3 for s in inputs_shape):
            raise ValueError(
                "CoAttention reads a list of two sequences, (batch, T, width) and (batch, S, width), not of shape "
                f"{inputs_shape}"
            )
        own: dict[str, Any] = {"use_bias": self.use_bias, "dtype": self.dtype_policy}
        names, heads = ("first", "second"), self.num_heads
        named = list(zip(names, inputs_shape, strict=True))
        self.denses = [to_heads(name, shape, heads, self.key_dim, **own) for name, shape in named]
        self.value_denses = [to_heads(f"{name}_value", shape, heads, self.value_dim, **own) for name, shape in named]
        self.output_denses: list[Projection | None] = [None, None]
        if self.output_dim is not None or self.key_dim is not None:
            self.output_denses = [
                from_heads(
                    f"{name}_output",
                    (*reader[:2], heads, self.value_dim or read[-1]),
                    self.output_dim or known_width(reader),
                    **own,
                )
                for name, reader, read in zip(names, inputs_shape, reversed(inputs_shape), strict=True)
            ]
        # A score that is shared or comes out of a saved configuration is built already, and must not be built twice.
        shapes = [(s[0], heads, s[1], self.key_dim or s[-1]) for s in inputs_shape]
        if not self.score.built:
            self.score.build(*shapes)
        parts.fits_shared_score(self.score, *(shape[-1] for shape in shapes))
        self.built = True

    def call(
        self,
        inputs: Sequence[Tensor],
        mask: Masks | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> tuple[Tensor, ...]:
        """Let each of two sequences read the other.

        Args:
            inputs: `[first (batch, T, first width), second (batch, S, second width)]`.
            mask: `[(batch, T), (batch, S)]`, True = attend; either may be None.
            return_attention_scores: also return the weights; the contexts are the same either way.

        Returns:
            What each step of the first read in the second, `(batch, T, second width)`, and what each step of the second
            read in the first, `(batch, S, first width)`; with a `key_dim` each is as wide as the sequence that reads.
            If asked for, also the weights of either, `(batch, num_heads, T, S)` and `(batch, num_heads, S, T)`.
        """
        first_mask, second_mask = checks.masks_of_inputs(inputs, mask)
        first, second = inputs
        checks.sequences(self, first=first.shape, second=second.shape)
        pairs = masks.all_of(None if first_mask is None else ops.expand_dims(first_mask, -1), second_mask)
        flipped = reading = read = None
        if pairs is not None:
            reading, read = ops.any(pairs, axis=2), ops.any(pairs, axis=1)
            first, second = masks.zero_masked(first, reading), masks.zero_masked(second, read)
            pairs = masks.per_head(pairs)
            flipped = ops.swapaxes(pairs, 2, 3)
        asking, keys, *values = (
            per_head(x, dense, self.compute_dtype)
            for x, dense in zip((first, second) * 2, (*self.denses, *self.value_denses), strict=True)
        )
        affinity = self.score(asking, self.score.project(keys))
        contexts, weights = zip(
            self._read(affinity, pairs, values[1], self.output_denses[0], reading, training),
            self._read(ops.swapaxes(affinity, 2, 3), flipped, values[0], self.output_denses[1], read, training),
            strict=True,
        )
        return (*contexts, *weights) if return_attention_scores else contexts

    def compute_output_spec(
        self,
        inputs: Sequence[Tensor],
        mask: Masks | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
    ) -> Any:
        checks.masks_of_inputs(inputs, mask)
        (batch, queries, first_width), (_, keys, second_width) = (x.shape for x in inputs)
        widths = (first_width, second_width) if self.key_dim is not None else (None, None)
        widths = [
            self.output_dim or own or self.value_dim or read
            for own, read in zip(widths, (second_width, first_width), strict=True)
        ]
        contexts = tuple(
            keras.KerasTensor((batch, length, width), dtype=self.compute_dtype)
            for length, width in zip((queries, keys), widths, strict=True)
        )
        if not return_attention_scores:
            return contexts
        shapes = ((batch, self.num_heads, queries, keys), (batch, self.num_heads, keys, queries))
        return (*contexts, *(keras.KerasTensor(shape, dtype=self.score.compute_dtype) for shape in shapes))

    def compute_mask(self, inputs: Sequence[Tensor], previous_mask: Masks | None = None) -> Masks | None:
        """The masks of the two inputs go on with the two contexts."""
        return previous_mask

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "score": parts.serialized(self.score),
            "normalizer": parts.serialized(self.normalizer),
            **{name: getattr(self, name) for name in OPTIONS},
        }

    def _read(
        self,
        affinity: Tensor,
        mask: Tensor | None,
        values: Tensor,
        output_dense: Projection | None,
        reading: Tensor | None,
        training: bool | None,
    ) -> tuple[Tensor, Tensor]:
        """Context `(batch, T, output width)` of values `(batch, num_heads, S, width)`, and weights `(batch, num_heads,
        T, S)`; `reading (batch, T)` are the steps that may read anything.
        """
        weights = parts.weigh(self.normalizer, affinity, mask, training)
        context = ops.matmul(self.dropout_layer(ops.cast(weights, values.dtype), training=training), values)
        if output_dense is None:
            return ops.squeeze(context, 1), weights
        context = output_dense(ops.swapaxes(context, 1, 2))
        # Without this a step that read nothing would get the bias vector of the projection.
        return context if reading is None else masks.zero_masked(context, reading), weights
