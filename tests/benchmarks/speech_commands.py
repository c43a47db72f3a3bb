"""The speech models beside their peer, KWT-1, and our attention beside Keras' own: figures of this machine, one run.

    python tests/benchmarks/speech_commands.py

It needs heedful to be installed, and the TensorFlow backend, which exports.

KWT-1 (Berg et al. 2021) is the public attention model for this task; here it is the preset `kwt1`, rebuilt with the
same front end in the graph. Weights are random: they decide neither speed nor size. What is compared takes turns, so
that a busy machine slows all of it; a figure is the fastest of the rounds, the least disturbed, and the ratio is to the
first row of its table. Nothing here is asserted, because no time is a promise.
"""

import os

import keras
import numpy as np
from turns import Work, milliseconds

from heedful.apps.quiet import quiet
from heedful.export.exporter import Exporter
from heedful.export.verification import interpreter
from heedful.layers import Attention
from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import PRESETS
from heedful.recipes.speech_commands.model import build
from heedful.recipes.speech_commands.trainer import build_trainer
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe

RECIPE = Recipe("speech_commands")
KNOWN = Knowledge({"labels": [f"word {i}" for i in range(12)]}, {})
BATCH, TIME, WIDTH, HEADS = 64, 49, 96, 4  # of the attention, as in `base`


def show(title: str, unit: str, values: dict[str, float]) -> None:
    """A table: each value and its ratio to the first."""
    first = next(iter(values.values()))
    print(f"\n{title}\n{'':30}{unit:>14}{'ratio':>9}")
    for name, value in values.items():
        print(f"{name:30}{value:>14,.2f}{value / first:>9.2f}", flush=True)


def clips(count: int) -> np.ndarray:
    """Noise, float32 `(count, samples)`."""
    samples = PRESETS["base"].front_end.samples
    return np.random.default_rng(1).normal(0, 0.1, (count, samples)).astype("float32")


def exported() -> None:
    """Latency of one clip on one thread, and file size, of every kind of file that ships."""
    presets, files = ("kwt1", "base", "tiny"), {}
    for preset in presets:
        model = build(PRESETS[preset], KNOWN)
        rows = {"classify": [{"waveform": clip[None]} for clip in clips(3)]}
        with quiet():
            exporter = Exporter(model, RECIPE.export.signatures(model), rows, RECIPE.export.FLOAT_LAYERS)
            for quantize in ("none", "dynamic"):
                files[preset, quantize] = exporter.export(quantize)
    for quantize, kind in (("none", "float32"), ("dynamic", "dynamic int8")):
        show(f"Size, {kind}", "kB", {preset: len(files[preset, quantize]) / 1000 for preset in presets})
        works = {preset: answering(files[preset, quantize]) for preset in presets}
        show(f"LiteRT, {kind}, one thread, one clip of 1 s", "ms", milliseconds(works))


def answering(content: bytes) -> Work:
    """One call of the file's signature."""
    runner, (clip,) = interpreter(content).get_signature_runner("classify"), clips(1)
    return lambda: runner(waveform=clip[None])


def training() -> None:
    """Whole training steps at the preset's batch size, augmentation included."""
    works: dict[str, Work] = {}
    for preset in ("kwt1", "base", "tiny"):
        config = PRESETS[preset]
        trainer = build_trainer(build(config, KNOWN), config, KNOWN, steps_per_epoch=100, seed=0)
        inputs = {"waveform": clips(config.batch_size), "noise": clips(config.batch_size)}
        targets = np.arange(config.batch_size, dtype="int32") % 12
        works[preset] = lambda trainer=trainer, batch=(inputs, targets): trainer.train_on_batch(*batch)
    step = milliseconds(works, rounds=9)
    speed = {preset: 1000 * PRESETS[preset].batch_size / value for preset, value in step.items()}
    show(f"Training, {keras.backend.backend()}", "clips/s", speed)


def attention() -> None:
    """Self-attention of one block, forward, compiled, with and without the weights as a second output."""
    inputs = keras.Input((TIME, WIDTH))
    x = np.random.default_rng(2).normal(size=(BATCH, TIME, WIDTH)).astype("float32")
    for title, weights in (("output alone", False), ("output and weights", True)):
        layers = {
            "keras MultiHeadAttention": keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS),
            "heedful Attention": Attention("scaled_dot", num_heads=HEADS, key_dim=WIDTH // HEADS),
        }
        models = {
            name: keras.Model(inputs, layer(inputs, inputs, return_attention_scores=weights))
            for name, layer in layers.items()
        }
        works: dict[str, Work] = {name: lambda model=model: model.predict_on_batch(x) for name, model in models.items()}
        show(f"Attention, {title}: {BATCH} x {TIME} x {WIDTH}, {HEADS} heads", "ms", milliseconds(works))


def main() -> None:
    versions = ", ".join(f"{name} {version}" for name, version in cards.versions().items())
    print(f"{cards.machine()}; load {os.getloadavg()[0]:.1f}; {versions}")
    exported()
    training()
    attention()


if __name__ == "__main__":
    main()
