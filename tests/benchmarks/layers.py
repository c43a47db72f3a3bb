"""The attention layers beside those of Keras: figures of this machine, one run.

    python tests/benchmarks/layers.py [--masks] [--only speed|additive|memory]
    KERAS_BACKEND=jax python tests/benchmarks/layers.py

It needs heedful to be installed, for the name of the machine. Each pair has the same weights and inputs and is run as
`model.fit` would run it; how far the outputs are apart is in the table. The two take turns, so that a busy machine
slows both; the times are the fastest of the rounds, and the ratio, heedful to Keras, is the median of the rounds'
ratios. Then the peak memory of additive attention in chunks beside the direct form: each figure is of a process of its
own, one after the other, in MB above what a tiny run needed. Nothing here is asserted, because no time is a promise.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import keras
import numpy as np
from compiled import BACKEND, HOW, device, difference, forward, forward_and_backward
from keras import layers, ops
from turns import beside

from heedful.layers import AdditiveScore, Attention
from heedful.recipes.suite import cards

BATCH, WIDTH, HEADS, UNITS = 8, 256, 8, 64
LENGTHS = (64, 256, 512)  # T = S, of self-attention
ADDITIVE_LENGTHS = (32, 64, 128, 256)
MEMORY_LENGTHS = (256, 512, 1024, 2048)

Make = Callable[[int, bool, bool], tuple[keras.Model, keras.Model]]


def scaled_dot(length: int, masked: bool, weights: bool) -> tuple[keras.Model, keras.Model]:
    """Heads and projections around scaled dot products, ours and those of Keras, with the same weights."""
    inputs, arguments = _self_attention(length, masked)
    options = {**arguments, "return_attention_scores": weights}
    ours = Attention("scaled_dot", num_heads=HEADS, key_dim=WIDTH // HEADS)
    theirs = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
    models = [keras.Model(inputs, layer(inputs[0], inputs[0], **options)) for layer in (ours, theirs)]
    theirs.set_weights(ours.get_weights())
    return models[0], models[1]


def additive(length: int, masked: bool, weights: bool) -> tuple[keras.Model, keras.Model]:
    """Bahdanau's attention: ours, and that of Keras behind the projections which it lacks, with the same weights."""
    inputs, arguments = _self_attention(length, masked)
    x, options = inputs[0], {"return_attention_scores": weights}
    score = AdditiveScore(UNITS)
    ours = keras.Model(inputs, Attention(score)(x, x, **arguments, **options))
    query, key, theirs = layers.Dense(UNITS, use_bias=False), layers.Dense(UNITS), layers.AdditiveAttention()
    mask = [None, arguments["value_mask"]] if masked else None
    peer = keras.Model(inputs, theirs([query(x), x, key(x)], mask=mask, **options))
    query.set_weights(score.query_dense.get_weights())
    key.set_weights(score.key_dense.get_weights())
    theirs.set_weights([ops.convert_to_numpy(score.vector)[:, 0]])
    return ours, peer


def _self_attention(length: int, masked: bool) -> tuple[list[keras.KerasTensor], dict[str, keras.KerasTensor]]:
    """Symbolic inputs, and the mask as the argument that both layers take."""
    inputs = [keras.Input((length, WIDTH))]
    if not masked:
        return inputs, {}
    mask = keras.Input((length,), dtype="bool")
    return [*inputs, mask], {"value_mask": mask}


def speed(title: str, make: Make, lengths: Sequence[int], masked: bool, rounds: int) -> None:
    """A table of one mechanism: forward alone and with backward, without and with returned weights."""
    print(f"\n{title}, batch {BATCH}, width {WIDTH}, {'padding masked' if masked else 'no mask'}; {HOW}")
    print(f"{'':44}{'heedful, ms':>12}{'keras, ms':>12}{'ratio':>8}{'apart':>10}")
    rng = np.random.default_rng(1)
    for length in lengths:
        x = rng.normal(size=(BATCH, length, WIDTH)).astype("float32")
        padding = np.arange(length) < rng.integers(length // 2, length + 1, (BATCH, 1))
        inputs = [ops.convert_to_tensor(array) for array in ([x, padding] if masked else [x])]
        for weights in (False, True):
            ours, theirs = make(length, masked, weights)
            apart = difference(forward(ours), forward(theirs), inputs)
            for name, way in (("forward", forward), ("forward + backward", forward_and_backward)):
                mine, peers, ratio = beside(*(partial(way(model), inputs) for model in (ours, theirs)), rounds=rounds)
                label = f"T = S = {length:<5}{name}{', weights' if weights else ''}"
                print(f"{label:44}{mine:>12.2f}{peers:>12.2f}{ratio:>8.2f}{apart:>10.0e}", flush=True)


def memory(lengths: Sequence[int], chunk: int) -> None:
    """A table of peak memory, batch 1: the direct form holds several tensors of `T * S * units`."""
    print(f"\nPeak memory of additive attention, batch 1, {UNITS} units, chunks of {chunk} queries; {HOW}")
    print(f"{'':44}{'chunked, MB':>12}{'direct, MB':>12}{'ratio':>8}")
    for length in lengths:
        for name, options in (("forward", []), ("forward + backward", ["--backward"])):
            peaks = [peak_memory(length, each, options) for each in (chunk, 0)]
            label = f"T = S = {length:<5}{name}"
            print(f"{label:44}{peaks[0]:>12.0f}{peaks[1]:>12.0f}{peaks[0] / max(peaks[1], 1):>8.2f}", flush=True)


def peak_memory(length: int, chunk: int, options: list[str]) -> float:
    """MB, of a fresh process; a chunk of 0 is the direct form."""
    sizes = ["--length", str(length), "--units", str(UNITS), "--chunks", str(chunk)]
    program = [sys.executable, str(Path(__file__).with_name("peak_memory.py")), *sizes, *options]
    done = subprocess.run(program, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--masks", action="store_true", help="mask padding; sequences are half full or more")
    parser.add_argument("--lengths", type=int, nargs="+", help="T = S of the scaled dot products, and of additive ones")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--chunk", type=int, default=64, help="queries at a time, for the peak memory")
    parser.add_argument("--only", choices=["speed", "additive", "memory"], help="some of the tables")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version}" for name, version in cards.versions().items())
    print(f"{cards.machine()}; load {os.getloadavg()[0]:.1f}; backend {BACKEND} on {device()}; {versions}")
    if options.only in (None, "speed"):
        title = f"Scaled dot products, {HEADS} heads, beside MultiHeadAttention"
        speed(title, scaled_dot, options.lengths or LENGTHS, options.masks, options.rounds)
    if options.only != "memory":
        title = f"Additive, {UNITS} units, beside AdditiveAttention with two Dense"
        speed(title, additive, options.lengths or ADDITIVE_LENGTHS, options.masks, options.rounds)
    if options.only in (None, "memory"):
        memory(options.lengths or MEMORY_LENGTHS, options.chunk)


if __name__ == "__main__":
    main()
