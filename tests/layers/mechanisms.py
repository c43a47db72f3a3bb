"""What an attention may have besides scores and normalizers, each against its reference: one table.

    python tests/layers/mechanisms.py [NAME ...]

For each mechanism: the largest error of outputs and weights beside the reference on every backend that is installed,
in a fresh process each; the largest distance between steps from a cache and the whole; the error of the file of
`model.export` by SavedModel and converter, and by LiteRT, with the batch unknown; and that of weights in full int8,
or the share of them that is elsewhere where a mechanism chooses a key. "-" is what a mechanism does not have.
Ends with the count of failures, and exit code 1 if there were any.
"""

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import test_attention_cell as cells
import test_fusion
from attention_reference import WIDTH, normalize, numpy, project
from attention_reference import score as score_of
from keras import ops
from test_co_attention import formula as co_attention
from test_forward_attention import reference as forward
from test_monotonic import chunks, hard, paths
from test_rotary import products

from heedful.layers import (
    AdditiveScore,
    Attention,
    AttentionCell,
    AttentionPooling,
    CoAttention,
    CosineScore,
    DotProductScore,
    ForwardAttention,
    Monotonic,
    RotaryEmbedding,
    SoftCap,
    cache,
)

ALLOWED, ALLOWED_INT8 = 1e-5, 0.06
HEADS, KEY_DIM, LENGTH, SINKS, LEFT = 4, 6, 7, 2, 2
BACKENDS = ("tensorflow", "jax", "torch")
PRIOR = np.random.default_rng(3).normal(size=(1, HEADS, LENGTH, LENGTH)).astype("float32")
WINDOW = np.array([[q - LEFT <= k or k < SINKS for k in range(LENGTH)] for q in range(LENGTH)])

# (scores of a head `(T, S)`, mask `(T, S)`, head) -> weights `(T, S)`
Weigh = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def softmax(scores: np.ndarray, mask: np.ndarray, head: int = 0) -> np.ndarray:
    return np.array([normalize("softmax", *row) for row in zip(scores, mask, strict=True)])


@dataclass(frozen=True)
class Mechanism:
    """A layer of self-attention with a causal mask, and the formula of its weights."""

    reference: str
    layer: Callable[[], Attention]
    weigh: Weigh = softmax
    score: Callable[[Attention, np.ndarray, np.ndarray], np.ndarray] = lambda layer, q, k: score_of(layer.score, q, k)
    bias: np.ndarray | None = None
    window: bool = False  # of sinks and the last keys, in a cache that slides
    chooses: bool = False  # a key, for which int8 may take another where two are nearly equal: an error of 1


@dataclass(frozen=True)
class Whole:
    """A layer of another kind: its error beside the reference, a model of it, and inputs of that by name."""

    reference: str
    error: Callable[[], float]
    model: Callable[[], keras.Model]
    arrays: Callable[[int], dict[str, np.ndarray]]
    chooses: bool = False


MECHANISMS = {
    "attention_bias": Mechanism(
        "softmax(scores + bias)", lambda: heads(), lambda s, m, h: softmax(s + PRIOR[0, h], m), bias=PRIOR
    ),
    "rotary_embedding": Mechanism(
        "Su et al. 2021, complex form",
        lambda: heads(rotary_embedding=RotaryEmbedding(100.0)),
        score=lambda _, q, k: (
            products(q, k, 100.0, KEY_DIM, np.subtract.outer(*[np.arange(LENGTH)] * 2)) / KEY_DIM**0.5
        ),
    ),
    "num_key_value_heads": Mechanism("Ainslie et al. 2023", lambda: heads(num_key_value_heads=2)),
    "use_gate": Mechanism("Qiu et al. 2025", lambda: heads(use_gate=True)),
    "chunk_size": Mechanism("attention at once", lambda: heads(AdditiveScore(8), chunk_size=3)),
    "window with sinks": Mechanism("Xiao et al. 2023", lambda: heads(), window=True),
    "SoftCap": Mechanism(
        "Gemma 2, 2024",
        lambda: heads(SoftCap(DotProductScore(), cap=0.5)),
        score=lambda layer, q, k: 0.5 * np.tanh(score_of(layer.score.score, q, k) / 0.5),
    ),
    "learned temperature": Mechanism(
        "Liu et al. 2022",
        lambda: heads(CosineScore(0.5, learn_temperature=True)),
        lambda s, m, h: softmax(s * 0.5 / (0.3 + 0.2 * h), m),  # the reference has 0.5 for all heads
        score=lambda _, q, k: q @ k.T / np.linalg.norm(q, axis=1)[:, None] / np.linalg.norm(k, axis=1) / 0.5,
    ),
    "Monotonic": Mechanism(
        "Raffel et al. 2017, algorithm 1",
        lambda: heads(normalizer=Monotonic()),
        lambda s, m, h: hard(s - 1, m),
        chooses=True,
    ),
    "Monotonic, expected": Mechanism(
        "the same, sum over all paths",
        lambda: heads(normalizer=Monotonic(hard=False)),
        lambda s, m, h: paths(1 / (1 + np.exp(1 - s)), m),
    ),
    "Monotonic(chunk_size=2)": Mechanism(
        "Chiu and Raffel 2018",
        lambda: heads(normalizer=Monotonic(chunk_size=2)),
        lambda s, m, h: chunks(hard(s - 1, m), s, m, 2),
        chooses=True,
    ),
    "ForwardAttention": Mechanism(
        "Zhang et al. 2018", lambda: heads(normalizer=ForwardAttention()), lambda s, m, h: forward(s, m)
    ),
}


def heads(score: Any = "scaled_dot", **options: Any) -> Attention:
    return Attention(score, num_heads=HEADS, key_dim=KEY_DIM, **options)


def built(name: str) -> Attention:
    """The layer of a mechanism, none of its weights zero."""
    keras.utils.set_random_seed(5)
    layer = MECHANISMS[name].layer()
    layer.build((2, LENGTH, WIDTH), (2, LENGTH, WIDTH))
    random = np.random.default_rng(2)
    for variable in layer.trainable_variables:
        if "log_temperature" in variable.path:
            variable.assign(np.log(0.3 + 0.2 * np.arange(HEADS)).reshape(variable.shape))
        elif not numpy(variable).any():
            variable.assign(random.normal(size=variable.shape) / 2)
    return layer


def sequence(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(2, LENGTH, WIDTH)).astype("float32")


def mask_of(name: str) -> np.ndarray:
    causal = np.tri(LENGTH, dtype=bool)
    return causal & WINDOW if MECHANISMS[name].window else causal


def formula(name: str, layer: Attention, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Output and weights in float64, example by example and head by head."""
    mechanism, mask, group = MECHANISMS[name], mask_of(name), HEADS // layer.num_key_value_heads
    outputs, weights, of_output = [], [], cast(Any, layer.output_dense)
    for example in x.astype("float64"):
        output, rows = numpy(of_output.bias), []
        for head in range(HEADS):
            keys = project(layer.key_dense, example, head // group)
            scores = mechanism.score(layer, project(layer.query_dense, example, head), keys)
            rows.append(mechanism.weigh(scores, mask, head))
            heard = rows[-1] @ project(layer.value_dense, example, head // group)
            if layer.use_gate:
                heard = heard / (1 + np.exp(-project(layer.gate_dense, example, head)))
            output = output + heard @ numpy(of_output.kernel)[head]
        outputs.append(np.where(np.any(rows[0], axis=-1, keepdims=True) | mask.any(-1, keepdims=True), output, 0.0))
        weights.append(rows)
    return np.array(outputs), np.array(weights)


def call(name: str, layer: Attention, x: Any) -> list[Any]:
    options = {"attention_bias": MECHANISMS[name].bias, "attention_mask": mask_of(name)[None]}
    return list(layer(x, x, return_attention_scores=True, **options))


def distance(found: list[Any], wanted: Any) -> float:
    """The largest, of outputs and weights."""
    pairs = zip(found, wanted, strict=True)
    return max(float(np.abs(np.asarray(ours, "float64") - theirs).max()) for ours, theirs in pairs)


def beside_reference(name: str) -> float:
    layer, x = built(name), sequence()
    return distance([numpy(each) for each in call(name, layer, x)], formula(name, layer, x))


def steps_beside_whole(name: str) -> float:
    """Steps out of a cache that is appended to or, with a window, slides."""
    layer, x = built(name), ops.convert_to_tensor(sequence())
    whole, _ = call(name, layer, x)
    length = LEFT + 1 + SINKS if MECHANISMS[name].window else LENGTH
    held, state, outputs = layer.make_cache(2, length), None, []
    for index in range(LENGTH):
        step, bias = x[:, index : index + 1], MECHANISMS[name].bias
        if MECHANISMS[name].window:
            held = cache.slide(held, layer.memory(step), sinks=SINKS, count=index)
            mask, offset = cache.slide_mask(index + 1, length), length - 1
        else:
            held, offset = cache.append(held, layer.memory(step), index), index
            mask = cache.append_mask(index, length)
        bias = None if bias is None else bias[:, :, index : index + 1]
        output, _, state = layer.attend(step, held, mask, state, offset, attention_bias=bias)
        outputs.append(numpy(output))
    return distance([np.concatenate(outputs, axis=1)], [numpy(whole)])


def model(name: str) -> keras.Model:
    """For any batch."""
    if name in WHOLE:
        return WHOLE[name].model()
    given = keras.Input((LENGTH, WIDTH), name="x")
    output, weights = call(name, built(name), given)
    return keras.Model(given, {"output": output, "weights": weights})


def arrays(name: str, seed: int) -> dict[str, np.ndarray]:
    return WHOLE[name].arrays(seed) if name in WHOLE else {"x": sequence(seed)}


def pooling_error() -> float:
    """Beside the layer of Keras with the same weights, asked by the same queries."""
    layer, theirs, x = some_pooling(), keras.layers.MultiHeadAttention(HEADS, KEY_DIM), sequence()
    layer.build(x.shape)
    queries = np.broadcast_to(numpy(layer.queries), (2, 3, WIDTH)).astype("float32")
    theirs.build(queries.shape, x.shape)
    theirs.set_weights(layer.attention.get_weights())
    wanted = theirs(queries, x, return_attention_scores=True)
    found = layer(x, return_attention_scores=True)
    return distance([numpy(one) for one in found], [numpy(one) for one in wanted])


def some_pooling() -> AttentionPooling:
    return AttentionPooling(num_queries=3, num_heads=HEADS, key_dim=KEY_DIM, flatten=False)


def pooling_model() -> keras.Model:
    given = keras.Input((LENGTH, WIDTH), name="x")
    output, weights = some_pooling()(given, return_attention_scores=True)
    return keras.Model(given, {"output": output, "weights": weights})


def some_co_attention() -> CoAttention:
    layer = test_fusion.randomized(CoAttention(num_heads=2, key_dim=KEY_DIM), test_fusion.sequences())
    layer.set_weights([weight / 2 for weight in layer.get_weights()])  # scores of the size that a new layer has
    return layer


def co_attention_error() -> float:
    layer = some_co_attention()
    found = layer(test_fusion.sequences(), return_attention_scores=True)
    return distance([numpy(one) for one in found], co_attention(layer, "softmax", None))


def co_attention_model() -> keras.Model:
    given = [keras.Input(x.shape[1:], name=name) for name, x in co_attention_arrays(0).items()]
    *_, output, _, weights = some_co_attention()(given, return_attention_scores=True)
    return keras.Model(given, {"output": output, "weights": weights})


def co_attention_arrays(seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    found = (random.normal(size=x.shape).astype("float32") for x in test_fusion.sequences())
    return dict(zip(("first", "second"), found, strict=True))


def some_cell() -> AttentionCell:
    attention = Attention("general")
    return AttentionCell(keras.layers.GRUCell(cells.UNITS), attention, cells.VECTOR, return_attention_scores=True)


def cell_error() -> float:
    cell, (inputs, value, mask) = some_cell(), cells.some_inputs()
    found = cell.split(cells.run(cell, inputs, value, mask))
    return distance([numpy(one) for one in found], cells.by_hand(cell, inputs, value, mask))


def cell_model() -> keras.Model:
    given = {name: keras.Input(x.shape[1:], name=name) for name, x in cell_arrays(0).items()}
    cell = some_cell()
    decoder = keras.layers.RNN(cell, return_sequences=True, unroll=True)
    output, weights = cell.split(decoder(given["inputs"], initial_state=cell.initial_state(given["value"])))
    return keras.Model(given, {"output": output, "weights": weights})


def cell_arrays(seed: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    inputs, value, _ = cells.some_inputs()
    return {n: random.normal(size=x.shape).astype("float32") for n, x in (("inputs", inputs), ("value", value))}


WHOLE = {
    "AttentionPooling, heads": Whole(
        "MultiHeadAttention of Keras", pooling_error, pooling_model, lambda seed: {"x": sequence(seed)}
    ),
    "CoAttention, heads": Whole("Li et al. 2022", co_attention_error, co_attention_model, co_attention_arrays),
    "AttentionCell": Whole("a loop by hand", cell_error, cell_model, cell_arrays),
}


def through_files(name: str) -> dict[str, float]:
    """Errors beside Keras of SavedModel and converter, of LiteRT, and of the weights in full int8."""
    import tensorflow as tf  # not there where another backend is asked
    from test_tflite import operators

    some, errors = model(name), {}
    with tempfile.TemporaryDirectory() as folder:
        for how in ("tf_saved_model", "litert"):
            path = Path(folder) / f"{how}.tflite"
            some.export(str(path), format=how, verbose=False)
            if how == "litert":
                content = path.read_bytes()
            else:
                content = tf.lite.TFLiteConverter.from_saved_model(str(path)).convert()
            foreign = [n for n in operators(content) if "FLEX" in n.upper() or "CUSTOM" in n.upper()]
            errors[how] = math.inf if foreign else max(off.max() for off in of_file(content, some, name, range(3), 2))
    for layer in some.layers:
        if isinstance(layer, Attention):  # TFLite calibrates no loop
            layer.chunk_size, layer.score.unroll = None, True
    with tempfile.TemporaryDirectory() as folder:
        keras.Model(some.inputs, some.output).export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        signature = tf.saved_model.load(folder).signatures["serving_default"]
        places = {place: tuple(spec.shape)[1:] for place, spec in signature.structured_input_signature[1].items()}

        def examples() -> Any:
            for seed in range(50):
                by_shape = {x.shape[1:]: x[:1] for x in arrays(name, seed).values()}  # no two have one shape
                yield {place: by_shape[shape] for place, shape in places.items()}

        converter.representative_dataset = examples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.lite.OpsSet.TFLITE_BUILTINS]
        found = of_file(converter.convert(), some, name, range(20), 1, ("weights",))
    # Of one that chooses: the share of weights that is somewhere else.
    errors["int8"] = float(np.mean(found) * found[0].shape[-1] / 2) if chooses(name) else max(x.max() for x in found)
    return {kind: float(error) for kind, error in errors.items()}


def chooses(name: str) -> bool:
    return (WHOLE[name] if name in WHOLE else MECHANISMS[name]).chooses


def of_file(
    content: bytes,
    some: keras.Model,
    name: str,
    seeds: range,
    batch: int,
    names: tuple[str, ...] = ("output", "weights"),
) -> list[np.ndarray]:
    """How far each result is from that of Keras."""
    from test_tflite import litert

    runner = litert.Interpreter(model_content=content, num_threads=1).get_signature_runner()
    places, found = runner.get_input_details(), []
    for seed in seeds:
        given = {key: x[:batch] for key, x in arrays(name, seed).items()}
        wanted = some(given)
        by_shape = {x.shape[1:]: x for x in given.values()}
        ours = runner(**{key: by_shape[tuple(place["shape"][1:])] for key, place in places.items()})
        found += [np.abs(ours[each] - numpy(wanted[each])) for each in names]
    return found


def on_backend(backend: str, names: list[str]) -> dict[str, dict[str, float]]:
    """Errors of a fresh process under a backend, by mechanism."""
    program = [sys.executable, __file__, "--here", *names]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(program, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def here(names: list[str]) -> dict[str, dict[str, float]]:
    found = {}
    for name in names:
        if name in WHOLE:
            found[name] = {"reference": WHOLE[name].error()}
        else:
            found[name] = {"reference": beside_reference(name), "steps": steps_beside_whole(name)}
        if keras.backend.backend() == "tensorflow":
            found[name] |= through_files(name)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="; ".join((*MECHANISMS, *WHOLE)))
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = options.names or [*MECHANISMS, *WHOLE]
    if options.here:
        print(json.dumps(here(names)))
        return 0
    found = {b: on_backend(b, names) for b in BACKENDS if importlib.util.find_spec(b)}
    columns = [*found, "steps", "SavedModel", "LiteRT", "int8"]
    print(f"{'':28}{'reference':36}" + "".join(f"{column:>12}" for column in columns))
    failed = 0
    for name in names:
        on_tensorflow = found["tensorflow"][name]
        errors: list[float | None] = [by_name[name]["reference"] for by_name in found.values()]
        errors += [None if name in WHOLE else max(by_name[name]["steps"] for by_name in found.values())]
        errors += [on_tensorflow[kind] for kind in ("tf_saved_model", "litert")]
        failed += any(error is not None and error > ALLOWED for error in errors)
        failed += on_tensorflow["int8"] > ALLOWED_INT8 and not chooses(name)
        shown = ["-" if error is None else f"{error:.1e}" for error in (*errors, on_tensorflow["int8"])]
        reference = (WHOLE[name] if name in WHOLE else MECHANISMS[name]).reference
        print(f"{name:28}{reference:36}" + "".join(f"{cell:>12}" for cell in shown), flush=True)
    print(f"{len(names)} mechanisms, {failed} failures")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
