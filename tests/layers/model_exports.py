"""Every composition of `Attention` by the exports of Keras: `python tests/layers/model_exports.py [normalizer ...]`.

Functional models of any batch go through `model.export`, as a SavedModel that the converter of TFLite reads and as
LiteRT, and must have builtin operators alone and the numbers of Keras. With `--lengths`, T and S are unknown as well.
Ends with the count of compositions and of failures; the exit code is 1 if anything failed.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from attention_reference import KEYS, NORMALIZERS, QUERIES, WIDTH, inputs, numpy
from exports import ALLOWED, attentions
from test_tflite import VARIABLE_OPERATORS, litert, operators

FORMATS = ("tf_saved_model", "litert")


def model(layers: dict[str, keras.layers.Layer], lengths: bool) -> keras.Model:
    """All of them side by side, with a mask of the keys: one conversion is cheaper than many."""
    queries, keys = (None, None) if lengths else (QUERIES, KEYS)
    given = [
        keras.Input((queries, WIDTH), name="query"),
        keras.Input((keys, WIDTH), name="value"),
        keras.Input((keys,), dtype="bool", name="mask"),
    ]
    results = {}
    for name, layer in layers.items():
        results[f"{name}/output"], results[f"{name}/weights"] = layer(
            given[0], given[1], value_mask=given[2], return_attention_scores=True
        )
    return keras.Model(given, results)


def exported(some: keras.Model, how: str, folder: Path) -> bytes:
    """The bytes of a TFLite file."""
    path = folder / f"{how}.tflite"
    some.export(str(path), format=how, verbose=False)
    return path.read_bytes() if how == "litert" else tf.lite.TFLiteConverter.from_saved_model(str(path)).convert()


def failures(some: keras.Model, content: bytes, names: list[str]) -> list[str]:
    """The compositions that are off, and operators that are not builtin."""
    foreign = {n for n in operators(content) if "FLEX" in n.upper() or "CUSTOM" in n.upper()}
    found = [", ".join(sorted(foreign))] if foreign else []
    found += sorted(operators(content) & VARIABLE_OPERATORS)
    query, value, mask = inputs()
    arrays = {"query": query, "value": value, "mask": mask[:, 0]}
    results = litert.Interpreter(model_content=content, num_threads=1).get_signature_runner()(**arrays)
    wanted = some(arrays)
    for name in names:
        pairs = [(results[f"{name}/{kind}"], wanted[f"{name}/{kind}"]) for kind in ("output", "weights")]
        error = max(float(np.abs(one - numpy(other)).max()) for one, other in pairs)
        found += [f"{name}: off by {error:.1e}"] if error > ALLOWED else []
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("normalizers", nargs="*", help=f"of {', '.join(NORMALIZERS)}; all unless given")
    parser.add_argument("--lengths", action="store_true", help="with T and S unknown as well")
    options = parser.parse_args()
    keras.utils.set_random_seed(5)
    count, wrong = 0, []
    for normalizer in options.normalizers or NORMALIZERS:
        layers = attentions(normalizer)
        some = model(layers, options.lengths)
        for how in FORMATS:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    lines = failures(some, exported(some, how, Path(folder)), [*layers])
                except Exception as error:  # of many kinds, and each a failure of all
                    lines = [f"all of them: {str(error).splitlines()[-1][:300]}"]
            print(f"{normalizer:16}{how:16}{len(layers):4} compositions, {len(lines)} failures", *lines, sep="\n  ")
            count, wrong = count + len(layers), wrong + lines
    print(f"{count} compositions, {len(wrong)} failures")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
