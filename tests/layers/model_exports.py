"""Every composition of the layers by the exports of Keras: `python tests/layers/model_exports.py [normalizer ...]`.

Functional models of any batch go through `model.export`, as a SavedModel that the converter of TFLite reads and as
LiteRT, and must have builtin operators alone and the numbers of Keras. With `--lengths`, T and S are unknown as well.
With `--onnx`, under `KERAS_BACKEND=torch` and with onnx, onnxscript and onnxruntime installed, it is ONNX instead; a
recurrent score, whose steps PyTorch writes out, then knows its T all the same. Ends with the count of compositions and
of failures; the exit code is 1 if anything failed.
"""

import argparse
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from attention_reference import KEYS, NORMALIZERS, QUERIES, WIDTH, numpy
from compositions import RECURRENT, Call, calls, calls_without_normalizer, recurrent_calls

ALLOWED = 1e-5  # of outputs and weights
WITHOUT = "none"  # names the layers that take no normalizer
KINDS = {
    **{name: lambda name=name: calls(name) for name in NORMALIZERS},
    **{name: lambda name=name: recurrent_calls(name) for name in RECURRENT},
    WITHOUT: calls_without_normalizer,
}

Arrays = dict[str, np.ndarray]


def model(some: dict[str, Call], lengths: bool, listed: bool = False) -> tuple[keras.Model, list[str]]:
    """Compositions side by side and the names of their results; no weight is zero, as some new ones are.

    With `lengths`, S is unknown, and T unless steps are written out; `listed`: the results have no names in the model.
    """
    written_out = listed and any(name.startswith("location") for name in some)
    steps = QUERIES if written_out or not lengths else None
    keys = None if lengths else KEYS
    given = [
        keras.Input((steps, WIDTH), name="query"),
        keras.Input((keys, WIDTH), name="value"),
        keras.Input((steps,), dtype="bool", name="query_mask"),
        keras.Input((keys,), dtype="bool", name="value_mask"),
    ]
    results: dict[str, Any] = {}
    for name, call in some.items():
        results |= {f"{name}/{number}": tensor for number, tensor in enumerate(call(*given))}
    found = keras.Model(given, [*results.values()] if listed else results)
    random = np.random.default_rng(2)
    for variable in found.variables:
        if "float" in variable.dtype and not numpy(variable).any():
            variable.assign(random.normal(size=variable.shape) / 2)
    return found, [*results]


def arrays(queries: int, keys: int) -> Arrays:
    """Three examples: one of full length, one with few keys and without its second query, one without a key."""
    random = np.random.default_rng(1)
    query_mask = np.ones((3, queries), bool)
    query_mask[1, 1] = False
    return {
        "query": random.normal(size=(3, queries, WIDTH)).astype("float32"),
        "value": random.normal(size=(3, keys, WIDTH)).astype("float32"),
        "query_mask": query_mask,
        "value_mask": np.arange(keys) < np.array([[keys], [3], [0]]),
    }


def through_tflite(some: keras.Model, how: str, folder: Path, given: list[Arrays]) -> tuple[list[str], list[Arrays]]:
    """Operators that are not builtin, and the results of a TFLite file."""
    import tensorflow as tf  # not there where ONNX is written
    from test_tflite import VARIABLE_OPERATORS, litert, operators

    path = folder / f"{how}.tflite"
    some.export(str(path), format=how, verbose=False)
    content = path.read_bytes() if how == "litert" else tf.lite.TFLiteConverter.from_saved_model(str(path)).convert()
    used = operators(content)
    foreign = {n for n in used if "FLEX" in n.upper() or "CUSTOM" in n.upper()} | (used & VARIABLE_OPERATORS)
    runner = litert.Interpreter(model_content=content, num_threads=1).get_signature_runner()
    return sorted(foreign), [runner(**each) for each in given]


def through_onnx(
    some: keras.Model, names: list[str], folder: Path, given: list[Arrays]
) -> tuple[list[str], list[Arrays]]:
    """The same for ONNX, where nothing is foreign: a file with an unknown operator does not load."""
    import onnxruntime  # pyright: ignore[reportMissingImports]

    path = str(folder / "model.onnx")
    some({name: given[0][name] for name in given[0]})
    some.export(path, format="onnx", verbose=False)
    session = onnxruntime.InferenceSession(path)
    wanted = [tensor.name for tensor in session.get_inputs()]  # an input that nothing reads is left out
    runs = [session.run(None, {name: each[name] for name in wanted}) for each in given]
    return [], [dict(zip(names, results, strict=True)) for results in runs]


def failures(some: dict[str, Call], how: str, lengths: bool) -> list[str]:
    """The compositions that do not export or are off. Where several together do not export, fewer are tried."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _failures(some, how, lengths, Path(folder))
    except Exception as error:  # of many kinds, and each a failure
        names = [*some]
        if len(names) == 1:
            said = str(error).split("Arguments received")[0].strip().splitlines() or [""]
            return [f"{names[0]}: {type(error).__name__} {said[-1][:300]}"]
    halves = names[: len(names) // 2], names[len(names) // 2 :]
    return [line for half in halves for line in failures({name: some[name] for name in half}, how, lengths)]


def _failures(some: dict[str, Call], how: str, lengths: bool, folder: Path) -> list[str]:
    keras_model, names = model(some, lengths, listed=how == "onnx")
    steps = keras_model.inputs[0].shape[1]
    sizes = [(QUERIES, KEYS)] + ([(steps or QUERIES + 2, KEYS + 4)] if lengths else [])
    given = [arrays(*size) for size in sizes]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PyTorch, hundreds
        if how == "onnx":
            found, results = through_onnx(keras_model, names, folder, given)
        else:
            found, results = through_tflite(keras_model, how, folder, given)
    for each, ours in zip(given, results, strict=True):
        wanted = keras_model(each)
        wanted = wanted if isinstance(wanted, dict) else dict(zip(names, keras.tree.flatten(wanted), strict=True))
        for name in some:
            error = max(np.abs(ours[key] - numpy(wanted[key])).max() for key in names if key.startswith(f"{name}/"))
            found += [] if error <= ALLOWED else [f"{name}: off by {error:.1e}"]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("normalizers", nargs="*", help=f"of {', '.join(KINDS)}; all unless given")
    parser.add_argument("--lengths", action="store_true", help="with T and S unknown as well")
    parser.add_argument("--onnx", action="store_true", help="ONNX in place of TFLite")
    options = parser.parse_args()
    backend = "torch" if options.onnx else "tensorflow"
    if keras.backend.backend() != backend:
        parser.error(f"this export is that of PyTorch or of TensorFlow: set KERAS_BACKEND={backend}")
    keras.utils.set_random_seed(5)
    count, wrong = 0, []
    for normalizer in options.normalizers or KINDS:
        some = KINDS[normalizer]()
        for how in ("onnx",) if options.onnx else ("tf_saved_model", "litert"):
            groups = [{name: some[name]} for name in some] if options.onnx else [some]  # PyTorch is quicker one by one
            lines = [line for group in groups for line in failures(group, how, options.lengths)]
            print(f"{normalizer:16}{how:16}{len(some):4} compositions, {len(lines)} failures", *lines, sep="\n  ")
            count, wrong = count + len(some), wrong + lines
    print(f"{count} compositions, {len(wrong)} failures")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
