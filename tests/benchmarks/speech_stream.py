"""A second of sound as a stream: windows every 100 ms of `base` and of `stream`, beside the signature `stream`.

    python tests/benchmarks/speech_stream.py

It needs heedful to be installed, and the TensorFlow backend, which exports.

Weights are random: they decide neither speed nor memory. What is compared takes turns, so that a busy machine slows all
of it; a figure is the fastest of the rounds, the least disturbed, and the ratio is to the first row of its table.
Memory is what a process of its own holds more after ten seconds of sound than with the app alone. Nothing here is
asserted, because no time is a promise.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from turns import Work, milliseconds

from heedful.apps.model_file import ModelFile, attach
from heedful.apps.quiet import quiet
from heedful.apps.speech_commands import SpeechModel
from heedful.apps.speech_commands.hearing import Stream, Windows
from heedful.export.exporter import Exporter
from heedful.recipes.contract import Knowledge
from heedful.recipes.speech_commands.config import PRESETS, Config
from heedful.recipes.speech_commands.model import build
from heedful.recipes.suite import cards
from heedful.recipes.suite.discovery import Recipe

RECIPE = Recipe("speech_commands")
KNOWN = Knowledge({"labels": [f"word {i}" for i in range(7)]}, {})
SECONDS, HOP = 1, 1600
KINDS = (("none", "float32"), ("dynamic", "dynamic int8"))
MODELS = {
    "base": PRESETS["base"],
    "stream": PRESETS["stream"],
    "stream, chunks of 20 ms": replace(PRESETS["stream"], chunk_ms=20.0),
}
ASKED = """
import sys
import numpy as np
from heedful.apps.speech_commands import load
from heedful.apps.speech_commands.hearing import Stream, Windows

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6

before = held()
model = load(sys.argv[1])
if sys.argv[2] == "stream":
    hearing = Stream(model.file, model.stream, model.front_end.samples, 1600)
else:
    hearing = Windows(model, model.front_end.samples, 1600)
for second in range(10):
    list(hearing.push(np.zeros(16000, np.float32)))
print(held() - before)
"""


def show(title: str, unit: str, values: dict[str, float]) -> None:
    """A table: each value and its ratio to the first."""
    first = next(iter(values.values()))
    print(f"\n{title}\n{'':30}{unit:>14}{'ratio':>9}")
    for name, value in values.items():
        print(f"{name:30}{value:>14,.2f}{value / first:>9.3f}", flush=True)


def sound(seconds: float) -> np.ndarray:
    """Noise, float32."""
    return np.random.default_rng(1).normal(0, 0.1, round(16000 * seconds)).astype("float32")


def exported(config: Config) -> dict[str, bytes]:
    """The content of a file of each kind, as the app opens it."""
    model, samples = build(config, KNOWN), config.front_end.samples
    clips = [{"waveform": sound(samples / 16000)[None]}]
    card = {"recipe": RECIPE.name, "facts": {**KNOWN.facts, "front_end": asdict(config.front_end)}}
    with quiet():
        examples, signatures = RECIPE.export.examples(model, clips), RECIPE.export.signatures(model)
        exporter = Exporter(model, signatures, examples, RECIPE.export.FLOAT_LAYERS)
        return {kind: attach(exporter.export(kind), {"card.json": json.dumps(card).encode()}) for kind, _ in KINDS}


def hearing(content: bytes, way: str) -> Work:
    """A second of a stream that goes on."""
    model = SpeechModel(ModelFile.from_bytes(content, "model.tflite"))
    samples, second = model.front_end.samples, sound(SECONDS)
    if way == "stream":
        assert model.stream is not None
        stream = Stream(model.file, model.stream, samples, HOP)
    else:
        stream = Windows(model, samples, HOP)
    return lambda: list(stream.push(second))


def memory(content: bytes, way: str) -> float:
    """Megabytes, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(content)
        asked = [sys.executable, "-c", ASKED, str(path), way]
        return float(subprocess.run(asked, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    versions = ", ".join(f"{name} {version}" for name, version in cards.versions().items())
    print(f"{cards.machine()}; load {os.getloadavg()[0]:.1f}; {versions}")
    files = {name: exported(config) for name, config in MODELS.items()}
    rows = {
        "base, windows": ("base", "windows"),
        "stream, windows": ("stream", "windows"),
        "stream, stream": ("stream", "stream"),
        "stream, chunks of 20 ms": ("stream, chunks of 20 ms", "stream"),
    }
    for kind, words in KINDS:
        works = {row: hearing(files[name][kind], way) for row, (name, way) in rows.items()}
        show(f"LiteRT, {words}, one thread, an answer every 100 ms", "ms/s", milliseconds(works))
        held = {row: memory(files[name][kind], way) for row, (name, way) in rows.items()}
        show(f"Memory, {words}", "MB", held)


if __name__ == "__main__":
    main()
