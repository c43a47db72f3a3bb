"""Exact attention of long sequences, some queries at a time and again in the backward pass.

Of one chunk of queries everything is held that attention works out, scores, weights and what a normalizer needs; of
the others only what they have read. So memory grows with the number of keys times that of the queries of a chunk
(Rabe and Staats 2021, arXiv:2112.05682, with whole rows, so any normalizer will do), for the price of a second forward
pass in training (Chen et al. 2016, arXiv:1604.06174). A mask of pairs and weights that are asked for are held whole.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from heedful.layers import loop, weighing
from heedful.layers.tensor import Tensor


def apply(layer: Any, queries: Tensor) -> bool:
    """Whether an `Attention` reads these `(batch, num_heads, T, width)` in chunks."""
    if layer.chunk_size is None:
        return False
    count = ops.shape(queries)[2]
    # PyTorch writes a graph to a file as it runs the example, with as many chunks as that has.
    written = keras.backend.backend() == "torch" and ops.is_tensor(count)
    return not written and (ops.is_tensor(count) or count > layer.chunk_size)


def fits(layer: Any) -> None:
    """Raises ValueError for an attention that cannot be worked out twice: its parts change something in training."""
    changing = [variable.path for variable in _changing(layer) if "float" in variable.dtype]
    if changing and layer.trainable:
        raise ValueError(
            f"a call changes {', '.join(changing)}, and with a chunk_size would do so for every chunk, twice: leave "
            "out the chunk_size or what changes"
        )


def read(
    layer: Any,
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor | None,
    attention_bias: Tensor | None,
    offset: int | Tensor,
    training: bool | None,
    with_weights: bool,
) -> tuple[Tensor, Tensor | None]:
    """What `weighing.read` gives for all queries at once; no weights unless they are asked for."""
    count = ops.shape(queries)[2]
    chunks = (count + layer.chunk_size - 1) // layer.chunk_size
    size = (count + chunks - 1) // chunks
    # The last query fills the last chunk up: zeros could be where a score has no derivative.
    rows = ops.reshape(ops.minimum(ops.arange(chunks * size), count - 1), (chunks, size))
    recomputed = _recomputed(layer, keys, values, training)

    def of_chunk(index: Tensor) -> tuple[Tensor, ...]:
        places = ops.take(rows, index, axis=0)
        some = [
            each if each is None or each.shape[2] == 1 else ops.take(each, places, axis=2)
            for each in (queries, mask, attention_bias)
        ]
        return recomputed(index, *some, offset + index * size)[: 1 + with_weights]

    if training:  # the faster way, but its lists of tensors are no builtin of TFLite
        found = ops.map(of_chunk, ops.arange(chunks))
    else:
        shape = (*ops.shape(queries)[:2], size)
        kinds = [
            ((*shape, ops.shape(values)[-1]), layer.compute_dtype),
            ((*shape, ops.shape(keys)[2]), layer.score.compute_dtype),
        ][: 1 + with_weights]
        found = loop.stacked(lambda index, state: (of_chunk(index), state), (), chunks, kinds)
    _advance(_seeds(layer), chunks)
    joined = [_joined(each, count) for each in found]
    return joined[0], joined[1] if with_weights else None


def _recomputed(
    layer: Any, keys: Tensor, values: Tensor, training: bool | None
) -> Callable[..., tuple[Tensor, Tensor]]:
    """What the chunk of an index reads, of which the backward pass holds nothing."""
    # TensorFlow cannot differentiate a recomputed function inside a loop unless its weights are arguments of it.
    seeds = _seeds(layer)
    variables = [*seeds, *(v for v in layer.variables if all(v is not seed for seed in seeds))]
    values_now = [ops.convert_to_tensor(variable.value) for variable in variables]

    def recomputed(
        index: Tensor, queries: Tensor, mask: Tensor | None, bias: Tensor | None, offset: Tensor
    ) -> tuple[Tensor, Tensor]:
        def run(queries: Tensor, keys: Tensor, values: Tensor, *rest: Tensor) -> tuple[Tensor, Tensor]:
            added, held = (rest[0], rest[1:]) if bias is not None else (None, rest)
            with keras.StatelessScope(list(zip(variables, held, strict=True))):
                heads, weights, _ = weighing.read(layer, queries, keys, values, mask, added, offset, training, None)
            # PyTorch leaves a recomputation by an exception where it saves its last tensor. Raised inside of a Keras
            # layer, that would keep everything alive until garbage is collected; the factors are such tensors.
            return heads * ops.ones((), heads.dtype), weights * ops.ones((), weights.dtype)

        # Each chunk draws its own noise, and the same when it is worked out again.
        held = [_moved(value, index) for value in values_now[: len(seeds)]] + values_now[len(seeds) :]
        return keras.remat(run)(queries, keys, values, *([] if bias is None else [bias]), *held)

    return recomputed


def _changing(layer: Any) -> list[keras.Variable]:
    """The variables that no training changes, but perhaps a call."""
    return [variable for variable in layer.variables if not variable.trainable]


def _seeds(layer: Any) -> list[keras.Variable]:
    """The states of random generators, of dropout and of normalizers."""
    return [variable for variable in _changing(layer) if "int" in variable.dtype and tuple(variable.shape) == (2,)]


def _advance(seeds: list[keras.Variable], chunks: int | Tensor) -> None:
    """As if every generator had been asked once for each chunk."""
    for seed in seeds:
        seed.assign(_moved(ops.convert_to_tensor(seed.value), chunks))


def _moved(seed: Tensor, draws: int | Tensor) -> Tensor:
    """The state `(2,)` of a random generator after some draws."""
    return seed + ops.cast(ops.stack([ops.zeros((), "int32"), ops.cast(draws, "int32")]), seed.dtype)


def _joined(parts: Tensor, count: int | Tensor) -> Tensor:
    """`(chunks, batch, heads, size, width)` -> `(batch, heads, count, width)`."""
    parts = ops.moveaxis(parts, 0, 2)
    batch, heads, _, _, width = ops.shape(parts)
    return ops.reshape(parts, (batch, heads, -1, width))[:, :, :count]
