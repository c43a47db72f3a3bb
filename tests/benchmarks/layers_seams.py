"""What a call, a normalizer, a loop and a backend cost: ratios of this machine, one run.

    python tests/benchmarks/layers_seams.py [--only eager|normalizers|chunks|location|jax] [--rounds 25]

Times are those of works that take turns, so that a busy machine slows all of them: the fastest of the rounds, and the
median of the rounds' ratios. Each peak of memory is of a process of its own, above what a tiny run needed, and also in
score tensors, `heads * T * S` numbers of four bytes. Nothing here is asserted, because no time is a promise.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
from compiled import BACKEND, HOW, forward, forward_and_backward
from keras import layers, ops
from peak_memory import TINY, peak
from turns import beside, milliseconds

from heedful.layers import Attention, LocationScore

HEADS, WIDTH = 4, 64  # of the normalizers
NORMALIZERS = ("softmax", "sparsemax", "entmax15")
CHUNK = 128  # queries at a time
CHUNKED = ("softmax", f"softmax in chunks of {CHUNK}", "entmax15", f"entmax15 in chunks of {CHUNK}")
WAYS = {"forward": forward, "forward + backward": forward_and_backward}
CALLS = 20  # a turn of the eager calls
STEPS = (20, 200)


def eager(rounds: int) -> None:
    """Calls outside of any graph, of inputs so small that nothing but the calls counts."""
    print(f"\nA call on tiny inputs (2, 5, 8), 2 heads of 4, eager {BACKEND}, beside MultiHeadAttention")
    print(f"{'':44}{'heedful, ms':>12}{'keras, ms':>12}{'ratio':>8}")
    x = ops.convert_to_tensor(np.random.default_rng(1).normal(size=(2, 5, 8)).astype("float32"))
    mask = ops.convert_to_tensor(np.arange(5) < np.array([[5], [2]]))
    ours, theirs = Attention(num_heads=2, key_dim=4), layers.MultiHeadAttention(2, 4)
    for name, arguments in {
        "no mask": {},
        "value_mask": {"value_mask": mask},
        "causal": {"use_causal_mask": True},
    }.items():
        works = [partial(_repeated, partial(layer, x, x, **arguments)) for layer in (ours, theirs)]
        mine, peers, ratio = beside(works[0], works[1], rounds)
        print(f"{name:44}{mine / CALLS:>12.3f}{peers / CALLS:>12.3f}{ratio:>8.2f}", flush=True)


def _repeated(call: partial) -> None:
    for _ in range(CALLS):
        call()


def attention(title: str, kinds: Sequence[str], lengths: Sequence[int], rounds: int) -> None:
    """Time and peak memory of kinds of attention beside that of Keras."""
    print(f"\n{title}, self-attention of {HEADS} heads, width {WIDTH}, batch 1, beside MultiHeadAttention; {HOW}")
    print(f"{'':52}{'heedful, ms':>12}{'keras, ms':>12}{'ratio':>8}{'MB':>8}{'ratio':>8}{'score tensors':>15}")
    for length in lengths:
        for way in WAYS:
            least = peak_memory("keras", length, way)
            works = {kind: partial(WAYS[way](model(kind)), inputs(length)) for kind in ("keras", *kinds)}
            for kind in kinds:
                mine, peers, ratio = beside(works[kind], works["keras"], rounds)
                most = peak_memory(kind, length, way)
                tensors = most * 1e6 / (4 * HEADS * length * length)
                label = f"T = S = {length:<5}{kind}, {way}"
                times = f"{mine:>12.1f}{peers:>12.1f}{ratio:>8.2f}"
                print(f"{label:52}{times}{most:>8.0f}{most / least:>8.2f}{tensors:>15.1f}", flush=True)


def model(kind: str) -> keras.Model:
    """Self-attention of any length, ours or that of Keras; the weights are those it starts with."""
    x = keras.Input((None, WIDTH))
    if kind == "keras":
        made: Any = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
    else:
        normalizer, _, chunked = kind.partition(" ")
        size = CHUNK if chunked else None
        made = Attention(normalizer=normalizer, num_heads=HEADS, key_dim=WIDTH // HEADS, chunk_size=size)
    return keras.Model(x, made(x, x))


def inputs(length: int) -> list[Any]:
    return [ops.convert_to_tensor(np.random.default_rng(1).normal(size=(1, length, WIDTH)).astype("float32"))]


def peak_memory(kind: str, length: int, way: str) -> float:
    """MB, of a fresh process."""
    program = [sys.executable, __file__, "--peak", kind, str(length), way]
    return float(subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def peak_here(kind: str, length: int, way: str) -> float:
    """MB above a tiny run, of this process."""
    work = WAYS[way](model(kind))
    work(inputs(TINY))
    before = peak()
    work(inputs(length))
    return peak() - before


def location(rounds: int) -> None:
    """A recurrent score, of which a file or graph should have the size of one step: 200 steps beside 20."""
    print(f"\nLocationScore(64), S = 100, width {WIDTH}, batch 1, {STEPS[1]} steps beside {STEPS[0]}; {HOW}")
    print(f"{'':44}" + "".join(f"{f'T = {steps}':>12}" for steps in STEPS) + f"{'ratio':>8}")
    seconds, sizes, works = [], [], {}
    for steps in STEPS:
        query, value = keras.Input((steps, WIDTH)), keras.Input((100, WIDTH))
        some = keras.Model([query, value], Attention(LocationScore(64))(query, value))
        arrays = [np.random.default_rng(1).normal(size=(1, *x.shape[1:])).astype("float32") for x in some.inputs]
        tensors, start = [ops.convert_to_tensor(array) for array in arrays], time.perf_counter()
        work = forward(some)
        work(tensors)
        seconds.append(time.perf_counter() - start)
        works[f"graph {steps}"] = partial(work, tensors)
        if BACKEND == "tensorflow":
            content = exported(some)
            sizes.append(len(content) / 1e3)
            works[f"file {steps}"] = partial(_run, _interpreter(content), arrays)
    times = milliseconds(works, rounds)
    rows = {"compile and first run, s": seconds, "run of the graph, ms": [times[f"graph {steps}"] for steps in STEPS]}
    if sizes:
        rows |= {"TFLite file, kB": sizes, "run of the file, 1 thread, ms": [times[f"file {steps}"] for steps in STEPS]}
    for name, (few, many) in rows.items():
        print(f"{name:44}{few:>12.1f}{many:>12.1f}{many / few:>8.2f}", flush=True)


def exported(some: keras.Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        some.export(str(path), format="litert", verbose=False)
        return path.read_bytes()


def _interpreter(content: bytes) -> Any:
    # Of a package that other backends need not have.
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=content, num_threads=1)
    for place in interpreter.get_input_details():
        interpreter.resize_tensor_input(place["index"], [1, *place["shape"][1:]])
    interpreter.allocate_tensors()
    return interpreter


def _run(interpreter: Any, arrays: list[np.ndarray]) -> None:
    by_length = {array.shape[1]: array for array in arrays}
    for place in interpreter.get_input_details():
        interpreter.set_tensor(place["index"], by_length[place["shape"][1]])
    interpreter.invoke()


def on_jax(rounds: int) -> None:
    """Additive attention under JAX, by the program that has it beside that of Keras."""
    program = [
        sys.executable,
        str(Path(__file__).with_name("layers.py")),
        "--only",
        "additive",
        "--rounds",
        str(rounds),
    ]
    subprocess.run(program, check=True, env={**os.environ, "KERAS_BACKEND": "jax"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--only", choices=["eager", "normalizers", "chunks", "location", "jax"], help="one of the tables"
    )
    parser.add_argument("--lengths", type=int, nargs="+", help="T = S of the normalizers or chunks")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--peak", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        print(peak_here(options.peak[0], int(options.peak[1]), options.peak[2]))
        return
    print(f"backend {BACKEND}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    tables = {
        "eager": lambda: eager(options.rounds),
        "normalizers": lambda: attention("Normalizers", NORMALIZERS, options.lengths or (512, 2048), options.rounds),
        "chunks": lambda: attention("Chunks", CHUNKED, options.lengths or (1024, 2048, 4096), options.rounds),
        "location": lambda: location(options.rounds),
        "jax": lambda: on_jax(options.rounds),
    }
    for name in [options.only] if options.only else tables:
        tables[name]()


if __name__ == "__main__":
    main()
