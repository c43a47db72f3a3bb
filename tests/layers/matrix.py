"""Every composition of `Attention` against float64 NumPy, in one table: `python tests/layers/matrix.py`.

Scores x normalizers x heads x position biases x precisions x kinds of mask, in a fresh process for each backend that
is installed. Prints the errors by precision and normalizer and ends with the count of compositions and of failures;
the exit code is 1 if anything failed. `test_matrix.py` runs a small part of it with the other tests.
"""

import argparse
import contextlib
import importlib.util
import itertools
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from attention_reference import (
    BATCH,
    FUSED,
    HEADS,
    KEY_DIM,
    KEYS,
    OUTPUT_DIM,
    QUERIES,
    VALUE_DIM,
    WIDTH,
    differentiable,
    double,
    normalize,
    numpy,
    position_bias,
    project,
    read,
    score,
)
from compositions import BIASES
from keras import ops

from heedful.layers import Attention, all_of, normalizers, scores, window_mask

ROOT = Path(__file__).parent.parent.parent
BACKENDS = ("tensorflow", "jax", "torch")
VALUE_WIDTH = 23

SCORES = tuple(scores.NAMES)
NORMALIZERS = (*normalizers.FUNCTIONS, *normalizers.LAYERS)
# The largest error allowed, of weights and of outputs. In half precision the projections round, not the scores: float16
# keeps 11 bits of a number, bfloat16 only 8.
TOLERANCES = {
    "float64": 1e-10,
    "float32": 1e-5,
    "mixed_float16": 1e-2,
    "mixed_bfloat16": 5e-2,
}
# What a name of a normalizer means when its layer is called outside of training with its default temperature of 1.
MEANINGS = {"gumbel_softmax": "softmax"}


@dataclass(frozen=True)
class Case:
    """A layer of the matrix; with each kind of mask it is one composition."""

    score: str
    normalizer: str
    heads: int
    bias: str
    dtype: str

    def layer(self) -> Attention:
        """Without projections for one head, with all of them for several; the bias is not zero as a new one is."""
        widths: dict[str, Any] = (
            {"key_dim": KEY_DIM, "value_dim": VALUE_DIM, "output_dim": OUTPUT_DIM} if self.heads > 1 else {}
        )
        bias = BIASES[self.bias](self.heads)
        layer = Attention(self.score, self.normalizer, self.heads, position_bias=bias, dtype=self.dtype, **widths)
        layer.build((BATCH, QUERIES, WIDTH), (BATCH, KEYS, VALUE_WIDTH), (BATCH, KEYS, WIDTH))
        random = np.random.default_rng(2)
        for variable in layer.trainable_variables:
            if not numpy(variable).any():  # biases start at zero, which would hide where they are added
                variable.assign(random.normal(size=variable.shape) / 2)
        return layer


@dataclass
class Result:
    """What one composition gave: its largest errors and the promises it broke."""

    case: Case
    kind: str
    weight_error: float = 0.0
    output_error: float = 0.0
    failures: list[str] = field(default_factory=list)


def cases(dtypes: tuple[str, ...] = tuple(TOLERANCES)) -> Iterator[Case]:
    for parts in itertools.product(SCORES, NORMALIZERS, (1, HEADS), BIASES, dtypes):
        yield Case(*parts)


def masks(heads: int) -> dict[str, tuple[dict[str, Any], np.ndarray]]:
    """Kind of mask -> arguments of the call and what they mean, booleans that broadcast to `(batch, heads, T, S)`.

    Most kinds have a query that may attend to nothing; "heads" has one that only one of the heads may not serve.
    """
    random = np.random.default_rng(3)
    keys = random.random((BATCH, KEYS)) < 0.6
    keys[:, 4] = True
    values = np.arange(KEYS) < np.array([[5], [0]])
    queries = np.array([[True, False, True], [True, True, False]])
    pairs = random.random((BATCH, QUERIES, KEYS)) < 0.6
    pairs[:, :, 4], pairs[1, 2] = True, False
    per_head = random.random((BATCH, heads, QUERIES, KEYS)) < 0.6
    per_head[:, :, :, 4], per_head[0, 0, 1], per_head[1, :, 2] = True, False, False
    causal = np.tri(QUERIES, KEYS, dtype=bool)[None, None]
    window = np.zeros((1, 1, QUERIES, KEYS), bool)  # what the window below means: keys 5 and 6, key 6, none
    window[0, 0, [0, 0, 1], [5, 6, 6]] = True
    banded = window_mask(QUERIES, KEYS, left=1, offset=6)
    wide = window_mask(QUERIES, KEYS, left=KEYS, right=2)
    everything = {
        "value_mask": np.arange(KEYS) < np.array([[6], [5]]),
        "key_mask": keys,
        "query_mask": queries,
        "attention_mask": all_of(per_head, wide),
        "use_causal_mask": True,
    }
    near = np.arange(KEYS) - np.arange(QUERIES)[:, None] <= 2
    meant = per_head & causal & near & (everything["value_mask"] & keys)[:, None, None] & queries[:, None, :, None]
    return {
        "none": ({}, np.ones((1, 1, 1, 1), bool)),
        "value": ({"value_mask": values}, values[:, None, None]),
        "key": ({"key_mask": keys}, keys[:, None, None]),
        "query": ({"query_mask": queries}, queries[:, None, :, None]),
        "causal": ({"use_causal_mask": True}, causal),
        "window": ({"attention_mask": banded}, window),
        "attention": ({"attention_mask": pairs}, pairs[:, None]),
        "heads": ({"attention_mask": per_head}, per_head),
        "all": (everything, meant),
    }


def check(case: Case, kinds: Collection[str] | None = None) -> list[Result]:
    """One layer with each kind of mask."""
    with double() if case.dtype == "float64" else contextlib.nullcontext():
        return list(_check(case, kinds))


def _check(case: Case, kinds: Collection[str] | None) -> Iterator[Result]:
    keras.utils.set_random_seed(5)
    layer = case.layer()
    random = np.random.default_rng(1)
    dtype = "float64" if case.dtype == "float64" else "float32"
    query, key, value = (
        random.normal(size=(BATCH, *shape)).astype(dtype)
        for shape in ((QUERIES, WIDTH), (KEYS, WIDTH), (KEYS, VALUE_WIDTH))
    )
    chosen = {kind: masks(case.heads)[kind] for kind in kinds or masks(case.heads)}
    joint = side_by_side(layer, query, value, key, [meant for _, meant in chosen.values()])
    for (kind, (arguments, meant)), broken in zip(chosen.items(), joint, strict=True):
        mask = np.broadcast_to(meant, (BATCH, case.heads, QUERIES, KEYS))
        output, weights = layer(query, value, key, return_attention_scores=True, **arguments)
        result = Result(case, kind, failures=broken)

        def expect(holds: Any, promise: str, result: Result = result) -> None:
            if not holds:
                result.failures.append(promise)

        expect(keras.backend.standardize_dtype(weights.dtype) == dtype, f"weights are {dtype}")
        expect(tuple(weights.shape) == mask.shape, "shape of weights")
        found, output = numpy(weights), numpy(output)
        reading: np.ndarray = np.asarray(mask.any(-1))
        anywhere = np.any(reading, axis=(1,))  # whether the query may read in any head
        expect((found[~mask] == 0).all(), "masked weights are 0")
        expect((output[~anywhere] == 0).all(), "the output of who may read nothing is 0")
        if case.normalizer != "sigmoid":
            expect(np.allclose(found.sum(-1), reading, atol=max(TOLERANCES[dtype], 1e-12)), "rows sum to 1")

        wanted, result.weight_error = compare(case, layer, query, key, found, mask)
        result.output_error = np.abs(output - read(layer, wanted, value, anywhere)).max()
        expect(result.weight_error <= TOLERANCES[case.dtype], "weights are those of the formula")
        expect(result.output_error <= 10 * TOLERANCES[case.dtype], "the output is that of the formula")
        yield result


def side_by_side(
    layer: Attention, query: np.ndarray, value: np.ndarray, key: np.ndarray, masks: list[np.ndarray]
) -> list[list[str]]:
    """For each mask, which promises are broken: those that all masks can be asked for in one batch, to save time."""
    mask = np.concatenate([np.broadcast_to(m, (BATCH, layer.num_heads, QUERIES, KEYS)) for m in masks])
    arrays = [np.tile(array, (len(masks), 1, 1)) for array in (query, value, key)]

    def loss(*tensors: Any) -> Any:
        output, weights = layer(*tensors, attention_mask=mask, return_attention_scores=True)
        alone = layer(*tensors, attention_mask=mask)
        return ops.sum(ops.cast(output, weights.dtype)) + ops.sum(ops.square(weights)), (output, alone)

    (output, alone), slopes = differentiable(loss, layer.trainable_variables)(*arrays)
    same = each(np.isclose(output, alone, rtol=FUSED, atol=FUSED), len(masks))
    finite = np.all([each(np.isfinite(slope), len(masks)) for slope in slopes[:3]], axis=0)
    finite &= all(np.isfinite(slope).all() for slope in slopes[3:])
    promises = {"the output does not depend on asking for weights": same, "gradients are finite": finite}
    return [[promise for promise, kept in promises.items() if not kept[i]] for i in range(len(masks))]


def each(kept: np.ndarray, masks: int) -> np.ndarray:
    """Whether all is kept in the part of the batch that belongs to each mask: `(masks,)`."""
    return np.asarray(kept.reshape(masks, -1).all(-1))


def compare(
    case: Case, layer: Attention, query: np.ndarray, key: np.ndarray, found: np.ndarray, mask: np.ndarray
) -> tuple[np.ndarray, float]:
    """The weights of the formula `(batch, heads, T, S)` and how far the found ones are from them.

    A step of a recurrent score looks back on the weights *found* for the one before. Hardmax is judged by the score
    that its choice gives up: of two keys as good as equal either will do.
    """
    wanted, error = np.zeros(found.shape), 0.0
    bias = position_bias(layer.position_bias, case.heads, QUERIES, KEYS)
    steps = [slice(t, t + 1) for t in range(QUERIES)] if layer.score.recurrent else [slice(None)]
    for h in range(case.heads):
        queries, keys = project(layer.query_dense, query, h), project(layer.key_dense, key, h)
        for b in range(BATCH):
            before = np.concatenate([np.zeros((1, KEYS)), found[b, h, :-1]])
            scored = [score(layer.score, queries[b, step], keys[b], before[step][0]) for step in steps]
            scored = bias[h] + np.concatenate(scored)
            for t in range(QUERIES):
                row, allowed = found[b, h, t], mask[b, h, t]
                wanted[b, h, t] = normalize(MEANINGS.get(case.normalizer, case.normalizer), scored[t], allowed)
                chosen = allowed & (row == 1)
                if case.normalizer == "hardmax" and chosen.sum() == 1:
                    error = max(error, scored[t][allowed].max() - scored[t][chosen][0])
                    wanted[b, h, t] = chosen
    return wanted, max(error, np.abs(found - wanted).max())


def table(results: list[Result]) -> Iterator[str]:
    """Lines: the largest errors by precision and normalizer, then every composition that failed."""
    backend = keras.backend.backend()
    yield f"{backend:16}{'normalizer':16}{'compositions':>12}{'failures':>10}{'weights':>10}{'output':>10}"
    for dtype, normalizer in itertools.product(TOLERANCES, NORMALIZERS):
        some = [r for r in results if (r.case.dtype, r.case.normalizer) == (dtype, normalizer)]
        if some:
            failed = sum(bool(r.failures) for r in some)
            errors = f"{max(r.weight_error for r in some):10.0e}{max(r.output_error for r in some):10.0e}"
            yield f"{dtype:16}{normalizer:16}{len(some):12}{failed:10}{errors}"
    for r in results:
        if r.failures:
            case = " ".join(str(part) for part in asdict(r.case).values())
            yield f"FAILED on {backend}: {case}, mask {r.kind}: {'; '.join(r.failures)}"


def summary(compositions: int, failures: int) -> str:
    return f"{compositions} compositions, {failures} failures"


def run(backend: str) -> subprocess.Popen[str]:
    """The matrix of one backend in a process of its own, on one core, with `heedful` on its path installed or not."""
    path = os.pathsep.join([str(ROOT / ".src"), *filter(None, [os.environ.get("PYTHONPATH")])])
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": path, "CUDA_VISIBLE_DEVICES": ""}
    # Each operation of JAX by itself: to compile thousands of layers takes far longer than to run them.
    environment |= {"JAX_DISABLE_JIT": "1", "JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    environment |= {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen([sys.executable, __file__, "--here"], env=environment, stdout=subprocess.PIPE, text=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("backends", nargs="*", help="which; all that are installed unless given")
    parser.add_argument("--here", action="store_true", help="the backend of KERAS_BACKEND alone, in this process")
    options = parser.parse_args()
    if options.here:
        results = [result for case in cases() for result in check(case)]
        print(*table(results), summary(len(results), sum(bool(r.failures) for r in results)), sep="\n")
        return int(any(r.failures for r in results))
    installed = [name for name in BACKENDS if importlib.util.find_spec(name) is not None]
    compositions = failures = 0
    for process in [run(name) for name in options.backends or installed]:
        lines, _ = process.communicate()
        counts = re.search(r"^(\d+) compositions, (\d+) failures$", lines, re.MULTILINE)
        print(lines)
        if counts is None:
            raise SystemExit("a backend broke down before its end, see above")
        compositions, failures = compositions + int(counts[1]), failures + int(counts[2])
    print("all together:", summary(compositions, failures))
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
