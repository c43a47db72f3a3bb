"""The formulas of `heedful.layers` once more in float64 NumPy, and the compositions that the tests go through."""

import contextlib
import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from heedful.layers import (
    AdditiveScore,
    ALiBi,
    Attention,
    Chunked,
    CosineScore,
    DotProductScore,
    GeneralScore,
    GumbelSoftmax,
    Hardmax,
    LocalActivationScore,
    LocationScore,
    RelativePositionBias,
    Score,
    SoftCap,
    entmax15,
    sigmoid,
    softmax,
    sparsemax,
)

# Distinct primes, so that no swapped axis can pass. Scores that compare vectors want one width for query and key.
BATCH, QUERIES, KEYS, WIDTH = 2, 3, 7, 11
HEADS, KEY_DIM, VALUE_DIM, OUTPUT_DIM, UNITS = 2, 5, 17, 13, 19

SCORES: dict[str, Callable[[], Score]] = {
    "dot_product": DotProductScore,
    "general": GeneralScore,
    "additive": lambda: AdditiveScore(UNITS),
    "cosine": lambda: CosineScore(temperature=0.5),
    "location": lambda: LocationScore(UNITS, filters=2, kernel_size=3),
    "local_activation": lambda: LocalActivationScore((UNITS,)),
}
NORMALIZERS: dict[str, Callable[[], Any]] = {
    "softmax": lambda: softmax,
    "sigmoid": lambda: sigmoid,
    "sparsemax": lambda: sparsemax,
    "entmax15": lambda: entmax15,
    "hardmax": Hardmax,
    "gumbel_softmax": lambda: GumbelSoftmax(temperature=0.7, seed=1),
}
# How far outputs may be apart with and without returned weights: PyTorch has a kernel that works without them.
FUSED = 2e-6 if keras.backend.backend() == "torch" else 0.0


@dataclass(frozen=True)
class Composition:
    """One way to put an `Attention` together: without projections for one head, with all of them for several."""

    score: str
    normalizer: str
    heads: int

    def __str__(self) -> str:
        return f"{self.score}_{self.normalizer}_{self.heads}"

    @functools.cache  # noqa: B019 - the few compositions live as long as the tests; most of a test is building its layer
    def layer(self, **options: Any) -> Attention:
        """The layer, the same one for the same options: for tests that only call it."""
        if self.heads > 1:
            options = {"key_dim": KEY_DIM, "value_dim": VALUE_DIM, "output_dim": OUTPUT_DIM, **options}
        return Attention(SCORES[self.score](), NORMALIZERS[self.normalizer](), num_heads=self.heads, **options)


COMPOSITIONS = [Composition(*parts) for parts in itertools.product(SCORES, NORMALIZERS, (1, HEADS))]


def numpy(tensor: Any) -> np.ndarray:
    """A tensor or variable of any backend as float64."""
    return keras.ops.convert_to_numpy(tensor).astype("float64")


@contextlib.contextmanager
def double() -> Iterator[None]:
    """Inside, float64 is float64: JAX has it only where it is switched on, and Keras narrows it outside of TensorFlow.

    To float32, in matmul under PyTorch, in tanh under JAX, and in more and more places (keras issue 23704).
    """
    with contextlib.ExitStack() as stack:
        if keras.backend.backend() == "jax":
            import jax

            jax.config.update("jax_enable_x64", True)
            stack.callback(jax.config.update, "jax_enable_x64", False)
        if keras.backend.backend() != "tensorflow":
            from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

            stack.callback(BIT64_TO_BIT32_DTYPE.update, dict(BIT64_TO_BIT32_DTYPE))
            BIT64_TO_BIT32_DTYPE.pop("float64", None)
        yield


def inputs(seed: int = 0, batch: int = BATCH) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """query `(batch, T, width)`, value `(batch, S, width)`, both float32, and a mask `(batch, T, S)`.

    The last query of the last example may attend to nothing.
    """
    random = np.random.default_rng(seed)
    query = random.normal(size=(batch, QUERIES, WIDTH)).astype("float32")
    value = random.normal(size=(batch, KEYS, WIDTH)).astype("float32")
    mask = random.random((batch, QUERIES, KEYS)) < 0.7
    mask[:, :, 2] = True
    mask[-1, -1] = False
    return query, value, mask


def gradient(function: Callable[[Any], Any], at: np.ndarray) -> np.ndarray:
    """The gradient of a scalar function of one array, by the automatic differentiation of the running backend.

    Zeros where the result does not depend on the array.
    """
    at = at.astype("float32")
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            variable = tf.constant(at)
            tape.watch(variable)
            result = function(variable)
        return numpy(tape.gradient(result, variable, unconnected_gradients=tf.UnconnectedGradients.ZERO))
    if keras.backend.backend() == "jax":
        import jax

        return numpy(jax.grad(function)(jax.numpy.asarray(at)))
    import torch  # pyright: ignore[reportMissingImports]

    variable = _leaf(at)
    result = function(variable)
    return numpy(torch.autograd.grad(result, variable)[0]) if result.requires_grad else np.zeros(at.shape)


def differentiable(
    function: Callable[..., tuple[Any, Any]], variables: Sequence[keras.Variable] = ()
) -> Callable[..., tuple[Any, list[np.ndarray]]]:
    """`function(*tensors) -> scalar, results` made to give the results and the gradients of the scalar.

    Those by each array, in its own precision, then those by each variable: zeros where the scalar does not depend on
    them. Nothing is differentiated by the `constants`
    of a call, which follow the arrays. Under JAX it is one program, compiled at the first
    call and used again, because its operations by themselves take much longer to compile.
    """
    if keras.backend.backend() == "jax":
        import jax

        def of(tensors: list[Any], values: list[Any], constants: list[Any]) -> Any:
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return function(*tensors, *constants)

        program = jax.jit(jax.grad(of, argnums=(0, 1), has_aux=True))

        def run(*arrays: np.ndarray, constants: Sequence[np.ndarray] = ()) -> tuple[Any, list[Any]]:
            values = [variable.value for variable in variables]
            (by_tensors, by_values), results = program(list(arrays), values, list(constants))
            return results, [*by_tensors, *by_values]

    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        def run(*arrays: np.ndarray, constants: Sequence[np.ndarray] = ()) -> tuple[Any, list[Any]]:
            with tf.GradientTape() as tape:
                tensors = [tf.constant(array) for array in arrays]
                for tensor in tensors:
                    tape.watch(tensor)
                scalar, results = function(*tensors, *constants)
            sources = [*tensors, *(variable.value for variable in variables)]
            return results, tape.gradient(scalar, sources, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    else:
        import torch  # pyright: ignore[reportMissingImports]

        def run(*arrays: np.ndarray, constants: Sequence[np.ndarray] = ()) -> tuple[Any, list[Any]]:
            tensors = [_leaf(array) for array in arrays]
            sources = [*tensors, *(variable.value for variable in variables)]
            scalar, results = function(*tensors, *constants)
            found = [None] * len(sources)
            if scalar.requires_grad:
                found = torch.autograd.grad(scalar, sources, allow_unused=True)
            return results, [torch.zeros_like(s) if f is None else f for s, f in zip(sources, found, strict=True)]

    def call(*arrays: np.ndarray, constants: Sequence[np.ndarray] = ()) -> tuple[Any, list[np.ndarray]]:
        results, slopes = run(*arrays, constants=constants)
        return tuple(numpy(result) for result in results), [numpy(slope) for slope in slopes]

    return call


def _leaf(array: np.ndarray) -> Any:
    """A tensor of PyTorch, where Keras keeps its own, that gradients are asked for."""
    import torch  # pyright: ignore[reportMissingImports]

    return torch.tensor(array, requires_grad=True, device="cuda" if torch.cuda.is_available() else "cpu")


def score(layer: Score, query: np.ndarray, key: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """query `(T, width)`, key `(S, width)`, weights of the step before `(S,)` -> scores `(T, S)`."""
    if isinstance(layer, Chunked):
        return score(layer.score, query, key)
    if isinstance(layer, SoftCap):
        return layer.cap * np.tanh(score(layer.score, query, key, previous) / layer.cap)
    q, k = query[:, None].astype("float64"), key[None].astype("float64")
    if isinstance(layer, DotProductScore):
        return (q * k).sum(-1) * (1 / np.sqrt(q.shape[-1]) if layer.scale is None else layer.scale)
    if isinstance(layer, GeneralScore):
        return (q * (k @ numpy(layer.key_dense.kernel))).sum(-1)
    if isinstance(layer, CosineScore):
        norms = np.linalg.norm(q, axis=-1) * np.linalg.norm(k, axis=-1)
        learned = layer.learn_temperature  # here without heads
        return (q * k).sum(-1) / norms / (np.exp(numpy(layer.log_temperature)) if learned else layer.temperature)
    if isinstance(layer, LocalActivationScore):
        q, k = np.broadcast_arrays(q, k)
        hidden = np.concatenate([q, k, q - k, q * k], -1)
        for dense in layer.hidden:
            hidden = 1 / (1 + np.exp(-(hidden @ numpy(dense.kernel) + numpy(dense.bias))))
        return (hidden @ numpy(layer.read_out.kernel) + numpy(layer.read_out.bias))[..., 0]
    assert isinstance(layer, AdditiveScore)
    hidden = q @ numpy(layer.query_dense.kernel) + k @ numpy(layer.key_dense.kernel) + numpy(layer.key_dense.bias)
    if isinstance(layer, LocationScore) and previous is not None:
        kernel = numpy(layer.convolution.kernel)[:, 0]  # (kernel_size, filters)
        padded = np.pad(previous, len(kernel) // 2)
        around = np.stack([padded[s : s + len(kernel)] for s in range(len(key))])
        hidden = hidden + around @ kernel @ numpy(layer.location_dense.kernel)
    vector = numpy(layer.vector)[:, 0]
    if layer.normalize:
        vector = numpy(layer.gain) * vector / np.linalg.norm(vector)
    return np.tanh(hidden) @ vector


def position_bias(layer: Any, heads: int, queries: int, keys: int) -> np.ndarray:
    """What a bias adds to the scores, `(heads, queries, keys)`, pair by pair; zeros for None. ALiBi: 2^n heads."""
    added = np.zeros((heads, queries, keys))
    table = numpy(layer.table) if isinstance(layer, RelativePositionBias) else None
    for head, query, key in np.ndindex(*added.shape):
        if isinstance(layer, ALiBi):
            added[head, query, key] = -(2.0 ** (-8 * (head + 1) / heads)) * abs(query - key)
        elif table is not None:
            row = bucket(key - query, layer.num_buckets, layer.max_distance, layer.bidirectional)
            added[head, query, key] = table[row, head]
    return added


def bucket(later_by: int, buckets: int, longest: int, bidirectional: bool) -> int:
    """The bucket of a key that comes `later_by` places after the query (Raffel et al. 2020, section 2.1)."""
    if bidirectional:
        buckets //= 2
        start = buckets if later_by > 0 else 0
        distance = abs(later_by)
    else:
        start, distance = 0, max(-later_by, 0)
    exact = buckets // 2
    if distance < exact:
        return start + distance
    far = exact + int(math.log(distance / exact) / math.log(longest / exact) * (buckets - exact))
    return start + min(far, buckets - 1)


def normalize(name: str, scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """scores `(S,)` and mask `(S,)` -> weights `(S,)`; masked scores take no part at all."""
    weights = np.zeros(len(scores))
    if mask.any():
        weights[mask] = _normalize_allowed(name, scores[mask].astype("float64"))
    return weights


def _normalize_allowed(name: str, scores: np.ndarray) -> np.ndarray:
    if name == "sigmoid":
        return 1 / (1 + np.exp(-scores))
    if name == "hardmax":
        return (np.arange(len(scores)) == scores.argmax()).astype("float64")
    if name in ("sparsemax", "entmax15"):
        return _entmax(scores, alpha=2.0 if name == "sparsemax" else 1.5)
    if name == "gumbel_softmax":
        scores = scores / 0.7
    exponentials = np.exp(scores - scores.max())
    return exponentials / exponentials.sum()


def _entmax(scores: np.ndarray, alpha: float) -> np.ndarray:
    """`max((alpha - 1) s - t, 0) ** (1 / (alpha - 1))` with `t` by bisection."""
    scores = (alpha - 1) * scores

    def weights(t: float) -> np.ndarray:
        return np.maximum(scores - t, 0) ** (1 / (alpha - 1))

    low, high = scores.max() - 1, scores.max()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if weights(middle).sum() > 1 else (low, middle)
    return weights((low + high) / 2)


def attention(
    layer: Attention, normalizer: str, query: np.ndarray, value: np.ndarray, key: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Output `(batch, T, output width)` and weights `(batch, heads, T, S)`, example by example and head by head."""
    all_weights = np.stack(
        [
            [
                _weights(layer.score, normalizer, project(layer.query_dense, q, h), project(layer.key_dense, k, h), m)
                for h in range(layer.num_heads)
            ]
            for q, k, m in zip(query, key, mask, strict=True)
        ]
    )
    return read(layer, all_weights, value, np.asarray(mask.any(-1))), all_weights


def read(layer: Attention, weights: np.ndarray, value: np.ndarray, reading: np.ndarray) -> np.ndarray:
    """The output `(batch, T, output width)` for weights `(batch, heads, T, S)`; `reading (batch, T)`: who may read."""
    outputs = []
    for w, v, some in zip(weights, value, reading, strict=True):
        contexts = [w[h] @ project(layer.value_dense, v, h) for h in range(layer.num_heads)]
        output = contexts[0]
        if layer.output_dense is not None:
            kernel, bias = numpy(layer.output_dense.kernel), numpy(layer.output_dense.bias)
            output = sum(c @ part for c, part in zip(contexts, kernel, strict=True)) + bias
            output[~some] = 0.0
        outputs.append(output)
    return np.stack(outputs)


def project(dense: Any, sequence: np.ndarray, head: int) -> np.ndarray:
    """What the head sees of a sequence `(..., length, width)`: `(..., length, width of a head)`."""
    if dense is None:
        return sequence.astype("float64")
    return sequence @ numpy(dense.kernel)[:, head] + numpy(dense.bias)[head]


def _weights(layer: Score, normalizer: str, query: np.ndarray, key: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Query by query, because the scores of a step may depend on the weights of the step before."""
    previous, rows = np.zeros(len(key)), []
    for q, m in zip(query, mask, strict=True):
        previous = normalize(normalizer, score(layer, q[None], key, previous)[0], m)
        rows.append(previous)
    return np.stack(rows)
