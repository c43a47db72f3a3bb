"""The parts that a layer is composed of, checked when it is made: a wrong one would fail late and obscurely."""

import inspect
from types import FunctionType
from typing import Any

import keras
from keras import ops

from heedful.layers import normalizers, scores
from heedful.layers.rotary import RotaryEmbedding
from heedful.layers.tensor import Tensor


def score(identifier: str | dict[str, Any] | scores.Score, dtype: str) -> scores.Score:
    """As `scores.get`. Raises ValueError for anything that is not a score."""
    _not_a_class(identifier, "score")
    if isinstance(identifier, int):
        raise ValueError(
            f"a score is a name or a heedful.layers.Score, not {identifier}: other than in MultiHeadAttention, heads "
            "are named, Attention(num_heads=8, key_dim=64)"
        )
    return scores.get(identifier, dtype)


def normalizer(identifier: str | dict[str, Any] | normalizers.Normalizer, dtype: str) -> normalizers.Normalizer:
    """As `normalizers.get`. Raises ValueError for what cannot be called as one, or not be loaded from a file."""
    _not_a_class(identifier, "normalizer")
    found: Any = normalizers.get(identifier, dtype)
    name = getattr(found, "__name__", type(found).__name__)
    try:
        called = found.call if isinstance(found, keras.layers.Layer) else found
        inspect.signature(called).bind(None, mask=None, training=None)
    except TypeError:
        raise ValueError(
            f"a normalizer is called as normalizer(scores, mask=None, training=None), which {name} does not take: "
            f"those of heedful.layers do, {', '.join(normalizers.FUNCTIONS)}"
        ) from None
    if isinstance(found, keras.layers.Layer):
        return found
    if not isinstance(found, FunctionType) or "<" in found.__qualname__:
        raise ValueError(
            f"the normalizer {getattr(found, '__qualname__', name)} could be saved but not loaded: give a function "
            "with a name, of a module, registered by keras.saving.register_keras_serializable(), or a layer"
        )
    return found


def weigh(
    normalizer: normalizers.Normalizer, scores: Tensor, mask: Tensor | None, training: bool | None = None
) -> Tensor:
    """The weights `(..., T, S)` of scores; none where there are none, of which no backend can find the least."""
    if 0 in scores.shape:
        return ops.zeros_like(scores)
    return normalizer(scores, mask=mask, training=training)


def position_bias(bias: dict[str, Any] | keras.layers.Layer | None, heads: int) -> keras.layers.Layer | None:
    """A layer from its serialized form or itself. Raises ValueError for anything else, and other heads."""
    _not_a_class(bias, "position_bias")
    bias = keras.saving.deserialize_keras_object(bias) if isinstance(bias, dict) else bias
    if bias is None:
        return None
    if not isinstance(bias, keras.layers.Layer):
        raise ValueError(f"a position_bias is a layer, as ALiBi(num_heads={heads}), not {bias!r}")
    if getattr(bias, "num_heads", heads) != heads:
        raise ValueError(
            f"{type(bias).__name__} has {bias.num_heads} heads and the attention {heads}: both need the same num_heads"
        )
    return bias


def of_positions(
    bias: keras.layers.Layer, heads: int, queries: int | Tensor, keys: int | Tensor, offset: int | Tensor
) -> Tensor:
    """What a position bias adds to scores, `(heads, T, S)`. Raises ValueError for a bias of other heads."""
    added = bias(queries=queries, keys=keys, offset=offset)
    if len(added.shape) < 3 or added.shape[-3] not in (1, heads, None):
        raise ValueError(
            f"{type(bias).__name__} gave a bias of shape {tuple(added.shape)} for {heads} heads: it is (heads, T, S)"
        )
    return added


def rotary_embedding(rotary: dict[str, Any] | RotaryEmbedding | None, score: scores.Score) -> RotaryEmbedding | None:
    """A layer from its serialized form or itself. Raises ValueError for anything else, and for a score that turned
    vectors say nothing to.
    """
    _not_a_class(rotary, "rotary_embedding")
    found: Any = keras.saving.deserialize_keras_object(rotary) if isinstance(rotary, dict) else rotary
    if found is None:
        return None
    if not isinstance(found, RotaryEmbedding):
        raise ValueError(f"a rotary_embedding is a layer, as RotaryEmbedding(), not {found!r}")
    if not score.inner_product:
        raise ValueError(
            f"{type(score).__name__} is no inner product, which alone tells the distance of turned vectors: use a dot, "
            "general or cosine score, or a position_bias"
        )
    return found


def fit_together(layer: Any) -> None:
    """Raises ValueError where the parts of an `Attention` exclude each other."""
    if layer.score.recurrent and layer.num_key_value_heads != layer.num_heads:
        raise ValueError(
            f"{type(layer.score).__name__} looks at the weights that its own head gave, so each of the "
            f"{layer.num_heads} heads needs its keys: leave num_key_value_heads out"
        )
    if layer.chunk_size is not None and (layer.score.recurrent or getattr(layer.normalizer, "recurrent", False)):
        raise ValueError("with a recurrent score or normalizer a step is a query already: leave the chunk_size out")


def serialized(part: Any) -> Any:
    """The configuration of a part, which may belong to several layers of a model: in a file it then stays one.

    While a model is saved, Keras marks what it has met before, so the second look at a part bears the mark; that which
    Keras adds to the first afterwards gets lost in the configuration of a layer.
    """
    if isinstance(part, keras.layers.Layer):
        keras.saving.serialize_keras_object(part)
    return None if part is None else keras.saving.serialize_keras_object(part)


def of_weights(initializer: Any, regularizer: Any) -> tuple[Any, Any]:
    """An initializer and a regularizer of Keras from their names, configurations or themselves."""
    return keras.initializers.get(initializer), keras.regularizers.get(regularizer)


def serialized_of_weights(part: Any) -> Any:
    """The configuration of an initializer or regularizer."""
    return None if part is None else keras.saving.serialize_keras_object(part)


def fits_shared_score(score: scores.Score, query_width: int | None, key_width: int | None) -> None:
    """Raises ValueError for a score that has weights already, for other widths: another layer was built with it."""
    config = score.get_build_config() or {}
    config = config.get("shapes_dict", config)
    if not score.weights or "query_shape" not in config or "key_shape" not in config:
        return
    built = config["query_shape"][-1], config["key_shape"][-1]
    if built != (query_width, key_width):
        raise ValueError(
            f"{type(score).__name__} {score.name} has weights for queries of width {built[0]} and keys of {built[1]}, "
            f"not {query_width} and {key_width}: layers of different widths cannot share a score, so give each its own"
        )


def _not_a_class(part: Any, kind: str) -> None:
    if isinstance(part, type):
        raise ValueError(f"{part.__name__} is a class: give the {kind} itself, {part.__name__}(...)")
