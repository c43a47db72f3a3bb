"""Every composition of `Attention` as TFLite: `python tests/layers/exports.py`, under the TensorFlow backend.

Scores x normalizers x heads x position biases, with a padding and a causal mask, in float32; then each score and each
normalizer in full int8 with a padding mask. Prints the largest errors against Keras and ends with the count of
compositions and of failures; the exit code is 1 if anything failed. `test_tflite.py` keeps a part of it with the other
tests.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from attention_reference import HEADS, KEY_DIM, KEYS, NORMALIZERS, QUERIES, SCORES, WIDTH, inputs, numpy
from compositions import attentions
from test_tflite import VARIABLE_OPERATORS, convert, operators, run

from heedful.layers import Attention, padding_mask

ALLOWED = 1e-5  # of outputs and weights in float32
ALLOWED_INT8 = 0.05  # of weights in int8, with a mask
# One key gets all the weight, so between keys that are nearly equal an int8 step may choose the other: an error of 1.
CHOOSERS = ("hardmax",)

Arrays = dict[str, np.ndarray]


def endpoint(layers: dict[str, Attention], causal: bool) -> Callable[..., dict[str, Any]]:
    def serve(query: Any, value: Any, lengths: Any) -> dict[str, Any]:
        results = {}
        for name, layer in layers.items():
            results[f"{name}/output"], results[f"{name}/weights"] = layer(
                query,
                value,
                value_mask=padding_mask(lengths, KEYS),
                use_causal_mask=causal,
                return_attention_scores=True,
            )
        return results

    return serve


def example(seed: int) -> Arrays:
    query, value, _ = inputs(seed, batch=1)
    return {"query": query, "value": value, "lengths": np.array([1 + seed % KEYS], "int32")}


def unmasked(seed: int) -> Arrays:
    return {**example(seed), "lengths": np.array([KEYS], "int32")}


def written(
    layers: dict[str, Attention],
    serve: Callable[..., dict[str, Any]],
    folder: Path,
    examples: list[Arrays] | None = None,
) -> bytes:
    """A TFLite file; where there are `examples`, in int8 with their ranges."""
    ranges = None if examples is None else lambda: (("serve", arrays) for arrays in examples)

    serve(**example(0))
    specs = [
        tf.TensorSpec((1, QUERIES, WIDTH), name="query"),
        tf.TensorSpec((1, KEYS, WIDTH), name="value"),
        tf.TensorSpec((1,), "int32", name="lengths"),
    ]
    return convert(list(layers.values()), serve, specs, folder, ranges)


def errors(
    content: bytes,
    serve: Callable[..., dict[str, Any]],
    names: list[str],
    given: Callable[[int], Arrays],
    seeds: range,
) -> dict[str, float]:
    """The largest error of each result against Keras."""
    worst = dict.fromkeys(names, 0.0)
    for seed in seeds:
        found, wanted = run(content, **given(seed)), serve(**given(seed))
        for name in names:
            worst[name] = max(worst[name], float(np.abs(found[name] - numpy(wanted[name])).max()))
    return worst


def in_float32(folder: Path) -> tuple[int, list[str]]:
    """How many compositions there are, and those that failed."""
    count, failures = 0, []
    for normalizer in NORMALIZERS:
        layers = attentions(normalizer)
        serve = endpoint(layers, causal=True)
        content = written(layers, serve, folder / normalizer)
        used = operators(content)
        foreign = {n for n in used if "FLEX" in n.upper() or "CUSTOM" in n.upper()} | (used & VARIABLE_OPERATORS)
        results = [f"{name}/{kind}" for name in layers for kind in ("output", "weights")]
        worst = errors(content, serve, results, example, range(3))
        print(f"{normalizer:16}{len(layers):5} compositions, error {max(worst.values()):.1e}, {len(used)} operators")
        failures += [f"{name}: off by {error:.1e}" for name, error in worst.items() if error > ALLOWED]
        failures += [f"{normalizer}: {', '.join(sorted(foreign))}"] if foreign else []
        count += len(layers)
    return count, failures


def in_int8(folder: Path) -> tuple[int, list[str]]:
    """The same for int8, beside the error that it makes without a mask.

    Judged on the inputs that set its ranges: on others saturation adds what is not the mask's.
    """
    count, failures = 0, []
    print(f"\n{'int8, error of weights':32}" + "".join(f"{normalizer:>16}" for normalizer in NORMALIZERS))
    for score in SCORES:
        layers = {
            n: Attention(SCORES[score](), NORMALIZERS[n](), num_heads=HEADS, key_dim=KEY_DIM) for n in NORMALIZERS
        }
        for layer in layers.values():
            layer.score.unroll = layer.score.recurrent  # what is inside of a loop stays in float
        serve, names = endpoint(layers, causal=False), [f"{name}/weights" for name in layers]
        found = []
        for kind, given in (("masked", example), ("all allowed", unmasked)):
            content = written(layers, serve, folder / f"int8_{score}_{kind}", list(map(given, range(50))))
            found.append(list(errors(content, serve, names, given, range(20)).values()))
            print(f"{f'{score}, {kind}':32}" + "".join(f"{error:16.3f}" for error in found[-1]))
        for name, error, bare in zip(layers, *found, strict=True):
            if name not in CHOOSERS:
                count += 1
                line = f"int8 {score} {name}: off by {error:.3f}, without a mask by {bare:.3f}"
                failures += [line] if error > ALLOWED_INT8 else []
    return count, failures


def main() -> int:
    keras.utils.set_random_seed(5)
    with tempfile.TemporaryDirectory() as folder:
        parts = [in_float32(Path(folder)), in_int8(Path(folder))]
    compositions, failures = sum(count for count, _ in parts), [line for _, lines in parts for line in lines]
    print("", *failures, f"{compositions} compositions, {len(failures)} failures", sep="\n")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
