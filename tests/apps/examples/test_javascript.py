"""The JavaScript examples answer as `heedful.apps` does; `test_signatures.py` asks every shipped file.

They need Node and the package: `npm ci` in `apps/examples/javascript`.
"""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
JAVASCRIPT = ROOT / "apps" / "examples" / "javascript"
SPEECH = sorted((ROOT / "saved_models" / "speech_commands").glob("*/model.tflite"))
CAPTION = sorted((ROOT / "saved_models" / "image_captioning").glob("*/model.tflite"))
OTHER_KERNELS = 1e-5  # than Python's, on float32


@pytest.fixture(scope="module")
def command():
    """`command(name)`: how to run an example."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not here")
    if not (JAVASCRIPT / "node_modules" / "@litertjs" / "core").exists():
        pytest.skip("@litertjs/core is not here: run `npm ci` in apps/examples/javascript")
    return lambda name: [node, JAVASCRIPT / name]


@pytest.mark.parametrize("model", SPEECH, ids=lambda path: path.parent.name)
def test_classifies_a_clip(model, command, clip, said, check_speech):
    check_speech(model, said([*command("speech.js"), model, clip]), OTHER_KERNELS)


@pytest.mark.parametrize("model", CAPTION, ids=lambda path: path.parent.name)
def test_describes_a_picture(model, command, ppm, said, check_caption):
    check_caption(model, said([*command("caption.js"), model, ppm]), OTHER_KERNELS)
