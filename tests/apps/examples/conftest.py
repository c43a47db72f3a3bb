"""Inputs for the examples of the device page, and what `heedful.apps` answers to them."""

import importlib.util
import os
import subprocess
import wave
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from heedful.apps import image_captioning, speech_commands

ROOT = Path(__file__).parents[3]
SAME_KERNELS = 1e-6  # the library of the wheel is what Python runs: only the printed digits could differ


@pytest.fixture(scope="session")
def library() -> Path:
    """The runtime that the wheel of LiteRT ships."""
    spec = importlib.util.find_spec("ai_edge_litert")
    assert spec and spec.origin
    path = Path(spec.origin).parent / "libLiteRt.so"
    if not path.exists():
        pytest.skip(f"the wheel of ai-edge-litert has no {path.name} on this system")
    return path


@pytest.fixture(scope="session")
def waveform() -> np.ndarray:
    """A real second of sound, float32 `(samples,)`, each sample a 16-bit number."""
    with np.load(ROOT / "saved_models" / "speech_commands" / "five-words" / "examples.npz") as examples:
        return (np.round(examples["waveform"][1] * 32768).clip(-32768, 32767) / 32768).astype(np.float32)


@pytest.fixture(scope="session")
def image() -> np.ndarray:
    """A real picture, uint8 `(rows, columns, 3)`."""
    with np.load(ROOT / "saved_models" / "image_captioning" / "scenes" / "examples.npz") as examples:
        return examples["image"][1]


@pytest.fixture(scope="session")
def clip(waveform: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((waveform * 32768).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="session")
def ppm(image: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "picture.ppm"
    rows, columns, _ = image.shape
    path.write_bytes(f"P6\n{columns} {rows}\n255\n".encode() + image.tobytes())
    return path


@pytest.fixture(scope="session")
def check_speech(waveform: np.ndarray):
    """`check(model, lines, tolerance)`: whether a program said of the clip what `heedful.apps` says."""

    def check(model: Path, lines: Sequence[str], tolerance: float = SAME_KERNELS) -> None:
        app = speech_commands.load(model)
        probabilities, attention = app(waveform)
        said = [line.split(" ") for line in lines]
        assert tuple(words[0] for words in said) == (*app.labels, "attention")
        numbers = [float(words[1]) for words in said[:-1]], [float(word) for word in said[-1][1:]]
        np.testing.assert_allclose(numbers[0], probabilities, rtol=0, atol=tolerance)
        np.testing.assert_allclose(numbers[1], attention.reshape(-1), rtol=0, atol=tolerance)

    return check


@pytest.fixture(scope="session")
def check_caption(image: np.ndarray):
    """`check(model, lines, tolerance)`: whether a program said of the picture what the app says with a beam of 1."""

    def check(model: Path, lines: Sequence[str], tolerance: float = SAME_KERNELS) -> None:
        caption = image_captioning.caption(image_captioning.load(model), image, beam=1)
        said = [line.split(" ") for line in lines]
        assert tuple(words[0] for words in said) == caption.words
        assert len(said) > 2
        numbers = [[float(word) for word in words[1:]] for words in said]
        np.testing.assert_allclose(numbers, caption.attention.reshape(len(said), -1), rtol=0, atol=tolerance)

    return check


@pytest.fixture(scope="session")
def said():
    """`said(command)`: the lines that a program prints."""

    def run(command: Sequence[str | Path], **environment: str) -> list[str]:
        words = [str(word) for word in command]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={**os.environ, **environment})
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run
